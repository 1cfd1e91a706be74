package sqlstore

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/semaphore"

	"example.com/healthcare/domain"
)

// errPoolBusy is the cause of an error for the log.
var errPoolBusy = errors.New("sqlstore: connection pool busy: no connection was free in time")

// line admits as many callers as a pool has connections, in the order in which they
// came. database/sql gives a connection that becomes free to any of those who wait,
// and lets them wait for as long as their contexts last.
type connQueue struct {
	slots   *semaphore.Weighted
	maxWait time.Duration
}

func newConnQueue(pool *sqlx.DB, patience time.Duration) *connQueue {
	width := int64(pool.Stats().MaxOpenConnections)
	if width == 0 { // a pool without a limit
		width = math.MaxInt64
	}
	return &connQueue{slots: semaphore.NewWeighted(width), maxWait: patience}
}

// enter waits for a place, which leave gives back. When the wait takes longer than
// the line's patience, the error is Unavailable and says to come back in a second.
func (l *connQueue) acquire(ctx context.Context) error {
	if l.slots.TryAcquire(1) {
		return nil
	}
	waiting, cancel := context.WithTimeout(ctx, l.maxWait)
	defer cancel()
	if l.slots.Acquire(waiting, 1) == nil {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return domain.ErrUnavailable(err)
	}
	return &domain.Error{Kind: domain.Unavailable, RetryAfter: time.Second, Err: errPoolBusy}
}

func (l *connQueue) release() { l.slots.Release(1) }
