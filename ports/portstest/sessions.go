package portstest

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func testSessions(s suite) {
	testSelectors(s)
	testSessionOwner(s)
	testSessionSave(s)
}

func testSelectors(s suite) {
	s.promise("Add for an unknown user is Invalid on user", func(t *testing.T, store ports.Store) {
		users.addNew(t, store)
		for _, id := range unknownIDs {
			_, err := sessions.tryAdd(t.Context(), store, newSession(domain.User{ID: id, Role: domain.Staff}))
			requireRefused(t, domain.ErrNoSuchReference("user"), err)
		}
	})

	s.promise("BySelector finds the session", func(t *testing.T, store ports.Store) {
		user := users.addNew(t, store)
		sessions.add(t, store, newSession(user))
		session := sessions.add(t, store, newSession(user))
		sessions.add(t, store, newSession(user))
		require.Equal(t, session, bySelector(t, store, session.Selector))
	})

	s.promise("BySelector of an unknown selector is NotFound", func(t *testing.T, store ports.Store) {
		sessions.addNew(t, store)
		for _, selector := range []domain.RefreshSelector{{}, newRefreshToken().Selector()} {
			err := store.View(t.Context(), func(tx ports.Tx) error {
				_, err := tx.Sessions().BySelector(t.Context(), selector)
				return err
			})
			requireRefused(t, domain.ErrNotFound(), err)
		}
	})

	s.promise("BySelector of the zero selector is NotFound, even if a session has it", func(t *testing.T, store ports.Store) {
		session := newSession(users.addNew(t, store))
		session.Selector = domain.RefreshSelector{}
		session = sessions.add(t, store, session)
		require.Equal(t, session, sessions.get(t, store, session.ID))
		err := store.View(t.Context(), func(tx ports.Tx) error {
			_, err := tx.Sessions().BySelector(t.Context(), domain.RefreshSelector{})
			return err
		})
		requireRefused(t, domain.ErrNotFound(), err)
	})

	s.promise("a selector cannot be used by two sessions", func(t *testing.T, store ports.Store) {
		session := sessions.addNew(t, store)
		twin := sessions.newEntity(t, store)
		twin.Selector = session.Selector
		_, err := sessions.tryAdd(t.Context(), store, twin)
		require.Error(t, err)
		require.Equal(t, domain.Internal, domain.KindOf(err))
		require.Equal(t, session, bySelector(t, store, session.Selector))
	})
}

func testSessionOwner(s suite) {
	s.promise("Owner is the current state of the user", func(t *testing.T, store ports.Store) {
		stranger, user := newAdmin(), users.addNew(t, store)
		stranger.PasswordTemporary, stranger.SecondFactor = true, confirmedFactor()
		sessions.add(t, store, newSession(users.add(t, store, stranger)))
		session := sessions.add(t, store, newSession(user))
		require.Equal(t, domain.SessionView{
			Session: session, Owner: domain.SessionOwner{Role: domain.Staff, Active: true},
		}, sessionView(t, store, session.ID))

		unconfirmed := domain.NewSecondFactor(domain.StoredSealedKey("sealed"))
		for _, now := range []domain.User{
			{Role: domain.Admin, Active: true},
			{Role: domain.Staff, Active: true, PasswordTemporary: true},
			{Role: domain.Staff, Active: true, SecondFactor: unconfirmed},
			{Role: domain.Staff, Active: true, SecondFactor: confirmedFactor()},
			{Role: domain.Admin, SecondFactor: confirmedFactor(), PasswordTemporary: true},
			{Role: domain.Staff},
		} {
			user.Role, user.Active, user.PasswordTemporary, user.SecondFactor = now.Role, now.Active, now.PasswordTemporary, now.SecondFactor
			want := domain.SessionView{Session: session, Owner: now.SessionOwner()}
			update(t, store, func(tx ports.Tx) error {
				if err := tx.Users().Save(t.Context(), user); err != nil {
					return err
				}
				found, err := tx.Sessions().Get(t.Context(), session.ID)
				assert.Equal(t, want, found)
				return err
			})
			require.Equal(t, want, sessionView(t, store, session.ID))
			require.Equal(t, want, viewBySelector(t, store, session.Selector))
			require.Equal(t, []domain.Session{session}, liveSessions(t, store, user.ID, session.CreatedAt))
			next := sessions.add(t, store, newSession(user))
			require.Equal(t, want.Owner, sessionView(t, store, next.ID).Owner)
			sessions.save(t, store, next.Revoke(session.CreatedAt))
		}
	})
}

func testSessionSave(s suite) {
	s.promise("Save stores the token fields, LastUsedAt, ExpiresAt and RevokedAt", func(t *testing.T, store ports.Store) {
		session := sessions.addNew(t, store)
		session, _ = session.Rotate(newRefreshToken(), domain.RefreshSecret{1, 0, 255}, now.Add(time.Second))
		session.ExpiresAt = session.ExpiresAt.Add(time.Hour)
		sessions.save(t, store, session)
		require.Equal(t, session, sessions.get(t, store, session.ID))
		session = session.Revoke(now.Add(time.Minute))
		sessions.save(t, store, session)
		require.Equal(t, session, sessions.get(t, store, session.ID))

		session.RevokedAt = time.Time{}
		sessions.save(t, store, session)
		require.Equal(t, session, sessions.get(t, store, session.ID))
	})

	s.promise("Save never changes the other fields", func(t *testing.T, store ports.Store) {
		session := sessions.addNew(t, store)
		for _, user := range []domain.ID{users.addNew(t, store).ID, 1 << 40} {
			changed := session
			changed.UserID = user
			changed.Origin = domain.NewOrigin(netip.MustParseAddr("2001:db8::1"), "Another device")
			changed.CreatedAt = session.CreatedAt.Add(time.Hour)
			changed.Selector = newRefreshToken().Selector()
			sessions.save(t, store, changed)
			require.Equal(t, session, sessions.get(t, store, session.ID))
			require.Equal(t, session, bySelector(t, store, session.Selector))
		}
	})

	s.promise("expired and revoked sessions are kept", func(t *testing.T, store ports.Store) {
		user := users.addNew(t, store)
		revoked := sessions.add(t, store, newSession(user)).Revoke(now)
		sessions.save(t, store, revoked)
		expired := sessions.add(t, store, domain.NewSession(user, origin, newRefreshToken(), now.AddDate(-20, 0, 0), time.Second))
		sessions.add(t, store, newSession(user))
		for _, session := range []domain.Session{revoked, expired} {
			require.Equal(t, session, sessions.get(t, store, session.ID))
			require.Equal(t, session, bySelector(t, store, session.Selector))
		}
	})

	s.promise("a session accepts its token after it was stored", func(t *testing.T, store ports.Store) {
		first := newRefreshToken()
		session := sessions.add(t, store, domain.NewSession(users.addNew(t, store), origin, first, now, time.Hour))
		require.True(t, bySelector(t, store, first.Selector()).Accepts(first))

		session, second := session.Rotate(newRefreshToken(), domain.RefreshSecret{2}, now)
		sessions.save(t, store, session)
		require.True(t, bySelector(t, store, second.Selector()).Accepts(second))
		require.False(t, bySelector(t, store, first.Selector()).Accepts(first))
	})

	s.race("one of several parallel rotations spends the token", func(t *testing.T, store ports.Store) {
		token := newRefreshToken()
		sessions.add(t, store, domain.NewSession(users.addNew(t, store), origin, token, now, time.Hour))
		requireOneSucceeds(t, domain.ErrRefreshToken(), runConcurrently(callers, func(i int) error {
			return store.Update(t.Context(), func(tx ports.Tx) error {
				found, err := tx.Sessions().BySelector(t.Context(), token.Selector())
				if err != nil {
					return err
				}
				if !found.Accepts(token) {
					return domain.ErrRefreshToken()
				}
				session, _ := found.Rotate(newRefreshToken(), domain.RefreshSecret{3, byte(i)}, now)
				return tx.Sessions().Save(t.Context(), session)
			})
		}))
	})

	s.concurrently("BySelector locks the session until the Update returns", func(t *testing.T, store ports.Store) {
		testReadStaysLocked(t, store, sessions, func(tx ports.Tx, session domain.Session) (domain.Session, error) {
			found, err := tx.Sessions().BySelector(t.Context(), session.Selector)
			return found.Session, err
		})
	})
}

func sessionView(t tester, store ports.Store, id domain.ID) domain.SessionView {
	t.Helper()
	return viewResult(t, store, func(tx ports.Tx) (domain.SessionView, error) { return tx.Sessions().Get(t.Context(), id) })
}

func viewBySelector(t tester, store ports.Store, selector domain.RefreshSelector) domain.SessionView {
	t.Helper()
	return viewResult(t, store, func(tx ports.Tx) (domain.SessionView, error) {
		return tx.Sessions().BySelector(t.Context(), selector)
	})
}

func bySelector(t tester, store ports.Store, selector domain.RefreshSelector) domain.Session {
	t.Helper()
	return viewBySelector(t, store, selector).Session
}
