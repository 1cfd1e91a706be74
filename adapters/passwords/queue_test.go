package passwords

import (
	"context"
	"encoding/binary"
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

var strangers atomic.Int64

// stranger returns an unknown caller from a new network.
func stranger() ports.Caller {
	return ports.UnknownCaller(domain.NewOrigin(netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, uint32(strangers.Add(1))))), ""))
}

// slow lists the methods that compute a hash.
func slow(p *Passwords) map[string]func(context.Context) error {
	verify := func(stored string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := p.Verify(ctx, stranger(), domain.TypedPassword(phrase), domain.StoredPasswordHash(stored))
			return err
		}
	}
	return map[string]func(context.Context) error{
		"Hash": func(ctx context.Context) error {
			_, err := p.Hash(ctx, stranger(), domain.TypedPassword(phrase))
			return err
		},
		"Verify argon2id":    verify(argon2idOfPhrase),
		"Verify Django":      verify(djangoOfPhrase),
		"Verify the zero":    verify(""),
		"Verify an unusable": verify("!"),
	}
}

// newQueued returns cheap Passwords with a queue of this size.
func newQueued(t *testing.T, concurrent, waiting int) *Passwords {
	t.Helper()
	return newPasswords(t, Params{MemoryKiB: 8, Iterations: 1, Parallelism: 1, Concurrent: concurrent, Waiting: waiting})
}

// enter takes n free turns. Each call of the result releases one of them.
func enter(t *testing.T, p *Passwords, n int) []func() {
	t.Helper()
	var leave []func()
	for range n {
		done, err := p.queue.acquire(t.Context(), stranger())
		require.NoError(t, err)
		leave = append(leave, done)
	}
	return leave
}

func assertBusy(t *testing.T, err error, name string) {
	t.Helper()
	refused, ok := errors.AsType[*domain.Error](err)
	if assert.True(t, ok, "%s: %v", name, err) {
		assert.Equal(t, domain.Unavailable, refused.Kind, name)
		assert.Equal(t, 2*time.Second, refused.RetryAfter, name)
	}
}

func assertAllIsGivenBack(t *testing.T, p *Passwords, concurrent int) {
	t.Helper()
	assert.Len(t, p.queue.free, concurrent, "turns that are free")
	for _, line := range []*line{p.queue.known, p.queue.strangers} {
		assert.Zero(t, line.occupied, line.name)
		assert.Empty(t, line.occupiedBy, line.name)
	}
}

func TestAnEndedContextIsUnavailable(t *testing.T) {
	p := newPasswords(t, cheap)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, work := range slow(p) {
		err := work(ctx)
		assert.Equal(t, domain.Unavailable, domain.KindOf(err), name)
		assert.ErrorIs(t, err, context.Canceled, name)
	}
	assertAllIsGivenBack(t, p, 2)
}

func TestAtMostConcurrentHashesAreComputedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newQueued(t, 3, 5)
		leave := enter(t, p, 3)

		works := slow(p)
		done := make(chan error, len(works))
		for _, work := range works {
			go func() { done <- work(t.Context()) }()
		}
		synctest.Wait()
		assert.Empty(t, done)

		leave[0]()
		for range works {
			assert.NoError(t, <-done)
		}
		leave[1]()
		leave[2]()
		assertAllIsGivenBack(t, p, 3)
	})
}

// In a synctest bubble, waiting forever instead of being refused fails the test.
func TestACallerBeyondTheQueueIsRefusedAtOnce(t *testing.T) {
	for _, waiting := range []int{0, 1, 3} {
		synctest.Test(t, func(t *testing.T) {
			p := newQueued(t, 2, waiting)
			leave := enter(t, p, 2)
			done := make(chan error, waiting)
			for range waiting {
				go func() { done <- slow(p)["Hash"](t.Context()) }()
			}
			synctest.Wait()
			require.Empty(t, done, "all of them wait")

			for name, work := range slow(p) {
				assertBusy(t, work(t.Context()), name)
			}

			leave[0]()
			for range waiting {
				assert.NoError(t, <-done)
			}
			for name, work := range slow(p) {
				assert.NoError(t, work(t.Context()), name)
			}
			leave[1]()
			assertAllIsGivenBack(t, p, 2)
		})
	}
}

func TestACallerThatStopsWaitingFreesItsSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newQueued(t, 1, 1)
		leave := enter(t, p, 1)
		for name, work := range slow(p) {
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- work(ctx) }()

			synctest.Wait()
			assert.Empty(t, done, "%s does not wait for its turn", name)
			assertBusy(t, work(t.Context()), name)

			cancel()
			err := <-done
			assert.Equal(t, domain.Unavailable, domain.KindOf(err), name)
			assert.ErrorIs(t, err, context.Canceled, name)
		}
		leave[0]()
		assertAllIsGivenBack(t, p, 1)
	})
}

func TestAFailedHashFreesItsSlot(t *testing.T) {
	p := newQueued(t, 1, 0)
	for _, stored := range malformed {
		_, err := verify(t, p, phrase, stored)
		require.ErrorIs(t, err, errFormat, stored)
	}
	assertAllIsGivenBack(t, p, 1)
}

func TestTheQueueIsEmptyAfterALoadPeak(t *testing.T) {
	p := newQueued(t, 2, 8)
	ending, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for i := range 50 {
		ctx := t.Context()
		if i%2 == 0 {
			ctx = ending
		}
		for name, work := range slow(p) {
			all.Go(func() {
				if err := work(ctx); err != nil && !errors.Is(err, context.Canceled) {
					assertBusy(t, err, name)
				}
			})
		}
	}
	cancel()
	all.Wait()
	assertAllIsGivenBack(t, p, 2)
}
