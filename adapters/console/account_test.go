package console_test

import (
	"net/http"
	"net/url"
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
	assert.Contains(t, refused.text(), "Too many attempts. Try again in")
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
