package httpserver

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"example.com/healthcare/domain"
)

// Use is what a request needs memory for.
type Use uint8

// The uses. A request that needs several reserves them in this order.
const (
	// Body is the body of a request, and what is decoded from it.
	Body Use = iota
	// Answer is an answer that is built as a whole before it is sent.
	Answer
	// Export is the part of a long answer that is being sent.
	Export
)

const (
	// memoryWait is how long a request waits for memory. It leaves time to read a
	// body before the server's ReadTimeout.
	memoryWait = 5 * time.Second
	// memoryRetry is how long a client should wait after it got none.
	memoryRetry = 2 * time.Second
)

// memory is what all requests of a transport that are in flight can hold together.
type memory struct {
	rooms [Export + 1]*room
	// anonymousBodies are apart, so that nobody without a token can take the
	// memory of callers who have one.
	anonymousBodies *room
}

// newMemory returns the rooms that docs/operations.md describes.
func newMemory() *memory {
	return &memory{
		rooms: [...]*room{
			Body:   newRoom("request bodies", 32<<20, 8<<20),
			Answer: newRoom("answers", 256<<20, 64<<20),
			Export: newRoom("exports", 64<<20, 16<<20),
		},
		anonymousBodies: newRoom("request bodies without a token", 16<<20, 1<<20),
	}
}

// Reserve sets bytes of memory aside for use, until the request has been answered.
// While others hold all there is, or the caller's other requests hold the caller's
// share, it waits for up to five seconds. Then the error is Unavailable. ctx is the
// context of the request. More than the share of one caller counts as the share.
//
// Call SetActor before: a user has one share, and so have all callers from one place
// who are not signed in: an IPv4 address, or an IPv6 site.
func (r *Request) Reserve(ctx context.Context, use Use, bytes int64) error {
	room, caller := r.memory.rooms[use], holder{user: r.actor.UserID}
	if !r.signedIn {
		caller = holder{place: cmp.Or(r.origin.Site(), r.origin.Network())}
		if use == Body {
			room = r.memory.anonymousBodies
		}
	}
	giveBack, err := room.take(ctx, caller, bytes)
	if err == nil {
		r.reserved = append(r.reserved, giveBack)
	}
	return err
}

// giveBack ends all reservations of the request.
func (r *Request) giveBack() {
	for _, giveBack := range r.reserved {
		giveBack()
	}
}

// holder is a user, or a place of callers who are not signed in.
type holder struct {
	user  domain.ID
	place string
}

// room is memory that is set aside for one use. It counts; it allocates nothing.
type room struct {
	use   string
	all   *semaphore.Weighted
	share int64

	mutex  sync.Mutex
	shares map[holder]*shareInUse
}

// shareInUse is the share of a holder who has requests that hold or await memory.
type shareInUse struct {
	*semaphore.Weighted
	requests int
}

func newRoom(use string, size, share int64) *room {
	return &room{use: use, all: semaphore.NewWeighted(size), share: share, shares: map[holder]*shareInUse{}}
}

// take takes bytes of the holder's share first, and then of the room. So the requests
// of one holder who wait for the room are never more than fit into a share. Every
// request takes both in this order, and gives both back at its end.
func (r *room) take(ctx context.Context, caller holder, bytes int64) (giveBack func(), err error) {
	bytes = min(bytes, r.share)
	share := r.enter(caller)
	waiting, cancel := context.WithTimeout(ctx, memoryWait)
	defer cancel()
	if err := acquire(ctx, waiting, share.Weighted, bytes, r.use+" of one caller use all memory of the caller's share"); err != nil {
		r.leave(caller, share)
		return nil, err
	}
	if err := acquire(ctx, waiting, r.all, bytes, r.use+" use all memory set aside for them"); err != nil {
		share.Release(bytes)
		r.leave(caller, share)
		return nil, err
	}
	return func() {
		r.all.Release(bytes)
		share.Release(bytes)
		r.leave(caller, share)
	}, nil
}

func (r *room) enter(caller holder) *shareInUse {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	share := r.shares[caller]
	if share == nil {
		share = &shareInUse{Weighted: semaphore.NewWeighted(r.share)}
		r.shares[caller] = share
	}
	share.requests++
	return share
}

// leave forgets the share with its last request, so that shares do not pile up.
func (r *room) leave(caller holder, share *shareInUse) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if share.requests--; share.requests == 0 {
		delete(r.shares, caller)
	}
}

// acquire waits for bytes of from. The error says full when they did not come in time.
func acquire(ctx, waiting context.Context, from *semaphore.Weighted, bytes int64, full string) error {
	if from.TryAcquire(bytes) {
		return nil
	}
	if from.Acquire(waiting, bytes) == nil {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return domain.ErrUnavailable(err)
	}
	return &domain.Error{
		Kind:       domain.Unavailable,
		Message:    "The service is busy. Try again shortly.",
		RetryAfter: memoryRetry,
		Err:        errors.New(full),
	}
}
