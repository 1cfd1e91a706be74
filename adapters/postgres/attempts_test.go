package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/postgres/pgtest"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Get inserts a row for an unknown key, to lock it.
func TestRowsInsertedOnlyForLockingAreDeleted(t *testing.T) {
	dsn := pgtest.New(t)
	store := open(t, dsn, postgres.Options{})
	require.NoError(t, store.Update(t.Context(), func(tx ports.Tx) error {
		_, err := tx.Attempts().Get(t.Context(), domain.AttemptKey{1})
		return err
	}))
	require.Equal(t, 1, query[int](t, dsn, `SELECT count(*) FROM attempts`))
	saveFirstAttempt(t, store, domain.AttemptKey{2})
	require.Equal(t, 1, query[int](t, dsn, `SELECT count(*) FROM attempts`))
}

func TestDeletingExpiredAttemptsDoesNotWaitForLocks(t *testing.T) {
	dsn := pgtest.New(t)
	store := open(t, dsn, postgres.Options{})
	inUse := domain.AttemptKey{1}
	for range 2 {
		require.NoError(t, store.Update(t.Context(), func(tx ports.Tx) error {
			if _, err := tx.Attempts().Get(t.Context(), inUse); err != nil {
				return err
			}
			saveFirstAttempt(t, store, domain.AttemptKey{2})
			return nil
		}))
	}
	require.Equal(t, 2, query[int](t, dsn, `SELECT count(*) FROM attempts`))
	saveFirstAttempt(t, store, domain.AttemptKey{2})
	require.Equal(t, 1, query[int](t, dsn, `SELECT count(*) FROM attempts`))
}

func saveFirstAttempt(t *testing.T, store ports.Store, key domain.AttemptKey) {
	t.Helper()
	require.NoError(t, store.Update(t.Context(), func(tx ports.Tx) error {
		now := time.Now()
		return tx.Attempts().Save(t.Context(), key, domain.Attempts{Count: 1, Expires: now.Add(time.Hour)}, now)
	}))
}
