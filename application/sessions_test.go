package application_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

func TestLogin(t *testing.T) {
	c := newClinic(t)
	c.SignUp("ada@example.com", domain.Staff)

	grant, err := c.Sessions.Login(c.ctx, domain.Actor{}, credentials(" ADA@Example.com ", goodPassword))
	require.NoError(t, err)
	assert.Equal(t, 15*time.Minute, grant.ExpiresIn)
	actor, err := c.authenticate(grant)
	require.NoError(t, err)
	assert.Equal(t, domain.Staff, actor.Role)

	for _, wrong := range []domain.Credentials{
		credentials("ada@example.com", goodPassword+" "),
		credentials("ada@example.com", strings.ToUpper(goodPassword)),
		credentials("eve@example.com", goodPassword),
		credentials("no address", goodPassword),
		credentials("ada@example.com", "x"),
		credentials("ada@example.com", strings.Repeat("x", domain.MaxPasswordLength)),
	} {
		_, err := c.Sessions.Login(c.ctx, domain.Actor{}, wrong)
		assert.Equal(t, domain.ErrCredentials(), err)
	}
	_, err = c.Sessions.Login(c.ctx, domain.Actor{}, domain.Credentials{Unknown: []string{"pasword"}})
	assertKind(t, domain.Invalid, err)
	assertFields(t, err, "username", "password", "pasword")
}

func TestLoginReplacesDjangosHash(t *testing.T) {
	c := newClinic(t)
	actor := c.SignUp("ada@example.com", domain.Staff)
	c.setDjangoPassword(actor.UserID, "from the old backend")

	_, err := c.Sessions.Login(c.ctx, domain.Actor{}, credentials("ada@example.com", "not "+goodPassword))
	assert.Equal(t, domain.ErrCredentials(), err)
	for range 2 {
		_, err = c.Sessions.Login(c.ctx, domain.Actor{}, credentials("ada@example.com", "from the old backend"))
		require.NoError(t, err)
		assert.False(t, c.Ports.Passwords.Outdated(domain.Password{}, c.user(actor.UserID).PasswordHash))
	}
}

func TestALoginUsesThePasswordThatWasChangedConcurrently(t *testing.T) {
	for password, want := range map[string]error{
		otherPassword: domain.ErrCredentials(), // The password was changed.
		goodPassword:  nil,                     // Another login replaced only the hash.
	} {
		c := newClinic(t)
		ada := c.register("ada@example.com", domain.Staff)
		c.use(onStore(&onceBeforeUpdate{Store: c.Ports.Store, happen: func() { c.setPassword(ada.ID, password) }}))
		_, err := c.Sessions.Login(c.ctx, domain.Actor{}, credentials("ada@example.com", goodPassword))
		assert.Equal(t, want, err)
	}
}

func TestALoginFailsIfTheAccountIsDeactivatedConcurrently(t *testing.T) {
	c := newClinic(t)
	ada := c.register("ada@example.com", domain.Staff)
	c.use(onStore(&onceBeforeUpdate{Store: c.Ports.Store, happen: func() { require.NoError(t, c.Users.Deactivate(c.ctx, operator, ada.ID, unconditional)) }}))
	_, err := c.Sessions.Login(c.ctx, domain.Actor{}, credentials("ada@example.com", goodPassword))
	assert.Equal(t, domain.ErrCredentials(), err)
}

func TestRefreshRotates(t *testing.T) {
	c := newClinic(t)
	c.SignUp("ada@example.com", domain.Staff)
	first := c.login("ada@example.com")
	c.Advance(time.Hour)
	second, err := c.refresh(first)
	require.NoError(t, err)
	assert.NotEqual(t, first.Refresh.Reveal(), second.Refresh.Reveal())
	_, err = c.authenticate(second)
	require.NoError(t, err)
	third, err := c.refresh(second)
	require.NoError(t, err)

	t.Run("a spent token used again ends the session", func(t *testing.T) {
		_, err := c.refresh(first)
		assert.Equal(t, domain.ErrRefreshToken(), err)
		_, err = c.refresh(third)
		assert.Equal(t, domain.ErrRefreshToken(), err)
		_, err = c.authenticate(third)
		assert.Equal(t, domain.ErrAccessToken(), err)
	})
	t.Run("other sessions stay valid", func(t *testing.T) {
		_, err := c.refresh(c.login("ada@example.com"))
		assert.NoError(t, err)
	})
}

func TestRefreshRefusesInvalidTokens(t *testing.T) {
	c := newClinic(t)
	c.SignUp("ada@example.com", domain.Staff)
	grant := c.login("ada@example.com")
	for _, text := range []string{"x", grant.Access.Reveal(), grant.Refresh.Reveal()[1:], strings.Repeat("A", 64)} {
		_, err := c.Sessions.Refresh(c.ctx, domain.Actor{}, domain.Refresh{Token: domain.Given(text)})
		assert.Equal(t, domain.ErrRefreshToken(), err)
	}
	_, err := c.Sessions.Refresh(c.ctx, domain.Actor{}, domain.Refresh{})
	assertFields(t, err, "refresh")
	_, err = c.refresh(grant)
	assert.NoError(t, err, "none of this spent the token")
	_, err = c.Authenticator.Authenticate(c.ctx, domain.Origin{}, grant.Refresh.Reveal())
	assert.Equal(t, domain.ErrAccessToken(), err)
}

func TestParallelRefreshesLeaveAtMostOneSuccessor(t *testing.T) {
	c := newClinic(t)
	c.SignUp("ada@example.com", domain.Staff)
	grant := c.login("ada@example.com")
	successors := make(chan application.Grant, 20)
	var group sync.WaitGroup
	for range cap(successors) {
		group.Go(func() {
			if next, err := c.refresh(grant); err == nil {
				successors <- next
			}
		})
	}
	group.Wait()
	require.Len(t, successors, 1)
	_, err := c.refresh(<-successors)
	assert.Equal(t, domain.ErrRefreshToken(), err, "the other refreshes used a spent token, which revoked the session")
}

// withGrace lets the token that was spent last be used again for 30 seconds.
func withGrace(_ *application.Ports, r *application.Rules) {
	r.Sessions.RefreshGrace = 30 * time.Second
}

func TestParallelRefreshesGetTheSameSuccessorWithinTheGrace(t *testing.T) {
	c := newClinic(t, withGrace)
	c.SignUp("ada@example.com", domain.Staff)
	grant := c.login("ada@example.com")
	grants := make([]application.Grant, 20)
	var group sync.WaitGroup
	for i := range grants {
		group.Go(func() {
			var err error
			grants[i], err = c.refresh(grant)
			assert.NoError(t, err)
		})
	}
	group.Wait()
	for _, next := range grants {
		assert.Equal(t, grants[0].Refresh.Reveal(), next.Refresh.Reveal())
		_, err := c.authenticate(next)
		assert.NoError(t, err, "each access token is valid")
	}
	next, err := c.refresh(grants[0])
	require.NoError(t, err)
	assert.NotEqual(t, grants[0].Refresh.Reveal(), next.Refresh.Reveal())
}

func TestALostResponseIsRepeatedWithinTheGrace(t *testing.T) {
	c := newClinic(t, withGrace)
	c.SignUp("ada@example.com", domain.Staff)
	first := c.login("ada@example.com")
	second, err := c.refresh(first)
	require.NoError(t, err)
	c.Advance(30 * time.Second)
	again, err := c.refresh(first)
	require.NoError(t, err)
	assert.Equal(t, second.Refresh.Reveal(), again.Refresh.Reveal())
	c.Advance(1)
	_, err = c.refresh(first)
	assert.Equal(t, domain.ErrRefreshToken(), err, "using the grace does not extend it")
	_, err = c.refresh(second)
	assert.Equal(t, domain.ErrRefreshToken(), err, "after the grace the token revokes the session")
}

func TestATokenOlderThanTheLastRevokesTheSession(t *testing.T) {
	c := newClinic(t, withGrace)
	c.SignUp("ada@example.com", domain.Staff)
	first := c.login("ada@example.com")
	second, err := c.refresh(first)
	require.NoError(t, err)
	third, err := c.refresh(second)
	require.NoError(t, err)
	_, err = c.refresh(first)
	assert.Equal(t, domain.ErrRefreshToken(), err)
	_, err = c.refresh(third)
	assert.Equal(t, domain.ErrRefreshToken(), err)
}

func TestTheGraceDoesNotExtendASession(t *testing.T) {
	c := newClinic(t, withGrace)
	ada := c.SignUp("ada@example.com", domain.Staff)
	first := c.login("ada@example.com")
	second, err := c.refresh(first)
	require.NoError(t, err)
	require.NoError(t, c.Sessions.RevokeOthers(c.ctx, ada))
	for _, grant := range []application.Grant{first, second} {
		_, err = c.refresh(grant)
		assert.Equal(t, domain.ErrRefreshToken(), err)
	}
}

func TestWhenSessionsEnd(t *testing.T) {
	c := newClinic(t)
	c.register("ada@example.com", domain.Staff)

	t.Run("with the lifetime of the access token", func(t *testing.T) {
		grant := c.login("ada@example.com")
		c.Advance(15 * time.Minute)
		_, err := c.authenticate(grant)
		assert.Equal(t, domain.ErrAccessToken(), err)
		_, err = c.refresh(grant)
		assert.NoError(t, err)
	})
	t.Run("a day after login, even if they are used", func(t *testing.T) {
		grant := c.login("ada@example.com")
		c.Advance(24*time.Hour - time.Minute)
		grant, err := c.refresh(grant)
		require.NoError(t, err)
		assert.Equal(t, time.Minute, grant.ExpiresIn, "an access token does not outlive its session")
		c.Advance(time.Minute)
		_, err = c.refresh(grant)
		assert.Equal(t, domain.ErrRefreshToken(), err)
	})
	t.Run("with logout, which revokes only that session", func(t *testing.T) {
		grant, other := c.login("ada@example.com"), c.login("ada@example.com")
		actor, err := c.authenticate(grant)
		require.NoError(t, err)
		require.NoError(t, c.Sessions.Logout(c.ctx, actor))
		_, err = c.authenticate(grant)
		assert.Equal(t, domain.ErrAccessToken(), err)
		_, err = c.refresh(grant)
		assert.Equal(t, domain.ErrRefreshToken(), err)
		_, err = c.authenticate(other)
		assert.NoError(t, err)
	})
}

func TestSessionsAreListed(t *testing.T) {
	c := newClinic(t)
	c.register("ada@example.com", domain.Staff)
	c.register("eve@example.com", domain.Staff)
	phone, err := c.Sessions.Login(c.ctx, from("2001:db8::1"), credentials("ada@example.com", goodPassword))
	require.NoError(t, err)
	begun := c.Now()
	c.Advance(time.Hour)
	c.login("eve@example.com")
	desk := c.SignIn("ada@example.com")
	phone, err = c.refresh(phone)
	require.NoError(t, err)
	ended := c.SignIn("ada@example.com")
	require.NoError(t, c.Sessions.Logout(c.ctx, ended))
	require.NoError(t, c.Sessions.Logout(c.ctx, ended), "two logouts at once")

	page, err := c.Sessions.List(c.ctx, desk, domain.PageInput{})
	require.NoError(t, err)
	require.Len(t, page.Items, 2, "without Eve's session and the revoked one")
	first, second := page.Items[0], page.Items[1]
	assert.Equal(t, c.actor(phone).SessionID, first.ID)
	assert.Equal(t, from("2001:db8::1").Origin, first.Origin)
	assert.Equal(t, begun, first.CreatedAt)
	assert.Equal(t, c.Now(), first.LastUsedAt, "when it was refreshed")
	assert.Equal(t, begun.Add(c.Rules.Sessions.Session), first.ExpiresAt)
	assert.Equal(t, desk.SessionID, second.ID)

	page, err = c.Sessions.List(c.ctx, desk, domain.PageInput{Limit: domain.Given("1")})
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	assert.Equal(t, first.ID.String(), page.Next)
	c.SetTime(first.ExpiresAt)
	page, err = c.Sessions.List(c.ctx, desk, domain.PageInput{})
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	assert.Equal(t, second.ID, page.Items[0].ID)
	_, err = c.Sessions.List(c.ctx, desk, domain.PageInput{Limit: domain.Given("0")})
	assertFields(t, err, "limit")
}

func TestNobodyCanRevokeTheSessionsOfOthers(t *testing.T) {
	c := newClinic(t)
	c.register("ada@example.com", domain.Admin)
	c.register("eve@example.com", domain.Staff)
	expired := c.SignIn("ada@example.com")
	c.Advance(c.Rules.Sessions.Session)
	ada, ended, eves := c.SignIn("ada@example.com"), c.SignIn("ada@example.com"), c.login("eve@example.com")
	require.NoError(t, c.Sessions.Logout(c.ctx, ended))
	for name, id := range map[string]domain.ID{
		"another's": c.actor(eves).SessionID, "an ended one": ended.SessionID, "an expired one": expired.SessionID, "none": 99, "zero": 0,
	} {
		assert.Equal(t, domain.ErrNotFound(), c.Sessions.Revoke(c.ctx, ada, id), name)
	}
	_, err := c.authenticate(eves)
	assert.NoError(t, err)
}
