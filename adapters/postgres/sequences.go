package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
)

// Copying rows, for example by logical replication, does not advance the sequences of the
// tables. Such a sequence returns IDs that are already used.

const sequenceBehindHint = "a sequence is behind its table, as after a logical copy: run `healthcare migrate` as the owner of the database"

// isBehindSequence reports whether an INSERT failed because a sequence returned a used ID.
func isBehindSequence(e *pq.Error) bool {
	table, isKey := strings.CutSuffix(e.Constraint, "_pkey")
	return e.Code == pqerror.UniqueViolation && isKey &&
		slices.Contains(append(recordTables(), "users", "sessions", "audit_events"), table)
}

const (
	// lockTrailSequence keeps services that start at the same time from advancing the sequence
	// twice, which would leave a gap in the audit trail.
	lockTrailSequence = `SELECT pg_advisory_xact_lock(hashtext('audit_events_id_seq'), hashtext(current_schema()))`
	// selectTrailLag needs only the privileges of a service.
	selectTrailLag = `SELECT (SELECT COALESCE(max(id), 0) FROM audit_events) - COALESCE(pg_sequence_last_value('audit_events_id_seq'), 0)`
	advanceTrail   = `SELECT count(nextval('audit_events_id_seq')) FROM generate_series(1, CAST($1 AS bigint))`
	// maxTrailLag is a lag that takes about a second to catch up.
	maxTrailLag = 1_000_000
)

// advanceTrailSequence calls nextval on the sequence of the audit trail until the next ID is
// unused. A service does not have the privilege to set the sequence.
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
	log.Warn("the sequence of the audit trail was behind its table, as after a logical copy, and was advanced", "by", lag)
	if err := tx.Commit(); err != nil {
		return unavailable(err)
	}
	return nil
}

// advanceIDs returns a statement that advances the sequence of the table to $1, unless it is there
// already. Setting a sequence could set it back, while other instances add rows. So it
// calls nextval, unless the gap is too large for that and for other instances to close it
// meanwhile.
func advanceIDs(table string) []string {
	sequence := `CAST(pg_get_serial_sequence('` + table + `', 'id') AS regclass)`
	return []string{`
		SELECT CASE
			WHEN CAST($1 AS bigint) - last > ` + strconv.Itoa(maxTrailLag) + ` THEN setval(` + sequence + `, CAST($1 AS bigint))
			ELSE (SELECT count(nextval(` + sequence + `)) FROM generate_series(last + 1, CAST($1 AS bigint)))
		END
		FROM (SELECT COALESCE(pg_sequence_last_value(` + sequence + `), 0) AS last) AS sequence`}
}

// ignoreMissingPrivilege returns nil for a missing privilege, which other checks report.
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
	// advanceSequence never sets a sequence back. The verbs are the quoted name of the table and
	// the sequence as a literal.
	advanceSequence = `
		SELECT setval(%[2]s, greatest(last, COALESCE(pg_sequence_last_value(%[2]s), 0)))
		FROM (SELECT COALESCE(max(id), 0) AS last FROM %[1]s) AS ids
		WHERE last > COALESCE(pg_sequence_last_value(%[2]s), 0);`
)

// advanceSequences advances every sequence of the schema that is behind its table. Only the
// owner of the database can do this.
func advanceSequences(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, selectIdentities)
	if err != nil {
		return unavailable(err)
	}
	defer func() { _ = rows.Close() }()
	var advance strings.Builder // one round trip for all
	for rows.Next() {
		var table, sequence string
		if err := rows.Scan(&table, &sequence); err != nil {
			return unavailable(err)
		}
		fmt.Fprintf(&advance, advanceSequence, table, pq.QuoteLiteral(sequence))
	}
	if err := rows.Err(); err != nil {
		return unavailable(err)
	}
	_, err = db.ExecContext(ctx, advance.String())
	return ignoreMissingPrivilege(err)
}
