package application

import (
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// LastSeal names the last seal, and says whether this service has the key that it
// was made with: all that it writes into the trail without counts as inserted by
// somebody else. There may be none yet, which is the zero Head and fine.
func (t *Trail) LastSeal(ctx context.Context) (head domain.Head, ours bool, err error) {
	err = t.store.View(ctx, func(tx ports.Tx) error {
		last, err := lastSeal(ctx, tx)
		head, ours = last.Head(), last.Number == 0 || t.macs.Verify(last.Digest, last.MAC)
		return err
	})
	return head, ours, err
}

// Adopt goes on from a last seal that was made with a key that this service does
// not have: it puts all that is under no seal yet, whoever wrote it, under one of
// its own. What Verify finds before it finds after it, too. That last is not the last seal is
// a Conflict.
func (s *Audit) Adopt(ctx context.Context, actor domain.Actor, last domain.Head) (domain.Head, error) {
	return account(ctx, s.trail, actor, domain.AuditAdopt, on(domain.AboutAudit, 0), func(e *entry) (domain.Head, error) {
		return update(ctx, e, func(tx ports.Tx) (domain.Head, error) {
			seal, err := lastSeal(ctx, tx)
			if err == nil && seal.Head() != last {
				err = domain.ErrNotLastSeal()
			}
			if err != nil {
				return domain.Head{}, err
			}
			var sightings []domain.Sighting
			for event, err := range unsealed(ctx, tx, seal) {
				if err != nil {
					return domain.Head{}, err
				}
				sightings = append(sightings, domain.Sighting{ID: event.ID, Hash: event.Evidence.Digest()})
			}
			next := seal.Next(sightings, ports.Kept(s.trail.clock()))
			next.MAC = s.trail.macs.Sum(next.Digest)
			return next.Head(), tx.Seals().Add(ctx, next)
		})
	})
}
