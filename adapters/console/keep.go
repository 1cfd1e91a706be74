package console

import (
	"context"
	"net/url"
	"strings"
	"time"

	"example.com/healthcare/domain"
)

// maxKeptForm is the length up to which a form is kept. A longer one has to be typed again.
const maxKeptForm = 128 << 10

// keptFormLifetime is how long a kept form can be done.
const keptFormLifetime = 8 * time.Hour

// keptFormContext is the context in which a form is sealed: only the user who sent it can have
// it done.
func keptFormContext(user domain.ID) string { return "console form of user " + user.String() }

// keepForm returns the form of this request, sealed for a hidden field of the form that signs
// in or unlocks, so that nobody loses what was typed. It returns "" if there is nothing to keep.
func (p *page) keepForm() string {
	if !p.route.keepsForm || p.session.userID == 0 || len(p.form) == 0 {
		return ""
	}
	fields := p.form.Encode()
	if len(fields) > maxKeptForm {
		return ""
	}
	text := strings.Join([]string{p.Clock().UTC().Format(time.RFC3339), p.r.URL.Path, fields}, " ")
	return p.Seals.Seal(text, keptFormContext(p.session.userID))
}

// resume does the kept form, or goes to the page that was asked for.
func (p *page) resume(next, kept string) error {
	if path, fields, ok := p.openKept(kept); ok {
		again := p.r.Clone(context.WithValue(p.ctx(), resumedKey{}, &page{session: p.session, actor: p.actor, form: fields}))
		again.URL = &url.URL{Path: path}
		p.mux.ServeHTTP(p.w, again)
		return nil
	}
	if !isPageOfConsole(next) {
		return p.redirect("")
	}
	return p.redirectTo(p.request.Prefix() + next)
}

// resumedKey is the key of the page with the session and the form of a request that resume
// serves.
type resumedKey struct{}

// openKept returns the path and the fields of a kept form.
func (p *page) openKept(kept string) (path string, fields url.Values, ok bool) {
	text, ok := p.Seals.Open(kept, keptFormContext(p.actor.UserID))
	if !ok {
		return "", nil, false
	}
	parts := strings.SplitN(text, " ", 3)
	if len(parts) != 3 {
		return "", nil, false
	}
	at, timeErr := time.Parse(time.RFC3339, parts[0])
	fields, fieldsErr := url.ParseQuery(parts[2])
	return parts[1], fields, timeErr == nil && fieldsErr == nil && p.Clock().Sub(at) <= keptFormLifetime
}
