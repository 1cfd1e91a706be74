package application

import (
	"context"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Retention is the use-cases on records that were deleted long ago. Only those are
// ever removed for good.
type Retention struct{ trail *Trail }

// Expired counts the records of kind that were deleted before the time and still are.
func (s *Retention) Expired(ctx context.Context, actor domain.Actor, kind domain.SubjectKind, before time.Time) (int, error) {
	return read(ctx, s.trail, attempt{by: actor, to: domain.RetentionRead, on: some(kind)},
		func(tx ports.Tx, _ *entry) (int, error) {
			return tx.Retention().CountExpired(ctx, kind, before)
		})
}

// maxPurged bounds one Purge: other writers wait for it, and its event names every
// record.
const maxPurged = 500

// Purge removes up to 500 of the records that Expired counts, with all of their
// versions, and returns how many. They cannot be restored.
func (s *Retention) Purge(ctx context.Context, actor domain.Actor, kind domain.SubjectKind, before time.Time) (int, error) {
	return write(ctx, s.trail, attempt{by: actor, to: domain.RetentionPurge, on: some(kind)},
		func(tx ports.Tx, e *entry) (int, error) {
			purged, err := tx.Retention().Purge(ctx, kind, before, maxPurged)
			e.Subject.Shown = purged
			return len(purged), err
		})
}
