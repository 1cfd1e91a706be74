package console_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

const otherPassword = "tundra-velvet-19-kettle"

func TestChangingThePasswordEndsOnlyTheOtherSessions(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("ada@clinic.example", domain.Staff)
	elsewhere := d.browser()
	elsewhere.signIn("ada@clinic.example")

	form := b.get("/console/account/password/")
	for name, fields := range map[string][]string{
		"This is not the current password.":             {"current_password", "not it", "new_password", otherPassword, "new_password_again", otherPassword},
		"This is not the same as the new password.":     {"current_password", clinictest.Password, "new_password", otherPassword, "new_password_again", "another"},
		"This password is too easy to guess":            {"current_password", clinictest.Password, "new_password", "password1", "new_password_again", "password1"},
		"This field is required.":                       {},
		"Current password: This field may not be blank": {"current_password", "", "new_password", otherPassword, "new_password_again", otherPassword},
	} {
		refused := b.post("/console/account/password/", pairs(fields...))
		assert.Equal(t, http.StatusUnprocessableEntity, refused.StatusCode, name)
		assert.Contains(t, refused.text(), name)
		assert.NotContains(t, refused.body, otherPassword)
	}
	assert.Equal(t, http.StatusOK, elsewhere.get("/console/").StatusCode, "nothing has changed yet")

	changed := form.submit("/console/account/password/", "current_password", clinictest.Password, "new_password", otherPassword, "new_password_again", otherPassword)
	assert.Equal(t, "/console/account/", changed.path())
	assert.Contains(t, changed.text(), "Your password was changed.")
	assert.Equal(t, http.StatusUnauthorized, elsewhere.get("/console/").StatusCode)
	in := d.browser().get("/console/sign-in/").submit("/console/sign-in/", "username", "ada@clinic.example", "password", otherPassword)
	assert.Equal(t, http.StatusOK, in.StatusCode)
}

func TestGuessesOfTheCurrentPasswordAreRateLimited(t *testing.T) {
	d := newDesk(t, func(_ *application.Ports, r *application.Rules) {
		r.Limits.LoginPair = domain.Limit{Max: 3, Window: 15 * time.Minute}
	})
	b := d.signedIn("ada@clinic.example", domain.Staff)
	wrong := pairs("current_password", "not it", "new_password", otherPassword, "new_password_again", otherPassword)
	for range 3 {
		assert.Equal(t, http.StatusUnprocessableEntity, b.post("/console/account/password/", wrong).StatusCode)
	}
	refused := b.post("/console/account/password/", wrong)
	assert.Equal(t, http.StatusTooManyRequests, refused.StatusCode)
	assert.Contains(t, refused.text(), "Too many attempts. Try again in a minute.")
}

func TestATemporaryPasswordIsChangedBeforeAnythingElse(t *testing.T) {
	d := newDesk(t)
	_, err := d.Users.Create(t.Context(), d.Admin(), domain.Registration{Email: domain.Given("ada@clinic.example"), Password: domain.Given(clinictest.Password)})
	require.NoError(t, err)
	b := d.browser()
	in := b.signIn("ada@clinic.example")
	assert.Equal(t, "/console/account/password/", in.path())
	assert.Contains(t, in.text(), "Your password is temporary")
	for _, path := range []string{"/console/"} {
		assert.Equal(t, "/console/account/password/", b.get(path).path(), path)
	}
	done := in.submit("/console/account/password/", "current_password", clinictest.Password, "new_password", otherPassword, "new_password_again", otherPassword)
	assert.Equal(t, "/console/", done.path())
	assert.Equal(t, http.StatusOK, done.StatusCode)
	assert.Contains(t, done.text(), "Your password was changed.")
}

// pairs returns the fields of a form.
func pairs(namesAndValues ...string) url.Values {
	fields := url.Values{}
	for i := 0; i < len(namesAndValues); i += 2 {
		fields.Set(namesAndValues[i], namesAndValues[i+1])
	}
	return fields
}

func TestUsersChangeTheirOwnNames(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("ada@clinic.example", domain.Staff)
	shown := b.get("/console/account/")
	assert.Contains(t, shown.text(), "Email addressada@clinic.example RoleStaff")

	refused := shown.submit("/console/account/", "first_name", "Ada", "phone_number", "not a number")
	assert.Equal(t, http.StatusUnprocessableEntity, refused.StatusCode)
	assert.Equal(t, "Ada", refused.form("/console/account/").Get("first_name"), "what was typed is kept")
	assert.Equal(t, "not a number", refused.form("/console/account/").Get("phone_number"))

	saved := refused.submit("/console/account/", "last_name", "Lovelace", "phone_number", "030 1234567")
	assert.Equal(t, "/console/account/", saved.path())
	assert.Contains(t, saved.text(), "Your account was saved.")
	assert.Contains(t, b.get("/console/").text(), "Ada Lovelace", "the name on all pages is the new one")

	late := shown.submit("/console/account/", "last_name", "Byron")
	assert.Equal(t, http.StatusPreconditionFailed, late.StatusCode)
	assert.Contains(t, late.text(), "Last name: Stored now: Lovelace")
	assert.Equal(t, "Byron", late.form("/console/account/").Get("last_name"))
	again := late.submit("/console/account/", "first_name", "Augusta")
	assert.Equal(t, http.StatusOK, again.StatusCode)
	assert.Contains(t, b.get("/console/").text(), "Augusta Byron")
}

func TestUsersEndTheirOtherSessions(t *testing.T) {
	d := newDesk(t)
	const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	const sessions = "/console/account/sessions/"
	b := d.browser()
	b.header.Set("User-Agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0")
	d.SignUp("ada@clinic.example", domain.Staff) // signs in without a device
	b.signIn("ada@clinic.example")
	elsewhere, third, stranger := d.browser(), d.browser(), d.signedIn("eve@clinic.example", domain.Staff)
	elsewhere.header.Set("User-Agent", firefox)
	elsewhere.signIn("ada@clinic.example")
	third.header.Set("User-Agent", "curl/8.5.0")
	third.signIn("ada@clinic.example")

	list := b.get(sessions)
	for _, want := range []string{"Edge on Windows", "Firefox on Linux", "curl/8.5.0", "Unknown", "127.0.0.1"} {
		assert.Contains(t, list.text(), want)
	}
	assert.Equal(t, 1, strings.Count(list.text(), "This one"))
	ends := regexp.MustCompile(`action="([^"]+/end/)"><button aria-label="End the session of Firefox on Linux"`).FindStringSubmatch(list.body)
	require.NotNil(t, ends, list.body)

	assert.Equal(t, http.StatusOK, stranger.post(ends[1], nil).StatusCode)
	assert.Equal(t, http.StatusOK, elsewhere.get("/console/").StatusCode, "nobody ends the session of somebody else")
	assert.Contains(t, list.submit(ends[1]).text(), "The session has ended.")
	assert.Equal(t, http.StatusUnauthorized, elsewhere.get("/console/").StatusCode)
	assert.Equal(t, http.StatusOK, third.get("/console/").StatusCode)
	assert.Equal(t, http.StatusOK, list.submit(ends[1]).StatusCode, "twice is no error")

	rest := b.get(sessions).submit(sessions + "end-others/")
	assert.Contains(t, rest.text(), "All your other sessions have ended.")
	assert.NotContains(t, rest.text(), "End all other sessions")
	assert.Equal(t, http.StatusUnauthorized, third.get("/console/").StatusCode)
	assert.Equal(t, http.StatusOK, b.get("/console/").StatusCode)
	assert.Equal(t, http.StatusOK, stranger.get("/console/").StatusCode)
}
