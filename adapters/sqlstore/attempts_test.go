package sqlstore_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func saveAttempts(t *testing.T, store ports.Store, attempts domain.Attempts, keys ...domain.AttemptKey) {
	t.Helper()
	update(t, store, func(tx ports.Tx) error {
		for _, key := range keys {
			if err := tx.Attempts().Save(t.Context(), key, attempts, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// countKeys counts the keys that have attempts.
func countKeys(t *testing.T, store ports.Store, keys []domain.AttemptKey) (n int) {
	t.Helper()
	require.NoError(t, store.View(t.Context(), func(tx ports.Tx) error {
		for _, key := range keys {
			attempts, err := tx.Attempts().Get(t.Context(), key)
			if err != nil {
				return err
			}
			if attempts != (domain.Attempts{}) {
				n++
			}
		}
		return nil
	}))
	return n
}

func TestExpiredAttemptsAreForgottenAFewAtATime(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			store := engine.open(t, nil)
			var keys []domain.AttemptKey
			for i := range 120 {
				keys = append(keys, domain.AttemptKey{'e', byte(i)})
			}
			saveAttempts(t, store, domain.Attempts{Count: 2, Expires: now.Add(-time.Second)}, keys...)
			require.Equal(t, 120, countKeys(t, store, keys))

			fresh := domain.Attempts{Count: 2, Expires: now.Add(time.Hour)}
			saveAttempts(t, store, fresh, domain.AttemptKey{'a'})
			require.Equal(t, 120, countKeys(t, store, keys), "after an attempt that is not the first of its key")
			fresh.Count = 1
			saveAttempts(t, store, fresh, domain.AttemptKey{'b'})
			require.Equal(t, 20, countKeys(t, store, keys))
			saveAttempts(t, store, fresh, domain.AttemptKey{'c'})
			require.Zero(t, countKeys(t, store, keys))
			require.Equal(t, 3, countKeys(t, store, []domain.AttemptKey{{'a'}, {'b'}, {'c'}}))
		})
	}
}
