package application

import (
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Adopt goes on from a last seal that was made with a key that this service does
// not have, or begins where there is none yet, which is the zero Head. It puts all that is
// under no seal, whoever wrote it and with or without evidence, under one of its own: ask
// Verify first, and be sure of what is not sealed. It is a Conflict when last is not the
// last seal.
func (s *Audit) Adopt(ctx context.Context, actor domain.Actor, last domain.Head) (domain.Head, error) {
	return runUpdate(ctx, s.trail, call{actor: actor, permission: domain.AuditAdopt, kind: domain.SubjectAudit},
		func(tx ports.Tx, _ *pendingEvent) (domain.Head, error) {
			seal, err := readLastSeal(ctx, tx)
			if err == nil && seal.Head() != last {
				err = domain.ErrNotLastSeal()
			}
			if err != nil {
				return domain.Head{}, err
			}
			var sightings []domain.EventDigest
			for event, err := range awaitedEvents(ctx, seal, allEvents(tx)) {
				if err != nil {
					return domain.Head{}, err
				}
				sightings = append(sightings, event.EventDigest())
			}
			next := s.trail.nextSeal(seal, sightings)
			return next.Head(), tx.Seals().Add(ctx, next)
		})
}
