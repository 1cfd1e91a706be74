package passwords

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// wait starts a caller that waits for a turn, sends name to turns when it gets one, and
// releases it when the test says so.
func wait(t *testing.T, q *queue, caller ports.Caller, name string, turns chan<- string, goOn <-chan struct{}) {
	t.Helper()
	go func() {
		leave, err := q.acquire(t.Context(), caller)
		if assert.NoError(t, err, name) {
			turns <- name
			<-goOn
			leave()
		}
	}()
	synctest.Wait()
}

func TestKnownCallersAndStrangersGetTurnsAlternately(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newQueued(t, 1, 6)
		leave := enter(t, p, 1)
		turns, goOn := make(chan string, 10), make(chan struct{})
		for range 4 {
			wait(t, p.queue, stranger(), "stranger", turns, goOn)
		}
		wait(t, p.queue, ports.KnownCaller(1), "known", turns, goOn)
		wait(t, p.queue, ports.KnownCaller(2), "known", turns, goOn)

		leave[0]()
		for i, want := range []string{"known", "stranger", "known", "stranger", "stranger", "stranger"} {
			assert.Equal(t, want, <-turns, i)
			synctest.Wait()
			assert.Empty(t, turns, "one turn at a time")
			goOn <- struct{}{}
		}
		synctest.Wait()
		assertAllIsGivenBack(t, p, 1)
	})
}

// fillWithStrangers fills the line of strangers with callers from different networks. They
// wait until the test calls giveUp.
func fillWithStrangers(t *testing.T, p *Passwords, places int) (giveUp func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	for range places {
		go func() { _, _ = p.Hash(ctx, stranger(), domain.TypedPassword(phrase)) }()
	}
	synctest.Wait()
	require.Equal(t, p.queue.strangers.places, p.queue.strangers.occupied)
	return cancel
}

func TestAFullQueueOfStrangersRefusesNoKnownCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newQueued(t, 1, 8)
		leave := enter(t, p, 1)
		giveUp := fillWithStrangers(t, p, 8)
		_, err := p.Hash(t.Context(), stranger(), domain.TypedPassword(phrase))
		assertBusy(t, err, "a stranger")
		assert.ErrorContains(t, err, "password hashing queue full: strangers")

		turns, goOn := make(chan string, 10), make(chan struct{})
		for user := range domain.ID(9) {
			wait(t, p.queue, ports.KnownCaller(user), "known", turns, goOn)
		}
		_, err = p.Hash(t.Context(), ports.KnownCaller(10), domain.TypedPassword(phrase))
		assertBusy(t, err, "one known caller too many")
		assert.ErrorContains(t, err, "password hashing queue full: known users")

		giveUp()
		close(goOn)
		leave[0]()
		synctest.Wait()
		assert.Len(t, turns, 9)
		assertAllIsGivenBack(t, p, 1)
	})
}

func TestNoCallerTakesMoreThanItsShareOfAQueue(t *testing.T) {
	network := ports.UnknownCaller(domain.Origin{})
	for name, tt := range map[string]struct {
		one, other ports.Caller
		share      int
	}{
		"a network": {network, stranger(), 8},
		"a user":    {ports.KnownCaller(1), ports.KnownCaller(2), 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newQueued(t, 1, 15)
				turns, goOn := make(chan string, 20), make(chan struct{})
				for range tt.share {
					wait(t, p.queue, tt.one, "one", turns, goOn)
				}
				_, err := p.Hash(t.Context(), tt.one, domain.TypedPassword(phrase))
				assertBusy(t, err, "one more")
				assert.ErrorContains(t, err, "password hashing queue full: one caller has a full share")

				wait(t, p.queue, tt.other, "other", turns, goOn)
				close(goOn)
				synctest.Wait()
				assert.Len(t, turns, tt.share+1)
				_, err = p.Hash(t.Context(), tt.one, domain.TypedPassword(phrase))
				assert.NoError(t, err, "once its places are free")
				assertAllIsGivenBack(t, p, 1)
			})
		})
	}
}
