package console

import (
	"net/url"

	"example.com/healthcare/domain"
)

func (c *console) userRoutes() []route {
	return []route{
		get("users/{$}", c.listUsers),
		post("users/{$}", func(p *page) error { return p.redirectToList("users/") }),
		get("users/add/{$}", c.showAddUser),
		post("users/add/{$}", c.addUser),
		get("users/{id}/{$}", c.showUser),
		get("users/{id}/edit/{$}", c.showEditUser),
		post("users/{id}/edit/{$}", c.editUser),
		post("users/{id}/activate/{$}", c.activateUser),
		get("users/{id}/deactivate/{$}", c.showDeactivateUser),
		post("users/{id}/deactivate/{$}", c.deactivateUser),
		get("users/{id}/password/{$}", c.showSetPassword),
		post("users/{id}/password/{$}", c.setPassword),
		get("users/{id}/sessions/{$}", c.listUserSessions),
		get("users/{id}/sign-out/{$}", c.showSignOutUser),
		post("users/{id}/sign-out/{$}", c.signOutUser),
	}
}

// userList is the content of the list of users. Its form asks for another list.
type userList struct {
	filterForm
	// Waiting are accounts that an administrator has to activate. They are shown above the
	// list, unless somebody has asked for a part of it.
	Waiting []userRow
	Users   []userRow
	Pager   pager
}

// userRow is a user with what pages show about the account.
type userRow struct {
	domain.User
	Label, RoleName, State string
}

func (p *page) userRow(user domain.User) userRow {
	return userRow{user, userLabel(user), p.roleName(user.Role), p.userState(user)}
}

func (p *page) userRows(users []domain.User) (rows []userRow) {
	for _, user := range users {
		rows = append(rows, p.userRow(user))
	}
	return rows
}

// userState says in words whether a user can sign in.
func (p *page) userState(user domain.User) string {
	switch {
	case awaitsActivation(user):
		return p.T("users.state_waiting")
	case !user.Active:
		return p.T("users.state_inactive")
	case user.PasswordTemporary:
		return p.T("users.state_temporary")
	}
	return p.T("users.state_active")
}

// awaitsActivation reports whether somebody has asked for the account, and no administrator has
// changed it since. An account that was deactivated has a later version.
func awaitsActivation(user domain.User) bool { return !user.Active && user.Version == 1 }

// waitingUsers returns the newest accounts that an administrator has to activate.
func (p *page) waitingUsers() (waiting []domain.User, err error) {
	inactive, err := p.Users.List(p.ctx(), p.actor, domain.Parameters{"is_active": domain.Given("false"), "ordering": domain.Given("-id")})
	for _, user := range inactive.Items {
		if awaitsActivation(user) {
			waiting = append(waiting, user)
		}
	}
	return waiting, err
}

// listUsers is the list of users.
func (c *console) listUsers(p *page) error {
	asked := p.asked()
	parameters := p.parameters(asked, "search", "role", "is_active", "ordering")
	if asked.Get("ordering") == "" {
		parameters["ordering"] = domain.Given("last_name")
	}
	content := userList{filterForm: p.userFilters(asked)}
	found, err := c.Users.List(p.ctx(), p.actor, parameters)
	var refused bool
	if content.form, refused = p.withErrors(content.form, err); refused {
		return p.showAgain(err, "users", p.T("nav.users"), content)
	} else if err != nil {
		return err
	}
	content.Users, content.Pager = p.userRows(found.Items), pagerOf(p, found)
	if len(asked) == 0 && content.Pager.First == "" {
		waiting, err := p.waitingUsers()
		if err != nil {
			return err
		}
		content.Waiting = p.userRows(waiting)
	}
	return p.show("users", p.T("nav.users"), content)
}

// userFilters is the form that asks for a list of users.
func (p *page) userFilters(asked url.Values) filterForm {
	return p.newFilterForm(
		"users/", asked,
		field{Name: "search", Label: p.T("users.search"), Type: "search", Autocomplete: "off"},
		filterChoice("role", p.T("users.role"), append([]option{{"", p.T("list.any")}}, p.roleOptions()...)...),
		filterChoice(
			"is_active", p.T("users.state"), option{"", p.T("list.any")},
			option{"true", p.T("users.can_sign_in")}, option{"false", p.T("users.cannot_sign_in")},
		),
		filterChoice(
			"ordering", p.T("list.order"), option{"", p.T("users.last_name")}, option{"email", p.T("users.email")},
			option{"-id", p.T("users.newest")}, option{"id", p.T("users.oldest")},
		),
	)
}

func (p *page) roleOptions() []option {
	return []option{{string(domain.Staff), p.roleName(domain.Staff)}, {string(domain.Admin), p.roleName(domain.Admin)}}
}

// userPage is the content of the page of a user.
type userPage struct {
	userRow
	// Own says that it is the account of the signed-in user.
	Own  bool
	ETag domain.ETag
}

// showUser is the page of a user.
func (c *console) showUser(p *page) error {
	user, err := p.user()
	if err != nil {
		return err
	}
	return p.show("user", userLabel(user), userPage{p.userRow(user), user.ID == p.actor.UserID, user.ETag()})
}

// userSessions is the content of the page of a user's sessions.
type userSessions struct {
	sessionList
	User domain.ID
}

// listUserSessions is the page that shows where a user is signed in. It is not a part of the page
// of the user, so that the audit trail has an event only if somebody wants to know.
func (c *console) listUserSessions(p *page) error {
	user, err := p.user()
	if err != nil {
		return err
	}
	if user.ID == p.actor.UserID {
		return p.redirect("account/sessions/")
	}
	found, err := c.Users.ListSessions(p.ctx(), p.actor, user.ID, p.sessionPage())
	if err != nil {
		return err
	}
	return p.show("user-sessions", p.T("users.sessions_title", userLabel(user)), userSessions{p.sessionList(found), user.ID})
}

// user returns the user whose id is in the path.
func (p *page) user() (domain.User, error) {
	id, err := p.id("id")
	if err != nil {
		return domain.User{}, err
	}
	return p.Users.Get(p.ctx(), p.actor, id, nil)
}
