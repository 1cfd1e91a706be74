package application_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/domain"
)

// checks are the use-cases that verify the password of a signed-in user, or the first code of
// a device. Each can be called with a wrong or the right one.
func checks(clinic *clinictest.Clinic) map[string]func(t *testing.T, actor domain.Actor, password string) error {
	return map[string]func(*testing.T, domain.Actor, string) error{
		"change the password": func(t *testing.T, actor domain.Actor, password string) error {
			return clinic.Account.ChangePassword(t.Context(), actor, domain.PasswordChange{
				Current: domain.Given(password), New: domain.Given("violet-harbour-29-compass"),
			})
		},
		"enrol": func(t *testing.T, actor domain.Actor, password string) error {
			_, err := clinic.SecondFactor.Enrol(t.Context(), actor, domain.PasswordCheck{Password: domain.Given(password)})
			return err
		},
		"disable": func(t *testing.T, actor domain.Actor, password string) error {
			return clinic.SecondFactor.Disable(t.Context(), actor, domain.PasswordCheck{Password: domain.Given(password)})
		},
		"confirm": func(t *testing.T, actor domain.Actor, _ string) error {
			_, err := clinic.SecondFactor.Confirm(t.Context(), actor, domain.CodeCheck{Code: domain.Given("000000")})
			return err
		},
	}
}

// sessionAt returns the actor of a session that was started from home.
func sessionAt(t *testing.T, clinic *clinictest.Clinic, email string) domain.Actor {
	t.Helper()
	require.NoError(t, loginAt(t.Context(), clinic, home, email, clinictest.Password))
	actor := clinic.SignIn(email)
	actor.Origin = at(home)
	return actor
}

func TestGuessesInASessionLimitThatSessionOnly(t *testing.T) {
	for name := range checks(nil) {
		t.Run(name, func(t *testing.T) {
			clinic := clinicWithLimits(t)
			clinic.SignUp("ada@example.com", domain.Staff)
			open, other := sessionAt(t, clinic, "ada@example.com"), sessionAt(t, clinic, "ada@example.com")
			_, err := clinic.SecondFactor.Enrol(t.Context(), open, domain.PasswordCheck{Password: domain.Given(clinictest.Password)})
			require.NoError(t, err)
			for range 10 {
				err := checks(clinic)[name](t, open, "wrong")
				require.Equal(t, domain.Invalid, domain.KindOf(err), "%v", err)
			}
			for other, try := range checks(clinic) {
				assert.Equal(t, domain.TooMany, domain.KindOf(try(t, open, clinictest.Password)), "%s: the session is limited", other)
			}
			open.Origin = at("198.51.100.7")
			assert.Equal(t, domain.TooMany, domain.KindOf(checks(clinic)["disable"](t, open, clinictest.Password)), "also from another address")

			assert.NoError(t, loginAt(t.Context(), clinic, home, "ada@example.com", clinictest.Password), "a login from the same address")
			assert.NoError(t, loginAt(t.Context(), clinic, "198.51.100.7", "ada@example.com", clinictest.Password), "a login from elsewhere")
			assert.NoError(t, checks(clinic)["disable"](t, other, clinictest.Password), "another session")

			clinic.Advance(15 * time.Minute / 16)
			assert.NoError(t, checks(clinic)["disable"](t, open, clinictest.Password), "the session, after its wait")
		})
	}
}

func TestFailedLoginsDoNotLimitSignedInUsers(t *testing.T) {
	clinic := clinicWithLimits(t)
	clinic.SignUp("ada@example.com", domain.Staff)
	open := sessionAt(t, clinic, "ada@example.com")
	for range 10 {
		require.Error(t, loginAt(t.Context(), clinic, home, "ada@example.com", "wrong"))
	}
	require.Equal(t, domain.TooMany, domain.KindOf(loginAt(t.Context(), clinic, home, "ada@example.com", clinictest.Password)))
	assert.NoError(t, checks(clinic)["disable"](t, open, clinictest.Password))
}

// A user can have many sessions, and a stranger can find an open one.
func TestGuessesInSessionsDoNotLimitLogins(t *testing.T) {
	clinic := clinicWithLimits(t)
	clinic.SignUp("ada@example.com", domain.Staff)
	for range 12 {
		open := sessionAt(t, clinic, "ada@example.com")
		for range 10 {
			require.Error(t, checks(clinic)["disable"](t, open, "wrong"))
		}
	}
	assert.NoError(t, loginAt(t.Context(), clinic, "198.51.100.7", "ada@example.com", clinictest.Password), "from an unknown network")
}

func TestTheRightPasswordResetsTheCountOfASession(t *testing.T) {
	clinic := clinicWithLimits(t)
	clinic.SignUp("ada@example.com", domain.Staff)
	open := sessionAt(t, clinic, "ada@example.com")
	for range 3 {
		for range 9 {
			require.Equal(t, domain.Invalid, domain.KindOf(checks(clinic)["disable"](t, open, "wrong")))
		}
		require.NoError(t, checks(clinic)["disable"](t, open, clinictest.Password))
	}
}
