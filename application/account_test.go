package application_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

func TestMe(t *testing.T) {
	c := newClinic(t)
	ada := c.SignUp("ada@example.com", domain.Staff)
	changed, err := c.Account.ChangeMe(c.ctx, ada, unconditional, domain.Profile{FirstName: domain.Given("Ada"), Phone: domain.Given("112")})
	require.NoError(t, err)
	me, err := c.Account.Me(c.ctx, ada)
	require.NoError(t, err)
	assert.Equal(t, changed, me)
	assert.Equal(t, "Ada", me.FirstName.String())
	assert.Equal(t, "112", me.Phone.String())
	assert.Equal(t, domain.Staff, me.Role)

	_, err = c.Account.ChangeMe(c.ctx, ada, unconditional, domain.Profile{FirstName: domain.Null(), Phone: domain.Given("x"), Unknown: []string{"is_admin"}})
	assertFields(t, err, "first_name", "phone_number", "is_admin")
}

func TestPermissions(t *testing.T) {
	c := newClinic(t)
	for _, role := range []domain.Role{domain.Staff, domain.Admin} {
		actor := c.SignUp(string(role)+"@example.com", role)
		permissions, err := c.Account.Permissions(c.ctx, actor)
		require.NoError(t, err)
		assert.Equal(t, domain.Permissions(actor), permissions)
		assert.Contains(t, permissions, domain.PatientRead)
		assert.Equal(t, role == domain.Admin, slices.Contains(permissions, domain.DoctorCreate))
	}
}

func TestChangePassword(t *testing.T) {
	c := newClinic(t)
	ada := c.SignUp("ada@example.com", domain.Staff)
	before := c.user(ada.UserID)
	for _, tt := range []struct {
		current, changed, field string
	}{
		{"wrong", otherPassword, "current_password"},
		{goodPassword + " ", otherPassword, "current_password"},
		{goodPassword, goodPassword, "new_password"},
		{goodPassword, "password1", "new_password"},
		{goodPassword, "ada@example.com", "new_password"},
	} {
		err := c.Account.ChangePassword(c.ctx, ada, passwordChange(tt.current, tt.changed))
		assertKind(t, domain.Invalid, err)
		assertFields(t, err, tt.field)
	}
	assert.Equal(t, before, c.user(ada.UserID))

	require.NoError(t, c.Account.ChangePassword(c.ctx, ada, passwordChange(goodPassword, otherPassword)))
	assert.NoError(t, c.loginFrom("192.0.2.1", "ada@example.com", otherPassword))
	assert.Equal(t, domain.ErrCredentials(), c.loginFrom("192.0.2.1", "ada@example.com", goodPassword))
}

func TestChangePasswordReplacesAnOutdatedHashOnlyWithTheNewPassword(t *testing.T) {
	c := newClinic(t)
	ada := c.SignUp("ada@example.com", domain.Staff)
	c.setDjangoPassword(ada.UserID, "from the old backend")
	require.NoError(t, c.Account.ChangePassword(c.ctx, ada, passwordChange("from the old backend", otherPassword)))
	assert.NoError(t, c.loginFrom("192.0.2.1", "ada@example.com", otherPassword))
	assert.Equal(t, domain.ErrCredentials(), c.loginFrom("192.0.2.1", "ada@example.com", "from the old backend"))
}

func TestATemporaryPasswordMustBeChangedFirst(t *testing.T) {
	c := newClinic(t)
	admin, ada := c.SignUp("admin@example.com", domain.Admin), c.register("ada@example.com", domain.Staff)
	const temporary = "harbor-velvet-58-tundra"
	require.NoError(t, c.Users.SetPassword(c.ctx, admin, ada.ID, domain.NewPassword{Password: domain.Given(temporary)}))
	assert.Equal(t, domain.ErrCredentials(), c.loginFrom("192.0.2.1", "ada@example.com", goodPassword))

	grant, err := c.Sessions.Login(c.ctx, domain.Actor{}, credentials("ada@example.com", temporary))
	require.NoError(t, err)
	assert.Equal(t, domain.DutyPassword, grant.Duty)
	actor := c.actor(grant)
	assert.Equal(t, domain.DutyPassword, actor.Duty)
	_, err = c.Patients.List(c.ctx, actor, nil)
	refusal, ok := errors.AsType[*domain.Error](err)
	require.True(t, ok)
	assert.Equal(t, domain.Forbidden, refusal.Kind)
	assert.Equal(t, "password_change_required", refusal.Code)
	_, err = c.SecondFactor.Enrol(c.ctx, actor, check(temporary))
	assertKind(t, domain.Forbidden, err)
	_, err = c.Account.Me(c.ctx, actor)
	assert.NoError(t, err)
	permissions, err := c.Account.Permissions(c.ctx, actor)
	require.NoError(t, err)
	assert.ElementsMatch(t, []domain.Permission{domain.UserReadSelf, domain.UserChangePassword, domain.SessionRevokeSelf, domain.SessionUnlockSelf}, permissions)

	grant, err = c.refresh(grant)
	require.NoError(t, err)
	assert.Equal(t, domain.DutyPassword, grant.Duty, "a refresh does not end the duty")
	assertFields(t, c.Account.ChangePassword(c.ctx, actor, passwordChange(temporary, temporary)), "new_password")
	require.NoError(t, c.Account.ChangePassword(c.ctx, actor, passwordChange(temporary, otherPassword)))

	actor = c.actor(grant)
	assert.Equal(t, domain.NoDuty, actor.Duty, "the same token has no duty now")
	_, err = c.Patients.List(c.ctx, actor, nil)
	assert.NoError(t, err)
	grant, err = c.refresh(grant)
	require.NoError(t, err)
	assert.Equal(t, domain.NoDuty, grant.Duty)
}

func TestAdministratorsCannotSetTheirOwnPassword(t *testing.T) {
	c := newClinic(t)
	admin, ada := c.SignUp("admin@example.com", domain.Admin), c.register("ada@example.com", domain.Staff)
	before := c.user(admin.UserID)
	err := c.Users.SetPassword(c.ctx, admin, admin.UserID, domain.NewPassword{Password: domain.Given(otherPassword)})
	assertKind(t, domain.Forbidden, err)
	assert.Equal(t, before, c.user(admin.UserID))
	err = c.Users.SetPassword(c.ctx, admin, ada.ID, domain.NewPassword{Password: domain.Given("ada@example.com")})
	assertFields(t, err, "password")
	assert.Equal(t, ada, c.user(ada.ID))
}
