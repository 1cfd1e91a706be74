package console

import (
	"errors"
	"net/http"

	"example.com/healthcare/domain"
)

// showUnlock answers a request in a locked session with the form that unlocks it. err is why
// the last attempt failed, nil at first.
func (p *page) showUnlock(err error) error {
	content := signInForm{
		form: form{
			Action: p.link("unlock/"),
			Fields: []field{{Name: "password", Label: p.T("sign_in.password"), Type: "password", Required: true, Autocomplete: "current-password"}},
			Submit: p.T("unlock.submit"),
		},
		Next: p.here(), Kept: p.keepForm(),
	}
	status := http.StatusUnauthorized
	if err != nil {
		content.Next, content.Kept = p.form.Get(nextField), p.form.Get(keptField)
		var code string
		status, code = statusOf(err)
		p.request.SetCode(code)
		if e, ok := errors.AsType[*domain.Error](err); ok && e.Kind == domain.TooMany {
			content.Problems = []string{p.tooMany(e)}
		} else if withErrors, ok := content.withErrors(err); ok {
			content.form = withErrors
		} else {
			return err
		}
	}
	p.w.Header().Set("WWW-Authenticate", `Cookie form-action="`+p.link("unlock/")+`", cookie-name="`+p.cookieName(seenCookie)+`"`)
	return p.showStatus(status, "unlock", p.T("unlock.title"), content)
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
