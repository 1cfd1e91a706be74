package application_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

func TestAuthenticateReadsTheStoreOnlyIfNecessary(t *testing.T) {
	for _, tt := range []struct {
		name          string
		deaf, revoked bool
		asks          int
		want          error
	}{
		{"it is known that it was not revoked", false, false, 0, nil},
		{"it is known that it was revoked", false, true, 0, domain.ErrAccessToken()},
		{"it was revoked, whatever else is not known", true, true, 0, domain.ErrAccessToken()},
		{"it is not known, and it was not", true, false, 1, nil},
	} {
		c := newClinic(t)
		revocations := &revocationsDouble{feedSilent: tt.deaf}
		c.use(withRevocations(revocations))
		c.register("ada@example.com", domain.Staff)
		grant := c.login("ada@example.com")
		session := c.actor(grant).SessionID
		if tt.revoked {
			revocations.Revoke(session)
		}
		done := c.measure()
		actor, err := c.Authenticator.Authenticate(c.ctx, from(here).Origin, grant.Access.Reveal())
		assert.Equal(t, tt.want, err, tt.name)
		assert.Equal(t, workCounts{views: tt.asks}, *done, tt.name)
		if tt.want == nil {
			assert.Equal(t, domain.Actor{UserID: 1, Role: domain.Staff, SessionID: session, Origin: from(here).Origin}, actor, tt.name)
		} else {
			assert.Zero(t, actor, tt.name)
		}
	}
}

func TestASessionRevokedOnAnotherInstanceIsRefused(t *testing.T) {
	c := newClinic(t)
	c.register("ada@example.com", domain.Staff)
	grant, other := c.login("ada@example.com"), c.login("ada@example.com")
	elsewhere := *c
	elsewhere.use(withRevocations(&revocationsDouble{feedSilent: true}))
	require.NoError(t, c.Sessions.Logout(c.ctx, c.actor(grant)))
	_, err := elsewhere.authenticate(grant)
	assert.Equal(t, domain.ErrAccessToken(), err)
	actor, err := elsewhere.authenticate(other)
	require.NoError(t, err)
	assert.Equal(t, c.actor(other), actor)

	elsewhere.use(onStore(brokenStore{c.Ports.Store, true}))
	actor, err = elsewhere.authenticate(other)
	assertKind(t, domain.Unavailable, err) // not Unauthenticated, which would end the session of the client
	assert.Zero(t, actor)
}

func TestATokenIsValidOnlyForTheUserOfItsSession(t *testing.T) {
	c := newClinic(t)
	c.use(withRevocations(&revocationsDouble{feedSilent: true}))
	ada, eve := c.SignUp("ada@example.com", domain.Staff), c.SignUp("eve@example.com", domain.Admin)
	for _, claimed := range []domain.Actor{
		{UserID: eve.UserID, Role: domain.Admin, SessionID: ada.SessionID},
		{UserID: ada.UserID, Role: domain.Admin, SessionID: 99},
	} {
		token, err := c.Ports.Tokens.Issue(claimed, c.Now(), c.Now().Add(time.Minute))
		require.NoError(t, err)
		_, err = c.Authenticator.Authenticate(c.ctx, domain.Origin{}, token.Reveal())
		assert.Equal(t, domain.ErrAccessToken(), err)
	}
	token, err := c.Ports.Tokens.Issue(domain.Actor{UserID: ada.UserID, Role: domain.Admin, SessionID: ada.SessionID}, c.Now(), c.Now().Add(time.Minute))
	require.NoError(t, err)
	actor, err := c.Authenticator.Authenticate(c.ctx, domain.Origin{}, token.Reveal())
	require.NoError(t, err)
	assert.Equal(t, ada, actor, "the role is read from the store")
}

func TestADutyIsReadFromTheStoreUntilItIsDone(t *testing.T) {
	c := newClinic(t, adminsNeedSecondFactor)
	for name, tt := range map[string]struct {
		role domain.Role
		duty domain.Duty
		do   func(actor domain.Actor)
	}{
		"ada": {domain.Staff, domain.DutyPassword, func(actor domain.Actor) {
			require.NoError(t, c.Account.ChangePassword(c.ctx, actor, passwordChange(goodPassword, otherPassword)))
		}},
		"eve": {domain.Admin, domain.DutySecondFactor, func(actor domain.Actor) { c.confirm(actor, c.enrol(actor)) }},
	} {
		email := name + "@example.com"
		user := c.register(email, tt.role)
		c.setUser(user.ID, func(user *domain.User) { user.PasswordTemporary = tt.duty == domain.DutyPassword })
		grant := c.login(email)
		assert.Equal(t, tt.duty, grant.Duty)
		measured := *c
		done := measured.measure()
		for range 2 {
			assert.Equal(t, tt.duty, measured.actor(grant).Duty)
		}
		assert.Equal(t, workCounts{views: 2}, *done)
		tt.do(c.actor(grant))
		assert.Equal(t, domain.NoDuty, measured.actor(grant).Duty)
		assert.Equal(t, workCounts{views: 3}, *done)

		grant, err := c.refresh(grant)
		require.NoError(t, err)
		assert.Equal(t, domain.NoDuty, measured.actor(grant).Duty)
		assert.Equal(t, workCounts{views: 3}, *done, "the next token has the new role")
	}
}

// The token of an administrator who signed in before a second factor was required has no duty.
func TestOldTokensOfAdministratorsAreCheckedForASecondFactor(t *testing.T) {
	c := newClinic(t)
	c.register("ada@example.com", domain.Admin)
	c.register("eve@example.com", domain.Admin)
	without, with := c.login("ada@example.com"), c.login("eve@example.com")
	eve := c.actor(with)
	c.confirm(eve, c.enrol(eve))
	with, err := c.refresh(with)
	require.NoError(t, err)

	c.use(adminsNeedSecondFactor)
	assert.Equal(t, domain.DutySecondFactor, c.actor(without).Duty)
	done := c.measure()
	assert.Equal(t, domain.NoDuty, c.actor(with).Duty)
	assert.Equal(t, workCounts{}, *done, "a token with a second factor is not checked in the store")
}

// An operator can deactivate an account directly in the database.
func TestASessionOfAnInactiveUserIsRefused(t *testing.T) {
	c := newClinic(t)
	user := c.register("ada@example.com", domain.Staff)
	grant := c.login("ada@example.com")
	c.setUser(user.ID, func(user *domain.User) { user.Active = false })
	_, err := c.refresh(grant)
	assert.Equal(t, domain.ErrRefreshToken(), err)
	c.use(withRevocations(&revocationsDouble{feedSilent: true}))
	_, err = c.authenticate(grant)
	assert.Equal(t, domain.ErrAccessToken(), err)
}

func TestARecheckRefusesASessionThatWasRevokedAndNoOtherToken(t *testing.T) {
	for _, deaf := range []bool{false, true} {
		c := newClinic(t)
		c.use(withRevocations(&revocationsDouble{feedSilent: deaf}))
		c.register("ada@example.com", domain.Staff)
		grant := c.login("ada@example.com")
		actor := c.actor(grant)
		c.Advance(grant.ExpiresIn + time.Minute)
		_, err := c.authenticate(grant)
		require.Equal(t, domain.ErrAccessToken(), err, "the token has expired")
		done := c.measure()
		require.NoError(t, c.Authenticator.Recheck(c.ctx, actor.SessionID), "the session goes on")
		assert.Equal(t, deaf, done.views > 0, "the store is read only if the revocations are not known")

		require.NoError(t, c.Sessions.Logout(c.ctx, actor))
		assert.Equal(t, domain.ErrAccessToken(), c.Authenticator.Recheck(c.ctx, actor.SessionID))
	}
}
