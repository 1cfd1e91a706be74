package passwords

import (
	"context"
	"time"

	"golang.org/x/sync/semaphore"

	"example.com/healthcare/domain"
)

// queueTime is about how long a full queue takes, as Recommended is: 64 hashes
// of some 30 ms each.
const queueTime = 2 * time.Second

// queue bounds how many work at once, and how many wait until they may.
type queue struct {
	// places are for those who wait and those who work, turns for the latter.
	places, turns *semaphore.Weighted
}

func newQueue(concurrent, waiting int) queue {
	return queue{
		places: semaphore.NewWeighted(int64(concurrent) + int64(waiting)),
		turns:  semaphore.NewWeighted(int64(concurrent)),
	}
}

// enter waits for a turn, which ends with leave. When there is no place left to
// wait in, it fails at once.
func (q queue) enter(ctx context.Context) error {
	if !q.places.TryAcquire(1) {
		return domain.ErrBusy(queueTime)
	}
	if err := q.turns.Acquire(ctx, 1); err != nil {
		q.places.Release(1)
		return domain.ErrUnavailable(err)
	}
	return nil
}

// leave gives the turn back, and only then its place: there are never more in
// the queue than it was made for.
func (q queue) leave() {
	q.turns.Release(1)
	q.places.Release(1)
}
