package console

import "example.com/healthcare/domain"

// userAction returns the page that says what a form will do to an account.
func (p *page) userAction(user domain.User, submit string, says ...string) confirmation {
	return confirmation{
		form: form{ETag: string(user.ETag()), Submit: submit, Cancel: p.link("users/{id}/", user.ID), Danger: true}, Says: says,
	}
}

// activateUser lets a user sign in. It is also the undo of deactivateUser.
func (c *console) activateUser(p *page) error {
	id, err := p.id("id")
	if err != nil {
		return err
	}
	user, err := c.Users.Change(p.ctx(), p.actor, id, p.expected(), domain.UserChange{Active: domain.Given("true")})
	if err != nil {
		return err
	}
	return p.redirectWith(notice{Text: p.T("users.activated", userLabel(user))}, "users/{id}/", id)
}

// showDeactivateUser says what a deactivation does.
func (c *console) showDeactivateUser(p *page) error {
	user, err := p.user()
	if err != nil {
		return err
	}
	return p.showDeactivation(user, nil)
}

func (p *page) showDeactivation(user domain.User, refusal error) error {
	name := userLabel(user)
	says := []string{p.T("users.deactivate_text", name), p.T("users.deactivate_kept", name), p.T("users.deactivate_undo")}
	if user.ID == p.actor.UserID {
		says = append(says, p.T("users.deactivate_own"))
	}
	return p.showConfirmation(p.T("users.deactivate_title", name), p.userAction(user, p.T("users.deactivate"), says...), refusal)
}

// deactivateUser prevents a user from signing in, and offers to undo it.
func (c *console) deactivateUser(p *page) error {
	user, err := p.user()
	if err != nil {
		return err
	}
	if err := c.Users.Deactivate(p.ctx(), p.actor, user.ID, p.expected()); err != nil {
		return p.showDeactivation(user, err)
	}
	done := notice{Text: p.T("users.deactivated", userLabel(user))}
	if user.ID != p.actor.UserID {
		after, err := c.Users.Get(p.ctx(), p.actor, user.ID, nil)
		if err != nil {
			return err
		}
		done.Undo, done.ETag = "users/"+user.ID.String()+"/activate/", string(after.ETag())
	}
	return p.redirectWith(done, "users/{id}/", user.ID)
}

// showSetPassword says what a new temporary password does.
func (c *console) showSetPassword(p *page) error {
	user, err := p.user()
	if err != nil {
		return err
	}
	if user.ID == p.actor.UserID {
		return p.redirect("account/password/")
	}
	name := userLabel(user)
	content := p.userAction(user, p.T("users.set_password"), p.T("users.set_password_text", name), p.T("users.set_password_once"))
	return p.showConfirmation(p.T("users.set_password_title", name), content, nil)
}

// setPassword gives a user a temporary password, and shows it.
func (c *console) setPassword(p *page) error {
	user, err := p.user()
	if err != nil {
		return err
	}
	password := newTemporaryPassword()
	if err := c.Users.SetPassword(p.ctx(), p.actor, user.ID, domain.NewPassword{Password: domain.Given(password)}); err != nil {
		return err
	}
	return p.show("temporary-password", p.T("users.password_set_title"), temporaryPassword{p.userRow(user), password, false})
}

// showSignOutUser says what signing a user out does.
func (c *console) showSignOutUser(p *page) error {
	user, err := p.user()
	if err != nil {
		return err
	}
	name := userLabel(user)
	says := []string{p.T("users.sign_out_text", name), p.T("users.sign_out_again")}
	if user.ID == p.actor.UserID {
		says = append(says, p.T("users.sign_out_own"))
	}
	return p.showConfirmation(p.T("users.sign_out_title", name), p.userAction(user, p.T("users.sign_out"), says...), nil)
}

// signOutUser ends all sessions of a user.
func (c *console) signOutUser(p *page) error {
	user, err := p.user()
	if err != nil {
		return err
	}
	if err := c.Users.RevokeSessions(p.ctx(), p.actor, user.ID); err != nil {
		return err
	}
	return p.redirectWith(notice{Text: p.T("users.signed_out", userLabel(user))}, "users/{id}/", user.ID)
}
