package postgres_test

import (
	"database/sql"
	"testing"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres/pgtest"
	"example.com/healthcare/migrations"
)

// firstRollingStep is the last migration of the first release whose instances can be replaced
// one after the other.
const firstRollingStep = 6

// TestMigrationsDoNotInvalidatePreparedStatements checks that instances of an older release can
// continue while the schema is migrated.
func TestMigrationsDoNotInvalidatePreparedStatements(t *testing.T) {
	db, err := sql.Open("postgres", pgtest.NewEmpty(t, ""))
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations.Postgres(), goose.WithDisableGlobalRegistry(true))
	require.NoError(t, err)
	_, err = provider.UpTo(t.Context(), firstRollingStep)
	require.NoError(t, err)

	running, err := db.Conn(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, running.Close()) }()
	rows, err := running.QueryContext(t.Context(), `
		SELECT 'SELECT ' || string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position) || ' FROM ' || quote_ident(table_name)
		FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name <> 'goose_db_version'
		GROUP BY table_name`)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	var queries []string
	for rows.Next() {
		var query string
		require.NoError(t, rows.Scan(&query))
		queries = append(queries, query)
	}
	require.NoError(t, rows.Err())
	require.GreaterOrEqual(t, len(queries), 11)
	var statements []*sql.Stmt
	for _, query := range queries {
		statement, err := running.PrepareContext(t.Context(), query)
		require.NoError(t, err)
		defer func() { require.NoError(t, statement.Close()) }()
		statements = append(statements, statement)
	}

	_, err = provider.Up(t.Context())
	require.NoError(t, err)
	for i, statement := range statements {
		_, err := statement.ExecContext(t.Context())
		require.NoError(t, err, queries[i])
	}
}
