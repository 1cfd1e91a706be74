package sqlstore

import (
	"context"
	"errors"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// transaction is the open transaction of an Update. commit or rollback ends it, and then calls
// release.
type transaction struct {
	*querier
	release func()
}

// begin begins a transaction for an Update that arrived at a time. While another process has the
// database's lock, it tries again, but not later than engine.WriteWait after that time.
func (s *Store) begin(ctx context.Context, arrived time.Time) (_ *transaction, err error) {
	s.writer.prepareMissing(ctx)
	_, span := ports.StartSpan(ctx, ports.StatementSpan, "BEGIN")
	defer func() { span.End(err) }()
	q := &querier{engine: s.engine, statements: s.writer}
	if err := ctx.Err(); err != nil {
		return nil, domain.ErrUnavailable(err)
	}
	// ctx ends the wait for the transaction and each statement in it, but not the
	// transaction itself. Otherwise database/sql would roll it back in the background,
	// after the Update has returned.
	txCtx, release := context.WithCancel(context.WithoutCancel(ctx))
	begun := context.AfterFunc(ctx, release)
	defer begun()
	for {
		if q.tx, err = s.writer.db.BeginTxx(txCtx, s.engine.TxOptions); err == nil {
			return &transaction{q, release}, nil
		}
		if s.engine.Classify(err).Kind != Locked || time.Since(arrived) >= s.engine.WriteWait || ctx.Err() != nil {
			release()
			return nil, q.translate(ctx, err, "BEGIN")
		}
		time.Sleep(lockPoll)
	}
}

// lockPoll is how long begin waits before it tries again. It is shorter than giveWay.
const lockPoll = time.Millisecond / 4

// run runs fn in the transaction. After an error, what fn did must be undone.
func (s *Store) run(ctx context.Context, t *transaction, fn func(ports.Tx) error) error {
	if err := s.checkSchema(ctx, t.querier); err != nil {
		return err
	}
	if err := fn(tx{t.querier}); err != nil {
		// An error that fn made itself must not hide a collision.
		var f *databaseError
		if errors.As(t.aborted, &f) && f.kind == Collision {
			return t.aborted
		}
		return err
	}
	if t.aborted != nil {
		return t.aborted
	}
	if err := ctx.Err(); err != nil {
		return domain.ErrUnavailable(err)
	}
	return nil
}

func (s *Store) commit(ctx context.Context, t *transaction) error {
	_, span := ports.StartSpan(ctx, ports.StatementSpan, "COMMIT")
	err := t.querier.commit(ctx, t.release)
	span.End(err)
	if err != nil {
		return err
	}
	if err := s.checkFile(0); err != nil {
		if t.wrote {
			err = domain.ErrOutcomeUnknown(err) // The change is in a file that may come back.
		}
		return err
	}
	if t.wrote {
		s.readiness.recordCommit()
	}
	return nil
}

func (t *transaction) rollback() {
	defer t.release()
	_ = t.tx.Rollback()
}
