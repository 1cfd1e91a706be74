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
	return viewStore(ctx, s.store, func(tx ports.Tx) (domain.Verification, error) {
		v := verification{tx: tx, macs: s.macs, keptHead: kept, chain: domain.NewChain(), lastID: minID}
		if err := v.verifyAll(ctx); err != nil && !errors.Is(err, errEnoughFaults) {
			return domain.Verification{}, err
		}
		return domain.Verification{
			Events: v.events, Unsealed: v.unsealed, Old: v.withoutEvidence, Unadopted: v.unadopted, Last: v.chain.Last().Head(), Faults: v.faults,
			Versions: v.history.versions, OldVersions: v.history.versionsWithoutDigest, CoveredFrom: v.history.firstCovered.ID, CoveredSince: v.history.firstCovered.At,
		}, nil
	})
}

// Head names the last seal, which must be one of this service; the zero Head when
// there is none yet.
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
	keptHead             domain.Head
	chain            *domain.Chain
	events, unsealed int
	// old counts the events without evidence, unadopted those that are under no seal.
	withoutEvidence, unadopted int
	// last is the event that was read last, in order, and ahead those that follow.
	lastID  domain.ID
	readAheadEvents []domain.AuditEvent
	// mentions is what those of all events come to.
	mentions mentionSum
	history  versionEvidence
	faults   []domain.Fault
}

// errEnoughFaults ends the examination.
var errEnoughFaults = errors.New("there are as many faults as are reported")

// report takes note of faults, each once.
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

// run examines all. Seals that are made meanwhile are examined, too: an event that is read
// later than the seals may be under one of them, or know of it. So the seals are the last that
// is read.
func (v *verification) verifyAll(ctx context.Context) error {
	purged, err := v.readPurged(ctx)
	if err != nil {
		return err
	}
	v.history.purged = purged
	for first := true; ; first = false {
		before := v.chain.Last().Number
		if err := v.examineSeals(ctx); err != nil {
			return err
		}
		if !first && v.chain.Last().Number == before {
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
func (v *verification) eventsAreIntact() bool {
	return !slices.ContainsFunc(v.faults, func(fault domain.Fault) bool {
		return fault.Problem == domain.EventChanged || fault.Problem == domain.EventRemoved
	})
}

// examineSeals examines the seals after the last one.
func (v *verification) examineSeals(ctx context.Context) error {
	for seal, err := range sealsAfter(ctx, v.tx, v.chain.Last().Number) {
		if err != nil {
			return err
		}
		if err := v.readThrough(ctx, seal.Through); err != nil {
			return err
		}
		if err := v.readLate(ctx, seal); err != nil {
			return err
		}
		if err := v.report(v.chain.Append(seal)...); err != nil {
			return err
		}
		if seal.Number == v.keptHead.Number && seal.Digest != v.keptHead.Digest {
			if err := v.report(domain.Fault{Problem: domain.HeadOther, Seal: seal.Number}); err != nil {
				return err
			}
		}
	}
	return nil
}

// readThrough reads the events up to the ID, in order.
func (v *verification) readThrough(ctx context.Context, id domain.ID) error {
	for {
		if len(v.readAheadEvents) == 0 {
			if err := v.readAhead(ctx); err != nil || len(v.readAheadEvents) == 0 {
				return err
			}
		}
		event := v.readAheadEvents[0]
		if event.ID > id {
			return nil
		}
		v.readAheadEvents = v.readAheadEvents[1:]
		if event.ID == v.lastID { // There is one of each only.
			if err := v.report(domain.Fault{Problem: domain.EventInserted, Event: event.ID}); err != nil {
				return err
			}
			continue
		}
		v.lastID = event.ID
		v.addEvent(event)
	}
}

// readAhead reads the events that follow the last one. It begins with that, as there
// may be two with its ID, unless that was found.
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
	v.readAheadEvents = events
	return err
}

func (v *verification) addEvent(event domain.AuditEvent) {
	v.events++
	if event.Evidence == (domain.Evidence{}) {
		v.withoutEvidence++
	}
	v.chain.Read(event)
	v.addMentions(&v.mentions, event.Mentions()...)
	v.addCommitments(event)
}

// readLate reads the events under a seal that became visible after those beside
// them were read.
func (v *verification) readLate(ctx context.Context, seal domain.Seal) error {
	for _, id := range v.chain.Unread(seal) {
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

// examineEnd examines the last seal, and what is under none.
func (v *verification) examineEnd() error {
	last := v.chain.Last()
	ours := hasOurKey(v.macs, last)
	var faults []domain.Fault
	if last.Number < v.keptHead.Number {
		faults = append(faults, domain.Fault{Problem: domain.HeadMissing, Seal: v.keptHead.Number})
	}
	if !ours {
		faults = append(faults, domain.Fault{Problem: domain.SealForeign, Seal: last.Number})
	}
	for _, event := range v.chain.Open() {
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
func (v *verification) isWritten(event domain.AuditEvent) bool {
	return event.Hash() == event.Evidence.Hash &&
		(!hasOurKey(v.macs, v.chain.Last()) || v.macs.Verify(domain.Attested(event.ID, event.Evidence.Hash), event.Evidence.MAC))
}

const verifyPage = 1000

// minID is below every ID, also those that this service would not give.
const minID domain.ID = -1 << 63

func allEvents(tx ports.Tx) eventReader {
	return func(ctx context.Context, page domain.Page) ([]domain.AuditEvent, error) {
		return tx.Audit().List(ctx, domain.AuditFilter{}, page)
	}
}

// sealsOf iterates over the seals above after; over all that there are when it is zero.
func sealsAfter(ctx context.Context, tx ports.Tx, after domain.ID) iter.Seq2[domain.Seal, error] {
	if after == 0 {
		after = minID
	}
	return allPages(after, func(seal domain.Seal) domain.ID { return seal.Number }, func(page domain.Page) ([]domain.Seal, error) {
		return tx.Seals().List(ctx, page)
	})
}

// pages iterates over a whole list, page by page.
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
