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

// signIns are sessions that differ in how they end.
type signIns struct {
	user, stranger                                     domain.User
	first, revoked, expired, almost, second, strangers domain.Session
}

func newSignIns(t tester, store ports.Store) signIns {
	t.Helper()
	var s signIns
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

func end(t tester, store ports.Store, user, except domain.ID, at time.Time) (ended []domain.ID) {
	t.Helper()
	update(t, store, func(tx ports.Tx) (err error) {
		ended, err = tx.Sessions().RevokeAll(t.Context(), user, except, at)
		return err
	})
	return ended
}

func (s signIns) requireStored(t tester, store ports.Store, want ...domain.Session) {
	t.Helper()
	for _, session := range want {
		require.Equal(t, session, sessions.get(t, store, session.ID))
	}
}

func testLiveSessions(s suite) {
	s.promise("Live lists what is neither revoked nor expired", func(t *testing.T, store ports.Store) {
		in := newSignIns(t, store)
		require.Equal(t, []domain.Session{in.first, in.almost, in.second}, liveSessions(t, store, in.user.ID, now))
		require.Equal(t, []domain.Session{in.first, in.second}, liveSessions(t, store, in.user.ID, now.Add(time.Microsecond)))
		require.Equal(t, []domain.Session{in.first, in.expired, in.almost, in.second},
			liveSessions(t, store, in.user.ID, now.Add(-time.Microsecond)))
		require.Equal(t, []domain.Session{in.strangers}, liveSessions(t, store, in.stranger.ID, now))
		require.Equal(t, []domain.Session{}, liveSessions(t, store, in.user.ID, in.first.ExpiresAt))
		for _, id := range append(nowhere, users.addNew(t, store).ID) {
			require.Equal(t, []domain.Session{}, liveSessions(t, store, id, now))
		}
	})

	s.promise("End revokes the user's live sessions but one, and no others", func(t *testing.T, store ports.Store) {
		in := newSignIns(t, store)
		require.Equal(t, []domain.ID{in.first.ID, in.almost.ID}, end(t, store, in.user.ID, in.second.ID, now))
		in.requireStored(t, store, in.first.Revoke(now), in.revoked, in.expired, in.almost.Revoke(now), in.second, in.strangers)
		require.Equal(t, []domain.Session{in.second}, liveSessions(t, store, in.user.ID, now))

		later := now.Add(time.Minute)
		require.Equal(t, []domain.ID{in.second.ID}, end(t, store, in.user.ID, 0, later))
		in.requireStored(t, store, in.first.Revoke(now), in.revoked, in.expired, in.almost.Revoke(now), in.second.Revoke(later), in.strangers)
		require.Equal(t, []domain.ID{}, end(t, store, in.user.ID, 0, later))
	})

	s.promise("End spares nobody for an ID that is not the user's session", func(t *testing.T, store ports.Store) {
		in := newSignIns(t, store)
		require.Equal(t, []domain.ID{in.first.ID, in.almost.ID, in.second.ID}, end(t, store, in.user.ID, in.strangers.ID, now))
		for _, id := range append(nowhere, users.addNew(t, store).ID) {
			require.Equal(t, []domain.ID{}, end(t, store, id, 0, now))
		}
		in.requireStored(t, store, in.strangers)
	})

	s.promise("End removes the successors of spent tokens", func(t *testing.T, store ports.Store) {
		in := newSignIns(t, store)
		in.first.Successor[0] = 1
		sessions.save(t, store, in.first)
		end(t, store, in.user.ID, 0, now)
		in.requireStored(t, store, in.first.Revoke(now))
	})

	s.promise("End keeps the time to the microsecond, in UTC", func(t *testing.T, store ports.Store) {
		in := newSignIns(t, store)
		end(t, store, in.user.ID, 0, now.Add(999).In(time.FixedZone("", 13*60*60)))
		in.requireStored(t, store, in.first.Revoke(now))
	})

	s.promise("End returns the IDs in order, whatever was written last", func(t *testing.T, store ports.Store) {
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
		require.Equal(t, want, end(t, store, user.ID, 0, now))
	})

	s.promise("an Update sees what it has ended", func(t *testing.T, store ports.Store) {
		in := newSignIns(t, store)
		update(t, store, func(tx ports.Tx) error {
			if _, err := tx.Sessions().RevokeAll(t.Context(), in.user.ID, in.first.ID, now); err != nil {
				return err
			}
			live, err := tx.Sessions().Live(t.Context(), in.user.ID, now, everything)
			assert.Equal(t, []domain.Session{in.first}, live)
			return err
		})
	})

	s.promise("an error leaves no trace of End", func(t *testing.T, store ports.Store) {
		in := newSignIns(t, store)
		err := store.Update(t.Context(), func(tx ports.Tx) error {
			ended, err := tx.Sessions().RevokeAll(t.Context(), in.user.ID, 0, now)
			assert.Len(t, ended, 3)
			if err != nil {
				return err
			}
			return errBroken
		})
		require.ErrorIs(t, err, errBroken)
		in.requireStored(t, store, in.first, in.revoked, in.expired, in.almost, in.second, in.strangers)
	})

	s.race("each session is ended by one of several parallel Ends", func(t *testing.T, store ports.Store) {
		user := users.addNew(t, store)
		var want, got []domain.ID
		for range crowd {
			want = append(want, sessions.add(t, store, newSession(user)).ID)
		}
		var lock sync.Mutex
		requireEach(t, together(crowd, func(int) error {
			var ended []domain.ID
			err := store.Update(t.Context(), func(tx ports.Tx) (err error) {
				ended, err = tx.Sessions().RevokeAll(t.Context(), user.ID, 0, now)
				return err
			})
			lock.Lock()
			defer lock.Unlock()
			got = append(got, ended...)
			return err
		}))
		slices.Sort(got)
		require.Equal(t, want, got)
	})

	s.race("no rotation brings back what is ended", func(t *testing.T, store ports.Store) {
		user := users.addNew(t, store)
		for range rounds {
			session := sessions.add(t, store, newSession(user))
			errs := together(3, func(i int) error {
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
			requireEach(t, errs[:1])
			requireEach(t, errs[1:], domain.ErrRefreshToken())
			require.Equal(t, now, sessions.get(t, store, session.ID).RevokedAt)
		}
	})

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
		s.promise("the origin of a session is kept: "+name, func(t *testing.T, store ports.Store) {
			session := sessions.build(t, store)
			session.Origin = origin
			session = sessions.add(t, store, session)
			require.Equal(t, origin, session.Origin)
			require.Equal(t, session, sessions.get(t, store, session.ID))
			require.Equal(t, []domain.Session{session}, liveSessions(t, store, session.UserID, now))
		})
	}
}
