package portstest

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func saveAttempts(t tester, store ports.Store, key domain.AttemptKey, attempts domain.Attempts) {
	t.Helper()
	update(t, store, func(tx ports.Tx) error { return tx.Attempts().Save(t.Context(), key, attempts, now) })
}

// countAttempt increments the counter under key.
func countAttempt(t tester, tx ports.Tx, key domain.AttemptKey) error {
	t.Helper()
	attempts, err := tx.Attempts().Get(t.Context(), key)
	if err != nil {
		return err
	}
	attempts.Count++
	attempts.Expires = now.Add(time.Hour)
	return tx.Attempts().Save(t.Context(), key, attempts, now)
}

func testAttempts(s suite) {
	testAttemptCounters(s)
	testAttemptRollback(s)
	testAttemptRaces(s)
}

func testAttemptCounters(s suite) {
	s.promise("Get of an unknown key returns the zero Attempts and stores nothing", func(t *testing.T, store ports.Store) {
		key := newKey()
		for range 2 {
			require.Equal(t, domain.Attempts{}, attemptsOf(t, store, key))
			update(t, store, func(tx ports.Tx) error {
				for range 2 {
					attempts, err := tx.Attempts().Get(t.Context(), key)
					if err != nil {
						return err
					}
					assert.Equal(t, domain.Attempts{}, attempts)
				}
				return nil
			})
		}
	})

	s.promise("Get returns what was saved last", func(t *testing.T, store ports.Store) {
		key := newKey()
		full := newAttempts(3)
		for _, attempts := range []domain.Attempts{
			full,
			{Count: 1, Since: full.Since, Expires: full.Expires},
			domain.Attempts{}.RecordSuccess(now),
			{Count: 1<<31 - 1, LockedUntil: full.LockedUntil, Expires: full.Expires},
			{KnownUntil: full.KnownUntil},
			{},
			full,
		} {
			update(t, store, func(tx ports.Tx) error {
				if err := tx.Attempts().Save(t.Context(), key, attempts, now); err != nil {
					return err
				}
				found, err := tx.Attempts().Get(t.Context(), key)
				assert.Equal(t, attempts, found)
				return err
			})
			require.Equal(t, attempts, attemptsOf(t, store, key))
			update(t, store, func(tx ports.Tx) error {
				found, err := tx.Attempts().Get(t.Context(), key)
				assert.Equal(t, attempts, found)
				return err
			})
		}
	})

	s.promise("each key has its own counter", func(t *testing.T, store ports.Store) {
		keys := []domain.AttemptKey{{}, {0xff}, {31: 1}, {0, 1}, {0x27, 0x5c}, newKey()}
		for i, key := range keys {
			saveAttempts(t, store, key, newAttempts(i+1))
		}
		for i, key := range keys {
			require.Equal(t, newAttempts(i+1), attemptsOf(t, store, key))
		}
	})

	s.promise("Save deletes neither what it saves nor counters that have not expired", func(t *testing.T, store ports.Store) {
		stored := map[domain.AttemptKey]domain.Attempts{}
		for _, left := range []time.Duration{0, time.Microsecond, time.Hour} {
			key, attempts := newKey(), newAttempts(2)
			attempts.Expires = now.Add(left)
			stored[key] = attempts
			saveAttempts(t, store, key, attempts)
		}
		for count := range 3 {
			key, expired := newKey(), newAttempts(count)
			expired.Expires = now.Add(-time.Hour)
			saveAttempts(t, store, key, expired)
			require.Equal(t, expired, attemptsOf(t, store, key))
		}
		for key, attempts := range stored {
			require.Equal(t, attempts, attemptsOf(t, store, key))
		}
	})
}

func testAttemptRollback(s suite) {
	s.promise("a failed Update saves no attempts", func(t *testing.T, store ports.Store) {
		old, fresh := newKey(), newKey()
		saveAttempts(t, store, old, newAttempts(5))
		err := store.Update(t.Context(), func(tx ports.Tx) error {
			for _, key := range []domain.AttemptKey{old, fresh} {
				if err := countAttempt(t, tx, key); err != nil {
					return err
				}
			}
			return errAborted
		})
		require.ErrorIs(t, err, errAborted)
		require.Equal(t, newAttempts(5), attemptsOf(t, store, old))
		require.Equal(t, domain.Attempts{}, attemptsOf(t, store, fresh))
	})

	s.promise("an Update with a refused write counts nothing, even if fn ignores the error", func(t *testing.T, store ports.Store) {
		before := newFullClinic(t, store)
		err := store.Update(t.Context(), func(tx ports.Tx) error {
			if err := countAttempt(t, tx, before.key); err != nil {
				return err
			}
			_, _ = tx.Users().Add(t.Context(), before.user)
			_ = countAttempt(t, tx, before.key)
			return nil
		})
		requireRefused(t, domain.ErrEmailTaken(), err)
		before.requireUnchanged(t, store)
	})
}

func testAttemptRaces(s suite) {
	s.concurrently("Get locks the key until the Update returns, even if there is no counter", func(t *testing.T, store ports.Store) {
		for range raceRounds {
			testAttemptsStayLocked(t, store)
		}
	})

	s.race("parallel attempts under one new key are all counted", func(t *testing.T, store ports.Store) {
		const attempts = 50
		key := newKey()
		requireEachAllowed(t, runConcurrently(attempts, func(int) error {
			return store.Update(t.Context(), func(tx ports.Tx) error { return countAttempt(t, tx, key) })
		}))
		require.Equal(t, attempts, attemptsOf(t, store, key).Count)
	})

	s.race("parallel attempts under two keys in any order are all counted", func(t *testing.T, store ports.Store) {
		keys := []domain.AttemptKey{newKey(), newKey()}
		requireEachAllowed(t, runConcurrently(4, func(i int) error {
			return store.Update(t.Context(), func(tx ports.Tx) error {
				if err := countAttempt(t, tx, keys[i%2]); err != nil {
					return err
				}
				return countAttempt(t, tx, keys[1-i%2])
			})
		}))
		for _, key := range keys {
			require.Equal(t, 4, attemptsOf(t, store, key).Count)
		}
	})

	s.race("parallel Updates that delete or use the same expired counters all succeed", func(t *testing.T, store ports.Store) {
		var keys [callers]domain.AttemptKey
		var expired []domain.AttemptKey
		for range 4 {
			key, attempts := newKey(), newAttempts(7)
			attempts.Expires = now.Add(-time.Hour)
			saveAttempts(t, store, key, attempts)
			expired = append(expired, key)
		}
		requireEachAllowed(t, runConcurrently(callers, func(i int) error {
			keys[i] = newKey()
			if i < len(expired) {
				keys[i] = expired[i]
			}
			return store.Update(t.Context(), func(tx ports.Tx) error { return countAttempt(t, tx, keys[i]) })
		}))
		for i, key := range keys {
			count := attemptsOf(t, store, key).Count
			if i >= len(expired) {
				require.Equal(t, 1, count)
				continue
			}
			// The count is 1 if another Update had deleted the expired counter, and 8 if not.
			require.Contains(t, []int{1, 8}, count)
		}
	})
}

// testAttemptsStayLocked checks that after one Update got the counter of a new key, no
// other gets it until the first returns.
func testAttemptsStayLocked(t *testing.T, store ports.Store) {
	key := newKey()
	var (
		once  sync.Once
		other sync.WaitGroup
	)
	err := store.Update(t.Context(), func(tx ports.Tx) error {
		first, err := tx.Attempts().Get(t.Context(), key)
		if err != nil {
			return err
		}
		assert.Equal(t, domain.Attempts{}, first)
		once.Do(func() {
			other.Go(func() {
				assert.NoError(t, store.Update(t.Context(), func(tx ports.Tx) error {
					attempts, err := tx.Attempts().Get(t.Context(), key)
					if err != nil {
						return err
					}
					assert.Equal(t, newAttempts(1), attempts)
					return tx.Attempts().Save(t.Context(), key, newAttempts(2), now)
				}))
			})
		})
		for range 20 {
			runtime.Gosched()
			again, err := tx.Attempts().Get(t.Context(), key)
			if err != nil {
				return err
			}
			assert.Equal(t, domain.Attempts{}, again)
		}
		return tx.Attempts().Save(t.Context(), key, newAttempts(1), now)
	})
	other.Wait()
	require.NoError(t, err)
	require.Equal(t, newAttempts(2), attemptsOf(t, store, key))
}
