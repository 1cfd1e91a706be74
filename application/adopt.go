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
	if ours && err == nil {
		t.know(head)
	}
	return head, ours, err
}

// Adopt goes on from a last seal that was made with a key that this service does
// not have, or begins where there is none yet, which is the zero Head. It puts all that is
// under no seal, whoever wrote it and with or without evidence, under one of its own: ask
// Verify first, and be sure of what is not sealed. It is a Conflict when last is not the
// last seal.
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
			for event, err := range unsealed(ctx, seal, allEvents(tx)) {
				if err != nil {
					return domain.Head{}, err
				}
				sightings = append(sightings, event.Sighting())
			}
			next := seal.Next(sightings, ports.Kept(s.trail.clock()))
			next.MAC = s.trail.macs.Sum(next.Digest)
			return next.Head(), tx.Seals().Add(ctx, next)
		})
	})
}
