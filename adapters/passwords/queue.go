package passwords

import (
	"context"
	"sync"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// retryAfter is about the time of a full line with Recommended: 64 hashes of 30 ms.
const retryAfter = 2 * time.Second

// queue limits the number of hashes that are computed at once (turns) and the number of
// callers that wait for a turn. Known callers and strangers wait in separate lines, and free
// turns go to both lines alternately. So a flood in one line leaves the other line its
// places and at least every second turn.
type queue struct {
	known, strangers *line
	// free holds the free turns.
	free chan struct{}

	// mutex guards next, and the counts of both lines.
	mutex sync.Mutex
	// next is the line that gets the next turn if a caller waits in it.
	next *line
}

// line counts the callers that wait or have a turn. Each of them occupies a place.
type line struct {
	// name is the name of the line in errors.
	name string
	// turns passes a turn to a waiting caller.
	turns chan struct{}
	// places is the number of places. share is the number that one network or user can
	// occupy. occupied is the number of occupied places, and occupiedBy the same for each
	// network and user.
	places, share, occupied int
	occupiedBy              map[string]int
	lineCounts
}

// A network can occupy half of the strangers' places, and a user an eighth of the known
// callers' places. The latter is less because an honest user needs few hashes at once, and
// an attacker can register several users.
const strangersDivisor, knownDivisor = 2, 8

func newQueue(concurrent, waiting int) *queue {
	newLine := func(name string, divisor int) *line {
		places := concurrent + waiting
		return &line{name: name, turns: make(chan struct{}), places: places, share: (places + divisor - 1) / divisor, occupiedBy: map[string]int{}}
	}
	q := &queue{
		known: newLine("known users", knownDivisor), strangers: newLine("strangers", strangersDivisor),
		free: make(chan struct{}, concurrent),
	}
	q.next = q.known
	for range concurrent {
		q.free <- struct{}{}
	}
	return q
}

// acquire waits for a turn. The caller has it until release is called. If the line has no
// free place, acquire fails at once.
func (q *queue) acquire(ctx context.Context, caller ports.Caller) (release func(), err error) {
	line := q.strangers
	if caller.Known {
		line = q.known
	}
	arrived := time.Now()
	if err := q.occupyPlace(line, caller.QueueKey); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil { // The select below could prefer a free turn.
		q.freePlace(line, caller.QueueKey)
		return nil, domain.ErrUnavailable(err)
	}
	select {
	case <-q.free:
	case <-line.turns:
	case <-ctx.Done():
		q.freePlace(line, caller.QueueKey)
		return nil, domain.ErrUnavailable(ctx.Err())
	}
	line.countTurn(arrived)
	return func() {
		// The turn is released before the place, so that the occupied places always
		// include the callers that have a turn.
		q.releaseTurn()
		q.freePlace(line, caller.QueueKey)
	}, nil
}

// occupyPlace occupies a place unless the line is full or the network or user has occupied
// its share.
func (q *queue) occupyPlace(line *line, key string) error {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	switch {
	case line.occupied >= line.places:
		line.refused++
		return domain.ErrBusy("password hashing queue full: "+line.name, retryAfter)
	case line.occupiedBy[key] >= line.share:
		line.refused++
		return domain.ErrBusy("password hashing queue full: one caller has a full share of the places of "+line.name, retryAfter)
	}
	line.occupied++
	line.occupiedBy[key]++
	return nil
}

func (q *queue) freePlace(line *line, key string) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	line.occupied--
	if line.occupiedBy[key]--; line.occupiedBy[key] == 0 {
		delete(line.occupiedBy, key)
	}
}

// releaseTurn passes a turn to a caller in the next line or else in the other line. If no
// caller waits, the turn becomes free.
func (q *queue) releaseTurn() {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	for range 2 {
		line := q.next
		if q.next = q.strangers; line == q.strangers {
			q.next = q.known
		}
		select {
		case line.turns <- struct{}{}:
			return
		default:
		}
	}
	q.free <- struct{}{}
}
