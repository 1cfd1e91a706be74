package main_test

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"example.com/healthcare/migrations"
)

// takeUnknownStep marks a migration of a newer program as applied.
func takeUnknownStep(t *testing.T, env []string) {
	t.Helper()
	driver, dsn := databaseOf(env)
	db, err := sql.Open(driver, dsn)
	require.NoError(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, $1)`, true)
	require.NoError(t, err)
}

// takeBackLastStep reverts the last migration.
func takeBackLastStep(t *testing.T, env []string) {
	t.Helper()
	driver, dsn := databaseOf(env)
	db, err := sql.Open(driver, dsn)
	require.NoError(t, err)
	defer db.Close()
	dialect, steps := goose.DialectSQLite3, migrations.SQLite()
	if driver == "postgres" {
		dialect, steps = goose.DialectPostgres, migrations.Postgres()
	}
	provider, err := goose.NewProvider(dialect, db, steps)
	require.NoError(t, err)
	_, err = provider.Down(t.Context())
	require.NoError(t, err)
}

// databaseOf returns the database of an engine's settings.
func databaseOf(env []string) (driver, dsn string) {
	if dsn, isPostgres := strings.CutPrefix(env[min(1, len(env)-1)], "DATABASE_URL="); isPostgres {
		return "postgres", dsn
	}
	return "sqlite", strings.TrimPrefix(env[0], "DATA_DIR=") + "/healthcare.db"
}
