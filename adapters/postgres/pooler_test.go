package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/postgres/pgtest"
)

func TestOpenRefusesPoolersThatItCannotWorkWith(t *testing.T) {
	dsn := pgtest.New(t)
	for mode, tt := range map[string]struct{ prepared, unprepared string }{
		pgtest.SessionPooling:     {"", ""},
		pgtest.TransactionPooling: {"DB_PREPARED_STATEMENTS=false", ""},
		pgtest.StatementPooling:   {"statement mode", "statement mode"},
	} {
		t.Run(mode, func(t *testing.T) {
			pooled := pgtest.Pooler(t, dsn, mode)
			for unprepared, want := range map[bool]string{false: tt.prepared, true: tt.unprepared} {
				store, err := postgres.Open(t.Context(), pooled, postgres.Options{Unprepared: unprepared})
				if want != "" {
					assert.ErrorContains(t, err, want)
					continue
				}
				require.NoError(t, err)
				require.NoError(t, store.Ready(t.Context()))
				require.NoError(t, store.Close())
			}
		})
	}
}
