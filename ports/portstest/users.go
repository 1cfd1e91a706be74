package portstest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func testUsers(s suite) {
	testFindByEmail(s)
	testUserSave(s)
	testUniqueEmails(s)
}

func testFindByEmail(s suite) {
	s.promise("ByEmail finds the user", func(t *testing.T, store ports.Store) {
		users.addNew(t, store)
		user := users.addNew(t, store)
		users.addNew(t, store)
		require.Equal(t, user, byEmail(t, store, user.Email))
	})

	s.promise("ByEmail of an unknown address is NotFound", func(t *testing.T, store ports.Store) {
		users.addNew(t, store)
		for _, email := range []domain.Email{{}, newUser().Email} {
			err := store.View(t.Context(), func(tx ports.Tx) error {
				_, err := tx.Users().ByEmail(t.Context(), email)
				return err
			})
			requireRefused(t, domain.ErrNotFound(), err)
		}
	})

	s.promise("ByEmail of the zero Email is NotFound, even if a user has it", func(t *testing.T, store ports.Store) {
		blank := newUser()
		blank.Email = domain.Email{}
		blank = users.add(t, store, blank)
		require.Equal(t, blank, users.get(t, store, blank.ID))
		err := store.View(t.Context(), func(tx ports.Tx) error {
			_, err := tx.Users().ByEmail(t.Context(), domain.Email{})
			return err
		})
		requireRefused(t, domain.ErrNotFound(), err)

		// The Update can continue.
		blank.Role = domain.Admin
		blank = blank.NextVersion(now)
		update(t, store, func(tx ports.Tx) error {
			_, err := tx.Users().ByEmail(t.Context(), domain.Email{})
			requireRefused(t, domain.ErrNotFound(), err)
			return tx.Users().Save(t.Context(), blank)
		})
		require.Equal(t, blank, users.get(t, store, blank.ID))
	})

	s.promise("ByEmail finds a user by the new address and not by the old one", func(t *testing.T, store ports.Store) {
		before := users.addNew(t, store)
		moved := before
		moved.Email = newUser().Email
		moved = moved.NextVersion(now)
		update(t, store, func(tx ports.Tx) error {
			if err := tx.Users().Save(t.Context(), moved); err != nil {
				return err
			}
			found, err := tx.Users().ByEmail(t.Context(), moved.Email)
			assert.Equal(t, moved, found)
			return err
		})
		require.Equal(t, moved, byEmail(t, store, moved.Email))

		heir := newUser(func(in *domain.Registration) { in.Email = domain.Given(before.Email.String()) })
		heir = users.add(t, store, heir)
		require.Equal(t, heir, byEmail(t, store, before.Email))
	})
}

func testUserSave(s suite) {
	s.promise("Save stores all fields except CreatedAt", func(t *testing.T, store ports.Store) {
		before := users.addNew(t, store)
		changed := newUser(func(in *domain.Registration) {
			in.FirstName = domain.Given("Robert")
			in.LastName = domain.Given("Chase")
			in.Phone = domain.Given("03 9999 9999")
			in.Role = domain.Given("ADMIN")
		})
		changed.ID = before.ID
		changed = changed.SetPassword(domain.StoredPasswordHash("another hash"), true)
		changed.Active = false
		changed.SecondFactor = confirmedFactor()
		changed = changed.NextVersion(now.Add(time.Minute))
		changed.CreatedAt = before.CreatedAt.Add(time.Hour)
		users.save(t, store, changed)

		changed.CreatedAt = before.CreatedAt
		require.Equal(t, changed, users.get(t, store, before.ID))

		back := before
		back.CreatedAt = time.Time{}
		users.save(t, store, back)
		require.Equal(t, before, users.get(t, store, before.ID))
	})
}

func testUniqueEmails(s suite) {
	s.promise("Add of a taken address is a Conflict on email", func(t *testing.T, store ports.Store) {
		taken := users.addNew(t, store)
		for _, id := range []domain.ID{0, taken.ID} {
			twin := newUser(func(in *domain.Registration) { in.Email = domain.Given(taken.Email.String()) })
			_, err := users.tryAdd(t.Context(), store, users.withID(twin, id))
			requireRefused(t, domain.ErrEmailTaken(), err)
		}
		require.Equal(t, taken, byEmail(t, store, taken.Email))
	})

	s.promise("Save with a taken address is a Conflict on email", func(t *testing.T, store ports.Store) {
		taken, user := users.addNew(t, store), users.addNew(t, store)
		moved := users.increment(user)
		moved.Email = taken.Email
		requireRefused(t, domain.ErrEmailTaken(), users.trySave(t.Context(), store, moved))
		require.Equal(t, user, users.get(t, store, user.ID))
		require.Equal(t, user, byEmail(t, store, user.Email))
		require.Equal(t, taken, byEmail(t, store, taken.Email))
	})

	s.race("one of several parallel Adds gets an address", func(t *testing.T, store ports.Store) {
		email := newUser().Email
		requireOneSucceeds(t, domain.ErrEmailTaken(), runConcurrently(callers, func(int) error {
			_, err := users.tryAdd(t.Context(), store, newUser(func(in *domain.Registration) {
				in.Email = domain.Given(email.String())
			}))
			return err
		}))
		byEmail(t, store, email)
	})

	s.race("one of several parallel Saves gets an address", func(t *testing.T, store ports.Store) {
		email := newUser().Email
		movers := users.addSeveral(t, store, callers)
		requireOneSucceeds(t, domain.ErrEmailTaken(), runConcurrently(callers, func(i int) error {
			mover := movers[i]
			mover.Email = email
			return users.trySave(t.Context(), store, mover)
		}))
		winner := byEmail(t, store, email)
		require.Equal(t, winner, users.get(t, store, winner.ID))
	})

	s.concurrently("ByEmail locks the user until the Update returns", func(t *testing.T, store ports.Store) {
		testReadStaysLocked(t, store, users, func(tx ports.Tx, user domain.User) (domain.User, error) {
			return tx.Users().ByEmail(t.Context(), user.Email)
		})
	})
}

// confirmedFactor returns a confirmed second factor.
func confirmedFactor() domain.SecondFactor {
	return domain.SecondFactor{
		Key:       domain.StoredSealedKey("v1:k:c2VhbGVk"),
		Confirmed: true,
		LastStep:  56973329,
		Recovery:  domain.RecoveryHashes{{1}, {2, 31: 2}, {}, {4}, {5}, {6}, {7}, {8}, {9}, {31: 10}},
	}
}

func byEmail(t tester, store ports.Store, email domain.Email) domain.User {
	t.Helper()
	return viewResult(t, store, func(tx ports.Tx) (domain.User, error) { return tx.Users().ByEmail(t.Context(), email) })
}
