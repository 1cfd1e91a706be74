package console

import (
	"encoding/json"

	"example.com/healthcare/domain"
)

// notice says on the next page what a form has done, and can offer to undo it. It is sealed in
// a cookie, because it can name a person.
type notice struct {
	// Path is the page that shows the notice, below Path.
	Path string `json:"p"`
	Text string `json:"t"`
	// Undo is the form that undoes it, below Path. It is empty if nothing can be undone.
	Undo string `json:"u,omitempty"`
	// ETag is the state of the record that the undo expects. It can be empty.
	ETag string `json:"e,omitempty"`
	// Once is the key of the undo.
	Once string `json:"o,omitempty"`
}

// noticeSeconds is how long a notice waits for its page.
const noticeSeconds = 120

func (p *page) noticeContext() string {
	return "console notice of session " + p.actor.SessionID.String()
}

// redirectWith redirects to a page that shows the notice.
func (p *page) redirectWith(n notice, path string, ids ...domain.ID) error {
	n.Path = p.link(path, ids...)
	if n.Undo != "" {
		n.Once = newOnce()
	}
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	p.sendCookie(noticeCookie, p.Seals.Seal(string(text), p.noticeContext()), noticeSeconds)
	return p.redirect(path, ids...)
}

// takeNotice returns the notice for this page, once.
func (p *page) takeNotice() (n notice) {
	sealed, found := p.cookie(noticeCookie)
	if !found || p.actor.UserID == 0 || p.session.locked {
		return notice{}
	}
	text, ok := p.Seals.Open(sealed, p.noticeContext())
	if !ok || json.Unmarshal([]byte(text), &n) != nil || n.Path != p.request.Prefix()+p.r.URL.Path {
		return notice{}
	}
	p.clearCookie(noticeCookie)
	return n
}
