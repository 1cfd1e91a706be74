package application_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// This table says which sessions each call revokes.
func TestARevokedSessionIsRefusedImmediately(t *testing.T) {
	const ( // which of the user's two sessions stay usable
		none = iota
		thisOne
		theOther
		both
	)
	for name, tt := range map[string]struct {
		goesOn int
		do     func(c *clinic, this domain.Actor, other domain.ID, grant application.Grant) error
	}{
		"logout": {theOther, func(c *clinic, this domain.Actor, _ domain.ID, _ application.Grant) error {
			return c.Sessions.Logout(c.ctx, this)
		}},
		"ending this one": {theOther, func(c *clinic, this domain.Actor, _ domain.ID, _ application.Grant) error {
			return c.Sessions.Revoke(c.ctx, this, this.SessionID)
		}},
		"ending another one": {thisOne, func(c *clinic, this domain.Actor, other domain.ID, _ application.Grant) error {
			return c.Sessions.Revoke(c.ctx, this, other)
		}},
		"ending the others": {thisOne, func(c *clinic, this domain.Actor, _ domain.ID, _ application.Grant) error {
			return c.Sessions.RevokeOthers(c.ctx, this)
		}},
		"a spent refresh token": {theOther, func(c *clinic, _ domain.Actor, _ domain.ID, grant application.Grant) error {
			spent := domain.NewRefreshToken(grant.Refresh.Selector(), domain.RefreshSecret{})
			_, err := c.Sessions.Refresh(c.ctx, domain.Actor{}, refresh(spent))
			assert.Equal(c.t, domain.ErrRefreshToken(), err)
			return nil
		}},
		"another password": {thisOne, func(c *clinic, this domain.Actor, _ domain.ID, _ application.Grant) error {
			return c.Account.ChangePassword(c.ctx, this, passwordChange(goodPassword, otherPassword))
		}},
		"a second factor": {thisOne, func(c *clinic, this domain.Actor, _ domain.ID, _ application.Grant) error {
			c.confirm(this, c.enrol(this))
			return nil
		}},
		"deactivation": {none, func(c *clinic, this domain.Actor, _ domain.ID, _ application.Grant) error {
			return c.Users.Deactivate(c.ctx, operator, this.UserID, unconditional)
		}},
		"being made inactive": {none, func(c *clinic, this domain.Actor, _ domain.ID, _ application.Grant) error {
			_, err := c.Users.Change(c.ctx, operator, this.UserID, unconditional, inactive)
			return err
		}},
		"a higher role": {none, func(c *clinic, this domain.Actor, _ domain.ID, _ application.Grant) error {
			_, err := c.Users.Change(c.ctx, operator, this.UserID, unconditional, toAdmin)
			return err
		}},
		"a password from an administrator": {none, func(c *clinic, this domain.Actor, _ domain.ID, _ application.Grant) error {
			return c.Users.SetPassword(c.ctx, operator, this.UserID, domain.NewPassword{Password: domain.Given(otherPassword)})
		}},
		"being signed out": {none, func(c *clinic, this domain.Actor, _ domain.ID, _ application.Grant) error {
			return c.Users.RevokeSessions(c.ctx, operator, this.UserID)
		}},
		"the loss of the second factor": {none, func(c *clinic, this domain.Actor, _ domain.ID, _ application.Grant) error {
			return c.Users.ResetSecondFactor(c.ctx, operator, this.UserID)
		}},

		"another name": {both, func(c *clinic, this domain.Actor, _ domain.ID, _ application.Grant) error {
			_, err := c.Users.Change(c.ctx, operator, this.UserID, unconditional, domain.UserChange{Profile: domain.Profile{FirstName: domain.Given("Ada")}, Role: domain.Given("STAFF"), Active: domain.Given("true")})
			return err
		}},
		"a refused change": {both, func(c *clinic, this domain.Actor, _ domain.ID, _ application.Grant) error {
			assert.Error(c.t, c.Account.ChangePassword(c.ctx, this, passwordChange("wrong", otherPassword)))
			return nil
		}},
		"a wrong login": {both, func(c *clinic, _ domain.Actor, _ domain.ID, _ application.Grant) error {
			assert.Error(c.t, c.loginFrom(here, "ada@example.com", "wrong"))
			return nil
		}},
		"giving the second factor up": {thisOne, func(c *clinic, this domain.Actor, _ domain.ID, _ application.Grant) error {
			return c.SecondFactor.Disable(c.ctx, this, check(goodPassword))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			// An instance knows its own revocations before the store notifies it. While it does not know
			// those of other instances, it must read the store.
			for _, revocations := range []ports.Revocations{&revocationsDouble{}, &revocationsDouble{feedSilent: true}} {
				c := newClinic(t)
				c.use(withRevocations(revocations))
				c.register("ada@example.com", domain.Staff)
				c.register("eve@example.com", domain.Staff)
				this, other, eves := c.login("ada@example.com"), c.login("ada@example.com"), c.login("eve@example.com")
				require.NoError(t, tt.do(c, c.actor(this), c.actor(other).SessionID, this))
				c.assertGoesOn(this, tt.goesOn&thisOne != 0)
				c.assertGoesOn(other, tt.goesOn&theOther != 0)
				c.assertGoesOn(eves, true)
			}
		})
	}
}

func (c *clinic) assertGoesOn(grant application.Grant, want bool) {
	c.t.Helper()
	_, accessErr := c.authenticate(grant)
	_, refreshErr := c.refresh(grant)
	if want {
		assert.NoError(c.t, accessErr)
		assert.NoError(c.t, refreshErr)
		return
	}
	assert.Equal(c.t, domain.ErrAccessToken(), accessErr)
	assert.Equal(c.t, domain.ErrRefreshToken(), refreshErr)
}

func TestALowerRoleTakesEffectImmediately(t *testing.T) {
	c := newClinic(t)
	c.use(withRevocations(&revocationsDouble{}))
	admin := c.SignUp("admin@example.com", domain.Admin)
	c.register("second@example.com", domain.Admin)
	grant := c.login("second@example.com")
	_, err := c.Users.Change(c.ctx, admin, c.actor(grant).UserID, unconditional, toStaff)
	require.NoError(t, err)
	c.assertGoesOn(grant, false)
	assert.Equal(t, domain.Staff, c.SignIn("second@example.com").Role)
}

// An instance revokes nothing that the store did not commit.
func TestAFailedCommitRevokesNothing(t *testing.T) {
	c := newClinic(t)
	revocations := &revocationsDouble{}
	c.use(withRevocations(revocations))
	actor := c.SignUp("ada@example.com", domain.Staff)
	c.use(onStore(brokenStore{c.Ports.Store, false}))
	for name, err := range map[string]error{
		"logout":          c.Sessions.Logout(c.ctx, actor),
		"change password": c.Account.ChangePassword(c.ctx, actor, passwordChange(goodPassword, otherPassword)),
		"deactivate":      c.Users.Deactivate(c.ctx, operator, actor.UserID, unconditional),
	} {
		assertKind(t, domain.Unavailable, err)
		assert.Empty(t, revocations.revoked, name)
	}
}
