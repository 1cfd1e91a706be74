package application

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// writeFile writes all rows in one Update, which decides again, because records can have
// changed since the plan.
func (r *importRun[In, T]) writeFile(ctx context.Context) error {
	var summary ImportSummary
	err := r.update(ctx, func(tx ports.Tx, written *writtenEvents) error {
		summary = ImportSummary{Written: true}
		r.seen = newSeenKeys()
		for chunk, err := range r.chunks(ctx, maxChunkRows) {
			if err != nil {
				return err
			}
			decisions, err := r.plan(ctx, tx, chunk)
			if err != nil {
				return err
			}
			r.seen.keep()
			for _, decision := range decisions {
				if decision.Outcome == ImportRefused {
					return fmt.Errorf("line %d: a record has changed during the import: %w", decision.Line, decision.Reason)
				}
				summary.Add(decision.Outcome)
			}
			if err := r.write(ctx, tx, written, decisions); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		r.summary = summary
	}
	return err
}

// writeBatches writes up to r.Batch rows in one Update after the other, except for refused rows.
// It reports the rows of a batch after its Update.
func (r *importRun[In, T]) writeBatches(ctx context.Context) error {
	r.summary.Written = true
	for batch, err := range r.chunks(ctx, r.Batch) {
		if err != nil {
			return err
		}
		var all []decision[T]
		err := r.update(ctx, func(tx ports.Tx, written *writtenEvents) error {
			all = nil
			r.seen.forget()
			for chunk := range slices.Chunk(batch, maxChunkRows) {
				decisions, err := r.plan(ctx, tx, chunk)
				if err != nil {
					return err
				}
				if err := r.warn(ctx, tx, decisions); err != nil {
					return err
				}
				if err := written.add(ctx, tx, r.readEvent(decisions)); err != nil {
					return err
				}
				if err := r.write(ctx, tx, written, decisions); err != nil {
					return err
				}
				all = append(all, decisions...)
			}
			return nil
		})
		if err != nil {
			return err
		}
		r.seen.keep()
		if err := r.reportAll(all); err != nil {
			return err
		}
		select {
		case <-time.After(r.Pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// writtenEvents are the events that an Update adds.
type writtenEvents struct {
	trail *Trail
	added []writtenEvent
}

// add adds an event, unless it names no record.
func (w *writtenEvents) add(ctx context.Context, tx ports.Tx, event domain.AuditEvent) error {
	if len(event.Subject.Shown) == 0 {
		return nil
	}
	added, err := w.trail.addEvents(ctx, tx, event)
	if err != nil {
		return auditUnavailable(err)
	}
	w.added = append(w.added, added...)
	return nil
}

// raceError is a refused write. Another Update has changed a record after this one read it.
type raceError struct{ error }

func (e raceError) Unwrap() error { return e.error }

// maxRaces is how often an Update is run again after a raceError.
const maxRaces = 3

// update runs do in one Update. It runs do again after a raceError: then do sees what the other
// Update has changed.
func (r *importRun[In, T]) update(ctx context.Context, do func(ports.Tx, *writtenEvents) error) error {
	for race := 1; ; race++ {
		var written *writtenEvents
		err := r.trail.store.Update(ctx, func(tx ports.Tx) error {
			written = &writtenEvents{trail: r.trail}
			return do(tx, written)
		})
		if err == nil {
			r.trail.unsealed.add(written.added)
			return nil
		}
		if lost, ok := errors.AsType[raceError](err); !ok || race == maxRaces {
			if ok {
				err = lost.error
			}
			return err
		}
	}
}

// write adds the new records and saves the changed ones, each with its version and in an event.
func (r *importRun[In, T]) write(ctx context.Context, tx ports.Tx, written *writtenEvents, decisions []decision[T]) error {
	var added, before, after []T
	for _, decision := range decisions {
		switch decision.Outcome {
		case ImportNew:
			added = append(added, decision.after)
		case ImportChanged:
			before, after = append(before, decision.before), append(after, decision.after)
		}
	}
	created, updated := r.newEvent(r.creating), r.newEvent(r.updating)
	for _, record := range added {
		created.addRelated(record.Parents()...)
	}
	var err error
	if len(added) > 0 {
		added, err = r.createAll(ctx, tx, created, added)
	}
	if err == nil && len(after) > 0 {
		err = r.updateAll(ctx, tx, updated, before, after)
	}
	if kind := domain.KindOf(err); kind == domain.Conflict || kind == domain.Invalid {
		return raceError{err}
	}
	if err != nil {
		return err
	}
	for i := range decisions {
		if decisions[i].Outcome == ImportNew {
			decisions[i].ID, added = added[0].Self().ID, added[1:]
		}
	}
	if err := written.add(ctx, tx, created.AuditEvent); err != nil {
		return err
	}
	return written.add(ctx, tx, updated.AuditEvent)
}
