package postgres_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/postgres/pgtest"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// For a minute or more after a large deletion, PostgreSQL's statistics say that the table of
// deletions is empty. Restoring must not read the whole table for each batch then.
func TestDeletionsAreFoundByIndexWithOutdatedStatistics(t *testing.T) {
	dsn := pgtest.New(t)
	db, err := sql.Open("postgres", dsn)
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, execute(t, dsn, `ALTER TABLE deletions SET (autovacuum_enabled = false)`))
	require.NoError(t, execute(t, dsn, `ANALYZE deletions`))
	require.NoError(t, execute(t, dsn, `
		INSERT INTO deletions (kind, record_id, number, at, free_text) SELECT 'mapping', n, 2, now(), 0 FROM generate_series(1, 20000) AS n`))
	ids := make([]domain.ID, 2000)
	for i := range ids {
		ids[i] = domain.ID(10_000 + i)
	}
	before := rowsRead(t, dsn, db, "deletions")
	store, err := postgres.Open(t.Context(), dsn+"&plan_cache_mode=force_generic_plan", postgres.Options{})
	require.NoError(t, err)
	require.NoError(t, store.Update(t.Context(), func(tx ports.Tx) error {
		found, err := tx.MappingHistory().DeletedIDs(t.Context(), ids...)
		require.Equal(t, ids, found)
		return err
	}))
	require.NoError(t, store.Close())
	require.LessOrEqual(t, rowsRead(t, dsn, db, "deletions")-before, 2*len(ids))
}
