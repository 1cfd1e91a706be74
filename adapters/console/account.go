package console

import "example.com/healthcare/domain"

func (c *console) accountRoutes() []route {
	return []route{
		get("account/{$}", c.showAccount),
		post("account/{$}", c.changeAccount),
		get("account/password/{$}", c.showPassword).open(beforeDuty),
		postSecret("account/password/{$}", c.changePassword).open(beforeDuty),
		get("account/second-factor/{$}", c.showSecondFactor).open(beforeDuty),
		postSecret("account/second-factor/{$}", c.enrol).open(beforeDuty),
		get("account/second-factor/confirm/{$}", c.backToSecondFactor).open(beforeDuty),
		postSecret("account/second-factor/confirm/{$}", c.confirmEnrolment).open(beforeDuty),
		get("account/second-factor/disable/{$}", c.backToSecondFactor).open(beforeDuty),
		postSecret("account/second-factor/disable/{$}", c.disableSecondFactor),
		get("account/sessions/{$}", c.listOwnSessions),
		post("account/sessions/{id}/end/{$}", c.endOwnSession),
		post("account/sessions/end-others/{$}", c.endOtherSessions),
		post("account/shortcut/{$}", c.switchShortcut),
	}
}

// accountPage is the content of the page of one's own account. Its form changes the names and
// the phone number.
type accountPage struct {
	form
	User domain.User
	Role string
}

func (p *page) newAccountPage(me domain.User) accountPage {
	return accountPage{
		form: form{Fields: p.profileFields(me), ETag: string(me.ETag()), Submit: p.T("account.save")},
		User: me, Role: p.roleName(me.Role),
	}
}

// profileFields are the fields that users can change in their own account.
func (p *page) profileFields(user domain.User) []field {
	return []field{
		{Name: "first_name", Label: p.T("users.first_name"), Value: user.FirstName.String(), Type: "text", Autocomplete: "off"},
		{Name: "last_name", Label: p.T("users.last_name"), Value: user.LastName.String(), Type: "text", Autocomplete: "off"},
		{Name: "phone_number", Label: p.T("users.phone"), Value: user.Phone.String(), Type: "tel", Autocomplete: "off", InputMode: "tel"},
	}
}

// profile returns what was typed into profileFields.
func (p *page) profile() domain.Profile {
	return domain.Profile{FirstName: p.input("first_name"), LastName: p.input("last_name"), Phone: p.input("phone_number")}
}

// roleName returns the name of a role.
func (p *page) roleName(role domain.Role) string {
	if role == domain.Admin {
		return p.T("users.admin")
	}
	return p.T("users.staff")
}

// showAccount is the page of one's own account.
func (c *console) showAccount(p *page) error {
	me, err := c.Account.Me(p.ctx(), p.actor)
	if err != nil {
		return err
	}
	return p.show("account", p.T("account.title"), p.newAccountPage(me))
}

// changeAccount changes one's own names and phone number.
func (c *console) changeAccount(p *page) error {
	me, err := c.Account.ChangeMe(p.ctx(), p.actor, p.expected(), p.profile())
	if err == nil {
		p.rename(me)
		return p.redirectWith(notice{Text: p.T("account.saved")}, "account/")
	}
	stored, meErr := c.Account.Me(p.ctx(), p.actor)
	if meErr != nil {
		return meErr
	}
	content := p.newAccountPage(stored)
	var ok bool
	if content.form, ok = p.withChangeErrors(content.form, err); !ok {
		return err
	}
	return p.showAgain(err, "account", p.T("account.title"), content)
}

// rename shows the new name of the signed-in user from the next page on.
func (p *page) rename(me domain.User) {
	if name := userLabel(me); name != p.session.userName {
		p.session.userName = name
		p.setTokens(p.session)
	}
}

// withChangeErrors is withErrors for a form with the stored values. If somebody has changed them
// since the form was shown, each field whose stored value is not what was typed says so. Sent
// again, the form replaces the stored values.
func (p *page) withChangeErrors(f form, err error) (form, bool) {
	if domain.KindOf(err) != domain.PreconditionFailed {
		f.ETag = p.form.Get(etagField)
		return p.withErrors(f, err)
	}
	stored := f.Fields
	f.Fields = p.filled(stored)
	f.Problems = []string{p.T("account.changed_meanwhile")}
	for i, field := range f.Fields {
		switch {
		case field.Value == stored[i].Value:
		case stored[i].Value == "":
			f.Fields[i].Errors = []string{p.T("account.stored_empty")}
		default:
			f.Fields[i].Errors = []string{p.T("account.stored", p.shown(stored[i]))}
		}
	}
	return f, true
}
