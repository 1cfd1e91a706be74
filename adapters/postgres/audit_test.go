package postgres_test

import (
	"crypto/rand"
	"database/sql"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/postgres/pgtest"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func TestTheTrailIsKeptWithSelectAndInsertOnly(t *testing.T) {
	dsn := pgtest.New(t)
	_, limited := limitedRole(t, dsn)
	store := open(t, limited, postgres.Options{})
	for range 2 { // The second time, the statements are prepared.
		require.NoError(t, addDoctorAndEvents(t, store))
	}
	require.Len(t, trail(t, store, domain.AuditFilter{}), 4)
	seal := domain.Seal{Number: 1, At: time.UnixMicro(7).UTC(), Through: 4, Events: []domain.SealedEvent{{ID: 4}}}
	add := func(tx ports.Tx) error { return tx.Seals().Add(t.Context(), seal) }
	require.NoError(t, store.Update(t.Context(), add))
	require.Equal(t, domain.Conflict, domain.KindOf(store.Update(t.Context(), add)))
	require.NoError(t, store.View(t.Context(), func(tx ports.Tx) error {
		last, err := tx.Seals().Last(t.Context())
		require.Equal(t, seal, last)
		return err
	}))
	require.Len(t, trail(t, store, domain.AuditFilter{Record: domain.Reference{Kind: domain.SubjectDoctor, ID: 2}}), 3)
	for _, statement := range []string{
		`UPDATE audit_events SET subject = ''`, `UPDATE audit_about SET record = ''`, `UPDATE audit_seals SET mac = ''`,
		`DELETE FROM audit_events`, `DELETE FROM audit_about`, `DELETE FROM audit_seals`,
		`TRUNCATE audit_events`, `TRUNCATE audit_about`, `TRUNCATE audit_seals`,
		`SELECT setval('audit_events_id_seq', 1)`,
	} {
		require.ErrorContains(t, execute(t, limited, statement), "permission denied", statement)
	}
}

func TestAChangeFailsIfItsAuditEventCannotBeAdded(t *testing.T) {
	for _, table := range []string{"audit_events", "audit_about"} {
		t.Run(table, func(t *testing.T) {
			dsn := pgtest.New(t)
			role, limited := limitedRole(t, dsn)
			store := open(t, limited, postgres.Options{})
			require.NoError(t, execute(t, dsn, `REVOKE INSERT ON `+table+` FROM `+role))
			err := addDoctorAndEvents(t, store)
			require.ErrorContains(t, err, "insufficient_privilege")
			require.Equal(t, domain.Unavailable, domain.KindOf(err))
			require.Empty(t, trail(t, store, domain.AuditFilter{}))
			doctors, err := all(t.Context(), store)
			require.NoError(t, err)
			require.Empty(t, doctors)
		})
	}
}

// limitedRole returns a new role that can only select and insert audit events and doctors, and
// the URL with which it connects to the database.
func limitedRole(t *testing.T, dsn string) (role, limited string) {
	t.Helper()
	role = "healthcare_test_" + strings.ToLower(rand.Text())
	require.NoError(t, execute(t, dsn, `CREATE ROLE `+role+` LOGIN PASSWORD 'limited'`))
	t.Cleanup(func() { require.NoError(t, execute(t, dsn, `DROP OWNED BY `+role+`; DROP ROLE `+role)) })
	require.NoError(t, execute(t, dsn, `
		GRANT SELECT ON goose_db_version, compatible_steps TO `+role+`;
		GRANT SELECT, INSERT ON doctors, audit_events, audit_about, audit_seals TO `+role+`;
		GRANT SELECT, INSERT, UPDATE ON doctors_search TO `+role+`;
		GRANT USAGE ON SEQUENCE audit_events_id_seq TO `+role))
	address, err := url.Parse(dsn)
	require.NoError(t, err)
	address.User = url.UserPassword(role, "limited")
	return role, address.String()
}

// execute runs statements on a connection of its own.
func execute(t *testing.T, dsn, statements string) error {
	t.Helper()
	db, err := sql.Open("postgres", dsn)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	_, err = db.Exec(statements) // It also works when the context of the test has ended.
	return err
}

// addDoctorAndEvents adds a doctor, an event about the doctor and an event about a list.
func addDoctorAndEvents(t *testing.T, store ports.Store) error {
	return store.Update(t.Context(), func(tx ports.Tx) error {
		doctor, err := ports.AddOne(t.Context(), tx.Doctors(), newDoctor(rand.Text()))
		if err != nil {
			return err
		}
		return tx.Audit().Add(t.Context(), func(domain.AuditEvent) domain.Evidence { return domain.Evidence{} },
			domain.AuditEvent{Outcome: domain.Allowed, Subject: domain.Subject{Kind: domain.SubjectDoctor, ID: doctor.ID}},
			domain.AuditEvent{Outcome: domain.Allowed, Subject: domain.Subject{Kind: domain.SubjectDoctor, Shown: []domain.ID{1, 2}}})
	})
}

func trail(t *testing.T, store ports.Store, filter domain.AuditFilter) (events []domain.AuditEvent) {
	t.Helper()
	require.NoError(t, store.View(t.Context(), func(tx ports.Tx) (err error) {
		events, err = tx.Audit().List(t.Context(), filter, domain.Page{Limit: 100})
		return err
	}))
	return events
}
