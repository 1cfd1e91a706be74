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
// do so at once: a seal is made by whoever is first, and nobody waits for it. One
// Sealer is for one goroutine, and for a Trail of its own.
type Sealer struct {
	trail *Trail
	gaps  gapAges
}

const (
	// maxSealed bounds a seal.
	maxSealed = 5000
	// maxForeign bounds what the log says of events that others wrote.
	maxForeign = 100
)

// ErrUnadopted says that the trail has no seal, and events without evidence. The service does not seal them: nothing shows that they are as they were written.
var ErrUnadopted = errors.New("there are events without evidence that were never adopted")

// Anomalies is what Seal found in the trail that should not be.
type Anomalies struct {
	// Foreign are events that this service did not write, the first hundred of them.
	Foreign []domain.ID
	// Lost are events that this instance has written since the last seal and that are
	// gone. Each is returned once.
	Lost []domain.ID
}

// Seal puts under seals all events that are there when it is called and are under
// none, but for those that this service did not write: they will be under no seal.
//
// It does not go on from a seal that this service did not make, as its own would
// vouch for that one, too; nor where a seal is missing or another one that was there before;
// nor does it begin with events that have no evidence (see Audit.Adopt).
//
// An event can come into a gap until this Sealer has seen the gap for domain.MaxLateness,
// whatever the clock says meanwhile.
//
// What is Anomalies is returned also beside an error.
func (s *Sealer) Seal(ctx context.Context) (found Anomalies, err error) {
	for {
		sighted, err := s.sight(ctx)
		if err != nil {
			return found, err
		}
		found.Foreign, found.Lost = sighted.foreign, append(found.Lost, sighted.lost...)
		last := sighted.last
		s.trail.know(last.Head())
		s.gaps.see(last.Missing)
		if len(sighted.events) == 0 {
			return found, nil
		}
		seal := s.trail.sealAfter(last.WithoutGaps(s.gaps.overdue), sighted.events)
		err = s.trail.store.Update(ctx, func(tx ports.Tx) error { return tx.Seals().Add(ctx, seal) })
		switch {
		case domain.KindOf(err) == domain.Conflict: // Another instance was faster.
			return found, nil
		case err != nil:
			return found, err
		}
		s.trail.know(seal.Head())
		s.gaps.see(seal.Missing)
		if len(sighted.events) < maxSealed {
			return found, nil
		}
	}
}

// Head names the last seal that Seal has seen or made.
func (s *Sealer) Head() domain.Head { return s.trail.lastKnown() }

// sighted is what there is after the last seal.
type sighted struct {
	last domain.Seal
	// events can come under the next seal.
	events        []domain.EventDigest
	foreign, lost []domain.ID
}

// sight returns what there is, at most maxSealed events.
func (s *Sealer) sight(ctx context.Context) (found sighted, err error) {
	unseen := s.trail.unsealed.since()
	through := maxID // All up to here were seen.
	err = s.trail.store.View(ctx, func(tx ports.Tx) error {
		if found.last, err = s.lastSeal(ctx, tx); err != nil {
			return err
		}
		for event, err := range unsealed(ctx, found.last, tx.Audit().ListEvidence) {
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
		found.lost = s.trail.unsealed.settle(found.last, unseen, through)
	}
	return found, err
}

// lastSeal returns the last seal, which must be this service's, and come after the
// last one that was there before.
func (s *Sealer) lastSeal(ctx context.Context, tx ports.Tx) (domain.Seal, error) {
	last, err := lastSeal(ctx, tx)
	if err != nil {
		return last, err
	}
	if !isOurs(s.trail.macs, last) {
		return last, errors.New(domain.Fault{Problem: domain.SealForeign, Seal: last.Number}.String())
	}
	known := s.trail.lastKnown()
	if known == (domain.Head{}) {
		return last, nil
	}
	before, err := tx.Seals().List(ctx, domain.Page{After: known.Number - 1, Limit: 1})
	if err == nil && (len(before) == 0 || before[0].Head() != known) {
		err = errors.New(domain.Fault{Problem: domain.SealRemoved, Seal: known.Number}.String())
	}
	return last, err
}

// unsealed iterates over all events that the last seal Awaits, as read reads them.
func unsealed(ctx context.Context, last domain.Seal, read readEvents) iter.Seq2[domain.AuditEvent, error] {
	return func(yield func(domain.AuditEvent, error) bool) {
		for _, gap := range append(last.Missing, domain.Gap{From: last.Through + 1, To: maxID}) {
			within := func(page domain.Page) ([]domain.AuditEvent, error) {
				// IDs in the gap are few mostly, and many are above it.
				page.Limit = int(min(gap.To-page.After, verifyPage))
				events, err := read(ctx, page)
				return slices.DeleteFunc(events, func(event domain.AuditEvent) bool { return event.ID > gap.To }), err
			}
			for event, err := range pages(gap.From-1, idOfEvent, within) {
				if !yield(event, err) {
					return
				}
			}
		}
	}
}

// readEvents reads a page of all events, or what it takes of them.
type readEvents = func(context.Context, domain.Page) ([]domain.AuditEvent, error)

// maxID is above every ID.
const maxID domain.ID = 1<<63 - 1

func lastSeal(ctx context.Context, tx ports.Tx) (domain.Seal, error) {
	last, err := tx.Seals().Last(ctx)
	if domain.KindOf(err) == domain.NotFound {
		return domain.Seal{}, nil
	}
	return last, err
}

// isOurs reports whether the seal was made with a key that this service has; the
// zero Seal, before the first, is everybody's.
func isOurs(macs ports.MACs, seal domain.Seal) bool {
	return seal.Number == 0 || macs.Verify(seal.Digest, seal.MAC)
}

// sealAfter returns the seal of the sightings that comes after last.
func (t *Trail) sealAfter(last domain.Seal, sightings []domain.EventDigest) domain.Seal {
	seal := last.Next(sightings, ports.ToMicroseconds(t.clock()))
	seal.MAC = t.macs.Sum(seal.Digest)
	return seal
}

// LastSeal names the last seal, and says whether this service has the key that it
// was made with: all that it writes into the trail without counts as inserted by
// somebody else. There may be none yet, which is the zero Head and fine.
func (t *Trail) LastSeal(ctx context.Context) (head domain.Head, ours bool, err error) {
	err = t.store.View(ctx, func(tx ports.Tx) error {
		last, err := lastSeal(ctx, tx)
		head, ours = last.Head(), isOurs(t.macs, last)
		return err
	})
	if ours && err == nil {
		t.know(head)
	}
	return head, ours, err
}
