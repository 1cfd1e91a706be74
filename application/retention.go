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

// NewRetention returns the use-cases on what was deleted long ago.
func NewRetention(trail *Trail) *Retention { return &Retention{trail: trail} }

// Expired counts the records of kind that were deleted before the time and still are.
func (s *Retention) Expired(ctx context.Context, actor domain.Actor, kind domain.SubjectKind, before time.Time) (int, error) {
	return account(ctx, s.trail, actor, domain.RetentionRead, on(kind, 0), func(*entry) (int, error) {
		return view(ctx, s.trail.store, func(tx ports.Tx) (int, error) {
			return tx.Retention().Expired(ctx, kind, before)
		})
	})
}

// maxPurged bounds one Purge: it keeps others from writing as long as it takes,
// and its event names the records.
const maxPurged = 500

// Purge removes up to 500 of the records that Expired counts, with all of their
// versions, and returns how many. They cannot be restored.
func (s *Retention) Purge(ctx context.Context, actor domain.Actor, kind domain.SubjectKind, before time.Time) (int, error) {
	return account(ctx, s.trail, actor, domain.RetentionPurge, on(kind, 0), func(e *entry) (int, error) {
		return update(ctx, e, func(tx ports.Tx) (int, error) {
			purged, err := tx.Retention().Purge(ctx, kind, before, maxPurged)
			e.Subject.Shown = purged
			return len(purged), err
		})
	})
}
