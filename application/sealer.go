package application

import (
	"context"
	"errors"
	"iter"
	"slices"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Sealer puts the events of the trail under seals. Any number of instances may
// do so at once: a seal is made by whoever is first, and nobody waits for it.
type Sealer struct {
	store ports.Store
	macs  ports.MACs
	clock ports.Clock
}

// NewSealer returns a sealer of the trail in store.
func NewSealer(store ports.Store, macs ports.MACs, clock ports.Clock) *Sealer {
	return &Sealer{store: store, macs: macs, clock: clock}
}

const (
	// maxSealed bounds a seal but for the first.
	maxSealed = 5000
	// maxForeign bounds what the log says of events that others wrote.
	maxForeign = 100
)

// Seal puts under seals all events that are there when it is called and are under
// none, but for those that this service did not write: they will be under no seal,
// and it returns the first hundred of them. It does not go on from a seal that this
// service did not make, as its own would vouch for that one, too.
func (s *Sealer) Seal(ctx context.Context) (foreign []domain.ID, err error) {
	for {
		last, sightings, foreign, err := s.sight(ctx)
		if err != nil || len(sightings) == 0 {
			return foreign, err
		}
		seal := last.Next(sightings, ports.Kept(s.clock()))
		seal.MAC = s.macs.Sum(seal.Digest)
		err = s.store.Update(ctx, func(tx ports.Tx) error { return tx.Seals().Add(ctx, seal) })
		switch {
		case err != nil && domain.KindOf(err) == domain.Conflict: // Another instance was faster.
			return foreign, nil
		case err != nil || last.Number > 0 && len(sightings) < maxSealed:
			return foreign, err
		}
	}
}

// sight returns the last seal, and what can come under the next.
func (s *Sealer) sight(ctx context.Context) (last domain.Seal, sightings []domain.Sighting, foreign []domain.ID, err error) {
	err = s.store.View(ctx, func(tx ports.Tx) error {
		if last, err = lastSeal(ctx, tx); err != nil {
			return err
		}
		switch {
		case last.Number == 0:
			if sightings, err = oldEvents(ctx, tx); err != nil || len(sightings) > 0 {
				return err
			}
		case !s.macs.Verify(last.Digest, last.MAC):
			return errors.New(domain.Fault{Problem: domain.SealForeign, Seal: last.Number}.String())
		}
		for event, err := range unsealed(ctx, tx, last) {
			switch {
			case err != nil:
				return err
			case len(sightings) == maxSealed:
				return nil
			case s.macs.Verify(event.Evidence.Hash, event.Evidence.MAC):
				sightings = append(sightings, domain.Sighting{ID: event.ID, Hash: event.Evidence.Digest()})
			case len(foreign) < maxForeign:
				foreign = append(foreign, event.ID)
			}
		}
		return nil
	})
	return last, sightings, foreign, err
}

// unsealed iterates over the evidence of all events that the last seal Awaits.
func unsealed(ctx context.Context, tx ports.Tx, last domain.Seal) iter.Seq2[domain.AuditEvent, error] {
	return func(yield func(domain.AuditEvent, error) bool) {
		for _, gap := range append(last.Missing, domain.Gap{From: last.Through + 1, To: maxID}) {
			for event, err := range evidenceIn(ctx, tx, gap) {
				if !yield(event, err) {
					return
				}
			}
		}
	}
}

// evidenceIn iterates over the evidence of all events in the gap.
func evidenceIn(ctx context.Context, tx ports.Tx, gap domain.Gap) iter.Seq2[domain.AuditEvent, error] {
	return pages(gap.From-1, idOfEvent, func(page domain.Page) ([]domain.AuditEvent, error) {
		// IDs in the gap are few mostly, and many are above it.
		page.Limit = int(min(gap.To-page.After, verifyPage))
		events, err := tx.Audit().Evidence(ctx, page)
		return slices.DeleteFunc(events, func(event domain.AuditEvent) bool { return event.ID > gap.To }), err
	})
}

// maxID is above every ID.
const maxID domain.ID = 1<<63 - 1

func lastSeal(ctx context.Context, tx ports.Tx) (domain.Seal, error) {
	last, err := tx.Seals().Last(ctx)
	if err != nil && domain.KindOf(err) == domain.NotFound {
		return domain.Seal{}, nil
	}
	return last, err
}

// oldEvents are those from before there was evidence: the first that there are,
// all of which the first seal takes as they are.
func oldEvents(ctx context.Context, tx ports.Tx) ([]domain.Sighting, error) {
	var sightings []domain.Sighting
	for event, err := range trailFrom(ctx, tx, 0) {
		if err != nil {
			return nil, err
		}
		if event.Evidence != (domain.Evidence{}) {
			break
		}
		sightings = append(sightings, event.Sighting())
	}
	return sightings, nil
}
