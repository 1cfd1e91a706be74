package application_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

var (
	toStaff  = domain.UserChange{Role: domain.Given("STAFF")}
	toAdmin  = domain.UserChange{Role: domain.Given("ADMIN")}
	inactive = domain.UserChange{Active: domain.Given("false")}
)

func TestAdministratorsChangeUsers(t *testing.T) {
	c := newClinic(t)
	admin, ada := c.SignUp("admin@example.com", domain.Admin), c.register("ada@example.com", domain.Staff)
	changed, err := c.Users.Change(c.ctx, admin, ada.ID, unconditional, domain.UserChange{
		Profile: domain.Profile{FirstName: domain.Given("Ada"), Phone: domain.Given("112")}, Role: domain.Given("ADMIN"),
	})
	require.NoError(t, err)
	assert.Equal(t, domain.Admin, changed.Role)
	assert.Equal(t, "Ada", changed.FirstName.String())
	assert.Equal(t, changed, c.user(ada.ID))
	assert.Equal(t, domain.Admin, c.SignIn("ada@example.com").Role)

	_, err = c.Users.Change(c.ctx, admin, ada.ID, unconditional, domain.UserChange{Role: domain.Given("GOD"), Active: domain.Given("maybe")})
	assertFields(t, err, "role", "is_active")
	assert.Equal(t, changed, c.user(ada.ID))
	for _, missing := range []error{
		c.Users.Deactivate(c.ctx, admin, 99, unconditional),
		c.Users.RevokeSessions(c.ctx, admin, 99),
		c.Users.ResetSecondFactor(c.ctx, operator, 99),
		c.Users.SetPassword(c.ctx, admin, 99, domain.NewPassword{Password: domain.Given(otherPassword)}),
	} {
		assert.Equal(t, domain.ErrNotFound(), missing)
	}

	require.NoError(t, c.Users.Deactivate(c.ctx, admin, ada.ID, unconditional))
	_, err = c.Sessions.Login(c.ctx, domain.Actor{}, credentials("ada@example.com", goodPassword))
	assert.Equal(t, domain.ErrCredentials(), err)
	_, err = c.Users.Change(c.ctx, admin, ada.ID, unconditional, domain.UserChange{Active: domain.Given("true")})
	require.NoError(t, err)
	c.SignIn("ada@example.com")
}

func TestNobodyChangesTheirOwnRole(t *testing.T) {
	c := newClinic(t)
	admin := c.SignUp("admin@example.com", domain.Admin)
	c.register("second@example.com", domain.Admin)
	_, err := c.Users.Change(c.ctx, admin, admin.UserID, unconditional, toStaff)
	assert.Equal(t, domain.ErrForbidden("Nobody can change their own role."), err)
	assert.Equal(t, domain.Admin, c.user(admin.UserID).Role)

	_, err = c.Users.Change(c.ctx, admin, admin.UserID, unconditional, domain.UserChange{Profile: domain.Profile{FirstName: domain.Given("Ada")}, Role: domain.Given("ADMIN")})
	assert.NoError(t, err, "setting the same role changes nothing")
	assert.NoError(t, c.Users.Deactivate(c.ctx, admin, admin.UserID, unconditional), "there is another administrator")
}

func TestTheLastActiveAdministratorCannotBeRemoved(t *testing.T) {
	c := newClinic(t)
	admin := c.SignUp("admin@example.com", domain.Admin)
	retired := c.register("retired@example.com", domain.Admin)
	require.NoError(t, c.Users.Deactivate(c.ctx, admin, retired.ID, unconditional))
	c.register("staff@example.com", domain.Staff)

	for _, by := range []domain.Actor{admin, operator} {
		_, err := c.Users.Change(c.ctx, by, admin.UserID, unconditional, inactive)
		assert.Equal(t, domain.ErrLastAdmin("is_active"), err)
		assert.Equal(t, domain.ErrLastAdmin("is_active"), c.Users.Deactivate(c.ctx, by, admin.UserID, unconditional))
	}
	_, err := c.Users.Change(c.ctx, operator, admin.UserID, unconditional, toStaff)
	assert.Equal(t, domain.ErrLastAdmin("role"), err)
	_, err = c.Users.Change(c.ctx, operator, admin.UserID, unconditional, domain.UserChange{Role: domain.Given("STAFF"), Active: domain.Given("false")})
	assertKind(t, domain.Conflict, err)
	_, err = c.Authenticator.Authenticate(c.ctx, domain.Origin{}, c.login("admin@example.com").Access.Reveal())
	assert.NoError(t, err)

	_, err = c.Users.Change(c.ctx, operator, retired.ID, unconditional, toStaff)
	assert.NoError(t, err, "an inactive administrator can be deactivated")
	_, err = c.Users.Change(c.ctx, operator, admin.UserID, unconditional, domain.UserChange{Profile: domain.Profile{FirstName: domain.Given("Ada")}})
	assert.NoError(t, err, "other fields can be changed")
	second := c.register("second@example.com", domain.Admin)
	_, err = c.Users.Change(c.ctx, operator, admin.UserID, unconditional, toStaff)
	assert.NoError(t, err, "the last but one administrator can be deactivated")
	assert.Equal(t, domain.ErrLastAdmin("is_active"), c.Users.Deactivate(c.ctx, operator, second.ID, unconditional))
}

func TestAdministratorsWhoDemoteEachOtherConcurrentlyLeaveOne(t *testing.T) {
	for name, demote := range map[string]func(c *clinic, by domain.Actor, id domain.ID) error{
		"role": func(c *clinic, by domain.Actor, id domain.ID) error {
			_, err := c.Users.Change(c.ctx, by, id, unconditional, toStaff)
			return err
		},
		"is_active": func(c *clinic, by domain.Actor, id domain.ID) error {
			return c.Users.Deactivate(c.ctx, by, id, unconditional)
		},
	} {
		c := newClinic(t)
		admins := make([]domain.Actor, 5)
		for i := range admins {
			admins[i] = c.SignUp(fmt.Sprintf("admin%d@example.com", i), domain.Admin)
		}
		var group sync.WaitGroup
		refused := make(chan error, len(admins))
		for i, by := range admins {
			group.Go(func() {
				if err := demote(c, by, admins[(i+1)%len(admins)].UserID); err != nil {
					refused <- err
				}
			})
		}
		group.Wait()
		require.Len(t, refused, 1, name)
		assert.Equal(t, domain.ErrLastAdmin(name), <-refused)
		left, err := c.Users.List(c.ctx, operator, domain.Parameters{"role": domain.Given("ADMIN"), "is_active": domain.Given("true")})
		require.NoError(t, err)
		assert.Len(t, left.Items, 1, name)
	}
}
