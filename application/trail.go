package application

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Trail accounts for every use-case, in the store that it works on. What cannot
// be accounted for is not done, and not shown.
//
// A change and its event are committed together. For all else, those who wait
// are written together: one write for all that came while the one before was
// under way.
type Trail struct {
	store ports.Store
	macs  ports.MACs
	clock ports.Clock
	// seal is the last one that this instance knows of; nil for none.
	seal atomic.Pointer[domain.Head]

	mutex   sync.Mutex
	waiting []unwritten
	// writing is set while somebody writes what waits.
	writing bool
}

// unwritten is an event that somebody waits for.
type unwritten struct {
	event   domain.AuditEvent
	written chan error
}

// NewTrail returns a trail in store.
func NewTrail(store ports.Store, macs ports.MACs, clock ports.Clock) *Trail {
	return &Trail{store: store, macs: macs, clock: clock}
}

const (
	// maxRows bounds one write, in rows that it takes, so that a crowd, or long
	// lists, do not make it long.
	maxRows = 128
	// maxWaiting bounds what waits, for a store that is too slow.
	maxWaiting = 4096
	// writeTimeout is for a store that does not answer.
	writeTimeout = 10 * time.Second
)

// record returns once event is durable, and Unavailable when it cannot be.
func (t *Trail) record(ctx context.Context, event domain.AuditEvent) error {
	mine := unwritten{event, make(chan error, 1)}
	t.mutex.Lock()
	if len(t.waiting) >= maxWaiting {
		t.mutex.Unlock()
		return domain.ErrBusy(time.Second)
	}
	t.waiting = append(t.waiting, mine)
	if !t.writing {
		t.writing = true
		// Nobody's request ends it: others wait for it, too.
		go t.write(context.WithoutCancel(ctx))
	}
	t.mutex.Unlock()
	select {
	case err := <-mine.written:
		return err
	case <-ctx.Done():
		return domain.ErrUnavailable(ctx.Err())
	}
}

// write writes until nothing waits any more.
func (t *Trail) write(background context.Context) {
	for together := t.next(); len(together) > 0; together = t.next() {
		events := make([]domain.AuditEvent, len(together))
		for i, one := range together {
			events[i] = one.event
			events[i].Seal = t.lastKnown().Number
		}
		err := t.writeTogether(background, events)
		for _, one := range together {
			one.written <- err
		}
	}
}

// next takes what is to be written next; nothing, and nobody writes any more.
func (t *Trail) next() []unwritten {
	// Who is about to come saves a write of their own.
	runtime.Gosched()
	t.mutex.Lock()
	defer t.mutex.Unlock()
	count, rows := 0, 0
	for count < len(t.waiting) && (count == 0 || rows < maxRows) {
		event := t.waiting[count].event
		rows += 1 + len(event.Indexed()) + len(event.About)
		count++
	}
	together := t.waiting[:count]
	if t.waiting = t.waiting[count:]; len(t.waiting) == 0 {
		t.waiting = nil
	}
	t.writing = count > 0
	return together
}

func (t *Trail) writeTogether(background context.Context, events []domain.AuditEvent) (err error) {
	ctx, cancel := context.WithTimeout(background, writeTimeout)
	defer cancel()
	defer func() { // Here a panic would end the process, and with it everybody's request.
		if thrown := recover(); thrown != nil {
			err = fmt.Errorf("the audit trail could not be written: panic with a %T", thrown)
		}
	}()
	return t.store.Update(ctx, func(tx ports.Tx) error { return tx.Audit().Add(ctx, t.attest, events...) })
}

// attest makes the evidence that this service has written an event.
func (t *Trail) attest(event domain.AuditEvent) domain.Evidence {
	hash := event.Hash()
	return domain.Evidence{Hash: hash, MAC: t.macs.Sum(domain.Attested(event.ID, hash))}
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

// entry is what a running use-case says of itself.
type entry struct {
	domain.AuditEvent
	trail *Trail
	// recorded is set when it was committed together with a change.
	recorded bool
}

// account runs a use-case that takes permission, for actor, on subject, and
// returns what it does once that is accounted for. It is the whole of every
// use-case. The error is domain.Authorize's, or do's, or Unavailable when the
// trail cannot be written.
func account[T any](ctx context.Context, trail *Trail, actor domain.Actor, permission domain.Permission, subject domain.Subject, do func(*entry) (T, error)) (T, error) {
	var result, none T
	e := &entry{trail: trail, AuditEvent: domain.AuditEvent{
		At: trail.clock(), Actor: actor, Action: permission, Subject: subject, Outcome: domain.Allowed,
	}}
	returned := false
	defer func() {
		if !returned && !e.recorded { // It panics, which goes on.
			e.Outcome = domain.Failed
			_ = trail.record(ctx, e.AuditEvent)
		}
	}()
	err := domain.Authorize(actor, permission)
	if err != nil {
		e.Outcome = domain.Denied
	} else if result, err = do(e); err != nil {
		e.Outcome = outcomeOf(err)
	}
	returned = true
	if !e.recorded {
		if err := trail.record(ctx, e.AuditEvent); err != nil {
			return none, unaccounted(err)
		}
	}
	if err != nil {
		return none, err
	}
	return result, nil
}

// perform is account for a use-case that returns nothing.
func perform(ctx context.Context, trail *Trail, actor domain.Actor, permission domain.Permission, subject domain.Subject, do func(*entry) error) error {
	_, err := account(ctx, trail, actor, permission, subject, func(e *entry) (struct{}, error) { return struct{}{}, do(e) })
	return err
}

func outcomeOf(err error) domain.Outcome {
	if domain.KindOf(err) == domain.Forbidden {
		return domain.Denied
	}
	return domain.Failed
}

// unaccounted is the error of what was not done because it cannot be accounted for.
func unaccounted(err error) error {
	if domain.KindOf(err) == domain.Unavailable {
		return err
	}
	return domain.ErrUnavailable(err)
}

// update runs write in an Update that also records e. write may say in e what
// it did, anew each time that it runs.
func (e *entry) update(ctx context.Context, write func(ports.Tx) error) error {
	before := e.AuditEvent
	err := e.trail.store.Update(ctx, func(tx ports.Tx) error {
		e.AuditEvent = before
		if err := write(tx); err != nil {
			return err
		}
		e.Seal = e.trail.lastKnown().Number
		if err := tx.Audit().Add(ctx, e.trail.attest, e.AuditEvent); err != nil {
			return unaccounted(err)
		}
		return nil
	})
	if e.recorded = err == nil; !e.recorded {
		e.AuditEvent = before
	}
	return err
}

// on is the subject of a use-case on one record; id is zero when it makes one.
func on(kind domain.SubjectKind, id domain.ID) domain.Subject {
	return domain.Subject{Kind: kind, ID: id}
}

// about says that an event also concerns a record.
func (e *entry) about(kind domain.SubjectKind, id domain.ID) {
	e.About = append(e.About, domain.Reference{Kind: kind, ID: id})
}
