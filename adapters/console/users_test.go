package console_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

var shownPassword = regexp.MustCompile(`<code>([a-z2-9]{4}(?:-[a-z2-9]{4}){3})</code>`)

// temporaryPassword returns the password that the page shows.
func (a answer) temporaryPassword() string {
	a.b.t.Helper()
	found := shownPassword.FindStringSubmatch(a.body)
	require.NotNil(a.b.t, found, a.body)
	return found[1]
}

// addUser adds a user with the forms and returns the page of the user and the temporary password.
func (b *browser) addUser(email string, namesAndValues ...string) (path, password string) {
	b.t.Helper()
	added := b.get("/console/users/add/").submit("/console/users/add/", append(namesAndValues, "email", email)...)
	require.Equal(b.t, http.StatusOK, added.StatusCode, added.body)
	return added.link("I have passed it on"), added.temporaryPassword()
}

// userPath returns the page of a user.
func (d *desk) userPath(email string) string {
	d.t.Helper()
	found, err := d.Users.List(d.t.Context(), clinictest.Operator, domain.Parameters{"ordering": domain.Given("email")})
	require.NoError(d.t, err)
	at := slices.IndexFunc(found.Items, func(user domain.User) bool { return user.Email.String() == email })
	require.GreaterOrEqual(d.t, at, 0)
	return "/console/users/" + found.Items[at].ID.String() + "/"
}

// signInWith signs in with another password than that of all users.
func (b *browser) signInWith(email, password string) answer {
	b.t.Helper()
	return b.get("/console/sign-in/").submit("/console/sign-in/", "username", email, "password", password)
}

func TestAnAdministratorAddsAUserWhoThenWorks(t *testing.T) {
	d := newDesk(t)
	admin := d.signedIn("admin@clinic.example", domain.Admin)

	form := admin.get("/console/users/").link("Add a user")
	refused := admin.get(form).submit(form, "email", "not an address", "first_name", "Ada")
	assert.Equal(t, http.StatusUnprocessableEntity, refused.StatusCode)
	assert.Equal(t, "Ada", refused.form(form).Get("first_name"))
	added := refused.submit(form, "email", "ada@clinic.example", "last_name", "Lovelace")
	assert.Contains(t, added.text(), "Ada Lovelace can sign in now, with this temporary password.")
	password := added.temporaryPassword()
	assert.NotContains(t, d.log.String(), password)
	assert.Equal(t, "no-store", added.Header.Get("Cache-Control"))

	twice := refused.submit(form, "email", "ada@clinic.example", "last_name", "Lovelace")
	assert.Equal(t, added.link("I have passed it on"), twice.path())
	assert.Contains(t, twice.text(), "If you did not see the temporary password, set another one.")
	taken := refused.submit(form, "email", "admin@clinic.example")
	assert.Equal(t, http.StatusConflict, taken.StatusCode)
	assert.Contains(t, taken.text(), "Email address: user with this email already exists.")

	ada := d.browser()
	in := ada.signInWith("ada@clinic.example", password)
	assert.Equal(t, "/console/account/password/", in.path())
	done := in.submit("/console/account/password/", "current_password", password, "new_password", otherPassword, "new_password_again", otherPassword)
	assert.Equal(t, "/console/", done.path())
	assert.Contains(t, done.text(), "Ada Lovelace")
	assert.Equal(t, http.StatusOK, ada.get("/console/patients/").StatusCode)
	assert.Equal(t, http.StatusUnauthorized, d.browser().signInWith("ada@clinic.example", password).StatusCode)
}

func TestTheListOfUsersIsSearchedFilteredAndOrdered(t *testing.T) {
	d := newDesk(t)
	admin := d.signedIn("admin@clinic.example", domain.Admin)
	admin.addUser("ada@clinic.example", "first_name", "Ada", "last_name", "Lovelace")
	admin.addUser("grace@clinic.example", "first_name", "Grace", "last_name", "Hopper", "role", string(domain.Admin))

	const users = "/console/users/"
	list := admin.get(users)
	assert.Less(t, strings.Index(list.text(), "Grace Hopper"), strings.Index(list.text(), "Ada Lovelace"), "by last name")
	for _, asked := range []struct {
		fields    []string
		has, lost string
	}{
		{[]string{"search", "lovel"}, "Ada Lovelace", "Grace Hopper"},
		{[]string{"role", "ADMIN"}, "Grace Hopper", "Ada Lovelace"},
		{[]string{"role", "STAFF", "is_active", "true"}, "Ada Lovelace", "Grace Hopper"},
		{[]string{"is_active", "false"}, "There are no such users.", "Ada Lovelace"},
	} {
		found := list.submit(users, asked.fields...)
		assert.Contains(t, found.text(), asked.has)
		assert.NotContains(t, found.text(), asked.lost)
		assert.NotContains(t, found.path(), "lovel")
		assert.Equal(t, asked.fields[1], found.form(users).Get(asked.fields[0]), "the form keeps what was asked for")
	}
	newest := list.submit(users, "ordering", "-id").text()
	assert.Less(t, strings.Index(newest, "Grace Hopper"), strings.Index(newest, "Ada Lovelace"))
	byAddress := list.submit(users, "ordering", "email").text()
	assert.Less(t, strings.Index(byAddress, "Ada Lovelace"), strings.Index(byAddress, "Grace Hopper"))
	refused := list.submit(users, "role", "DOCTOR")
	assert.Equal(t, http.StatusUnprocessableEntity, refused.StatusCode)
	assert.Equal(t, http.StatusUnprocessableEntity, admin.get(users+"?after=x").StatusCode)
}

func TestAccountsThatWaitAreShownFirstAndActivated(t *testing.T) {
	d := newDesk(t, func(_ *application.Ports, r *application.Rules) { r.Registration = application.RegistrationApproval })
	admin := d.signedIn("admin@clinic.example", domain.Admin)
	assert.NotContains(t, admin.get("/console/users/").text(), "wait for you")
	_, err := d.Users.Register(t.Context(), domain.Actor{}, domain.Registration{
		Email: domain.Given("ada@clinic.example"), Password: domain.Given(clinictest.Password), FirstName: domain.Given("Ada"),
	})
	require.NoError(t, err)
	assert.Equal(t, http.StatusUnauthorized, d.browser().signIn("ada@clinic.example").StatusCode)

	list := admin.get("/console/users/")
	assert.Contains(t, list.text(), "These people wait for you to activate their accounts Ada, ada@clinic.example")
	page := admin.get(list.link("Ada"))
	activated := page.submit(page.path() + "activate/")
	assert.Contains(t, activated.text(), "Ada can sign in now.")
	assert.NotContains(t, admin.get("/console/users/").text(), "wait for you")
	assert.Equal(t, http.StatusOK, d.browser().signIn("ada@clinic.example").StatusCode)
}

func TestADeactivationIsExplainedAndUndone(t *testing.T) {
	d := newDesk(t)
	admin := d.signedIn("admin@clinic.example", domain.Admin)
	ada := d.signedIn("ada@clinic.example", domain.Staff)
	page := admin.get(d.userPath("ada@clinic.example"))
	asked := admin.get(page.link("Deactivate the account"))
	assert.Contains(t, asked.text(), "ada@clinic.example is signed out everywhere at once, and cannot sign in any more.")
	assert.Equal(t, http.StatusOK, ada.get("/console/").StatusCode, "nothing has happened yet")

	done := asked.submit(asked.path())
	assert.Equal(t, page.path(), done.path())
	assert.Equal(t, http.StatusUnauthorized, ada.get("/console/").StatusCode)
	assert.Equal(t, http.StatusUnauthorized, d.browser().signIn("ada@clinic.example").StatusCode)
	undone := done.submit(page.path() + "activate/")
	assert.Contains(t, undone.text(), "ada@clinic.example can sign in now.")
	assert.Equal(t, http.StatusOK, ada.signIn("ada@clinic.example").StatusCode)
	assert.Equal(t, http.StatusPreconditionFailed, done.submit(page.path()+"activate/").StatusCode, "an old undo changes nothing")

	late := asked.submit(asked.path())
	assert.Equal(t, http.StatusPreconditionFailed, late.StatusCode)
	assert.Contains(t, late.text(), "Somebody has changed this")
	assert.Equal(t, http.StatusOK, ada.get("/console/").StatusCode)
	assert.Equal(t, http.StatusOK, late.submit(asked.path()).StatusCode)
	assert.Equal(t, http.StatusUnauthorized, ada.get("/console/").StatusCode)
}

func TestTheLastAdministratorStays(t *testing.T) {
	d := newDesk(t)
	admin := d.signedIn("admin@clinic.example", domain.Admin)
	own := admin.get(d.userPath("admin@clinic.example"))
	asked := admin.get(own.link("Deactivate the account"))
	refused := asked.submit(asked.path())
	assert.Equal(t, http.StatusConflict, refused.StatusCode)
	assert.Contains(t, refused.text(), "This is the last active administrator. Make another user an administrator first.")

	edit := admin.get(own.link("Edit"))
	assert.Contains(t, edit.text(), "You cannot change your own role. Another administrator can.")
	demoted := edit.submit(edit.path(), "role", string(domain.Staff))
	assert.Equal(t, http.StatusUnprocessableEntity, demoted.StatusCode)
	assert.Contains(t, demoted.text(), "Role: Nobody can change their own role.")
	assert.Equal(t, http.StatusOK, admin.get("/console/users/").StatusCode)
}

func TestAnAdministratorWhoDeactivatesTheOwnAccountIsSignedOut(t *testing.T) {
	d := newDesk(t)
	d.Admin()
	admin := d.signedIn("second@clinic.example", domain.Admin)
	own := admin.get(d.userPath("second@clinic.example"))
	asked := admin.get(own.link("Deactivate the account"))
	assert.Contains(t, asked.text(), "This is your own account")
	assert.Equal(t, http.StatusUnauthorized, asked.submit(asked.path()).StatusCode)
}

func TestAnEditOfAUserShowsWhatAColleagueSavedMeanwhile(t *testing.T) {
	d := newDesk(t)
	admin := d.signedIn("admin@clinic.example", domain.Admin)
	path, password := admin.addUser("ada@clinic.example", "first_name", "Ada")
	first, second := admin.get(path+"edit/"), admin.get(path+"edit/")
	saved := first.submit(path+"edit/", "last_name", "Byron", "role", string(domain.Admin))
	assert.Equal(t, path, saved.path())
	assert.Contains(t, saved.text(), "The role is now Administrator")

	late := second.submit(path+"edit/", "last_name", "Lovelace", "phone_number", "030 1234567")
	assert.Equal(t, http.StatusPreconditionFailed, late.StatusCode)
	for _, want := range []string{"Last name: Stored now: Byron", "Phone: Stored now: nothing", "Role: Stored now: Administrator"} {
		assert.Contains(t, late.text(), want)
	}
	assert.NotContains(t, late.text(), "First name: Stored now")
	chosen := late.submit(path+"edit/", "role", string(domain.Admin))
	assert.Equal(t, path, chosen.path())
	assert.Contains(t, chosen.text(), "The account of Ada Lovelace was saved.")
	assert.Contains(t, chosen.text(), "RoleAdministrator")
	assert.Equal(t, "/console/account/password/", d.browser().signInWith("ada@clinic.example", password).path(), "the password is still temporary")
}

func TestARefusedNumberKeepsWhatWasTyped(t *testing.T) {
	d := newDesk(t)
	admin := d.signedIn("admin@clinic.example", domain.Admin)
	path, _ := admin.addUser("ada@clinic.example")
	refused := admin.get(path+"edit/").submit(path+"edit/", "first_name", "Ada", "phone_number", "not a number")
	assert.Equal(t, http.StatusUnprocessableEntity, refused.StatusCode)
	assert.Equal(t, "Ada", refused.form(path+"edit/").Get("first_name"))
	saved := refused.submit(path+"edit/", "phone_number", "030 1234567")
	assert.Contains(t, saved.text(), "First nameAda")
}

func TestANewTemporaryPasswordEndsTheSessions(t *testing.T) {
	d := newDesk(t)
	admin := d.signedIn("admin@clinic.example", domain.Admin)
	ada := d.signedIn("ada@clinic.example", domain.Staff)
	page := admin.get(d.userPath("ada@clinic.example"))
	asked := admin.get(page.link("Set a temporary password"))
	shown := asked.submit(asked.path())
	password := shown.temporaryPassword()
	assert.NotContains(t, d.log.String(), password)
	assert.Equal(t, http.StatusUnauthorized, ada.get("/console/").StatusCode)
	assert.Equal(t, http.StatusUnauthorized, ada.signIn("ada@clinic.example").StatusCode)
	assert.Equal(t, "/console/account/password/", ada.signInWith("ada@clinic.example", password).path())
	assert.Contains(t, admin.get(page.path()).text(), "Yes, with a temporary password")

	own := d.userPath("admin@clinic.example")
	assert.Equal(t, "/console/account/password/", admin.get(own+"password/").path())
	assert.Equal(t, http.StatusForbidden, admin.post(own+"password/", pairs()).StatusCode)
}

func TestAnAdministratorSignsAUserOutEverywhere(t *testing.T) {
	d := newDesk(t)
	admin := d.signedIn("admin@clinic.example", domain.Admin)
	ada := d.signedIn("ada@clinic.example", domain.Staff)
	page := admin.get(d.userPath("ada@clinic.example"))
	asked := admin.get(page.link("Sign out everywhere"))
	assert.Contains(t, asked.text(), "All sessions of ada@clinic.example end at once.")
	done := asked.submit(asked.path())
	assert.Contains(t, done.text(), "All sessions of ada@clinic.example have ended.")
	assert.Equal(t, http.StatusUnauthorized, ada.get("/console/").StatusCode)
	assert.Equal(t, http.StatusOK, ada.signIn("ada@clinic.example").StatusCode)
}

func TestStaffGetNoPageOfUsers(t *testing.T) {
	d := newDesk(t)
	ada := d.signedIn("ada@clinic.example", domain.Staff)
	own := d.userPath("ada@clinic.example")
	events := len(d.Events())
	for _, path := range []string{"/console/users/", "/console/users/add/", own, own + "edit/", own + "deactivate/", own + "password/", own + "sessions/", own + "sign-out/"} {
		assert.Equal(t, http.StatusForbidden, ada.get(path).StatusCode, path)
	}
	for _, path := range []string{"/console/users/add/", own + "edit/", own + "activate/", own + "deactivate/", own + "password/", own + "sign-out/"} {
		refused := ada.post(path, pairs("email", "eve@clinic.example", "role", string(domain.Admin), "etag", "1"))
		assert.Equal(t, http.StatusForbidden, refused.StatusCode, path)
	}
	assert.NotContains(t, ada.get("/console/").body, "/console/users/")
	for _, event := range d.Events()[events:] {
		if strings.HasPrefix(string(event.Action), "user:") || event.Action == domain.SessionRead {
			assert.Equal(t, domain.Denied, event.Outcome, event.Action)
		}
	}
	assert.Equal(t, domain.Staff, d.SignIn("ada@clinic.example").Role)
}

func TestThereIsNoPageOfAnUnknownUser(t *testing.T) {
	d := newDesk(t)
	admin := d.signedIn("admin@clinic.example", domain.Admin)
	for _, path := range []string{"/console/users/999/", "/console/users/x/", "/console/users/0/edit/", "/console/users/999/password/", "/console/users/999/sessions/", "/console/users/x/sessions/"} {
		assert.Equal(t, http.StatusNotFound, admin.get(path).StatusCode, path)
	}
	assert.Equal(t, http.StatusNotFound, admin.post("/console/users/999/password/", pairs()).StatusCode)
}
