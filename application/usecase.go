package application

import (
	"context"
	"errors"
	"slices"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// attempt is what a use-case sets out to do. All of it is in the use-case's event,
// whatever comes of the attempt.
type attempt struct {
	by domain.Actor
	to domain.Permission
	// on is the record that the caller named, or of which kind the use-case makes,
	// lists or looks for some.
	on domain.Subject
	// naming are the other records that the caller named.
	naming []domain.Reference
	// invalid is why the input is refused. It is told only to those who hold the
	// permission.
	invalid error
	// address stands for the one that a stranger has typed (see repeats).
	address domain.AttemptKey
}

// one is a record.
func one(kind domain.SubjectKind, id domain.ID) domain.Subject {
	return domain.Subject{Kind: kind, ID: id}
}

// some is records of a kind whose IDs the caller does not give.
func some(kind domain.SubjectKind) domain.Subject { return domain.Subject{Kind: kind} }

// self is the account of the actor.
func self(actor domain.Actor) domain.Subject { return one(domain.SubjectUser, actor.UserID) }

// entry is the event of a use-case that runs. The use-case adds what it finds out.
type entry struct {
	domain.AuditEvent
	trail *Trail
	// recorded is set once the event was committed together with a change.
	recorded bool
	// revoked are sessions that end when the change is committed.
	revoked []domain.ID
}

// about says that the event also concerns a record.
func (e *entry) about(records ...domain.Reference) { e.Related = append(e.Related, records...) }

// revoke says that sessions end. They are out on this instance as soon as the change
// is committed.
func (e *entry) revoke(sessions ...domain.ID) { e.revoked = append(e.revoked, sessions...) }

// perform is the whole of every use-case: it authorizes the attempt, runs do, and
// returns the result once that is accounted for, without what the actor may not see.
// The error is domain.Authorize's, the attempt's, do's, or Unavailable when the trail
// cannot be written.
func perform[T any](ctx context.Context, trail *Trail, a attempt, do func(*entry) (T, error)) (T, error) {
	var result, none T
	e := &entry{trail: trail, AuditEvent: domain.AuditEvent{
		At: trail.clock(), Actor: a.by, Action: a.to, Subject: a.on, Related: slices.Clip(a.naming), Outcome: domain.Allowed,
	}}
	returned := false
	defer func() {
		if !returned && !e.recorded { // do panics, and the panic goes on.
			e.Outcome = domain.Failed
			_ = trail.record(ctx, e.AuditEvent)
		}
	}()
	err := domain.Authorize(a.by, a.to)
	if err != nil {
		e.Outcome = domain.Denied
	} else if err = a.invalid; err != nil {
		e.Outcome = outcomeOf(err)
	} else if result, err = do(e); err != nil {
		e.Outcome = outcomeOf(err)
	}
	returned = true
	if !e.recorded {
		if err := trail.recordOutcome(ctx, a, e.AuditEvent, err); err != nil {
			return none, unaccounted(err)
		}
	}
	if err != nil {
		return none, err
	}
	return domain.VisibleTo(result, a.by), nil
}

// recordOutcome returns once what came of an attempt is accounted for.
func (t *Trail) recordOutcome(ctx context.Context, a attempt, event domain.AuditEvent, outcome error) error {
	if repeatable(a.by, outcome) {
		return t.repeats.record(ctx, event.At, a.address, event)
	}
	return t.record(ctx, event)
}

// read is perform for a use-case that only reads.
func read[T any](ctx context.Context, trail *Trail, a attempt, do func(ports.Tx, *entry) (T, error)) (T, error) {
	return perform(ctx, trail, a, func(e *entry) (T, error) {
		return view(ctx, trail.store, func(tx ports.Tx) (T, error) { return do(tx, e) })
	})
}

// write is perform for a use-case that is one change.
func write[T any](ctx context.Context, trail *Trail, a attempt, do func(ports.Tx, *entry) (T, error)) (T, error) {
	return perform(ctx, trail, a, func(e *entry) (T, error) { return commit(ctx, e, do) })
}

// nothing is the result of a use-case that returns none.
type nothing = struct{}

// commit runs do in one Update that also records the event. A refusal (see refuse) is
// committed, too, and then returned. When the change fails, the event keeps which records
// it concerns; all else that do wrote into it is undone.
func commit[T any](ctx context.Context, e *entry, do func(ports.Tx, *entry) (T, error)) (T, error) {
	var result, none T
	var refused error
	before := e.AuditEvent
	before.Related = slices.Clip(before.Related)
	defer func() { // Also when do panics.
		if !e.recorded {
			before.Related = e.Related
			e.AuditEvent = before
		}
	}()
	var added []writtenEvent
	err := e.trail.store.Update(ctx, func(tx ports.Tx) error {
		e.AuditEvent, e.revoked, refused = before, nil, nil
		var err error
		if result, err = do(tx, e); err != nil {
			refusal, ok := errors.AsType[refusal](err)
			if !ok {
				return err
			}
			refused = refusal.reason
			e.Outcome = outcomeOf(refused)
		}
		if added, err = e.trail.add(ctx, tx, e.AuditEvent); err != nil {
			return unaccounted(err)
		}
		return nil
	})
	if err != nil {
		return none, err
	}
	e.recorded = true
	e.trail.unsealed.add(added)
	e.trail.revocations.Revoke(e.revoked...)
	if refused != nil {
		return none, refused
	}
	return result, nil
}

// refusal is the error of a change that refuses its caller and is committed all the
// same, because what it counted or ended must not be rolled back.
type refusal struct{ reason error }

func (r refusal) Error() string { return r.reason.Error() }

// refuse returns what a change returns to be committed and still refuse its caller.
func refuse(reason error) error { return refusal{reason} }

// view returns what do reads, the zero T if it fails.
func view[T any](ctx context.Context, store ports.Store, do func(ports.Tx) (T, error)) (T, error) {
	var result, none T
	err := store.View(ctx, func(tx ports.Tx) (err error) {
		result, err = do(tx)
		return err
	})
	if err != nil {
		return none, err
	}
	return result, nil
}

// outcomeOf is the outcome of a use-case that an authorized caller was refused.
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
