package sqlstore_test

import (
	"database/sql"
	"io/fs"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	_ "github.com/lib/pq"
	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/postgres/pgtest"
	"example.com/healthcare/adapters/sqlite"
	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/domain"
	"example.com/healthcare/migrations"
	"example.com/healthcare/ports"
)

const (
	// beforeSeals is the last migration before the one that adds seals.
	beforeSeals = 4

	insertOldEvent = `
		INSERT INTO audit_events (at, actor_id, actor_role, session_id, address, request_id, action,
			subject_kind, subject_id, shown, outcome, version, about)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`
	insertOldMention = `INSERT INTO audit_about (kind, record_id, event_id) VALUES ($1, $2, $3)`
	selectOldEvents  = `
		SELECT id, at, actor_id, actor_role, session_id, address, request_id, action,
			subject_kind, subject_id, shown, outcome, version, about
		FROM audit_events
		ORDER BY id`
	selectOldMentions = `SELECT kind, record_id, event_id FROM audit_about ORDER BY kind, record_id, event_id`
)

// oldEngine is an empty database that a test migrates step by step.
type oldEngine struct {
	db       *sql.DB
	provider *goose.Provider
	at       func(time.Time) any
	open     func() (*sqlstore.Store, error)
	migrate  func() ([]sqlstore.Migration, error)
}

func oldEngines(t testing.TB) map[string]oldEngine {
	connect := func(driver, dsn string, dialect goose.Dialect, steps fs.FS) (*sql.DB, *goose.Provider) {
		db, err := sql.Open(driver, dsn)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		provider, err := goose.NewProvider(dialect, db, steps)
		require.NoError(t, err)
		return db, provider
	}
	dsn, path := pgtest.NewEmpty(t, ""), filepath.Join(t.TempDir(), "records.db")
	pg, pgSteps := connect("postgres", dsn, goose.DialectPostgres, migrations.Postgres())
	lite, liteSteps := connect("sqlite", path, goose.DialectSQLite3, migrations.SQLite())
	return map[string]oldEngine{
		"PostgreSQL": {pg, pgSteps, func(at time.Time) any { return at }, func() (*sqlstore.Store, error) {
			return postgres.Open(t.Context(), dsn, postgres.Options{})
		}, func() ([]sqlstore.Migration, error) { return postgres.Migrate(t.Context(), dsn, nil) }},
		"SQLite": {lite, liteSteps, func(at time.Time) any { return at.UnixMicro() }, func() (*sqlstore.Store, error) {
			return sqlite.Open(t.Context(), path, sqlite.Options{})
		}, func() ([]sqlstore.Migration, error) { return sqlite.Migrate(t.Context(), path, nil) }},
	}
}

// dump returns the result of a query as text.
func (e oldEngine) dump(t *testing.T, query string) (all [][]sql.NullString) {
	t.Helper()
	rows, err := e.db.QueryContext(t.Context(), query)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	columns, err := rows.Columns()
	require.NoError(t, err)
	for rows.Next() {
		row := make([]sql.NullString, len(columns))
		fields := make([]any, len(columns))
		for i := range row {
			fields[i] = &row[i]
		}
		require.NoError(t, rows.Scan(fields...))
		all = append(all, row)
	}
	require.NoError(t, rows.Err())
	return all
}

// oldEvents holds rows as an older program writes them, and the events that they mean.
var oldEvents = []struct {
	columns []any // all but the time
	event   domain.AuditEvent
}{
	{
		[]any{nil, "", nil, "", "", "session:create", "session", nil, nil, "failed", nil, ""},
		domain.AuditEvent{Action: domain.SessionCreate, Subject: domain.Subject{Kind: domain.SubjectSession}, Outcome: domain.Failed},
	},
	{
		[]any{7, "STAFF", 9, "2001:db8::1", "a.request_of-1", "patient:read", "patient", int64(1<<63 - 1), nil, "allowed", nil, ""},
		domain.AuditEvent{
			Actor: domain.Actor{UserID: 7, Role: domain.Staff, SessionID: 9, Origin: domain.Origin{
				Address: netip.MustParseAddr("2001:db8::1"), RequestID: "a.request_of-1",
			}},
			Action: domain.PatientRead, Subject: domain.Subject{Kind: domain.SubjectPatient, ID: 1<<63 - 1}, Outcome: domain.Allowed,
		},
	},
	{
		[]any{7, "ADMIN", 9, "203.0.113.7", "x", "doctor:read", "doctor", nil, "", "allowed", nil, "patient:5"},
		domain.AuditEvent{
			Actor: domain.Actor{UserID: 7, Role: domain.Admin, SessionID: 9, Origin: domain.Origin{
				Address: netip.MustParseAddr("203.0.113.7"), RequestID: "x",
			}},
			Action: domain.DoctorRead, Subject: domain.Subject{Kind: domain.SubjectDoctor, Shown: []domain.ID{}}, Outcome: domain.Allowed,
			Related: []domain.Reference{{Kind: domain.SubjectPatient, ID: 5}},
		},
	},
	{
		[]any{nil, "OPERATOR", nil, "", "", "user:update", "user", 12, "3,5", "denied", int64(1<<31 - 1), "patient:5,doctor:7"},
		domain.AuditEvent{
			Actor:  domain.Actor{Role: domain.Operator},
			Action: domain.UserUpdate, Subject: domain.Subject{Kind: domain.SubjectUser, ID: 12, Shown: []domain.ID{3, 5}}, Outcome: domain.Denied,
			Version: 1<<31 - 1,
			Related: []domain.Reference{{Kind: domain.SubjectPatient, ID: 5}, {Kind: domain.SubjectDoctor, ID: 7}},
		},
	},
}

func TestTheTrailSurvivesTheMigrationThatAddsSeals(t *testing.T) {
	for name, engine := range oldEngines(t) {
		t.Run(name, func(t *testing.T) {
			_, err := engine.provider.UpTo(t.Context(), beforeSeals)
			require.NoError(t, err)
			var want []domain.AuditEvent
			for i, old := range oldEvents {
				event := old.event
				event.ID, event.At = domain.ID(i+1), now.Add(time.Duration(i)*time.Microsecond)
				want = append(want, event)
				_, err := engine.db.ExecContext(t.Context(), insertOldEvent, append([]any{engine.at(event.At)}, old.columns...)...)
				require.NoError(t, err)
			}
			for _, mention := range [][]any{{"patient", 5, 3}, {"patient", 5, 4}, {"doctor", 7, 4}, {"user", int64(1<<63 - 1), 4}} {
				_, err := engine.db.ExecContext(t.Context(), insertOldMention, mention...)
				require.NoError(t, err)
			}
			events, mentions := engine.dump(t, selectOldEvents), engine.dump(t, selectOldMentions)

			_, err = engine.provider.Up(t.Context())
			require.NoError(t, err)
			added := newEvents(1, 2)[0]
			engine.use(t, func(store ports.Store) {
				require.Equal(t, want, trailOf(t, store, domain.Reference{}))
				require.Equal(t, want[2:], trailOf(t, store, domain.Reference{Kind: domain.SubjectPatient, ID: 5}))
				require.Equal(t, want[3:], trailOf(t, store, domain.Reference{Kind: domain.SubjectUser, ID: 1<<63 - 1}))
				require.Equal(t, want[1:2], trailOf(t, store, domain.Reference{Kind: domain.SubjectPatient, ID: 1<<63 - 1}))
				update(t, store, func(tx ports.Tx) error {
					evidence := func(domain.AuditEvent) domain.Evidence {
						return domain.Evidence{Hash: domain.Hash{1}, MAC: domain.MAC{2}}
					}
					return tx.Audit().Add(t.Context(), evidence, added)
				})
				added.ID = domain.ID(len(oldEvents) + 1)
				require.Equal(t, added.ID, trailOf(t, store, domain.Reference{})[len(oldEvents)].ID)
			})

			_, err = engine.provider.DownTo(t.Context(), beforeSeals)
			require.NoError(t, err)
			require.Equal(t, events, engine.dump(t, selectOldEvents)[:len(oldEvents)])
			require.Subset(t, engine.dump(t, selectOldMentions), mentions)
			require.Len(t, engine.dump(t, selectOldMentions), len(mentions)+2)

			_, err = engine.provider.Up(t.Context())
			require.NoError(t, err)
			added.Format = 0
			engine.use(t, func(store ports.Store) {
				require.Equal(t, append(want, added), trailOf(t, store, domain.Reference{}), "the event added since then has lost its format and its evidence")
				require.Equal(t, append(want[2:], added)[2:], trailOf(t, store, domain.Reference{Kind: domain.SubjectPatient, ID: 2}), "and it is still found")
			})
		})
	}
}

func (e oldEngine) use(t *testing.T, do func(ports.Store)) {
	t.Helper()
	store, err := e.open()
	require.NoError(t, err)
	do(store)
	require.NoError(t, store.Close())
}

func trailOf(t *testing.T, store ports.Store, about domain.Reference) (events []domain.AuditEvent) {
	t.Helper()
	require.NoError(t, store.View(t.Context(), func(tx ports.Tx) (err error) {
		events, err = tx.Audit().List(t.Context(), domain.AuditFilter{Record: about}, domain.Page{Limit: 100})
		return err
	}))
	return events
}
