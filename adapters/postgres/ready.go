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
	// These inserts are rolled back. They use IDs that no event has, and no sequence, so they
	// leave no gap.
	probeEvent   = `INSERT INTO audit_events (id, at, subject, evidence, data) VALUES ($1, now(), 'probe', '', '{}')`
	probeMention = `INSERT INTO audit_about (record, event_id) VALUES ('probe', $1)`
)

// probe inserts an audit event like every request, and rolls it back.
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
	// The timeout is shorter than the wait of Ready's callers, so that they get the reason.
	if _, err := tx.ExecContext(ctx, `SET LOCAL lock_timeout = '1s'`); err != nil {
		return err
	}
	// A random ID keeps two probes from waiting for each other.
	id := -1 - rand.Int64N(1<<62)
	if _, err := tx.ExecContext(ctx, probeEvent, id); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, probeMention, id)
	return err
}
