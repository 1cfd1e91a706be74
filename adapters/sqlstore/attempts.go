package sqlstore

import (
	"context"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

const (
	selectAttempts = `
		SELECT count, since, until, known_until, expires_at
		FROM attempts
		WHERE key = $1`
	// lockAttempts locks the row of a key by writing to it. Only a row can be locked, so a
	// missing one is inserted, with a count of zero and already expired.
	lockAttempts = `
		INSERT INTO attempts (key, count, expires_at)
		VALUES ($1, 0, $2)
		ON CONFLICT (key) DO UPDATE SET key = excluded.key
		RETURNING count, since, until, known_until, expires_at`
	upsertAttempts = `
		INSERT INTO attempts (key, count, since, until, known_until, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (key) DO UPDATE
		SET count = excluded.count, since = excluded.since, until = excluded.until,
			known_until = excluded.known_until, expires_at = excluded.expires_at`
	// At most 100 at a time, so that no Update takes long.
	selectExpired = `
		SELECT key
		FROM attempts
		WHERE expires_at < $1 AND key <> $2
		ORDER BY expires_at
		LIMIT 100`
	// Rows that another transaction has locked are skipped.
	lockExpired = ` FOR UPDATE SKIP LOCKED`
)

type attemptsRow struct {
	Count      int     `db:"count"`
	Since      instant `db:"since"`
	Until      instant `db:"until"`
	KnownUntil instant `db:"known_until"`
	ExpiresAt  instant `db:"expires_at"`
}

func (r attemptsRow) entity() domain.Attempts {
	return domain.Attempts{
		Count:       r.Count,
		Since:       r.Since.Time,
		LockedUntil: r.Until.Time,
		KnownUntil:  r.KnownUntil.Time,
		Expires:     r.ExpiresAt.Time,
	}
}

// attempts implements ports.Attempts.
type attempts struct{ *querier }

func (s attempts) Get(ctx context.Context, key domain.AttemptKey) (domain.Attempts, error) {
	var row attemptsRow
	if s.tx != nil {
		err := s.returning(ctx, &row, lockAttempts, key[:], time.Time{})
		return row.entity(), err
	}
	err := s.get(ctx, &row, selectAttempts, key[:])
	if domain.KindOf(err) == domain.NotFound {
		err = nil
	}
	return row.entity(), err
}

// Save also deletes some expired rows whenever a key is counted for the first time. That
// keeps the table small at little cost.
func (s attempts) Save(ctx context.Context, key domain.AttemptKey, attempts domain.Attempts, now time.Time) error {
	err := s.change(ctx, upsertAttempts, key[:], attempts.Count,
		timeOrNull(attempts.Since), timeOrNull(attempts.LockedUntil), timeOrNull(attempts.KnownUntil), ports.ToMicroseconds(attempts.Expires))
	if err != nil || attempts.Count != 1 {
		return err
	}
	return s.changeAny(ctx, `
		WITH expired AS (`+selectExpired+s.locking(lockExpired)+`)
		DELETE FROM attempts WHERE key IN (SELECT key FROM expired)`, ports.ToMicroseconds(now), key[:])
}
