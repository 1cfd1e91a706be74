package application_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

func TestRegister(t *testing.T) {
	c := newClinic(t)
	admin := c.signUp("admin@example.com", domain.Admin)
	staff := c.signUp("staff@example.com", domain.Staff)

	t.Run("anyone becomes Staff", func(t *testing.T) {
		in := registration("Ada@Example.com", "")
		in.Role = domain.Input{}
		user, err := c.users.Register(c.ctx, domain.Actor{}, in)
		require.NoError(t, err)
		assert.Equal(t, domain.Staff, user.Role)
		assert.Equal(t, "ada@example.com", user.Email.String())
	})
	t.Run("a taken address is a Conflict, in any letter case", func(t *testing.T) {
		_, err := c.users.Register(c.ctx, domain.Actor{}, registration("ADA@example.COM", domain.Staff))
		assert.Equal(t, domain.ErrEmailTaken(), err)
	})
	t.Run("an administrator can create either role, others cannot", func(t *testing.T) {
		_, err := c.users.Register(c.ctx, admin, registration("second@example.com", domain.Admin))
		require.NoError(t, err)
		for _, by := range []domain.Actor{{}, staff} {
			_, err := c.users.Register(c.ctx, by, registration("mallory@example.com", domain.Admin))
			assertKind(t, domain.Forbidden, err)
			_, err = c.users.Register(c.ctx, by, registration("mallory@example.com", "admin"))
			assertKind(t, domain.Invalid, err)
			_, err = c.users.Register(c.ctx, by, registration("mallory@example.com", "OPERATOR"))
			assertKind(t, domain.Invalid, err)
		}
		_, err = c.auth.Login(c.ctx, domain.Actor{}, credentials("mallory@example.com", goodPassword))
		assert.Equal(t, domain.ErrCredentials(), err, "no refused registration left an account")
	})
	t.Run("weak passwords are refused", func(t *testing.T) {
		for _, password := range []string{"x", "password1", "12345678", "qwertyuiop", "grace.hopper", "GraceHopper1"} {
			in := registration("grace.hopper@example.com", domain.Staff)
			in.FirstName, in.LastName, in.Password = domain.Given("Grace"), domain.Given("Hopper"), domain.Given(password)
			_, err := c.users.Register(c.ctx, domain.Actor{}, in)
			assertFields(t, err, "password")
		}
	})
}

func TestRegisterWhileClosed(t *testing.T) {
	c := newClinicWith(t, application.RegistrationClosed)
	admin := c.signUp("admin@example.com", domain.Admin)
	_, err := c.users.Register(c.ctx, domain.Actor{}, registration("ada@example.com", domain.Staff))
	assertKind(t, domain.Forbidden, err)
	_, err = c.users.Register(c.ctx, admin, registration("ada@example.com", domain.Staff))
	assert.NoError(t, err)
}

func TestMe(t *testing.T) {
	c := newClinic(t)
	ada := c.signUp("ada@example.com", domain.Staff)
	changed, err := c.users.ChangeMe(c.ctx, ada, domain.Profile{FirstName: domain.Given("Ada"), Phone: domain.Given("112")})
	require.NoError(t, err)
	me, err := c.users.Me(c.ctx, ada)
	require.NoError(t, err)
	assert.Equal(t, changed, me)
	assert.Equal(t, "Ada", me.FirstName.String())
	assert.Equal(t, "112", me.Phone.String())
	assert.Equal(t, domain.Staff, me.Role)

	_, err = c.users.ChangeMe(c.ctx, ada, domain.Profile{FirstName: domain.Null(), Phone: domain.Given("x"), Unknown: []string{"is_admin"}})
	assertFields(t, err, "first_name", "phone_number", "is_admin")
}
