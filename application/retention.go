package application

import (
	"context"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Retention holds the use-cases that purge records: they permanently remove records that were
// deleted long ago. No other use-case does.
type Retention struct{ trail *Trail }

// CountExpired returns how many records of the kind were deleted before the given time and are
// still deleted.
func (s *Retention) CountExpired(ctx context.Context, actor domain.Actor, kind domain.SubjectKind, before time.Time) (int, error) {
	return runView(ctx, s.trail, call{actor: actor, permission: domain.RetentionRead, kind: kind},
		func(ctx context.Context, tx ports.Tx, _ *pendingEvent) (int, error) {
			return tx.Retention().CountExpired(ctx, kind, before)
		})
}

// maxPurged bounds one Purge, because other writers wait for it and its event names every
// record.
const maxPurged = 500

// Purge permanently removes up to 500 of the records that CountExpired counts, with all of
// their versions, and returns how many it removed.
func (s *Retention) Purge(ctx context.Context, actor domain.Actor, kind domain.SubjectKind, before time.Time) (int, error) {
	return runUpdate(ctx, s.trail, call{actor: actor, permission: domain.RetentionPurge, kind: kind},
		func(ctx context.Context, tx ports.Tx, event *pendingEvent) (int, error) {
			purged, err := tx.Retention().Purge(ctx, kind, before, maxPurged)
			event.Subject.Shown = purged
			return len(purged), err
		})
}
