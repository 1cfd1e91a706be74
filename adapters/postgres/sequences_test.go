package postgres_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/postgres/pgtest"
	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// copiedDatabase returns a database whose tables have the IDs 1 to 40 and whose sequences have
// not been used, as after a logical copy.
func copiedDatabase(t *testing.T) (dsn string, db *sql.DB) {
	t.Helper()
	dsn = pgtest.New(t)
	db, err := sql.Open("postgres", dsn)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	for _, statement := range []string{
		`INSERT INTO audit_events (id, at, subject, evidence, data) SELECT id, now(), 'patient', '', '{}' FROM generate_series(1, 40) AS id`,
		`INSERT INTO doctors (id, name, joined_at, specialization, license_number, license_key, salary) SELECT id, 'x', now(), 'x', 'NJ-' || id, 'nj-' || id, 1 FROM generate_series(1, 40) AS id`,
	} {
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	return dsn, db
}

func addDoctor(t *testing.T, store *sqlstore.Store, license string) (id domain.ID, err error) {
	t.Helper()
	err = store.Update(t.Context(), func(tx ports.Tx) error {
		added, err := ports.AddOne(t.Context(), tx.Doctors(), newDoctor(license))
		id = added.ID
		return err
	})
	return id, err
}

func TestOpenAdvancesTheSequenceOfTheTrailAfterALogicalCopy(t *testing.T) {
	dsn, db := copiedDatabase(t)
	role := "least_privilege_" + strings.ToLower(rand.Text())
	_, err := db.ExecContext(t.Context(), `CREATE ROLE `+role+` LOGIN`)
	require.NoError(t, err)
	t.Cleanup(func() {
		for _, statement := range []string{`DROP OWNED BY ` + role, `DROP ROLE ` + role} {
			_, err := db.ExecContext(context.Background(), statement)
			assert.NoError(t, err)
		}
	})
	_, err = db.ExecContext(t.Context(), `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO `+role+`; GRANT USAGE ON SEQUENCE audit_events_id_seq TO `+role)
	require.NoError(t, err)
	target, err := url.Parse(dsn)
	require.NoError(t, err)
	target.User = url.User(role)
	var log bytes.Buffer
	var mutex sync.Mutex
	var starters errgroup.Group
	for range 4 {
		starters.Go(func() error {
			var own bytes.Buffer
			store, err := postgres.Open(t.Context(), target.String(), postgres.Options{ForService: true, Log: slog.New(slog.NewTextHandler(&own, nil))})
			if err != nil {
				return err
			}
			mutex.Lock()
			defer mutex.Unlock()
			log.Write(own.Bytes())
			return store.Close()
		})
	}
	require.NoError(t, starters.Wait())
	assert.Equal(t, 1, strings.Count(log.String(), "the sequence of the audit trail was behind its table"), "%s", &log)
	assert.Contains(t, log.String(), "by=40")
	var next int
	require.NoError(t, db.QueryRowContext(t.Context(), `SELECT nextval('audit_events_id_seq')`).Scan(&next))
	assert.Equal(t, 41, next, "no ID is skipped")
}

func TestMigrateAdvancesEverySequenceThatIsBehind(t *testing.T) {
	dsn, db := copiedDatabase(t)
	store := open(t, dsn, postgres.Options{})
	_, err := addDoctor(t, store, "new")
	require.ErrorContains(t, err, "run `healthcare migrate` as the owner of the database")
	for range 2 {
		_, err = postgres.Migrate(t.Context(), dsn, nil)
		require.NoError(t, err)
	}
	id, err := addDoctor(t, store, "new")
	require.NoError(t, err)
	assert.Equal(t, domain.ID(41), id)
	for _, table := range []string{"audit_events", "users"} {
		var last, next int
		require.NoError(t, db.QueryRowContext(t.Context(), fmt.Sprintf(`SELECT COALESCE(max(id), 0), nextval('%s_id_seq') FROM %s`, table, table)).Scan(&last, &next))
		assert.Equal(t, last+1, next, table)
	}
	_, err = postgres.Migrate(t.Context(), dsn, nil)
	require.NoError(t, err)
	var next int
	require.NoError(t, db.QueryRowContext(t.Context(), `SELECT nextval('audit_events_id_seq')`).Scan(&next))
	assert.Equal(t, 42, next, "a sequence that is ahead does not change")
}
