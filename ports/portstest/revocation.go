package portstest

import (
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// differentSessions holds sessions that are live, expired and revoked.
type differentSessions struct {
	user, stranger                                     domain.User
	first, revoked, expired, almost, second, strangers domain.Session
}

func newDifferentSessions(t tester, store ports.Store) differentSessions {
	t.Helper()
	var s differentSessions
	update(t, store, func(tx ports.Tx) error {
		s.user, s.stranger = users.addIn(t, tx, newUser()), users.addIn(t, tx, newUser())
		add := func(user domain.User, lifetime time.Duration) domain.Session {
			return sessions.addIn(t, tx, domain.NewSession(user, origin, newRefreshToken(), now.Add(-time.Hour), lifetime))
		}
		s.first = add(s.user, 2*time.Hour)
		s.strangers = add(s.stranger, 2*time.Hour)
		s.revoked = add(s.user, 2*time.Hour).Revoke(now.Add(-time.Second))
		s.expired = add(s.user, time.Hour)
		s.almost = add(s.user, time.Hour+time.Microsecond)
		s.second = add(s.user, 2*time.Hour)
		return tx.Sessions().Save(t.Context(), s.revoked)
	})
	return s
}

func revokeAll(t tester, store ports.Store, user, except domain.ID, at time.Time) (revoked []domain.ID) {
	t.Helper()
	update(t, store, func(tx ports.Tx) (err error) {
		revoked, err = tx.Sessions().RevokeAll(t.Context(), user, except, at)
		return err
	})
	return revoked
}

func (s differentSessions) requireStored(t tester, store ports.Store, want ...domain.Session) {
	t.Helper()
	for _, session := range want {
		require.Equal(t, session, sessions.get(t, store, session.ID))
	}
}

func testLiveSessions(s suite) {
	testListLiveSessions(s)
	testRevokeAll(s)
	testRevokeAllRaces(s)
	testSessionOrigins(s)
}

func testListLiveSessions(s suite) {
	s.promise("Live lists the sessions that are neither revoked nor expired", func(t *testing.T, store ports.Store) {
		in := newDifferentSessions(t, store)
		require.Equal(t, []domain.Session{in.first, in.almost, in.second}, liveSessions(t, store, in.user.ID, now))
		require.Equal(t, []domain.Session{in.first, in.second}, liveSessions(t, store, in.user.ID, now.Add(time.Microsecond)))
		require.Equal(t, []domain.Session{in.first, in.expired, in.almost, in.second},
			liveSessions(t, store, in.user.ID, now.Add(-time.Microsecond)))
		require.Equal(t, []domain.Session{in.strangers}, liveSessions(t, store, in.stranger.ID, now))
		require.Equal(t, []domain.Session{}, liveSessions(t, store, in.user.ID, in.first.ExpiresAt))
		for _, id := range append(unknownIDs, users.addNew(t, store).ID) {
			require.Equal(t, []domain.Session{}, liveSessions(t, store, id, now))
		}
	})
}

func testRevokeAll(s suite) {
	s.promise("RevokeAll revokes all live sessions of the user except one", func(t *testing.T, store ports.Store) {
		in := newDifferentSessions(t, store)
		require.Equal(t, []domain.ID{in.first.ID, in.almost.ID}, revokeAll(t, store, in.user.ID, in.second.ID, now))
		in.requireStored(t, store, in.first.Revoke(now), in.revoked, in.expired, in.almost.Revoke(now), in.second, in.strangers)
		require.Equal(t, []domain.Session{in.second}, liveSessions(t, store, in.user.ID, now))

		later := now.Add(time.Minute)
		require.Equal(t, []domain.ID{in.second.ID}, revokeAll(t, store, in.user.ID, 0, later))
		in.requireStored(t, store, in.first.Revoke(now), in.revoked, in.expired, in.almost.Revoke(now), in.second.Revoke(later), in.strangers)
		require.Equal(t, []domain.ID{}, revokeAll(t, store, in.user.ID, 0, later))
	})

	s.promise("RevokeAll ignores an exception that is not a session of the user", func(t *testing.T, store ports.Store) {
		in := newDifferentSessions(t, store)
		require.Equal(t, []domain.ID{in.first.ID, in.almost.ID, in.second.ID}, revokeAll(t, store, in.user.ID, in.strangers.ID, now))
		for _, id := range append(unknownIDs, users.addNew(t, store).ID) {
			require.Equal(t, []domain.ID{}, revokeAll(t, store, id, 0, now))
		}
		in.requireStored(t, store, in.strangers)
	})

	s.promise("RevokeAll removes the successors of spent tokens", func(t *testing.T, store ports.Store) {
		in := newDifferentSessions(t, store)
		in.first.Successor[0] = 1
		sessions.save(t, store, in.first)
		revokeAll(t, store, in.user.ID, 0, now)
		in.requireStored(t, store, in.first.Revoke(now))
	})

	s.promise("RevokeAll stores the time to the microsecond, in UTC", func(t *testing.T, store ports.Store) {
		in := newDifferentSessions(t, store)
		revokeAll(t, store, in.user.ID, 0, now.Add(999).In(time.FixedZone("", 13*60*60)))
		in.requireStored(t, store, in.first.Revoke(now))
	})

	s.promise("RevokeAll returns the IDs in ascending order, whatever was written last", func(t *testing.T, store ports.Store) {
		user := users.addNew(t, store)
		var want []domain.ID
		for range 20 {
			want = append(want, sessions.add(t, store, newSession(user)).ID)
		}
		for _, i := range []int{7, 3, 12, 0, 3} {
			session := sessions.get(t, store, want[i])
			sessions.save(t, store, session.Revoke(now))
			sessions.save(t, store, session)
		}
		require.Equal(t, want, revokeAll(t, store, user.ID, 0, now))
	})

	s.promise("an Update sees the sessions that it has revoked as revoked", func(t *testing.T, store ports.Store) {
		in := newDifferentSessions(t, store)
		update(t, store, func(tx ports.Tx) error {
			if _, err := tx.Sessions().RevokeAll(t.Context(), in.user.ID, in.first.ID, now); err != nil {
				return err
			}
			live, err := tx.Sessions().Live(t.Context(), in.user.ID, now, wholeList)
			assert.Equal(t, []domain.Session{in.first}, live)
			return err
		})
	})
}

func testRevokeAllRaces(s suite) {
	s.promise("a failed Update revokes no sessions", func(t *testing.T, store ports.Store) {
		in := newDifferentSessions(t, store)
		err := store.Update(t.Context(), func(tx ports.Tx) error {
			revoked, err := tx.Sessions().RevokeAll(t.Context(), in.user.ID, 0, now)
			assert.Len(t, revoked, 3)
			if err != nil {
				return err
			}
			return errAborted
		})
		require.ErrorIs(t, err, errAborted)
		in.requireStored(t, store, in.first, in.revoked, in.expired, in.almost, in.second, in.strangers)
	})

	s.race("each session is revoked by one of several parallel RevokeAll calls", func(t *testing.T, store ports.Store) {
		user := users.addNew(t, store)
		var want, got []domain.ID
		for range callers {
			want = append(want, sessions.add(t, store, newSession(user)).ID)
		}
		var lock sync.Mutex
		requireEachAllowed(t, runConcurrently(callers, func(int) error {
			var revoked []domain.ID
			err := store.Update(t.Context(), func(tx ports.Tx) (err error) {
				revoked, err = tx.Sessions().RevokeAll(t.Context(), user.ID, 0, now)
				return err
			})
			lock.Lock()
			defer lock.Unlock()
			got = append(got, revoked...)
			return err
		}))
		slices.Sort(got)
		require.Equal(t, want, got)
	})

	s.race("a parallel rotation does not undo a revocation", func(t *testing.T, store ports.Store) {
		user := users.addNew(t, store)
		for range raceRounds {
			session := sessions.add(t, store, newSession(user))
			errs := runConcurrently(3, func(i int) error {
				return store.Update(t.Context(), func(tx ports.Tx) error {
					if i == 0 {
						_, err := tx.Sessions().RevokeAll(t.Context(), user.ID, 0, now)
						return err
					}
					found, err := tx.Sessions().BySelector(t.Context(), session.Selector)
					if err != nil {
						return err
					}
					if !found.Live(now) {
						return domain.ErrRefreshToken()
					}
					rotated, _ := found.Rotate(newRefreshToken(), domain.RefreshSecret{byte(i)}, now)
					return tx.Sessions().Save(t.Context(), rotated)
				})
			})
			requireEachAllowed(t, errs[:1])
			requireEachAllowed(t, errs[1:], domain.ErrRefreshToken())
			require.Equal(t, now, sessions.get(t, store, session.ID).RevokedAt)
		}
	})
}

func testSessionOrigins(s suite) {
	for name, origin := range map[string]domain.Origin{
		"none":                  {},
		"an IPv4 address":       {Address: netip.MustParseAddr("203.0.113.255")},
		"the zero IPv4 address": {Address: netip.MustParseAddr("0.0.0.0")},
		"an IPv6 address":       {Address: netip.MustParseAddr("2001:db8::ff00:42:8329")},
		"the zero IPv6 address": {Address: netip.IPv6Unspecified()},
		"the longest address":   {Address: netip.MustParseAddr("::ffff:255.255.255.255")},
		"the longest device":    {Device: strings.Repeat("𠮷", 200)},
		"a device of any text":  domain.NewOrigin(netip.MustParseAddr("fe80::1%eth0"), `Zoë's "📱" %s '; DROP TABLE sessions;-- \0 _%`),
	} {
		s.promise("the origin of a session is stored: "+name, func(t *testing.T, store ports.Store) {
			session := sessions.newEntity(t, store)
			session.Origin = origin
			session = sessions.add(t, store, session)
			require.Equal(t, origin, session.Origin)
			require.Equal(t, session, sessions.get(t, store, session.ID))
			require.Equal(t, []domain.Session{session}, liveSessions(t, store, session.UserID, now))
		})
	}
}
