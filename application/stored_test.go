package application_test

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// user returns an account as it is stored.
func (c *clinic) user(id domain.ID) (user domain.User) {
	c.t.Helper()
	require.NoError(c.t, c.Ports.Store.View(c.ctx, func(tx ports.Tx) (err error) {
		user, err = tx.Users().Get(c.ctx, id)
		return err
	}))
	return user
}

// setUser changes a stored account without checking any rule.
func (c *clinic) setUser(id domain.ID, set func(*domain.User)) {
	c.t.Helper()
	user := c.user(id)
	set(&user)
	require.NoError(c.t, c.Ports.Store.Update(c.ctx, func(tx ports.Tx) error { return tx.Users().Save(c.ctx, user) }))
}

func (c *clinic) setPassword(id domain.ID, password string) {
	c.t.Helper()
	hash, err := c.Ports.Passwords.Hash(c.ctx, ports.KnownCaller(1), domain.TypedPassword(password))
	require.NoError(c.t, err)
	c.setHash(id, hash.Reveal())
}

func (c *clinic) setHash(id domain.ID, hash string) {
	c.t.Helper()
	c.setUser(id, func(user *domain.User) { user.PasswordHash = domain.StoredPasswordHash(hash) })
}

// setDjangoPassword gives an account a password hash of the old backend.
func (c *clinic) setDjangoPassword(id domain.ID, password string) {
	c.t.Helper()
	c.setHash(id, djangoHash(c.t, password).Reveal())
}

// purge purges all records that were deleted before a time.
func (c *clinic) purge(before time.Time) {
	c.t.Helper()
	require.NoError(c.t, c.Ports.Store.Update(c.ctx, func(tx ports.Tx) error {
		for _, kind := range recordKinds {
			if _, err := tx.Retention().Purge(c.ctx, kind, before, domain.MaxPageLimit); err != nil {
				return err
			}
		}
		return nil
	}))
}

// recordKinds are the kinds of records whose versions are kept.
var recordKinds = func() (kinds []domain.SubjectKind) {
	for _, known := range domain.RecordKinds() {
		kinds = append(kinds, known.Kind)
	}
	return kinds
}()

func (c *clinic) find(email string) domain.User {
	c.t.Helper()
	address, err := domain.ParseEmail(email)
	require.NoError(c.t, err)
	user, err := c.Users.FindByEmail(c.ctx, operator, address)
	require.NoError(c.t, err)
	return user
}

// djangoHash returns the hash that Django makes of a password.
func djangoHash(t *testing.T, password string) domain.PasswordHash {
	t.Helper()
	key, err := pbkdf2.Key(sha256.New, password, []byte("salt"), 1000, 32)
	require.NoError(t, err)
	return domain.StoredPasswordHash("pbkdf2_sha256$1000$salt$" + base64.StdEncoding.EncodeToString(key))
}
