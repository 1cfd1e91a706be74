package passwords

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheQueueCountsItsCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newQueued(t, 1, 1)
		assert.Equal(t, Stats{Known: LineStats{Places: 2}, Strangers: LineStats{Places: 2}}, p.Stats())
		leave := enter(t, p, 1)
		done := make(chan error)
		go func() { done <- slow(p)["Hash"](t.Context()) }()
		synctest.Wait()
		assertBusy(t, slow(p)["Hash"](t.Context()), "both places are occupied")
		assert.Equal(t, LineStats{Occupied: 2, Places: 2, Turns: 1, Refused: 1}, p.Stats().Strangers)

		time.Sleep(3 * time.Second)
		leave[0]()
		require.NoError(t, <-done)
		assert.Equal(t, LineStats{Places: 2, Turns: 2, Waited: 3 * time.Second, Refused: 1}, p.Stats().Strangers)
		assert.Equal(t, LineStats{Places: 2}, p.Stats().Known)
	})
}

func TestAFullShareCountsAsRefused(t *testing.T) {
	p := newQueued(t, 2, 2)
	caller := stranger()
	for range 2 {
		_, err := p.queue.acquire(t.Context(), caller)
		require.NoError(t, err)
	}
	_, err := p.queue.acquire(t.Context(), caller)
	assertBusy(t, err, "half of the places are occupied")
	stats := p.Stats().Strangers
	stats.Waited = 0 // some nanoseconds
	assert.Equal(t, LineStats{Occupied: 2, Places: 4, Turns: 2, Refused: 1}, stats)
}
