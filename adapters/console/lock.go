package console

import (
	"net/http"

	"example.com/healthcare/domain"
)

// showUnlock answers a request in a locked session with the form that unlocks it. err is why
// the last attempt failed, nil at first.
func (p *page) showUnlock(err error) error {
	content := form{
		Action: p.link("unlock/"),
		Fields: []field{{Name: "password", Label: p.T("sign_in.password"), Type: "password", Required: true, Autocomplete: "current-password", Focus: true}},
		Hidden: map[string]string{nextField: p.here(), keptField: p.keepForm()},
		Submit: p.T("unlock.submit"),
	}
	p.w.Header().Set("WWW-Authenticate", `Cookie form-action="`+p.link("unlock/")+`", cookie-name="`+p.cookieName(seenCookie)+`"`)
	if err == nil {
		return p.showStatus(http.StatusUnauthorized, "unlock", p.T("unlock.title"), content)
	}
	content.Hidden = map[string]string{nextField: p.form.Get(nextField), keptField: p.form.Get(keptField)}
	content, ok := p.withErrors(content, err)
	if !ok {
		return err
	}
	return p.showAgain(err, "unlock", p.T("unlock.title"), content)
}

// unlock unlocks the session with the password.
func (c *console) unlock(p *page) error {
	if err := c.Sessions.Unlock(p.ctx(), p.actor, domain.PasswordCheck{Password: p.input("password")}); err != nil {
		return p.showUnlock(err)
	}
	p.session.locked = false
	p.markSeen()
	return p.resume(p.form.Get(nextField), p.form.Get(keptField))
}

// noteActivity is called by the script while somebody types, so that the session is not locked
// in the middle of a long form. It has no effect on a locked session.
func (c *console) noteActivity(p *page) error {
	p.w.WriteHeader(http.StatusNoContent)
	return nil
}
