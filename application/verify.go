package application

import (
	"context"
	"errors"
	"iter"
	"slices"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Verifier verifies the audit trail. It is not a use-case: it needs no permission, because it
// does not return the contents of events. It writes nothing, so it can also run on a copy of the
// database.
type Verifier struct {
	store ports.Store
	macs  ports.MACs
}

// Verify verifies that no event, no seal and no version of a record was edited, removed,
// inserted or moved. It continues after a fault and stops after domain.MaxFaults faults. To
// detect that the end of the trail was cut off, pass a Head that was stored elsewhere; otherwise
// pass the zero Head.
func (s *Verifier) Verify(ctx context.Context, known domain.Head) (domain.Verification, error) {
	return viewStore(ctx, s.store, func(tx ports.Tx) (domain.Verification, error) {
		v := verification{tx: tx, macs: s.macs, knownHead: known, chain: domain.NewChain(), lastID: minID}
		if err := v.verifyAll(ctx); err != nil && !errors.Is(err, errEnoughFaults) {
			return domain.Verification{}, err
		}
		return domain.Verification{
			Events: v.events, Unsealed: v.unsealed, WithoutEvidence: v.withoutEvidence, UnsealedWithoutEvidence: v.unadopted, LastSeal: v.chain.LastSeal().Head(), Faults: v.faults,
			Versions: v.history.versions, VersionsWithoutCommitment: v.history.versionsWithoutDigest, CoveredFrom: v.history.firstCovered.ID, CoveredSince: v.history.firstCovered.At,
		}, nil
	})
}

// Head returns the Head of the last seal, the zero Head if there is no seal. A seal that this
// service did not make is an error.
func (s *Verifier) Head(ctx context.Context) (domain.Head, error) {
	return viewStore(ctx, s.store, func(tx ports.Tx) (domain.Head, error) {
		last, err := readLastSeal(ctx, tx)
		if err == nil && !hasOurKey(s.macs, last) {
			err = errors.New(domain.Fault{Problem: domain.SealForeign, Seal: last.Number}.String())
		}
		return last.Head(), err
	})
}

type verification struct {
	tx               ports.Tx
	macs             ports.MACs
	knownHead        domain.Head
	chain            *domain.Chain
	events, unsealed int
	// withoutEvidence counts the events without evidence. unadopted counts those of them that
	// no seal covers.
	withoutEvidence, unadopted int
	// lastID is the last event that was examined in order. nextEvents are the next ones.
	lastID     domain.ID
	nextEvents []domain.AuditEvent
	// mentions is the sum of the mentions of all events.
	mentions mentionSum
	history  versionEvidence
	faults   []domain.Fault
}

// errEnoughFaults ends the verification after domain.MaxFaults faults.
var errEnoughFaults = errors.New("enough faults found")

// report adds faults that were not reported before.
func (v *verification) report(faults ...domain.Fault) error {
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

// verifyAll examines everything. It also examines seals that are made during the verification,
// because an event that is read after the seals can be covered by a newer seal or refer to it.
// So it reads seals and events until no new seal was made.
func (v *verification) verifyAll(ctx context.Context) error {
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

// eventsAreIntact reports whether no event was changed or removed. Otherwise mentions and
// versions cannot be compared with the events.
func (v *verification) eventsAreIntact() bool {
	return !slices.ContainsFunc(v.faults, func(fault domain.Fault) bool {
		return fault.Problem == domain.EventChanged || fault.Problem == domain.EventRemoved
	})
}

// examineSeals examines the seals that follow the last examined one.
func (v *verification) examineSeals(ctx context.Context) error {
	for seal, err := range sealsAfter(ctx, v.tx, v.chain.LastSeal().Number) {
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
		if seal.Number == v.knownHead.Number && seal.Digest != v.knownHead.Digest {
			if err := v.report(domain.Fault{Problem: domain.HeadMismatch, Seal: seal.Number}); err != nil {
				return err
			}
		}
	}
	return nil
}

// readThrough examines the events up to the ID, in order.
func (v *verification) readThrough(ctx context.Context, id domain.ID) error {
	for {
		if len(v.nextEvents) == 0 {
			if err := v.readAhead(ctx); err != nil || len(v.nextEvents) == 0 {
				return err
			}
		}
		event := v.nextEvents[0]
		if event.ID > id {
			return nil
		}
		v.nextEvents = v.nextEvents[1:]
		if event.ID == v.lastID { // A second event with the same ID was inserted.
			if err := v.report(domain.Fault{Problem: domain.EventInserted, Event: event.ID}); err != nil {
				return err
			}
			continue
		}
		v.lastID = event.ID
		v.addEvent(event)
	}
}

// readAhead reads the next events. It starts with the last event again, because there can be two
// events with its ID, unless this was already reported.
func (v *verification) readAhead(ctx context.Context) error {
	page := domain.Page{After: v.lastID, Limit: verifyPage}
	again := v.lastID > minID && !slices.Contains(v.faults, domain.Fault{Problem: domain.EventInserted, Event: v.lastID})
	if again {
		page.After--
	}
	events, err := allEvents(v.tx)(ctx, page)
	if again && len(events) > 0 && events[0].ID == v.lastID {
		events = events[1:]
	}
	v.nextEvents = events
	return err
}

func (v *verification) addEvent(event domain.AuditEvent) {
	v.events++
	if event.Evidence == (domain.Evidence{}) {
		v.withoutEvidence++
	}
	v.chain.AddEvent(event)
	v.addMentions(&v.mentions, event.Mentions()...)
	v.addCommitments(event)
}

// readLate examines events of a seal that became visible after events with higher IDs were read.
func (v *verification) readLate(ctx context.Context, seal domain.Seal) error {
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
				v.addEvent(event)
			}
		}
	}
	return nil
}

// examineEnd examines the last seal and the unsealed events.
func (v *verification) examineEnd() error {
	last := v.chain.LastSeal()
	ours := hasOurKey(v.macs, last)
	var faults []domain.Fault
	if last.Number < v.knownHead.Number {
		faults = append(faults, domain.Fault{Problem: domain.HeadMissing, Seal: v.knownHead.Number})
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

// isWritten reports whether this service wrote an unsealed event. Without the key of the last
// seal only the hash of the event is checked.
func (v *verification) isWritten(event domain.AuditEvent) bool {
	return event.Hash() == event.Evidence.Hash &&
		(!hasOurKey(v.macs, v.chain.LastSeal()) || v.macs.Verify(domain.MACInput(event.ID, event.Evidence.Hash), event.Evidence.MAC))
}

const verifyPage = 1000

// minID is below every ID, including IDs that this service never assigns.
const minID domain.ID = -1 << 63

func allEvents(tx ports.Tx) eventReader {
	return func(ctx context.Context, page domain.Page) ([]domain.AuditEvent, error) {
		return tx.Audit().List(ctx, domain.AuditFilter{}, page)
	}
}

// sealsAfter iterates over the seals with numbers above after, or over all seals if after is
// zero.
func sealsAfter(ctx context.Context, tx ports.Tx, after domain.ID) iter.Seq2[domain.Seal, error] {
	if after == 0 {
		after = minID
	}
	return allPages(after, func(seal domain.Seal) domain.ID { return seal.Number }, func(page domain.Page) ([]domain.Seal, error) {
		return tx.Seals().List(ctx, page)
	})
}

// allPages iterates over all items of a list, page by page.
func allPages[T any](after domain.ID, id func(T) domain.ID, read func(domain.Page) ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			list, err := read(domain.Page{After: after, Limit: verifyPage})
			if err != nil {
				var zero T
				yield(zero, err)
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
