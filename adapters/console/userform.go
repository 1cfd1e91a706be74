package console

import (
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"example.com/healthcare/domain"
)

// temporaryPassword is the content of the page that shows a temporary password, once.
type temporaryPassword struct {
	userRow
	Password string
	// New says that the account was created, too.
	New bool
}

// newTemporaryPassword returns a random password of 80 bits in groups. It has none of the
// characters that people confuse: 0 and o, 1 and l.
func newTemporaryPassword() string {
	text := strings.ToLower(rand.Text()[:16]) // It has no digit but those from 2 to 7.
	return inGroups(strings.NewReplacer("l", "8", "o", "9").Replace(text), "-")
}

func (p *page) newUserForm() form {
	fields := []field{{Name: "email", Label: p.T("users.email"), Hint: p.T("users.email_hint"), Type: "email", Required: true, Autocomplete: "off"}}
	fields = append(fields, p.profileFields(domain.User{})...)
	return form{Fields: append(fields, p.roleField(domain.Staff)), Submit: p.T("users.add"), Cancel: p.link("users/")}
}

func (p *page) roleField(role domain.Role) field {
	return field{Name: "role", Label: p.T("users.role"), Hint: p.T("users.role_hint"), Type: "select", Value: string(role), Options: p.roleOptions()}
}

// showAddUser is the page to create an account.
func (c *console) showAddUser(p *page) error {
	if err := domain.Authorize(p.actor, domain.UserCreate); err != nil {
		return err
	}
	content := p.newUserForm()
	content.Fields[0].Focus = true
	return p.show("form", p.T("users.add_title"), content)
}

// addUser creates an account and shows its temporary password.
func (c *console) addUser(p *page) error {
	password, profile := newTemporaryPassword(), p.profile()
	user, err := c.Users.Create(p.ctx(), p.actor, domain.Registration{
		Email: p.input("email"), Password: domain.Given(password), Role: p.input("role"),
		FirstName: profile.FirstName, LastName: profile.LastName, Phone: profile.Phone,
	})
	if domain.KindOf(err) == domain.Conflict {
		if added, ok := p.justAdded(); ok {
			return p.redirectWith(notice{Text: p.T("users.added_twice", userLabel(added))}, "users/{id}/", added.ID)
		}
	}
	if err != nil {
		refused, ok := p.withErrors(p.newUserForm(), err)
		if !ok {
			return err
		}
		return p.showAgain(err, "form", p.T("users.add_title"), refused)
	}
	return p.show("temporary-password", p.T("users.added_title"), temporaryPassword{p.userRow(user), password, true})
}

// sentTwice is the time in which a form is sent twice by mistake, such as with a double click.
const sentTwice = time.Minute

// justAdded returns the user whose address was sent, if the account is so new that this form
// must have been sent twice. The browser shows only the second answer, so the first one and
// its password were not seen.
func (p *page) justAdded() (domain.User, bool) {
	email, err := domain.ParseEmail(p.form.Get("email"))
	if err != nil {
		return domain.User{}, false
	}
	user, err := p.Users.FindByEmail(p.ctx(), p.actor, email)
	return user, err == nil && user.Version == 1 && user.PasswordTemporary && p.Clock().Sub(user.CreatedAt) < sentTwice
}

func (p *page) editUserForm(user domain.User) form {
	role := p.roleField(user.Role)
	if user.ID == p.actor.UserID {
		role.Hint, role.Options = p.T("users.own_role"), []option{{string(user.Role), p.roleName(user.Role)}}
	}
	return form{
		Fields: append(p.profileFields(user), role), ETag: string(user.ETag()),
		Submit: p.T("account.save"), Cancel: p.link("users/{id}/", user.ID),
	}
}

// showEditUser is the page to change an account.
func (c *console) showEditUser(p *page) error {
	user, err := p.user()
	if err != nil {
		return err
	}
	return p.show("form", p.T("users.edit_title", userLabel(user)), p.editUserForm(user))
}

// editUser changes the names, the phone number and the role of an account.
func (c *console) editUser(p *page) error {
	before, err := p.user()
	if err != nil {
		return err
	}
	user, err := c.Users.Change(p.ctx(), p.actor, before.ID, p.expected(), domain.UserChange{Profile: p.profile(), Role: p.input("role")})
	if err != nil {
		err = besideTheRole(err)
		refused, ok := p.withChangeErrors(p.editUserForm(before), err)
		if !ok {
			return err
		}
		return p.showAgain(err, "form", p.T("users.edit_title", userLabel(before)), refused)
	}
	if user.ID == p.actor.UserID {
		p.rename(user)
	}
	text := p.T("users.saved", userLabel(user))
	if user.Role != before.Role {
		text = p.T("users.role_changed", userLabel(user), p.roleName(user.Role))
	}
	return p.redirectWith(notice{Text: text}, "users/{id}/", user.ID)
}

// besideTheRole moves the refusal of a new role to its field. The actor has the permission to
// change accounts, so nothing else about a change is forbidden.
func besideTheRole(err error) error {
	if e, ok := errors.AsType[*domain.Error](err); ok && e.Kind == domain.Forbidden {
		return &domain.Error{Kind: domain.Invalid, Fields: domain.FieldErrors{"role": {e.Message}}, Err: err}
	}
	return err
}
