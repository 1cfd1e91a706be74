package passwords

import (
	"context"
	"sync"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// queueTime is about how long a full line takes, as Recommended is: 64 hashes
// of some 30 ms each.
const queueTime = 2 * time.Second

// queue bounds how many work at once, and how many wait until they may. Known
// callers and strangers wait in lines of their own, which get turns alternately: a
// flood in one line takes no place in the other and at most every second turn.
type queue struct {
	known, strangers *line
	// free has the turns that nobody has.
	free chan struct{}

	// mutex guards next, and what is taken of the lines.
	mutex sync.Mutex
	// next is the line that gets the next turn, if anybody waits in it.
	next *line
}

// line is the places of those who wait and those who work.
type line struct {
	// name is what the log calls those in the line.
	name string
	// turns hands a turn to somebody who waits.
	turns chan struct{}
	// places is how many there are, share how many of them one network or user can
	// take, inUse how many are taken, and taken by whom.
	places, share, inUse int
	taken                map[string]int
}

// One network takes at most half of the strangers' places. One user takes at most an
// eighth of the others: nobody honest has many hashes under way, and whoever can register
// can have several users.
const strangersShare, knownShare = 2, 8

func newQueue(concurrent, waiting int) *queue {
	newLine := func(name string, part int) *line {
		places := concurrent + waiting
		return &line{name: name, turns: make(chan struct{}), places: places, share: (places + part - 1) / part, taken: map[string]int{}}
	}
	q := &queue{
		known: newLine("known users", knownShare), strangers: newLine("strangers", strangersShare),
		free: make(chan struct{}, concurrent),
	}
	q.next = q.known
	for range concurrent {
		q.free <- struct{}{}
	}
	return q
}

// enter waits for a turn, which ends with leave. When there is no place left to
// wait in, it fails at once.
func (q *queue) enter(ctx context.Context, caller ports.Caller) (leave func(), err error) {
	line := q.strangers
	if caller.Known {
		line = q.known
	}
	if err := q.takePlace(line, caller.QueueKey); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil { // or else a free turn may come first
		q.givePlace(line, caller.QueueKey)
		return nil, domain.ErrUnavailable(err)
	}
	select {
	case <-q.free:
	case <-line.turns:
	case <-ctx.Done():
		q.givePlace(line, caller.QueueKey)
		return nil, domain.ErrUnavailable(ctx.Err())
	}
	// The turn is given back before its place: there are never more in the queue
	// than it was made for.
	return func() {
		q.giveTurn()
		q.givePlace(line, caller.QueueKey)
	}, nil
}

// takePlace bounds the places of one share, so that no single network or user, nor a
// few of them, keeps all others out.
func (q *queue) takePlace(line *line, share string) error {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	switch {
	case line.inUse >= line.places:
		return domain.ErrBusy("password hashing queue full: "+line.name, queueTime)
	case line.taken[share] >= line.share:
		return domain.ErrBusy("password hashing queue full: one caller has a full share of the places of "+line.name, queueTime)
	}
	line.inUse++
	line.taken[share]++
	return nil
}

func (q *queue) givePlace(line *line, share string) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	line.inUse--
	if line.taken[share]--; line.taken[share] == 0 {
		delete(line.taken, share)
	}
}

// giveTurn gives a turn to somebody who waits in the next line, or else in the other
// one, or else to whoever comes.
func (q *queue) giveTurn() {
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
