package sqlstore

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/semaphore"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// errPoolBusy is logged when acquire has waited too long.
var errPoolBusy = errors.New("sqlstore: connection pool busy: no connection was free in time")

// connQueue admits as many callers as a pool has connections, in the order of their
// arrival, and bounds their wait. database/sql itself gives a free connection to any of
// the waiting callers, and bounds the wait only by their contexts.
type connQueue struct {
	slots   *semaphore.Weighted
	maxWait time.Duration
	waits   waitCounts
}

func newConnQueue(pool *sqlx.DB, patience time.Duration) *connQueue {
	width := int64(pool.Stats().MaxOpenConnections)
	if width == 0 { // The pool has no limit.
		width = math.MaxInt64
	}
	return &connQueue{slots: semaphore.NewWeighted(width), maxWait: patience}
}

// acquire waits for a slot, which release gives back. After maxWait it fails with
// Unavailable and asks the caller to try again in a second.
func (l *connQueue) acquire(ctx context.Context) error {
	if l.slots.TryAcquire(1) {
		return nil
	}
	_, span := ports.StartSpan(ctx, ports.WaitSpan, "wait for connection")
	end := l.waits.begin()
	err := l.wait(ctx)
	end(err)
	span.End(err)
	return err
}

func (l *connQueue) wait(ctx context.Context) error {
	waiting, cancel := context.WithTimeout(ctx, l.maxWait)
	defer cancel()
	if l.slots.Acquire(waiting, 1) == nil {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return domain.ErrUnavailable(err)
	}
	return poolBusy()
}

func poolBusy() error {
	return &domain.Error{Kind: domain.Unavailable, RetryAfter: time.Second, Err: errPoolBusy}
}

func (l *connQueue) release() { l.slots.Release(1) }
