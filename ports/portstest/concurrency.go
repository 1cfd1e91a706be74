package portstest

import (
	"context"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/ports"
)

// race checks a promise about parallel Updates.
func (s suite) race(name string, check func(t *testing.T, store ports.Store)) {
	s.concurrently(name, func(t *testing.T, store ports.Store) { check(t, slowStore{store}) })
}

// slowStore makes Updates slow enough to overlap, however fast the store is.
type slowStore struct{ ports.Store }

func (l slowStore) Update(ctx context.Context, fn func(ports.Tx) error) error {
	return l.Store.Update(ctx, func(tx ports.Tx) error {
		yield()
		err := fn(tx)
		yield()
		return err
	})
}

// yield lets other goroutines run.
func yield() {
	for range 2 * callers {
		runtime.Gosched()
	}
}

// callers is the number of parallel callers.
const callers = 16

// raceRounds is how often a race is repeated if its result varies.
const raceRounds = 8

// runConcurrently calls fn n times in parallel and returns the errors.
func runConcurrently(n int, fn func(i int) error) []error {
	var (
		errs  = make([]error, n)
		start = make(chan struct{})
		done  sync.WaitGroup
	)
	for i := range n {
		done.Go(func() {
			<-start
			errs[i] = fn(i)
		})
	}
	close(start)
	done.Wait()
	return errs
}

// requireOneSucceeds checks that one of errs is nil and all others equal refused.
func requireOneSucceeds(t tester, refused error, errs []error) {
	t.Helper()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		requireRefused(t, refused, err)
	}
	require.Equal(t, 1, won, "winners among %d", len(errs))
}

// requireEachAllowed checks that each of errs is nil or equals one of refused.
func requireEachAllowed(t tester, errs []error, refused ...error) {
	t.Helper()
	allowed := []visibleError{}
	for _, err := range refused {
		allowed = append(allowed, visible(err))
	}
	for _, err := range errs {
		if err != nil {
			require.Contains(t, allowed, visible(err), "%v", err)
		}
	}
}

// testReadStaysLocked checks that an entity does not change between two reads in an
// Update while another Update tries to change it.
func testReadStaysLocked[T any](t *testing.T, store ports.Store, a entityKind[T], read func(ports.Tx, T) (T, error)) {
	entity := a.addNew(t, store)
	var (
		once  sync.Once
		other sync.WaitGroup
	)
	countOnce := func(tx ports.Tx) error {
		found, err := read(tx, entity)
		if err != nil {
			return err
		}
		return a.repository(tx).Save(t.Context(), a.increment(found))
	}
	err := store.Update(t.Context(), func(tx ports.Tx) error {
		first, err := read(tx, entity)
		if err != nil {
			return err
		}
		once.Do(func() {
			other.Go(func() { assert.NoError(t, store.Update(t.Context(), countOnce)) })
		})
		for range 100 {
			runtime.Gosched()
			again, err := read(tx, entity)
			if err != nil {
				return err
			}
			assert.Equal(t, first, again)
		}
		return a.repository(tx).Save(t.Context(), a.increment(first))
	})
	other.Wait()
	require.NoError(t, err)
	require.Equal(t, a.incremented(entity, 2), a.get(t, store, a.id(entity)))
}
