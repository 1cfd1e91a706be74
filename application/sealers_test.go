package application_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func TestTheSlowerOfTwoSealersMakesNoSeal(t *testing.T) {
	c := newClinic(t)
	c.addEvents(3, c.attest)
	other := *c
	other.use()
	c.use(onStore(&onceBeforeUpdate{c.Ports.Store, func() { other.seal() }}))
	c.seal()
	assert.Len(t, c.seals(), 1)
	assert.Equal(t, upTo(3), c.sealed())
	assert.Empty(t, c.verify(domain.Head{}).Faults)
}

func TestConcurrentSealersMakeOneChain(t *testing.T) {
	const rounds, adders, sealers = 60, 3, 3
	c := newClinic(t)
	var group sync.WaitGroup
	for range adders {
		group.Go(func() {
			for range rounds {
				assert.NoError(t, c.leaveEvent())
			}
		})
	}
	for range sealers {
		group.Go(func() {
			sealer := c.With().Sealer
			for range rounds {
				found, err := sealer.Seal(c.ctx)
				assert.NoError(t, err)
				assert.Zero(t, found)
			}
		})
	}
	group.Wait()
	c.seal()
	assert.Equal(t, upTo(rounds*adders), c.sealed())
	assert.Empty(t, c.verify(domain.Head{}).Faults)
}

// busyStore adds another event whenever a seal is about to be added.
type busyStore struct {
	ports.Store
	add func()
}

func (s busyStore) Update(ctx context.Context, fn func(ports.Tx) error) error {
	s.add()
	return s.Store.Update(ctx, fn)
}

func TestSealingReturnsWhileEventsAreAdded(t *testing.T) {
	c := newClinic(t)
	c.addEvents(1, c.attest)
	c.seal()
	c.addEvents(1, c.attest)
	busy := *c
	busy.use(onStore(busyStore{c.Ports.Store, func() { c.addEvents(1, c.attest) }}))
	for range 10 {
		busy.seal()
	}
	assert.Len(t, c.seals(), 1+10, "each call seals the events that existed when it began")
}
