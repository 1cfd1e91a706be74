package application

import (
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Adopt makes a seal with this service's key after a last seal that was made with a key that
// this service does not have. If there is no seal yet, last is the zero Head. The new seal
// covers all unsealed events, including events without evidence and events that this service
// did not write. So call Verify before, and make sure that the unsealed events are genuine. The
// error is a Conflict if last is not the last seal.
func (s *Audit) Adopt(ctx context.Context, actor domain.Actor, last domain.Head) (domain.Head, error) {
	return runUpdate(ctx, s.trail, call{actor: actor, permission: domain.AuditAdopt, kind: domain.SubjectAudit},
		func(ctx context.Context, tx ports.Tx, _ *pendingEvent) (domain.Head, error) {
			seal, err := readLastSeal(ctx, tx)
			if err == nil && seal.Head() != last {
				err = domain.ErrNotLastSeal()
			}
			if err != nil {
				return domain.Head{}, err
			}
			var digests []domain.EventDigest
			for event, err := range awaitedEvents(ctx, seal, allEvents(tx)) {
				if err != nil {
					return domain.Head{}, err
				}
				digests = append(digests, event.EventDigest())
			}
			next := s.trail.nextSeal(seal, digests)
			return next.Head(), tx.Seals().Add(ctx, next)
		})
}
