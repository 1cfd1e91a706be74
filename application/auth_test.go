package application_test

import (
	"context"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func TestLogin(t *testing.T) {
	c := newClinic(t)
	c.signUp("ada@example.com", domain.Staff)

	grant, err := c.auth.Login(c.ctx, domain.Actor{}, credentials(" ADA@Example.com ", goodPassword))
	require.NoError(t, err)
	assert.Equal(t, 15*time.Minute, grant.ExpiresIn)
	actor, err := c.auth.Authenticate(c.ctx, grant.Access.Reveal())
	require.NoError(t, err)
	assert.Equal(t, domain.Staff, actor.Role)

	for _, wrong := range []domain.Credentials{
		credentials("ada@example.com", goodPassword+" "),
		credentials("ada@example.com", strings.ToUpper(goodPassword)),
		credentials("eve@example.com", goodPassword),
		credentials("no address", goodPassword),
		credentials("ada@example.com", "x"),
		credentials("ada@example.com", strings.Repeat("x", 5000)),
	} {
		_, err := c.auth.Login(c.ctx, domain.Actor{}, wrong)
		assert.Equal(t, domain.ErrCredentials(), err)
	}
	_, err = c.auth.Login(c.ctx, domain.Actor{}, domain.Credentials{Unknown: []string{"pasword"}})
	assertKind(t, domain.Invalid, err)
	assertFields(t, err, "username", "password", "pasword")
}

func TestLoginReplacesDjangosHash(t *testing.T) {
	c := newClinic(t)
	actor := c.signUp("ada@example.com", domain.Staff)
	key, err := pbkdf2.Key(sha256.New, "from the old backend", []byte("salt"), 1000, 32)
	require.NoError(t, err)
	c.setHash(actor.UserID, "pbkdf2_sha256$1000$salt$"+base64.StdEncoding.EncodeToString(key))

	_, err = c.auth.Login(c.ctx, domain.Actor{}, credentials("ada@example.com", "not "+goodPassword))
	assert.Equal(t, domain.ErrCredentials(), err)
	for range 2 {
		_, err = c.auth.Login(c.ctx, domain.Actor{}, credentials("ada@example.com", "from the old backend"))
		require.NoError(t, err)
		assert.False(t, c.passwords.Outdated(c.user(actor.UserID).PasswordHash))
	}
}

// between is a store in which something else happens before an Update, once.
type between struct {
	ports.Store
	happen func()
}

func (s *between) Update(ctx context.Context, fn func(ports.Tx) error) error {
	if happen := s.happen; happen != nil {
		s.happen = nil
		happen()
	}
	return s.Store.Update(ctx, fn)
}

func TestLoginWhileThePasswordIsChanged(t *testing.T) {
	c := newClinic(t)
	actor := c.signUp("ada@example.com", domain.Staff)
	for password, want := range map[string]error{
		"another one": domain.ErrCredentials(), // changed
		goodPassword:  nil,                     // only its hash was replaced, by another login
	} {
		c.setPassword(actor.UserID, goodPassword)
		store := &between{Store: c.store, happen: func() { c.setPassword(actor.UserID, password) }}
		auth := application.NewAuth(store, c.passwords, c.tokens, func() time.Time { return c.now }, application.Lifetimes{Access: time.Minute, Session: time.Hour})
		_, err := auth.Login(c.ctx, domain.Actor{}, credentials("ada@example.com", goodPassword))
		assert.Equal(t, want, err)
	}
}

// counting counts the work that a caller could measure.
type counting struct {
	ports.Passwords
	verified int
}

func (p *counting) Verify(ctx context.Context, password domain.Password, hash domain.PasswordHash) (bool, error) {
	p.verified++
	return p.Passwords.Verify(ctx, password, hash)
}

func TestEveryLoginCostsOneVerification(t *testing.T) {
	c := newClinic(t)
	c.signUp("ada@example.com", domain.Staff)
	for _, in := range []domain.Credentials{
		credentials("ada@example.com", goodPassword), credentials("ada@example.com", "wrong"),
		credentials("eve@example.com", "wrong"), credentials("no address", "wrong"), credentials("ada@example.com", strings.Repeat("x", 1000)),
	} {
		passwords := &counting{Passwords: c.passwords}
		auth := application.NewAuth(c.store, passwords, c.tokens, func() time.Time { return c.now }, application.Lifetimes{Access: time.Minute, Session: time.Hour})
		_, _ = auth.Login(c.ctx, domain.Actor{}, in)
		assert.Equal(t, 1, passwords.verified)
	}
}

func TestATokenIsForItsSessionsUserOnly(t *testing.T) {
	c := newClinic(t)
	ada, eve := c.signUp("ada@example.com", domain.Staff), c.signUp("eve@example.com", domain.Admin)
	for _, claimed := range []domain.Actor{
		{UserID: eve.UserID, Role: domain.Admin, SessionID: ada.SessionID},
		{UserID: ada.UserID, Role: domain.Admin, SessionID: 99},
	} {
		token, err := c.tokens.Issue(claimed, c.now, c.now.Add(time.Minute))
		require.NoError(t, err)
		_, err = c.auth.Authenticate(c.ctx, token.Reveal())
		assert.Equal(t, domain.ErrAccessToken(), err)
	}
	token, err := c.tokens.Issue(domain.Actor{UserID: ada.UserID, Role: domain.Admin, SessionID: ada.SessionID}, c.now, c.now.Add(time.Minute))
	require.NoError(t, err)
	actor, err := c.auth.Authenticate(c.ctx, token.Reveal())
	require.NoError(t, err)
	assert.Equal(t, ada, actor, "the role is the one in the store")
}

func TestRefreshRotates(t *testing.T) {
	c := newClinic(t)
	c.signUp("ada@example.com", domain.Staff)
	first := c.login("ada@example.com")
	c.now = c.now.Add(time.Hour)
	second, err := c.auth.Refresh(c.ctx, domain.Actor{}, refresh(first.Refresh))
	require.NoError(t, err)
	assert.NotEqual(t, first.Refresh.Reveal(), second.Refresh.Reveal())
	_, err = c.auth.Authenticate(c.ctx, second.Access.Reveal())
	require.NoError(t, err)
	third, err := c.auth.Refresh(c.ctx, domain.Actor{}, refresh(second.Refresh))
	require.NoError(t, err)

	t.Run("a spent token used again ends the session", func(t *testing.T) {
		_, err := c.auth.Refresh(c.ctx, domain.Actor{}, refresh(first.Refresh))
		assert.Equal(t, domain.ErrRefreshToken(), err)
		_, err = c.auth.Refresh(c.ctx, domain.Actor{}, refresh(third.Refresh))
		assert.Equal(t, domain.ErrRefreshToken(), err)
		_, err = c.auth.Authenticate(c.ctx, third.Access.Reveal())
		assert.Equal(t, domain.ErrAccessToken(), err)
	})
	t.Run("and no other session", func(t *testing.T) {
		_, err := c.auth.Refresh(c.ctx, domain.Actor{}, refresh(c.login("ada@example.com").Refresh))
		assert.NoError(t, err)
	})
}

func TestRefreshRefusesWhatIsNoToken(t *testing.T) {
	c := newClinic(t)
	c.signUp("ada@example.com", domain.Staff)
	grant := c.login("ada@example.com")
	for _, text := range []string{"x", grant.Access.Reveal(), grant.Refresh.Reveal()[1:], strings.Repeat("A", 64)} {
		_, err := c.auth.Refresh(c.ctx, domain.Actor{}, domain.Refresh{Token: domain.Given(text)})
		assert.Equal(t, domain.ErrRefreshToken(), err)
	}
	_, err := c.auth.Refresh(c.ctx, domain.Actor{}, domain.Refresh{})
	assertFields(t, err, "refresh")
	_, err = c.auth.Refresh(c.ctx, domain.Actor{}, refresh(grant.Refresh))
	assert.NoError(t, err, "none of this spent the token")
	_, err = c.auth.Authenticate(c.ctx, grant.Refresh.Reveal())
	assert.Equal(t, domain.ErrAccessToken(), err)
}

func TestParallelRefreshesLeaveAtMostOneSuccessor(t *testing.T) {
	c := newClinic(t)
	c.signUp("ada@example.com", domain.Staff)
	grant := c.login("ada@example.com")
	successors := make(chan application.Grant, 20)
	var group sync.WaitGroup
	for range cap(successors) {
		group.Go(func() {
			if next, err := c.auth.Refresh(c.ctx, domain.Actor{}, refresh(grant.Refresh)); err == nil {
				successors <- next
			}
		})
	}
	group.Wait()
	require.Len(t, successors, 1)
	_, err := c.auth.Refresh(c.ctx, domain.Actor{}, refresh((<-successors).Refresh))
	assert.Equal(t, domain.ErrRefreshToken(), err, "the others used a spent token, so the session is over")
}

func TestSessionsEnd(t *testing.T) {
	c := newClinic(t)
	actor := c.signUp("ada@example.com", domain.Staff)

	t.Run("with the access token's time", func(t *testing.T) {
		grant := c.login("ada@example.com")
		c.now = c.now.Add(15 * time.Minute)
		_, err := c.auth.Authenticate(c.ctx, grant.Access.Reveal())
		assert.Equal(t, domain.ErrAccessToken(), err)
		_, err = c.auth.Refresh(c.ctx, domain.Actor{}, refresh(grant.Refresh))
		assert.NoError(t, err)
	})
	t.Run("a day after login, however much they are used", func(t *testing.T) {
		grant := c.login("ada@example.com")
		c.now = c.now.Add(24*time.Hour - time.Minute)
		grant, err := c.auth.Refresh(c.ctx, domain.Actor{}, refresh(grant.Refresh))
		require.NoError(t, err)
		assert.Equal(t, time.Minute, grant.ExpiresIn, "an access token does not outlive its session")
		c.now = c.now.Add(time.Minute)
		_, err = c.auth.Refresh(c.ctx, domain.Actor{}, refresh(grant.Refresh))
		assert.Equal(t, domain.ErrRefreshToken(), err)
	})
	t.Run("with logout, and only that session", func(t *testing.T) {
		grant, other := c.login("ada@example.com"), c.login("ada@example.com")
		actor, err := c.auth.Authenticate(c.ctx, grant.Access.Reveal())
		require.NoError(t, err)
		require.NoError(t, c.auth.Logout(c.ctx, actor))
		_, err = c.auth.Authenticate(c.ctx, grant.Access.Reveal())
		assert.Equal(t, domain.ErrAccessToken(), err)
		_, err = c.auth.Refresh(c.ctx, domain.Actor{}, refresh(grant.Refresh))
		assert.Equal(t, domain.ErrRefreshToken(), err)
		_, err = c.auth.Authenticate(c.ctx, other.Access.Reveal())
		assert.NoError(t, err)
	})
	t.Run("and a role that was taken away goes at once", func(t *testing.T) {
		grant := c.login("ada@example.com")
		c.setRole(actor.UserID, domain.Admin)
		now, err := c.auth.Authenticate(c.ctx, grant.Access.Reveal())
		require.NoError(t, err)
		assert.Equal(t, domain.Admin, now.Role)
	})
}

func (c *clinic) user(id domain.ID) (user domain.User) {
	c.t.Helper()
	require.NoError(c.t, c.store.View(c.ctx, func(tx ports.Tx) (err error) {
		user, err = tx.Users().Get(c.ctx, id)
		return err
	}))
	return user
}

func (c *clinic) setPassword(id domain.ID, password string) {
	c.t.Helper()
	hash, err := c.passwords.Hash(c.ctx, domain.TypedPassword(password))
	require.NoError(c.t, err)
	c.setHash(id, hash.Reveal())
}

func (c *clinic) setHash(id domain.ID, hash string) {
	c.setUser(id, func(user *domain.User) { user.PasswordHash = domain.RestorePasswordHash(hash) })
}

func (c *clinic) setRole(id domain.ID, role domain.Role) {
	c.setUser(id, func(user *domain.User) { user.Role = role })
}

func (c *clinic) setUser(id domain.ID, set func(*domain.User)) {
	c.t.Helper()
	user := c.user(id)
	set(&user)
	require.NoError(c.t, c.store.Update(c.ctx, func(tx ports.Tx) error { return tx.Users().Save(c.ctx, user) }))
}
