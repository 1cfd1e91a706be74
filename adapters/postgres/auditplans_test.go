package postgres_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/postgres/pgtest"
	"example.com/healthcare/domain"
)

// The audit trail only grows. A list that read all of it would become slower every day. The test
// forces generic plans, which PostgreSQL can choose for statements that run often.
func TestListsOfTheTrailReadLittleOfIt(t *testing.T) {
	dsn := pgtest.New(t)
	db, err := sql.Open("postgres", dsn)
	require.NoError(t, err)
	defer db.Close()
	const (
		events = 200_000
		apart  = 200 * time.Millisecond // 18,000 events in an hour
	)
	begun := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	require.NoError(t, execute(t, dsn, `
		INSERT INTO audit_events (id, at, actor_id, subject, evidence, data)
		SELECT n, timestamptz '2026-01-01 00:00:00Z' + n * interval '200 milliseconds', CASE n % 4 WHEN 0 THEN 1000 ELSE n % 500 END,
			CASE n % 20 WHEN 7 THEN 'patient' ELSE 'patient:' || n % 10000 END, '',
			json_build_object('action', CASE WHEN n % 50000 = 0 THEN 'doctor:delete' WHEN n % 4 = 1 THEN 'user:read' ELSE 'patient:read' END,
				'outcome', CASE n % 10000 WHEN 0 THEN 'denied' ELSE 'allowed' END,
				'shown', CASE WHEN n % 20 <> 7 THEN NULL WHEN n % 60 = 7 THEN '12800,12801' ELSE '12801' END)
		FROM generate_series(1, 200000) AS n;
		INSERT INTO audit_about (record, event_id)
		SELECT 'patient/200', n FROM generate_series(7, 200000, 20) AS n;
		INSERT INTO audit_about (record, event_id)
		SELECT 'patient/' || n % 200, n FROM generate_series(1, 200000) AS n;
		INSERT INTO audit_about (record, event_id)
		SELECT 'patient:12802', n FROM generate_series(3, 200000, 20) AS n`))
	for _, table := range []string{"audit_events", "audit_about"} {
		require.NoError(t, execute(t, dsn, `VACUUM ANALYZE `+table))
	}
	for name, tt := range map[string]struct {
		filter domain.AuditFilter
		found  int
	}{
		"an action":                 {domain.AuditFilter{Action: domain.DoctorDelete}, 4},
		"an action without events":  {domain.AuditFilter{Action: domain.DoctorUpdate}, 0},
		"an outcome":                {domain.AuditFilter{Outcome: domain.Denied}, 20},
		"an outcome without events": {domain.AuditFilter{Outcome: domain.Failed}, 0},
		"both":                      {domain.AuditFilter{Action: domain.DoctorDelete, Outcome: domain.Denied}, 4},
		"the end of a busy hour":    {domain.AuditFilter{From: begun.Add((events - 60) * apart)}, 61},
		"a part of a busy hour":     {domain.AuditFilter{From: begun.Add(events / 2 * apart), To: begun.Add((events/2 + 50) * apart)}, 50},
		"its end, newest first":     {domain.AuditFilter{NewestFirst: true, From: begun.Add((events - 60) * apart)}, 61},
		"after all":                 {domain.AuditFilter{From: begun.Add((events + 1) * apart)}, 0},
		"before all":                {domain.AuditFilter{To: begun}, 0},
		"an actor":                  {domain.AuditFilter{Actor: 7}, 100},
		"all, newest first":         {domain.AuditFilter{NewestFirst: true, To: begun.Add(60 * apart)}, 59},
		"an actor with many events": {domain.AuditFilter{Actor: 1000}, 100},
		"their last events":         {domain.AuditFilter{NewestFirst: true, Actor: 1000}, 100},
		"an action of an actor":     {domain.AuditFilter{Actor: 1000, Action: domain.DoctorDelete}, 4},
		"many actions, none of an actor with many events":                 {domain.AuditFilter{Actor: 1000, Action: domain.UserRead}, 0},
		"the same, newest first":                                          {domain.AuditFilter{NewestFirst: true, Actor: 1000, Action: domain.UserRead}, 0},
		"an outcome of an actor with many events":                         {domain.AuditFilter{Actor: 1000, Outcome: domain.Denied}, 20},
		"a record with many events, none of which is of the actor":        {domain.AuditFilter{Record: domain.Reference{Kind: domain.SubjectPatient, ID: 12802}, Actor: 7}, 0},
		"a record that was shown often, and an actor with few events":     {domain.AuditFilter{Record: domain.Reference{Kind: domain.SubjectPatient, ID: 12801}, Actor: 7}, 100},
		"a record with many events, and an action with few":               {domain.AuditFilter{Record: domain.Reference{Kind: domain.SubjectPatient, ID: 12802}, Action: domain.DoctorDelete}, 0},
		"a record with few events, and an actor with many":                {domain.AuditFilter{Record: domain.Reference{Kind: domain.SubjectPatient, ID: 8}, Actor: 1000}, 20},
		"an action, newest first":                                         {domain.AuditFilter{NewestFirst: true, Action: domain.DoctorDelete}, 4},
		"an actor, newest first":                                          {domain.AuditFilter{NewestFirst: true, Actor: 7}, 100},
		"a record, newest first":                                          {domain.AuditFilter{NewestFirst: true, Record: domain.Reference{Kind: domain.SubjectPatient, ID: 5}}, 20},
		"a record":                                                        {domain.AuditFilter{Record: domain.Reference{Kind: domain.SubjectPatient, ID: 5}}, 20},
		"a record that was shown in every third list of its block":        {domain.AuditFilter{Record: domain.Reference{Kind: domain.SubjectPatient, ID: 12800}}, 100},
		"a record with many events, none of which is a list of its block": {domain.AuditFilter{Record: domain.Reference{Kind: domain.SubjectPatient, ID: 12802}}, 100},
		"a record with many events, newest first":                         {domain.AuditFilter{NewestFirst: true, Record: domain.Reference{Kind: domain.SubjectPatient, ID: 12802}}, 100},
	} {
		before := rowsRead(t, dsn, db, "audit_events")
		store, err := postgres.Open(t.Context(), dsn+"&plan_cache_mode=force_generic_plan", postgres.Options{})
		require.NoError(t, err)
		require.Len(t, trail(t, store, tt.filter), tt.found, name)
		require.NoError(t, store.Close())
		// A page, and the events within an hour of the times of the filter.
		require.Less(t, rowsRead(t, dsn, db, "audit_events")-before, 2000, name)
	}
}

// rowsRead returns how many rows of a table all other connections have read. It waits until
// they are closed, because each reports its count then. PostgreSQL 14 queues the reports, so it also
// waits for that of a last connection, which reads a table of its own.
func rowsRead(t *testing.T, dsn string, db *sql.DB, table string) (read int) {
	t.Helper()
	count := func(query string, args ...any) (n int) {
		require.NoError(t, db.QueryRowContext(t.Context(), query, args...).Scan(&n))
		return n
	}
	require.Eventually(t, func() bool {
		return count(`SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`) == 0
	}, 10*time.Second, time.Millisecond)
	const lastReads = `SELECT COALESCE(sum(seq_scan), 0) FROM pg_stat_user_tables WHERE relname = 'read_last'`
	before := count(lastReads)
	require.NoError(t, execute(t, dsn, `CREATE TABLE IF NOT EXISTS read_last (); SELECT FROM read_last`))
	require.Eventually(t, func() bool { return count(lastReads) > before }, 10*time.Second, time.Millisecond)
	return count(`SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_user_tables WHERE relname = $1`, table)
}
