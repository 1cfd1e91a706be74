package application

import (
	"context"
	"errors"
	"iter"
	"slices"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Verifier examines the trail. That is no use-case: it says nothing of what events
// say, takes no permission, and writes nothing, so that it also runs on a copy.
type Verifier struct {
	store ports.Store
	macs  ports.MACs
}

// Verify examines the whole trail: that no event and no seal was edited, removed,
// inserted or moved, and no version of a record either. It goes on after a fault, and ends
// after domain.MaxFaults. What was cut off at the end shows only against a head that was kept
// elsewhere; the zero Head is none.
func (s *Verifier) Verify(ctx context.Context, kept domain.Head) (domain.Verification, error) {
	return view(ctx, s.store, func(tx ports.Tx) (domain.Verification, error) {
		v := verifier{tx: tx, macs: s.macs, kept: kept, chain: domain.NewChain(), last: minID}
		if err := v.run(ctx); err != nil && !errors.Is(err, errEnoughFaults) {
			return domain.Verification{}, err
		}
		return domain.Verification{
			Events: v.events, Unsealed: v.unsealed, WithoutEvidence: v.old, UnsealedWithoutEvidence: v.unadopted, LastSeal: v.chain.LastSeal().Head(), Faults: v.faults,
			Versions: v.history.versions, VersionsWithoutCommitment: v.history.old, CoveredFrom: v.history.from.ID, CoveredSince: v.history.from.At,
		}, nil
	})
}

// Head names the last seal, which must be one of this service; the zero Head when
// there is none yet.
func (s *Verifier) Head(ctx context.Context) (domain.Head, error) {
	return view(ctx, s.store, func(tx ports.Tx) (domain.Head, error) {
		last, err := lastSeal(ctx, tx)
		if err == nil && !isOurs(s.macs, last) {
			err = errors.New(domain.Fault{Problem: domain.SealForeign, Seal: last.Number}.String())
		}
		return last.Head(), err
	})
}

type verifier struct {
	tx               ports.Tx
	macs             ports.MACs
	kept             domain.Head
	chain            *domain.Chain
	events, unsealed int
	// old counts the events without evidence, unadopted those that are under no seal.
	old, unadopted int
	// last is the event that was read last, in order, and ahead those that follow.
	last  domain.ID
	ahead []domain.AuditEvent
	// mentions is what those of all events come to.
	mentions total
	history  history
	faults   []domain.Fault
}

// errEnoughFaults ends the examination.
var errEnoughFaults = errors.New("there are as many faults as are reported")

// report takes note of faults, each once.
func (v *verifier) report(faults ...domain.Fault) error {
	for _, fault := range faults {
		if slices.Contains(v.faults, fault) {
			continue
		}
		if v.faults = append(v.faults, fault); len(v.faults) == domain.MaxFaults {
			return errEnoughFaults
		}
	}
	return nil
}

// run examines all. Seals that are made meanwhile are examined, too: an event that is read
// later than the seals may be under one of them, or know of it. So the seals are the last that
// is read.
func (v *verifier) run(ctx context.Context) error {
	purged, err := v.readPurged(ctx)
	if err != nil {
		return err
	}
	v.history.purged = purged
	for first := true; ; first = false {
		before := v.chain.LastSeal().Number
		if err := v.examineSeals(ctx); err != nil {
			return err
		}
		if !first && v.chain.LastSeal().Number == before {
			break
		}
		if err := v.readThrough(ctx, maxID); err != nil {
			return err
		}
	}
	if err := v.examineEnd(); err != nil {
		return err
	}
	if err := v.examineMentions(ctx); err != nil {
		return err
	}
	return v.examineHistory(ctx)
}

// eventsAreWhole reports whether all events are there and as they were. Otherwise nothing
// follows from them.
func (v *verifier) eventsAreWhole() bool {
	return !slices.ContainsFunc(v.faults, func(fault domain.Fault) bool {
		return fault.Problem == domain.EventChanged || fault.Problem == domain.EventRemoved
	})
}

// examineSeals examines the seals after the last one.
func (v *verifier) examineSeals(ctx context.Context) error {
	for seal, err := range sealsOf(ctx, v.tx, v.chain.LastSeal().Number) {
		if err != nil {
			return err
		}
		if err := v.readThrough(ctx, seal.Through); err != nil {
			return err
		}
		if err := v.readLate(ctx, seal); err != nil {
			return err
		}
		if err := v.report(v.chain.CheckSeal(seal)...); err != nil {
			return err
		}
		if seal.Number == v.kept.Number && seal.Digest != v.kept.Digest {
			if err := v.report(domain.Fault{Problem: domain.HeadMismatch, Seal: seal.Number}); err != nil {
				return err
			}
		}
	}
	return nil
}

// readThrough reads the events up to the ID, in order.
func (v *verifier) readThrough(ctx context.Context, id domain.ID) error {
	for {
		if len(v.ahead) == 0 {
			if err := v.readAhead(ctx); err != nil || len(v.ahead) == 0 {
				return err
			}
		}
		event := v.ahead[0]
		if event.ID > id {
			return nil
		}
		v.ahead = v.ahead[1:]
		if event.ID == v.last { // There is one of each only.
			if err := v.report(domain.Fault{Problem: domain.EventInserted, Event: event.ID}); err != nil {
				return err
			}
			continue
		}
		v.last = event.ID
		v.read(event)
	}
}

// readAhead reads the events that follow the last one. It begins with that, as there
// may be two with its ID, unless that was found.
func (v *verifier) readAhead(ctx context.Context) error {
	page := domain.Page{After: v.last, Limit: verifyPage}
	again := v.last > minID && !slices.Contains(v.faults, domain.Fault{Problem: domain.EventInserted, Event: v.last})
	if again {
		page.After--
	}
	events, err := allEvents(v.tx)(ctx, page)
	if again && len(events) > 0 && events[0].ID == v.last {
		events = events[1:]
	}
	v.ahead = events
	return err
}

func (v *verifier) read(event domain.AuditEvent) {
	v.events++
	if event.Evidence == (domain.Evidence{}) {
		v.old++
	}
	v.chain.AddEvent(event)
	v.count(&v.mentions, event.Mentions()...)
	v.remember(event)
}

// readLate reads the events under a seal that became visible after those beside
// them were read.
func (v *verifier) readLate(ctx context.Context, seal domain.Seal) error {
	for _, id := range v.chain.MissingEvents(seal) {
		events, err := allEvents(v.tx)(ctx, domain.Page{After: id - 1, Limit: 2})
		if err != nil {
			return err
		}
		for i, event := range events {
			switch {
			case event.ID != id:
			case i > 0:
				if err := v.report(domain.Fault{Problem: domain.EventInserted, Event: id}); err != nil {
					return err
				}
			default:
				v.read(event)
			}
		}
	}
	return nil
}

// examineEnd examines the last seal, and what is under none.
func (v *verifier) examineEnd() error {
	last := v.chain.LastSeal()
	ours := isOurs(v.macs, last)
	var faults []domain.Fault
	if last.Number < v.kept.Number {
		faults = append(faults, domain.Fault{Problem: domain.HeadMissing, Seal: v.kept.Number})
	}
	if !ours {
		faults = append(faults, domain.Fault{Problem: domain.SealForeign, Seal: last.Number})
	}
	for _, event := range v.chain.UnsealedEvents() {
		v.unsealed++
		old := last.Number == 0 && event.Evidence == (domain.Evidence{})
		if old {
			v.unadopted++
		}
		if !old && !v.isWritten(event) {
			faults = append(faults, domain.Fault{Problem: domain.EventInserted, Event: event.ID})
		}
		if event.Seal > last.Number {
			faults = append(faults, domain.Fault{Problem: domain.SealRemoved, Seal: last.Number + 1})
		}
	}
	return v.report(faults...)
}

// isWritten reports whether this service has written an event that is under no seal. That
// cannot be told without the key of the last seal.
func (v *verifier) isWritten(event domain.AuditEvent) bool {
	return event.Hash() == event.Evidence.Hash &&
		(!isOurs(v.macs, v.chain.LastSeal()) || v.macs.Verify(domain.MACInput(event.ID, event.Evidence.Hash), event.Evidence.MAC))
}

const verifyPage = 1000

// minID is below every ID, also those that this service would not give.
const minID domain.ID = -1 << 63

func allEvents(tx ports.Tx) readEvents {
	return func(ctx context.Context, page domain.Page) ([]domain.AuditEvent, error) {
		return tx.Audit().List(ctx, domain.AuditFilter{}, page)
	}
}

func idOfEvent(event domain.AuditEvent) domain.ID { return event.ID }

// sealsOf iterates over the seals above after; over all that there are when it is zero.
func sealsOf(ctx context.Context, tx ports.Tx, after domain.ID) iter.Seq2[domain.Seal, error] {
	if after == 0 {
		after = minID
	}
	return pages(after, func(seal domain.Seal) domain.ID { return seal.Number }, func(page domain.Page) ([]domain.Seal, error) {
		return tx.Seals().List(ctx, page)
	})
}

// pages iterates over a whole list, page by page.
func pages[T any](after domain.ID, id func(T) domain.ID, read func(domain.Page) ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			list, err := read(domain.Page{After: after, Limit: verifyPage})
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range list {
				if !yield(item, nil) {
					return
				}
				after = id(item)
			}
			if len(list) < verifyPage {
				return
			}
		}
	}
}
