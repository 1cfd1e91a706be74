package migrations_test

import (
	"database/sql"
	"io/fs"
	"path/filepath"
	"testing"

	_ "github.com/lib/pq"
	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"example.com/healthcare/adapters/postgres/pgtest"
	"example.com/healthcare/migrations"
)

const (
	postgresColumns = `
		SELECT table_name || '.' || column_name || CASE is_nullable WHEN 'YES' THEN ' null' ELSE '' END
		FROM information_schema.columns
		WHERE table_schema = 'public' AND table_name <> 'goose_db_version' AND table_name NOT LIKE '%\_search'
		ORDER BY table_name, ordinal_position`
	sqliteColumns = `
		SELECT t.name || '.' || c.name || CASE WHEN c."notnull" OR c.pk THEN '' ELSE ' null' END
		FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
		WHERE t.type = 'table' AND t.name <> 'goose_db_version' AND t.name NOT LIKE 'sqlite_%' AND t.name NOT LIKE '%\_search%' ESCAPE '\'
		ORDER BY t.name, c.cid`
	postgresIndexes = `SELECT count(*) FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'goose_db_version' AND indexname NOT LIKE '%\_search\_pkey'`
	// Most of SQLite's tables have no separate index for their primary key. The indexes for
	// searches are virtual tables, which keep their data in other tables.
	sqliteIndexes = `
		SELECT count(*) + (
			SELECT count(*)
			FROM sqlite_schema
			WHERE type = 'table' AND name <> 'goose_db_version' AND name NOT LIKE '%\_search\_%' ESCAPE '\'
				AND (sql LIKE '%INTEGER PRIMARY KEY%' OR sql LIKE '%WITHOUT ROWID%' OR sql LIKE '%USING fts5%'))
		FROM sqlite_schema WHERE type = 'index'`
)

// engine is an empty database and its migrations.
type engine struct {
	dialect          goose.Dialect
	db               *sql.DB
	steps            fs.FS
	columns, indexes string
	// moment is an SQL expression for a time. bytes is the format of an SQL expression for %d
	// bytes.
	moment, bytes string
}

func engines(t *testing.T) map[string]engine {
	open := func(driver, dsn string) *sql.DB {
		db, err := sql.Open(driver, dsn)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		return db
	}
	return map[string]engine{
		"PostgreSQL": {
			goose.DialectPostgres, open("postgres", pgtest.NewEmpty(t, "")),
			migrations.Postgres(), postgresColumns, postgresIndexes,
			`'2024-02-29 23:59:58.123456+00'`, `decode(repeat('ff', %d), 'hex')`,
		},
		"SQLite": {
			goose.DialectSQLite3, open("sqlite", filepath.Join(t.TempDir(), "records.db")),
			migrations.SQLite(), sqliteColumns, sqliteIndexes,
			`1709251198123456`, `randomblob(%d)`,
		},
	}
}

func (e engine) provider(t *testing.T) *goose.Provider {
	t.Helper()
	provider, err := goose.NewProvider(e.dialect, e.db, e.steps)
	require.NoError(t, err)
	return provider
}

func (e engine) readColumns(t *testing.T) (columns []string) {
	t.Helper()
	rows, err := e.db.QueryContext(t.Context(), e.columns)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	for rows.Next() {
		var column string
		require.NoError(t, rows.Scan(&column))
		columns = append(columns, column)
	}
	require.NoError(t, rows.Err())
	return columns
}

func (e engine) countIndexes(t *testing.T) (n int) {
	t.Helper()
	require.NoError(t, e.db.QueryRowContext(t.Context(), e.indexes).Scan(&n))
	return n
}

func TestEnginesHaveTheSameSchema(t *testing.T) {
	var columns [][]string
	var indexes []int
	for _, engine := range engines(t) {
		_, err := engine.provider(t).Up(t.Context())
		require.NoError(t, err)
		columns = append(columns, engine.readColumns(t))
		indexes = append(indexes, engine.countIndexes(t))
	}
	require.Contains(t, columns[0], "patients.date_of_birth null")
	require.Equal(t, columns[0], columns[1])
	require.Equal(t, indexes[0], indexes[1], "number of indexes")
}

func TestEveryMigrationCanBeReverted(t *testing.T) {
	for name, engine := range engines(t) {
		t.Run(name, func(t *testing.T) {
			provider := engine.provider(t)
			_, err := provider.Up(t.Context())
			require.NoError(t, err)
			before := engine.readColumns(t)
			_, err = provider.DownTo(t.Context(), 0)
			require.NoError(t, err)
			require.Empty(t, engine.readColumns(t))
			require.Zero(t, engine.countIndexes(t))
			_, err = provider.Up(t.Context())
			require.NoError(t, err)
			require.Equal(t, before, engine.readColumns(t))
		})
	}
}
