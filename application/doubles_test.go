package application_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// onceBeforeUpdate is a store that calls the function happen once, before its first Update.
type onceBeforeUpdate struct {
	ports.Store
	happen func()
}

func (s *onceBeforeUpdate) Update(ctx context.Context, fn func(ports.Tx) error) error {
	if happen := s.happen; happen != nil {
		s.happen = nil
		happen()
	}
	return s.Store.Update(ctx, fn)
}

// blindStore finds no user by address in an Update, as if the users were added a moment later.
type blindStore struct{ ports.Store }

func (s blindStore) Update(ctx context.Context, fn func(ports.Tx) error) error {
	return s.Store.Update(ctx, func(tx ports.Tx) error { return fn(blindTx{tx}) })
}

type blindTx struct{ ports.Tx }

func (t blindTx) Users() ports.Users { return blindUsers{t.Tx.Users()} }

type blindUsers struct{ ports.Users }

func (blindUsers) ByEmail(context.Context, domain.Email) (domain.User, error) {
	return domain.User{}, domain.ErrNotFound()
}

// brokenStore is a store whose Updates fail when they commit. If it is unreadable, its Views
// fail too.
type brokenStore struct {
	ports.Store
	unreadable bool
}

func (s brokenStore) View(ctx context.Context, fn func(ports.Tx) error) error {
	if s.unreadable {
		return domain.ErrUnavailable(nil)
	}
	return s.Store.View(ctx, fn)
}

func (s brokenStore) Update(ctx context.Context, fn func(ports.Tx) error) error {
	return s.Store.Update(ctx, func(tx ports.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return domain.ErrUnavailable(nil)
	})
}

// workCounts counts work that a caller could notice by its duration.
type workCounts struct{ views, updates, usersWritten, attemptsLocked, verified, hashed int }

// measuredStore and measuredPasswords count the work that they do.
type measuredStore struct {
	ports.Store
	*workCounts
}

func (s measuredStore) View(ctx context.Context, fn func(ports.Tx) error) error {
	s.views++
	return s.Store.View(ctx, fn)
}

func (s measuredStore) Update(ctx context.Context, fn func(ports.Tx) error) error {
	s.updates++
	return s.Store.Update(ctx, func(tx ports.Tx) error { return fn(measuredTx{tx, s.workCounts}) })
}

type measuredTx struct {
	ports.Tx
	*workCounts
}

func (t measuredTx) Users() ports.Users { return measuredUsers{t.Tx.Users(), t.workCounts} }

func (t measuredTx) Attempts() ports.Attempts { return measuredAttempts{t.Tx.Attempts(), t.workCounts} }

type measuredAttempts struct {
	ports.Attempts
	*workCounts
}

func (a measuredAttempts) Get(ctx context.Context, key domain.AttemptKey) (domain.Attempts, error) {
	a.attemptsLocked++
	return a.Attempts.Get(ctx, key)
}

type measuredUsers struct {
	ports.Users
	*workCounts
}

func (u measuredUsers) Add(ctx context.Context, user domain.User) (domain.User, error) {
	u.usersWritten++
	return u.Users.Add(ctx, user)
}

func (u measuredUsers) Save(ctx context.Context, user domain.User) error {
	u.usersWritten++
	return u.Users.Save(ctx, user)
}

type measuredPasswords struct {
	ports.Passwords
	*workCounts
}

func (p measuredPasswords) Verify(ctx context.Context, caller ports.Caller, password domain.Password, hash domain.PasswordHash) (bool, error) {
	p.verified++
	return p.Passwords.Verify(ctx, caller, password, hash)
}

func (p measuredPasswords) Hash(ctx context.Context, caller ports.Caller, password domain.Password) (domain.PasswordHash, error) {
	p.hashed++
	return p.Passwords.Hash(ctx, caller, password)
}

// measure counts the work of the clinic from now on.
func (c *clinic) measure() *workCounts {
	done := &workCounts{}
	c.use(onStore(measuredStore{c.Ports.Store, done}), withPasswords(measuredPasswords{c.Ports.Passwords, done}))
	return done
}

// revocationsDouble is a ports.Revocations that knows only the sessions revoked on this
// instance.
type revocationsDouble struct {
	mu      sync.Mutex
	revoked map[domain.ID]bool
	// feedSilent means that revocations on other instances are not known.
	feedSilent bool
}

func (r *revocationsDouble) Revoked(session domain.ID) (revoked, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.revoked[session], r.revoked[session] || !r.feedSilent
}

func (r *revocationsDouble) Revoke(sessions ...domain.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.revoked == nil {
		r.revoked = map[domain.ID]bool{}
	}
	for _, id := range sessions {
		r.revoked[id] = true
	}
}

// device computes one-time passwords (RFC 6238) with the key of an enrolment.
type device struct{ key []byte }

func newDevice(t *testing.T, enrolment ports.Enrolment) device {
	t.Helper()
	uri, err := url.Parse(enrolment.URI.Reveal())
	require.NoError(t, err)
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(uri.Query().Get("secret"))
	require.NoError(t, err)
	return device{key}
}

// code returns the one-time password for a time.
func (d device) code(at time.Time) domain.Input {
	mac := hmac.New(sha1.New, d.key)
	_ = binary.Write(mac, binary.BigEndian, at.Unix()/30) // never fails (hash.Hash)
	sum := mac.Sum(nil)
	truncated := binary.BigEndian.Uint32(sum[sum[len(sum)-1]&15:]) & 0x7fffffff
	return domain.Given(fmt.Sprintf("%06d", truncated%1_000_000))
}

// wrong returns a code that is valid neither now nor one step before or after.
func (d device) wrong(at time.Time) domain.Input {
	for n := 0; ; n++ {
		code := domain.Given(fmt.Sprintf("%06d", n))
		if code != d.code(at) && code != d.code(at.Add(30*time.Second)) && code != d.code(at.Add(-30*time.Second)) {
			return code
		}
	}
}
