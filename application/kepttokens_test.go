package application_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// keepTokens sets the rule for clients that keep the refresh token of their login.
func keepTokens(_ *application.Ports, r *application.Rules) { r.Sessions.KeepRefreshTokens = true }

func TestAKeptRefreshTokenWorksUntilTheSessionExpires(t *testing.T) {
	c := newClinic(t, keepTokens)
	c.SignUp("ada@example.com", domain.Staff)
	login := c.login("ada@example.com")
	for range 23 {
		c.Advance(time.Hour)
		grant, err := c.refresh(login)
		require.NoError(t, err)
		assert.Equal(t, login.Refresh.Reveal(), grant.Refresh.Reveal())
		actor, err := c.authenticate(grant)
		require.NoError(t, err)
		assert.Equal(t, domain.SessionRefresh, c.LastEvent().Action)
		assert.Equal(t, actor.SessionID, c.LastEvent().Actor.SessionID)
		live, err := c.Sessions.List(c.ctx, actor, domain.PageInput{})
		require.NoError(t, err)
		assert.Equal(t, c.Now(), live.Items[len(live.Items)-1].LastUsedAt)
	}
	c.Advance(time.Hour)
	_, err := c.refresh(login)
	assert.Equal(t, domain.ErrRefreshToken(), err, "a day after the login")
}

func TestAKeptRefreshTokenOfARevokedSessionIsRefused(t *testing.T) {
	c := newClinic(t, keepTokens)
	ada := c.SignUp("ada@example.com", domain.Staff)
	for name, end := range map[string]func(domain.Actor) error{
		"logout": func(actor domain.Actor) error { return c.Sessions.Logout(c.ctx, actor) },
		"by an Admin": func(domain.Actor) error {
			return c.Users.RevokeSessions(c.ctx, c.Admin(), ada.UserID)
		},
		"deactivated": func(domain.Actor) error { return c.Users.Deactivate(c.ctx, operator, ada.UserID, unconditional) },
	} {
		c.setUser(ada.UserID, func(user *domain.User) { user.Active = true })
		grant := c.login("ada@example.com")
		actor, err := c.authenticate(grant)
		require.NoError(t, err)
		require.NoError(t, end(actor))
		_, err = c.refresh(grant)
		assert.Equal(t, domain.ErrRefreshToken(), err, name)
	}
}

func TestConcurrentRefreshesWithAKeptTokenAllSucceed(t *testing.T) {
	c := newClinic(t, keepTokens)
	c.SignUp("ada@example.com", domain.Staff)
	login := c.login("ada@example.com")
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			grant, err := c.refresh(login)
			assert.NoError(t, err)
			assert.Equal(t, login.Refresh.Reveal(), grant.Refresh.Reveal())
		})
	}
	group.Wait()
}

// The rule can change when the service is restarted.
func TestTokensSpentBeforeKeepRefreshTokensWasSetAreRefused(t *testing.T) {
	c := newClinic(t)
	c.SignUp("ada@example.com", domain.Staff)
	first := c.login("ada@example.com")
	second, err := c.refresh(first)
	require.NoError(t, err)

	c.use(keepTokens)
	_, err = c.refresh(second)
	require.NoError(t, err)
	_, err = c.refresh(first)
	assert.Equal(t, domain.ErrRefreshToken(), err)
	_, err = c.refresh(second)
	assert.Equal(t, domain.ErrRefreshToken(), err, "a spent token ended the session")

	kept := c.login("ada@example.com")
	_, err = c.refresh(kept)
	require.NoError(t, err)
	c.use(func(_ *application.Ports, r *application.Rules) { r.Sessions.KeepRefreshTokens = false })
	next, err := c.refresh(kept)
	require.NoError(t, err)
	assert.NotEqual(t, kept.Refresh.Reveal(), next.Refresh.Reveal(), "tokens are spent now")
}
