package sqlstore

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

const (
	selectRequest = `
		SELECT content, versions, expires_at
		FROM idempotency_keys
		WHERE id = $1`
	// lockRequest locks the row of an ID by writing to it, like lockAttempts. A row that it
	// inserts is already expired.
	lockRequest = `
		INSERT INTO idempotency_keys (id, versions, expires_at)
		VALUES ($1, '[]', $2)
		ON CONFLICT (id) DO UPDATE SET id = excluded.id
		RETURNING content, versions, expires_at`
	upsertRequest = `
		INSERT INTO idempotency_keys (id, content, versions, expires_at)
		VALUES ($1, $2, $3, $4)
		ON CONFLICT (id) DO UPDATE
		SET content = excluded.content, versions = excluded.versions, expires_at = excluded.expires_at`
	// At most 100 at a time, so that no Update takes long.
	selectExpiredRequests = `
		SELECT id
		FROM idempotency_keys
		WHERE expires_at < $1 AND id <> $2
		ORDER BY expires_at
		LIMIT 100`
)

type requestRow struct {
	Content   []byte       `db:"content"`
	Versions  versionNames `db:"versions"`
	ExpiresAt instant      `db:"expires_at"`
}

// versionNames is a JSON array of the names of versions.
type versionNames []domain.VersionName

// versionName is one element of versionNames.
type versionName struct {
	Kind   domain.SubjectKind `json:"kind"`
	ID     domain.ID          `json:"id"`
	Number int                `json:"number"`
}

// Scan implements sql.Scanner.
func (n *versionNames) Scan(stored any) error {
	var text nullableText
	if err := text.Scan(stored); err != nil {
		return err
	}
	var names []versionName
	if err := json.Unmarshal([]byte(text), &names); err != nil {
		return err
	}
	*n = nil
	for _, name := range names {
		*n = append(*n, domain.VersionName{Record: domain.Reference{Kind: name.Kind, ID: name.ID}, Number: name.Number})
	}
	return nil
}

// Value implements driver.Valuer.
func (n versionNames) Value() (driver.Value, error) {
	names := make([]versionName, len(n))
	for i, name := range n {
		names[i] = versionName{name.Record.Kind, name.Record.ID, name.Number}
	}
	text, err := json.Marshal(names)
	return string(text), err
}

// idempotencyKeys implements ports.IdempotencyKeys.
type idempotencyKeys struct{ *querier }

func (s idempotencyKeys) Get(ctx context.Context, id domain.RequestID, now time.Time) (domain.KeptRequest, error) {
	var row requestRow
	var err error
	if s.tx != nil {
		err = s.returning(ctx, &row, lockRequest, id[:], time.Time{})
	} else {
		err = s.get(ctx, &row, selectRequest, id[:])
	}
	if isLocked(err) {
		err = domain.ErrIdempotencyInProgress()
	}
	if err == nil && row.ExpiresAt.Before(ports.ToMicroseconds(now)) {
		err = domain.ErrNotFound()
	}
	if err != nil {
		return domain.KeptRequest{}, err
	}
	request := domain.KeptRequest{Versions: row.Versions, Expires: row.ExpiresAt.Time}
	copy(request.Content[:], row.Content)
	return request, nil
}

// Save also deletes some expired rows. That keeps the table small at little cost.
func (s idempotencyKeys) Save(ctx context.Context, id domain.RequestID, request domain.KeptRequest, now time.Time) error {
	err := s.change(ctx, upsertRequest, id[:], request.Content[:], versionNames(request.Versions), ports.ToMicroseconds(request.Expires))
	if err != nil {
		return err
	}
	return s.changeAny(ctx, `
		WITH expired AS (`+selectExpiredRequests+s.locking(lockExpired)+`)
		DELETE FROM idempotency_keys WHERE id IN (SELECT id FROM expired)`, ports.ToMicroseconds(now), id[:])
}

// isLocked reports whether a statement waited too long for a lock.
func isLocked(err error) bool {
	var f *databaseError
	return errors.As(err, &f) && f.kind == Locked
}
