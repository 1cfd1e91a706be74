package console

import "example.com/healthcare/domain"

// passwordPage is the content of the page that changes one's own password.
type passwordPage struct {
	form
	// Reason says why the password has to be changed, "" if the user only wants to.
	Reason string
	// Email is for the browser's password manager.
	Email domain.Email
}

// newPasswordPage returns the empty form. It is an error if another duty comes first.
func (p *page) newPasswordPage() (passwordPage, error) {
	if err := p.admitDuty(domain.DutyPassword); err != nil {
		return passwordPage{}, err
	}
	me, err := p.Account.Me(p.ctx(), p.actor)
	if err != nil {
		return passwordPage{}, err
	}
	content := passwordPage{
		form: form{
			Fields: []field{
				{Name: "current_password", Label: p.T("password.current"), Type: "password", Required: true, Autocomplete: "current-password"},
				{Name: "new_password", Label: p.T("password.new"), Hint: p.T("password.hint"), Type: "password", Required: true, Autocomplete: "new-password"},
				{Name: "new_password_again", Label: p.T("password.again"), Type: "password", Required: true, Autocomplete: "new-password"},
			},
			Submit: p.T("password.submit"),
		},
		Email: me.Email,
	}
	if p.actor.Duty == domain.DutyPassword {
		content.Reason = p.T("password.temporary")
	} else {
		content.Cancel = p.link("account/")
	}
	return content, nil
}

// admitDuty refuses a user who has another duty than this one to do first.
func (p *page) admitDuty(duty domain.Duty) error {
	if p.actor.Duty != domain.NoDuty && p.actor.Duty != duty {
		return dutyError{p.actor.Duty}
	}
	return nil
}

// showPassword is the page to change one's own password.
func (c *console) showPassword(p *page) error {
	content, err := p.newPasswordPage()
	if err != nil {
		return err
	}
	return p.show("password", p.T("password.title"), content)
}

// changePassword changes one's own password. The session goes on, and all others end. A user
// who had to do this gets the first page, or the page of the next duty.
func (c *console) changePassword(p *page) error {
	content, err := p.newPasswordPage()
	if err != nil {
		return err
	}
	if p.form.Get("new_password") != p.form.Get("new_password_again") {
		err = &domain.Error{Kind: domain.Invalid, Fields: domain.FieldErrors{"new_password_again": {p.T("password.different")}}}
	} else {
		err = c.Account.ChangePassword(p.ctx(), p.actor, domain.PasswordChange{Current: p.input("current_password"), New: p.input("new_password")})
	}
	if err != nil {
		var ok bool
		if content.form, ok = p.withErrors(content.form, err); !ok {
			return err
		}
		return p.showAgain(err, "password", p.T("password.title"), content)
	}
	next := "account/"
	if p.actor.Duty != domain.NoDuty {
		next = ""
	}
	return p.redirectWith(notice{Text: p.T("password.changed")}, next)
}
