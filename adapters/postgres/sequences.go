package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
)

// A copy that PostgreSQL makes row by row, such as logical replication, leaves sequences
// where they were: they give IDs that are taken.

const sequenceBehindHint = "a sequence is behind its table, as after a logical copy: run `healthcare migrate` as the owner of the database"

// isBehindSequence reports whether a row got the ID of another one.
func isBehindSequence(e *pq.Error) bool {
	table, isKey := strings.CutSuffix(e.Constraint, "_pkey")
	if e.Code != pqerror.UniqueViolation || !isKey {
		return false
	}
	switch table {
	case "users", "sessions", "doctors", "patients", "mappings", "audit_events":
		return true
	}
	return false
}

const (
	// The lock is for services that start at once: numbers that nobody uses are gaps in the trail.
	lockTrailSequence = `SELECT pg_advisory_xact_lock(hashtext('audit_events_id_seq'), hashtext(current_schema()))`
	// selectTrailLag asks for no more rights than a service has.
	selectTrailLag = `SELECT (SELECT COALESCE(max(id), 0) FROM audit_events) - COALESCE(pg_sequence_last_value('audit_events_id_seq'), 0)`
	advanceTrail   = `SELECT count(nextval('audit_events_id_seq')) FROM generate_series(1, CAST($1 AS bigint))`
	// maxTrailLag takes about a second to make up for.
	maxTrailLag = 1_000_000
)

// advanceTrailSequence has the sequence of the trail give the IDs that are taken, until
// the next is free. A service may not set it: nothing in the trail is its to change.
func advanceTrailSequence(ctx context.Context, db *sql.DB, log *slog.Logger) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return unavailable(err)
	}
	defer func() { _ = tx.Rollback() }()
	var lag int64
	if err := tx.QueryRowContext(ctx, selectTrailLag).Scan(&lag); err != nil || lag <= 0 {
		return ignoreMissingPrivilege(err)
	}
	if _, err := tx.ExecContext(ctx, lockTrailSequence); err != nil {
		return unavailable(err)
	}
	if err := tx.QueryRowContext(ctx, selectTrailLag).Scan(&lag); err != nil || lag <= 0 {
		return ignoreMissingPrivilege(err)
	}
	if lag > maxTrailLag {
		return fmt.Errorf("postgres: audit_events: %s", sequenceBehindHint)
	}
	if _, err := tx.ExecContext(ctx, advanceTrail, lag); err != nil {
		return ignoreMissingPrivilege(err)
	}
	log.Warn("the sequence of the audit trail was behind its table, as after a logical copy, and gives free numbers again", "by", lag)
	if err := tx.Commit(); err != nil {
		return unavailable(err)
	}
	return nil
}

// ignoreMissingPrivilege leaves it to others to say which rights are missing.
func ignoreMissingPrivilege(err error) error {
	if refused := pq.As(err); err == nil || refused != nil && refused.Code == pqerror.InsufficientPrivilege {
		return nil
	}
	return unavailable(err)
}

const (
	selectIdentities = `
		SELECT CAST(c.oid AS regclass) AS name, pg_get_serial_sequence(CAST(CAST(c.oid AS regclass) AS text), 'id') AS sequence
		FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'id' AND a.attidentity <> ''
		WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) AND c.relkind = 'r'
		ORDER BY c.relname`
	// advance never sets a sequence back. Its table's name is as PostgreSQL quotes it.
	advanceSequence = `
		SELECT setval($1, greatest(last, COALESCE(pg_sequence_last_value($1), 0)))
		FROM (SELECT COALESCE(max(id), 0) AS last FROM %s) AS ids
		WHERE last > COALESCE(pg_sequence_last_value($1), 0)`
)

// advanceSequences sets every sequence of the schema that is behind its table. It takes
// the owner of the database.
func advanceSequences(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, selectIdentities)
	if err != nil {
		return unavailable(err)
	}
	defer func() { _ = rows.Close() }()
	sequences := map[string]string{}
	for rows.Next() {
		var table, sequence string
		if err := rows.Scan(&table, &sequence); err != nil {
			return unavailable(err)
		}
		sequences[table] = sequence
	}
	if err := rows.Err(); err != nil {
		return unavailable(err)
	}
	for table, sequence := range sequences {
		if _, err := db.ExecContext(ctx, fmt.Sprintf(advanceSequence, table), sequence); err != nil {
			return ignoreMissingPrivilege(err)
		}
	}
	return nil
}
