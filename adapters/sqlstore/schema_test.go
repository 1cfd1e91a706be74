package sqlstore_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/postgres/pgtest"
	"example.com/healthcare/adapters/sqlite"
	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// database is a migrated database with the functions that a program calls on it.
type database struct {
	db      *sql.DB
	open    func() (*sqlstore.Store, error)
	migrate func() ([]sqlstore.Migration, error)
	status  func() ([]sqlstore.Migration, error)
}

func databases(t *testing.T) map[string]database {
	connect := func(driver, dsn string) *sql.DB {
		db, err := sql.Open(driver, dsn)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		return db
	}
	dsn, path := pgtest.New(t), filepath.Join(t.TempDir(), "records.db")
	_, err := sqlite.Migrate(t.Context(), path, nil)
	require.NoError(t, err)
	return map[string]database{
		"PostgreSQL": {
			connect("postgres", dsn),
			func() (*sqlstore.Store, error) { return postgres.Open(t.Context(), dsn, postgres.Options{}) },
			func() ([]sqlstore.Migration, error) { return postgres.Migrate(t.Context(), dsn, nil) },
			func() ([]sqlstore.Migration, error) { return postgres.Status(t.Context(), dsn) },
		},
		"SQLite": {
			connect("sqlite", path),
			func() (*sqlstore.Store, error) { return sqlite.Open(t.Context(), path, sqlite.Options{}) },
			func() ([]sqlstore.Migration, error) { return sqlite.Migrate(t.Context(), path, nil) },
			func() ([]sqlstore.Migration, error) { return sqlite.Status(t.Context(), path) },
		},
	}
}

// newer is a step that this program does not know.
const newer = 99999

// apply records a step as applied, like a newer program does.
func (d database) apply(t *testing.T, step int, compatible bool) {
	t.Helper()
	if compatible {
		_, err := d.db.ExecContext(t.Context(), `INSERT INTO compatible_steps (step) VALUES ($1)`, step)
		require.NoError(t, err)
	}
	_, err := d.db.ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES ($1, $2)`, step, true)
	require.NoError(t, err)
}

func TestAnUnknownSchemaIsRefused(t *testing.T) {
	for name, d := range databases(t) {
		t.Run(name, func(t *testing.T) {
			d.apply(t, newer, false)
			_, err := d.open()
			require.ErrorIs(t, err, sqlstore.ErrSchemaUnknown)
			require.ErrorContains(t, err, "99999")
			_, err = d.migrate()
			require.ErrorIs(t, err, sqlstore.ErrSchemaUnknown)
			status, err := d.status()
			require.NoError(t, err)
			last := status[len(status)-1]
			require.False(t, last.AppliedAt.IsZero())
			last.AppliedAt = time.Time{}
			require.Equal(t, sqlstore.Migration{Version: newer, Name: "99999", Unknown: true}, last)
		})
	}
}

// TestUnknownStepsThatAreCompatibleAreAccepted lets instances be replaced one after the other.
// A step that is not compatible makes the program refuse the schema, whatever follows it.
func TestUnknownStepsThatAreCompatibleAreAccepted(t *testing.T) {
	for name, d := range databases(t) {
		t.Run(name, func(t *testing.T) {
			d.apply(t, newer, true)
			store, err := d.open()
			closing(t, store, err)
			applied, err := d.migrate()
			require.NoError(t, err)
			require.Empty(t, applied)
			d.apply(t, newer+1, false)
			d.apply(t, newer+2, true)
			_, err = d.open()
			require.ErrorIs(t, err, sqlstore.ErrSchemaUnknown)
			require.ErrorContains(t, err, "100000")
			require.NotContains(t, err.Error(), "99999")
		})
	}
}

// TestARunningStoreStopsWhenANewerProgramChangesTheSchema also checks Ready, which /readyz
// reports.
func TestARunningStoreStopsWhenANewerProgramChangesTheSchema(t *testing.T) {
	for name, d := range databases(t) {
		t.Run(name, func(t *testing.T) {
			store, err := d.open()
			closing(t, store, err)
			add := func(name string) error {
				return store.Update(t.Context(), func(tx ports.Tx) error {
					user := newUser()
					user.Email = domain.FromStored[domain.Email](name + "@clinic.example")
					_, err := tx.Users().Add(t.Context(), user)
					return err
				})
			}
			d.apply(t, newer, true)
			require.NoError(t, store.Ready(t.Context()))
			begun := time.Now()
			for n := 0; time.Since(begun) < 1100*time.Millisecond; n++ { // The store checks once a second.
				require.NoError(t, add(fmt.Sprint("user", n)))
			}

			d.apply(t, newer+1, false)
			begun = time.Now()
			for n := 0; err == nil; n++ {
				err = add(fmt.Sprint("later", n))
			}
			require.Less(t, time.Since(begun), 2*time.Second)
			require.ErrorIs(t, err, sqlstore.ErrSchemaUnknown)
			require.Equal(t, domain.Unavailable, domain.KindOf(err))
			err = store.Ready(t.Context())
			require.ErrorIs(t, err, sqlstore.ErrSchemaUnknown)
			var coded *domain.Error
			require.ErrorAs(t, err, &coded)
			require.Equal(t, "schema_unknown", coded.Code)
		})
	}
}
