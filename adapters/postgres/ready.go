package postgres

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"

	"github.com/jmoiron/sqlx"

	"example.com/healthcare/domain"
)

var errStandby = errors.New("postgres: database is read-only: the server is a standby")

const (
	// These are rolled back. No event has such an ID, and no sequence is used, so that
	// nothing of a probe is left, also no gap.
	probeEvent   = `INSERT INTO audit_events (id, at, subject, evidence, data) VALUES ($1, now(), 'probe', '', '{}')`
	probeMention = `INSERT INTO audit_about (record, event_id) VALUES ('probe', $1)`
)

// probe writes as each use of the service does, and takes it back.
func probe(ctx context.Context, db *sqlx.DB) error {
	var standby bool
	if err := db.QueryRowContext(ctx, `SELECT pg_is_in_recovery()`).Scan(&standby); err != nil {
		return err
	}
	if standby {
		return domain.ErrUnavailable(errStandby)
	}
	tx, err := db.BeginTxx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	// Less than the callers of Ready wait, so that they get to know the reason.
	if _, err := tx.ExecContext(ctx, `SET LOCAL lock_timeout = '1s'`); err != nil {
		return err
	}
	// One of its own, so that two probes never wait for each other.
	id := -1 - rand.Int64N(1<<62)
	if _, err := tx.ExecContext(ctx, probeEvent, id); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, probeMention, id)
	return err
}
