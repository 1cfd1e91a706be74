package application

import (
	"context"
	"errors"
	"slices"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// call describes one call of a use-case. The audit event contains all of it, whatever the
// outcome.
type call struct {
	actor      domain.Actor
	permission domain.Permission
	// kind and id are the subject of the event. id is zero if the caller does not give the
	// ID of a record, for example to create a record or to list records.
	kind domain.SubjectKind
	id   domain.ID
	// named are the other records that the caller named.
	named []domain.Reference
	// inputErr is the reason to refuse the input, nil if the input is valid. Only callers
	// with the permission get it.
	inputErr error
	// typedAddress is the key of the address that was typed at a login (see refusalCounter).
	typedAddress domain.AttemptKey
}

// pendingEvent is the audit event of a use-case that is running. The use-case adds what it
// finds out.
type pendingEvent struct {
	domain.AuditEvent
	trail *Trail
	// recorded is true once the event was committed together with a change.
	recorded bool
	// revokedSessions are revoked on this instance once the change is committed.
	revokedSessions []domain.ID
}

// addRelated adds records that the event also concerns.
func (e *pendingEvent) addRelated(records ...domain.Reference) {
	e.Related = append(e.Related, records...)
}

// revokeOnCommit makes this instance refuse the sessions as soon as the change is committed.
func (e *pendingEvent) revokeOnCommit(sessions ...domain.ID) {
	e.revokedSessions = append(e.revokedSessions, sessions...)
}

// runUseCase runs a use-case: it authorizes the call, runs do, records the audit event, and
// returns the fields of the result that the actor may see. The error is the one of
// domain.Authorize, c.inputErr, the error of do, or Unavailable if the event cannot be
// recorded.
func runUseCase[T any](ctx context.Context, trail *Trail, c call, do func(context.Context, *pendingEvent) (T, error)) (visible T, err error) {
	var result, zero T
	event := &pendingEvent{trail: trail, AuditEvent: domain.AuditEvent{
		At: trail.clock(), Actor: c.actor, Action: c.permission, Subject: domain.Subject{Kind: c.kind, ID: c.id},
		Related: slices.Clip(c.named), Outcome: domain.Allowed,
	}}
	ctx, span := ports.StartSpan(ctx, ports.UseCaseSpan, string(c.permission))
	defer func() {
		span.SetOutcome(event.Outcome)
		span.End(err)
	}()
	returned := false
	defer func() {
		if !returned && !event.recorded { // do panicked. The panic continues after this.
			event.Outcome = domain.Failed
			_ = trail.recordEvent(ctx, event.AuditEvent)
		}
	}()
	if err = domain.Authorize(c.actor, c.permission); err != nil {
		event.Outcome = domain.Denied
	} else if err = c.inputErr; err != nil {
		event.Outcome = outcomeOf(err)
	} else if result, err = do(ctx, event); err != nil {
		event.Outcome = outcomeOf(err)
	}
	returned = true
	if !event.recorded {
		// An Unavailable err says more than recordErr: its cause, and whether the outcome is unknown.
		if recordErr := trail.recordOrCount(ctx, c, event.AuditEvent, err); recordErr != nil && domain.KindOf(err) != domain.Unavailable {
			return zero, auditUnavailable(recordErr)
		}
	}
	if err != nil {
		return zero, err
	}
	return domain.VisibleTo(result, c.actor), nil
}

// runView is runUseCase for a use-case that is one View of the store.
func runView[T any](ctx context.Context, trail *Trail, c call, do func(context.Context, ports.Tx, *pendingEvent) (T, error)) (T, error) {
	return runUseCase(ctx, trail, c, func(ctx context.Context, event *pendingEvent) (T, error) {
		return viewStore(ctx, trail.store, func(tx ports.Tx) (T, error) { return do(ctx, tx, event) })
	})
}

// runUpdate is runUseCase for a use-case that is one Update of the store.
func runUpdate[T any](ctx context.Context, trail *Trail, c call, do func(context.Context, ports.Tx, *pendingEvent) (T, error)) (T, error) {
	return runUseCase(ctx, trail, c, func(ctx context.Context, event *pendingEvent) (T, error) { return updateWithEvent(ctx, event, do) })
}

// nothing is the result of a use-case that only returns an error.
type nothing = struct{}

// updateWithEvent runs do in one Update of the store, which also adds the event. If do
// returns commitAndRefuse(reason), the Update is committed and the error is reason. If the
// Update fails, the event keeps the records that do added to it; everything else that do
// set in the event is undone.
func updateWithEvent[T any](ctx context.Context, event *pendingEvent, do func(context.Context, ports.Tx, *pendingEvent) (T, error)) (T, error) {
	var result, zero T
	var refused error
	before := event.AuditEvent
	before.Related = slices.Clip(before.Related)
	defer func() { // Deferred, so that it also runs if do panics.
		if !event.recorded {
			before.Related = event.Related
			event.AuditEvent = before
		}
	}()
	var added []writtenEvent
	err := event.trail.store.Update(ctx, func(tx ports.Tx) error {
		event.AuditEvent, event.revokedSessions, refused = before, nil, nil
		var err error
		if result, err = do(ctx, tx, event); err != nil {
			refusal, ok := errors.AsType[committedRefusal](err)
			if !ok {
				return err
			}
			refused = refusal.reason
			event.Outcome = outcomeOf(refused)
		}
		if added, err = event.trail.addEvents(ctx, tx, event.AuditEvent); err != nil {
			return auditUnavailable(err)
		}
		return nil
	})
	if err != nil {
		return zero, err
	}
	event.recorded = true
	event.trail.unsealed.add(added)
	event.trail.revocations.Revoke(event.revokedSessions...)
	if refused != nil {
		return zero, refused
	}
	return result, nil
}

// committedRefusal is the error of a change that refuses the caller and must still be
// committed: a counted failure or a revoked session must not be rolled back.
type committedRefusal struct{ reason error }

func (r committedRefusal) Error() string { return r.reason.Error() }

// commitAndRefuse returns an error that makes updateWithEvent commit the change and return
// reason.
func commitAndRefuse(reason error) error { return committedRefusal{reason} }

// viewStore runs do in one View of the store and returns its result, the zero T on an error.
func viewStore[T any](ctx context.Context, store ports.Store, do func(ports.Tx) (T, error)) (T, error) {
	var result, zero T
	err := store.View(ctx, func(tx ports.Tx) (err error) {
		result, err = do(tx)
		return err
	})
	if err != nil {
		return zero, err
	}
	return result, nil
}

// outcomeOf returns the outcome of a use-case that failed with err after the actor was
// authorized.
func outcomeOf(err error) domain.Outcome {
	if domain.KindOf(err) == domain.Forbidden {
		return domain.Denied
	}
	return domain.Failed
}

// auditUnavailable returns the error of a use-case whose audit event or version cannot be
// stored. It is always of the kind Unavailable.
func auditUnavailable(err error) error {
	if domain.KindOf(err) == domain.Unavailable {
		return err
	}
	return domain.ErrUnavailable(err)
}
