package application_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func TestTheTrailCountsItsEvents(t *testing.T) {
	c := newClinic(t)
	patient, err := c.Patients.Create(c.ctx, c.Staff(), onceWith("k"), patientInput("Ada"))
	require.NoError(t, err)
	before := c.Trail.Stats()
	_, err = c.Patients.Create(c.ctx, c.Staff(), onceWith("k"), patientInput("Ada")) // a replay
	require.NoError(t, err)
	for range 3 {
		_, err = c.Patients.Get(c.ctx, c.Staff(), patient.ID, nil)
		require.NoError(t, err)
	}
	stats := c.Trail.Stats()
	assert.EqualValues(t, 4, stats.Recorded-before.Recorded)
	assert.EqualValues(t, 1, stats.Replays-before.Replays)
	assert.EqualValues(t, 3, stats.Queue.Groups-before.Queue.Groups, "a change does not wait in the queue")
	assert.EqualValues(t, 3, stats.Queue.Written-before.Queue.Written)
	assert.Zero(t, stats.Queue.Failed+stats.Queue.Refused)
	assert.Positive(t, stats.Queue.Limit)
}

// hangingStore lets each Update wait until release is closed, and then fail.
type hangingStore struct {
	ports.Store
	release chan struct{}
}

func (s hangingStore) Update(context.Context, func(ports.Tx) error) error {
	<-s.release
	return domain.ErrUnavailable(errors.New("the store is gone"))
}

// TestAFullAuditQueueIsCounted fills the queue of a store that does not answer.
func TestAFullAuditQueueIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClinic(t)
		patient, err := c.Patients.Create(c.ctx, c.Staff(), noKey, patientInput("Ada"))
		require.NoError(t, err)
		staff, store := c.Staff(), hangingStore{c.Ports.Store, make(chan struct{})}
		c.use(onStore(store))
		limit := c.Trail.Stats().Queue.Limit
		var readers sync.WaitGroup
		read := func() {
			readers.Go(func() {
				_, err := c.Patients.Get(c.ctx, staff, patient.ID, nil)
				assert.Equal(t, domain.Unavailable, domain.KindOf(err))
			})
		}
		read()
		synctest.Wait() // Its event is being written.
		for range limit + 3 {
			read()
		}
		synctest.Wait()
		stats := c.Trail.Stats().Queue
		assert.Equal(t, limit, stats.Waiting)
		assert.EqualValues(t, 3, stats.Refused)
		close(store.release)
		readers.Wait()
		synctest.Wait()
		stats = c.Trail.Stats().Queue
		assert.Zero(t, stats.Waiting)
		assert.EqualValues(t, limit+1, stats.Failed)
		assert.Zero(t, stats.Groups)
	})
}

func TestTheAgeOfTheLastSealing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClinic(t)
		time.Sleep(time.Minute)
		assert.Equal(t, time.Minute, c.Trail.Stats().SealAge, "before the first one, since the start")
		c.seal()
		time.Sleep(3 * time.Second)
		assert.Equal(t, 3*time.Second, c.Trail.Stats().SealAge)
		c.seal() // There is nothing new to seal.
		assert.Zero(t, c.Trail.Stats().SealAge)

		ended, cancel := context.WithCancel(c.ctx)
		cancel()
		c.addEvents(1, c.attest)
		time.Sleep(time.Second)
		_, err := c.Sealer.Seal(ended)
		require.Error(t, err)
		assert.Equal(t, time.Second, c.Trail.Stats().SealAge, "a sealing that failed does not count")
	})
}
