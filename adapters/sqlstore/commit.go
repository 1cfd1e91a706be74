package sqlstore

import (
	"context"
	"time"

	"example.com/healthcare/domain"
)

// commitGrace is how long commit waits for the database after the end of its context. It is
// less than httpserver waits for a transport after the deadline of a request.
const commitGrace = 500 * time.Millisecond

// commit commits the transaction and calls release when the database has answered. If the
// outcome is not known soon after the end of ctx, commit returns while the commit is still
// running. Ending the commit instead would not tell whether it succeeded.
func (q *querier) commit(ctx context.Context, release func()) error {
	answer := make(chan error, 1)
	go func() {
		defer release()
		answer <- q.tx.Commit()
	}()
	select {
	case err := <-answer:
		return q.commitError(ctx, err)
	case <-ctx.Done():
	}
	select {
	case err := <-answer:
		return q.commitError(ctx, err)
	case <-time.After(commitGrace):
		return q.outcomeUnknown("context ended: "+ctx.Err().Error(), ctx.Err())
	}
}

// commitError turns the error of a COMMIT into the error that callers get.
func (q *querier) commitError(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if !q.engine.RolledBack(err) {
		text := q.engine.Classify(err).Text
		if text == "" && isConnectionLost(err) {
			text = err.Error()
		}
		return q.outcomeUnknown(text, nil)
	}
	// The database has answered, so the end of ctx is not the cause.
	return q.translate(context.WithoutCancel(ctx), err, "COMMIT")
}

// outcomeUnknown returns the error of a commit that may or may not have happened. It is never a
// Collision, so Update does not run again.
func (q *querier) outcomeUnknown(text string, cause error) error {
	if !q.wrote {
		return domain.ErrUnavailable(&databaseError{Unavailable, text + " in: COMMIT", cause})
	}
	return domain.ErrOutcomeUnknown(&databaseError{Unavailable, "outcome of COMMIT unknown: " + text, cause})
}
