package application

import (
	"context"
	"errors"
	"iter"
	"slices"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Sealer seals the events of the audit trail. Any number of instances can seal at the same time:
// the first one makes the seal, and the others do not wait. Only one goroutine may use a Sealer,
// and each Sealer needs its own Trail.
type Sealer struct {
	trail *Trail
	gaps  gapAges
}

const (
	// maxSealed is how many events a seal covers at most.
	maxSealed = 5000
	// maxForeign is how many foreign events Anomalies names at most.
	maxForeign = 100
)

// ErrUnadopted is returned if the trail has no seal and contains events without evidence. The
// service does not seal them, because nothing proves that they were not changed (see
// Audit.Adopt).
var ErrUnadopted = errors.New("there are events without evidence that were never adopted")

// Anomalies are the problems that Seal found in the trail.
type Anomalies struct {
	// Foreign are the first hundred events that this service did not write.
	Foreign []domain.ID
	// Lost are events that this instance has written since the last seal and that were
	// removed. Each is returned once.
	Lost []domain.ID
}

// Seal seals all unsealed events that are visible when it is called, except those that this
// service did not write. They are never sealed.
//
// Seal returns an error if this service did not make the last seal, because a new seal would
// confirm it; if the last seal that this instance knows was removed or replaced; and if the trail
// has no seal and contains events without evidence (see Audit.Adopt).
//
// An event can become visible in a gap of the IDs. Seal waits for it until this Sealer has seen
// the gap for domain.MaxLateness.
//
// Anomalies are returned even if there is an error.
func (s *Sealer) Seal(ctx context.Context) (found Anomalies, err error) {
	defer func() { s.trail.observed.recordSealing(found, err) }()
	for {
		batch, err := s.readUnsealed(ctx)
		if err != nil {
			return found, err
		}
		found.Foreign, found.Lost = batch.foreign, append(found.Lost, batch.lost...)
		last := batch.last
		s.trail.setLastSeal(last.Head())
		s.gaps.update(last.Missing)
		if len(batch.events) == 0 {
			return found, nil
		}
		seal := s.trail.nextSeal(last.WithoutGaps(s.gaps.isOverdue), batch.events)
		err = s.trail.store.Update(ctx, func(tx ports.Tx) error { return tx.Seals().Add(ctx, seal) })
		switch {
		case domain.KindOf(err) == domain.Conflict: // Another instance was faster.
			return found, nil
		case err != nil:
			return found, err
		}
		s.trail.setLastSeal(seal.Head())
		s.gaps.update(seal.Missing)
		if len(batch.events) < maxSealed {
			return found, nil
		}
	}
}

// Head returns the Head of the last seal that Seal has read or made.
func (s *Sealer) Head() domain.Head { return s.trail.knownSeal() }

// unsealedBatch are events that the last seal does not cover.
type unsealedBatch struct {
	last domain.Seal
	// events are the events for the next seal.
	events        []domain.EventDigest
	foreign, lost []domain.ID
}

// readUnsealed reads at most maxSealed events.
func (s *Sealer) readUnsealed(ctx context.Context) (found unsealedBatch, err error) {
	unseen := s.trail.unsealed.snapshot()
	through := maxID // All events up to this ID are read.
	err = s.trail.store.View(ctx, func(tx ports.Tx) error {
		if found.last, err = s.checkedLastSeal(ctx, tx); err != nil {
			return err
		}
		for event, err := range awaitedEvents(ctx, found.last, tx.Audit().ListEvidence) {
			switch {
			case err != nil:
				return err
			case found.last.Number == 0 && event.Evidence == (domain.Evidence{}):
				return ErrUnadopted
			case len(found.events) == maxSealed:
				through = event.ID - 1
				return nil
			case s.trail.macs.Verify(domain.MACInput(event.ID, event.Evidence.Hash), event.Evidence.MAC):
				found.events = append(found.events, domain.EventDigest{ID: event.ID, Hash: event.Evidence.Digest()})
			case len(found.foreign) < maxForeign:
				found.foreign = append(found.foreign, event.ID)
			}
			delete(unseen, writtenEvent{event.ID, event.Evidence.MAC})
		}
		return nil
	})
	if err == nil {
		found.lost = s.trail.unsealed.removeSealed(found.last, unseen, through)
	}
	return found, err
}

// checkedLastSeal returns the last seal. It returns an error if this service did not make this
// seal, or if the last known seal was removed or replaced.
func (s *Sealer) checkedLastSeal(ctx context.Context, tx ports.Tx) (domain.Seal, error) {
	last, err := readLastSeal(ctx, tx)
	if err != nil {
		return last, err
	}
	if !hasOurKey(s.trail.macs, last) {
		return last, errors.New(domain.Fault{Problem: domain.SealForeign, Seal: last.Number}.String())
	}
	known := s.trail.knownSeal()
	if known == (domain.Head{}) {
		return last, nil
	}
	before, err := tx.Seals().List(ctx, domain.Page{After: known.Number - 1, Limit: 1})
	if err == nil && (len(before) == 0 || before[0].Head() != known) {
		err = errors.New(domain.Fault{Problem: domain.SealRemoved, Seal: known.Number}.String())
	}
	return last, err
}

// awaitedEvents iterates over all events that the last seal Awaits. It calls read for each page.
func awaitedEvents(ctx context.Context, last domain.Seal, read eventReader) iter.Seq2[domain.AuditEvent, error] {
	return func(yield func(domain.AuditEvent, error) bool) {
		for _, gap := range append(last.Missing, domain.Gap{From: last.Through + 1, To: maxID}) {
			within := func(page domain.Page) ([]domain.AuditEvent, error) {
				// Read no more than the gap can hold: there can be many events after it.
				page.Limit = int(min(gap.To-page.After, verifyPage))
				events, err := read(ctx, page)
				return slices.DeleteFunc(events, func(event domain.AuditEvent) bool { return event.ID > gap.To }), err
			}
			for event, err := range allPages(gap.From-1, auditEventID, within) {
				if !yield(event, err) {
					return
				}
			}
		}
	}
}

// eventReader reads a page of all events. It can leave out fields that the caller does not need.
type eventReader = func(context.Context, domain.Page) ([]domain.AuditEvent, error)

// maxID is above every ID.
const maxID domain.ID = 1<<63 - 1

func readLastSeal(ctx context.Context, tx ports.Tx) (domain.Seal, error) {
	last, err := tx.Seals().Last(ctx)
	if domain.KindOf(err) == domain.NotFound {
		return domain.Seal{}, nil
	}
	return last, err
}

// hasOurKey reports whether the seal was made with a key that this service has. It is true for
// the zero Seal, which precedes the first one.
func hasOurKey(macs ports.MACs, seal domain.Seal) bool {
	return seal.Number == 0 || macs.Verify(seal.Digest, seal.MAC)
}

// nextSeal returns the seal that follows last and covers the events.
func (t *Trail) nextSeal(last domain.Seal, events []domain.EventDigest) domain.Seal {
	seal := last.Next(events, ports.ToMicroseconds(t.clock()))
	seal.MAC = t.macs.Sum(seal.Digest)
	return seal
}

// LastSeal returns the Head of the last seal, and whether this service has the key of this seal.
// If it does not, all events that this service writes are reported as inserted. If there is no
// seal, LastSeal returns the zero Head and true.
func (t *Trail) LastSeal(ctx context.Context) (head domain.Head, ours bool, err error) {
	err = t.store.View(ctx, func(tx ports.Tx) error {
		last, err := readLastSeal(ctx, tx)
		head, ours = last.Head(), hasOurKey(t.macs, last)
		return err
	})
	if ours && err == nil {
		t.setLastSeal(head)
	}
	return head, ours, err
}
