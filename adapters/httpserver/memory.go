package httpserver

import (
	"cmp"
	"context"
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
	// Answer is a response that is built completely before it is sent.
	Answer
	// Export is the part of a streamed response that is being sent.
	Export
)

const (
	// memoryWait is how long a request waits for memory. A client that is refused soon can turn
	// to another instance, and requests that wait keep memory of their own.
	memoryWait = time.Second
	// memoryRetry is the Retry-After of a request that got no memory.
	memoryRetry = 2 * time.Second
)

// memory limits the memory of all requests in flight of one transport.
type memory struct {
	budgets [Export + 1]*budget
	// bodiesWithoutToken is a separate budget, so that callers without a token cannot use
	// up the memory of callers with one.
	bodiesWithoutToken *budget
}

// newMemory returns the budgets that docs/operations.md documents.
func newMemory() *memory {
	return &memory{
		budgets: [...]*budget{
			Body:   newBudget("request bodies", 32<<20, 8<<20),
			Answer: newBudget("answers", 256<<20, 64<<20),
			Export: newBudget("exports", 64<<20, 16<<20),
		},
		bodiesWithoutToken: newBudget("request bodies without a token", 16<<20, 1<<20),
	}
}

// Reserve reserves bytes of memory until the transport has returned. It waits for up to
// a second while other requests hold all memory of the use, or other requests of the
// same caller hold the caller's share of it. After that the error is Unavailable. A number
// of bytes above the caller's share counts as the share. ctx is the context of the request.
//
// Call SetActor first. Each user has one share. So does each client network (an IPv4
// address or an IPv6 site) for its callers who are not signed in.
func (r *Request) Reserve(ctx context.Context, use Use, bytes int64) error {
	budget, caller := r.memory.budgets[use], owner{user: r.actor.UserID}
	if !r.signedIn {
		caller = owner{network: cmp.Or(r.origin.Site(), r.origin.Network())}
		if use == Body {
			budget = r.memory.bodiesWithoutToken
		}
	}
	release, err := budget.reserve(ctx, caller, bytes)
	if err == nil {
		r.reserved = append(r.reserved, release)
	}
	return err
}

// releaseMemory releases all reservations of the request.
func (r *Request) releaseMemory() {
	for _, release := range r.reserved {
		release()
	}
}

// owner is a user, or the client network of callers who are not signed in.
type owner struct {
	user    domain.ID
	network string
}

// budget is the memory for one use. It only counts bytes and allocates none.
type budget struct {
	use   string
	all   *semaphore.Weighted
	share int64 // the most that one owner can reserve

	mutex  sync.Mutex
	shares map[owner]*ownerShare
}

// ownerShare is the share of an owner whose requests have reserved memory or wait for it.
type ownerShare struct {
	*semaphore.Weighted
	requests int
}

func newBudget(use string, size, share int64) *budget {
	return &budget{use: use, all: semaphore.NewWeighted(size), share: share, shares: map[owner]*ownerShare{}}
}

// reserve reserves bytes of the owner's share first and then of the budget. So an owner's
// requests that wait for the budget never need more than one share. All requests reserve
// in this order, so they cannot deadlock.
func (b *budget) reserve(ctx context.Context, caller owner, bytes int64) (release func(), err error) {
	bytes = min(bytes, b.share)
	share := b.openShare(caller)
	deadline := time.Now().Add(memoryWait)
	if err := acquire(ctx, deadline, share.Weighted, bytes, b.use+" of one caller use all memory of the caller's share"); err != nil {
		b.closeShare(caller, share)
		return nil, err
	}
	if err := acquire(ctx, deadline, b.all, bytes, b.use+" use all memory set aside for them"); err != nil {
		share.Release(bytes)
		b.closeShare(caller, share)
		return nil, err
	}
	return func() {
		b.all.Release(bytes)
		share.Release(bytes)
		b.closeShare(caller, share)
	}, nil
}

// openShare returns the caller's share and counts one more request that uses it.
func (b *budget) openShare(caller owner) *ownerShare {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	share := b.shares[caller]
	if share == nil {
		share = &ownerShare{Weighted: semaphore.NewWeighted(b.share)}
		b.shares[caller] = share
	}
	share.requests++
	return share
}

// closeShare removes the share when its last request closes it.
func (b *budget) closeShare(caller owner, share *ownerShare) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if share.requests--; share.requests == 0 {
		delete(b.shares, caller)
	}
}

// acquire waits for bytes of the semaphore until the deadline. If that has passed, the error has
// the text full.
func acquire(ctx context.Context, deadline time.Time, from *semaphore.Weighted, bytes int64, full string) error {
	if from.TryAcquire(bytes) {
		return nil
	}
	limited, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	if from.Acquire(limited, bytes) == nil {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return domain.ErrUnavailable(err)
	}
	return domain.ErrBusy(full, memoryRetry)
}
