package main_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"example.com/healthcare/migrations"
)

// takeUnknownStep does what a newer program's migrate does, as far as it is seen.
func takeUnknownStep(t *testing.T, env []string) {
	t.Helper()
	driver, dsn := databaseOf(env)
	db, err := sql.Open(driver, dsn)
	require.NoError(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, $1)`, true)
	require.NoError(t, err)
}

// takeBackLastStep makes the embedded store one of the version before.
func takeBackLastStep(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer db.Close()
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, migrations.SQLite())
	require.NoError(t, err)
	_, err = provider.Down(context.Background())
	require.NoError(t, err)
}
