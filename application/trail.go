package application

import (
	"context"
	"sync/atomic"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Trail records the audit events of all use-cases in the store that the use-cases work on. If
// an event cannot be recorded, the use-case changes nothing and returns nothing.
//
// A change and its event are committed together (see updateWithEvent). All other events are
// written by a group commit. Refusals that an anonymous caller can repeat without limit are
// counted: only the first and the last of each minute are recorded (see refusalCounter).
type Trail struct {
	store       ports.Store
	macs        ports.MACs
	revocations ports.Revocations
	clock       ports.Clock
	events      groupCommit[domain.AuditEvent]
	refusals    refusalCounter
	// unsealed are events that this instance has written and that no seal covers yet.
	unsealed unsealedEvents
	// lastSeal is the last seal that this instance knows, nil if it knows none.
	lastSeal atomic.Pointer[domain.Head]
	observed observations
}

func newTrail(p Ports) *Trail {
	t := &Trail{store: p.Store, macs: p.MACs, revocations: p.Revocations, clock: p.Clock}
	t.events.write = func(ctx context.Context, events []domain.AuditEvent) error {
		var added []writtenEvent
		err := t.store.Update(ctx, func(tx ports.Tx) (err error) {
			added, err = t.addEvents(ctx, tx, events...)
			return err
		})
		if err == nil {
			t.unsealed.add(added)
		}
		return err
	}
	t.events.size = func(event domain.AuditEvent) int { return 1 + len(event.Mentions()) }
	t.refusals.record = t.recordEvent
	t.observed.sealed = time.Now()
	return t
}

// recordEvent returns once the event is committed. The error is Unavailable if the event
// cannot be written.
func (t *Trail) recordEvent(ctx context.Context, event domain.AuditEvent) error {
	ctx, span := ports.StartSpan(ctx, ports.WaitSpan, "record event")
	err := t.events.commit(ctx, event)
	span.End(err)
	return err
}

// outageWait is how long a call that the store could not do waits for its event. It has already
// waited for the store. The event is still written if the store can do that soon.
const outageWait = time.Second

// recordOrCount records the event of a call that ended with result, or counts it as a
// repeated refusal.
func (t *Trail) recordOrCount(ctx context.Context, c call, event domain.AuditEvent, result error) error {
	if isCountedRefusal(c.actor, result) {
		return t.refusals.recordOrCount(ctx, event.At, c.typedAddress, event)
	}
	if domain.KindOf(result) == domain.Unavailable {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, outageWait)
		defer cancel()
	}
	return t.recordEvent(ctx, event)
}

// addEvents adds events to the trail, each with the evidence that this service wrote it. It
// returns what identifies them. They are in the trail once the Update is committed.
func (t *Trail) addEvents(ctx context.Context, tx ports.Tx, events ...domain.AuditEvent) (added []writtenEvent, err error) {
	known := t.knownSeal().Number
	for i := range events {
		events[i].Format = domain.EventFormat
		events[i].Seal = known
		events[i].Related = withoutDuplicates(events[i].Related)
	}
	err = tx.Audit().Add(ctx, func(event domain.AuditEvent) domain.Evidence {
		evidence := t.attest(event)
		added = append(added, writtenEvent{event.ID, evidence.MAC})
		return evidence
	}, events...)
	return added, err
}

// withoutDuplicates returns each record once, in the order of first occurrence.
func withoutDuplicates(records []domain.Reference) []domain.Reference {
	if len(records) < 2 {
		return records
	}
	seen := make(map[domain.Reference]bool, len(records))
	unique := make([]domain.Reference, 0, len(records))
	for _, record := range records {
		if !seen[record] {
			seen[record] = true
			unique = append(unique, record)
		}
	}
	return unique
}

// attest returns the evidence that this service wrote the event.
func (t *Trail) attest(event domain.AuditEvent) domain.Evidence {
	hash := event.Hash()
	return domain.Evidence{Hash: hash, MAC: t.macs.Sum(domain.MACInput(event.ID, hash))}
}

func (t *Trail) setLastSeal(seal domain.Head) { t.lastSeal.Store(&seal) }

// knownSeal returns the last seal that this instance knows, the zero Head if it knows none.
func (t *Trail) knownSeal() domain.Head {
	if known := t.lastSeal.Load(); known != nil {
		return *known
	}
	return domain.Head{}
}
