package application

import (
	"context"
	"sync/atomic"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Trail accounts for every use-case, in the store that it works on. What cannot be
// accounted for is not done, and not shown.
//
// A change and its event are committed together (see commit). All other events go
// through a group commit. Of refusals that a stranger can ask for without end, only the
// first and the last of each minute are events (see repeats).
type Trail struct {
	store       ports.Store
	macs        ports.MACs
	revocations ports.Revocations
	clock       ports.Clock
	events      groupCommit[domain.AuditEvent]
	repeats     repeats
	// unsealed are the events that this instance has written of late.
	unsealed unsealedEvents
	// seal is the last one that this instance knows of; nil for none.
	seal atomic.Pointer[domain.Head]
}

func newTrail(p Ports) *Trail {
	t := &Trail{store: p.Store, macs: p.MACs, revocations: p.Revocations, clock: p.Clock}
	t.events.write = func(ctx context.Context, events []domain.AuditEvent) error {
		var added []writtenEvent
		err := t.store.Update(ctx, func(tx ports.Tx) (err error) {
			added, err = t.add(ctx, tx, events...)
			return err
		})
		if err == nil {
			t.unsealed.add(added)
		}
		return err
	}
	t.repeats.write = t.record
	t.events.size = func(event domain.AuditEvent) int { return 1 + len(event.Mentions()) }
	return t
}

// record returns once event is durable, and Unavailable when it cannot be.
func (t *Trail) record(ctx context.Context, event domain.AuditEvent) error {
	return t.events.do(ctx, event)
}

// add adds events to the trail, each with evidence that this service wrote it, and
// returns them: they are in the trail once the Update is committed.
func (t *Trail) add(ctx context.Context, tx ports.Tx, events ...domain.AuditEvent) (added []writtenEvent, err error) {
	known := t.lastKnown().Number
	for i := range events {
		events[i].Format = domain.EventFormat
		events[i].Seal = known
		events[i].Related = withoutRepeats(events[i].Related)
	}
	err = tx.Audit().Add(ctx, func(event domain.AuditEvent) domain.Evidence {
		evidence := t.attest(event)
		added = append(added, writtenEvent{event.ID, evidence.MAC})
		return evidence
	}, events...)
	return added, err
}

// withoutRepeats returns each of the records once, in the order of their first mention.
func withoutRepeats(records []domain.Reference) []domain.Reference {
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

// attest makes the evidence that this service has written an event.
func (t *Trail) attest(event domain.AuditEvent) domain.Evidence {
	hash := event.Hash()
	return domain.Evidence{Hash: hash, MAC: t.macs.Sum(domain.MACInput(event.ID, hash))}
}

// know remembers the last seal.
func (t *Trail) know(seal domain.Head) { t.seal.Store(&seal) }

// lastKnown is the last seal that this instance knows of.
func (t *Trail) lastKnown() domain.Head {
	if known := t.seal.Load(); known != nil {
		return *known
	}
	return domain.Head{}
}
