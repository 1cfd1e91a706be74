package application_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// panickingStore panics once, in a View.
type panickingStore struct {
	ports.Store
	panics bool
}

func (s *panickingStore) View(ctx context.Context, fn func(ports.Tx) error) error {
	if s.panics {
		s.panics = false
		panic("out of order")
	}
	return s.Store.View(ctx, fn)
}

func TestAUseCaseThatPanicsIsRecordedAsFailed(t *testing.T) {
	c := newClinic(t)
	w := newWorld(c)
	broken := &panickingStore{Store: c.Ports.Store}
	c.use(onStore(broken))
	before := len(c.events(0))
	broken.panics = true
	assert.Panics(t, func() { _, _ = c.Patients.Get(c.ctx, w.actors[domain.Staff], w.patient.ID, nil) })
	events := c.events(before)
	require.Len(t, events, 1)
	assert.Equal(t, domain.Failed, events[0].Outcome)
	assert.Equal(t, domain.Subject{Kind: domain.SubjectPatient, ID: w.patient.ID}, events[0].Subject)
}

// lateStore panics once, after a change has run and before it commits.
type lateStore struct {
	ports.Store
	panics bool
}

func (s *lateStore) Update(ctx context.Context, fn func(ports.Tx) error) error {
	return s.Store.Update(ctx, func(tx ports.Tx) error {
		if err := fn(tx); err != nil || !s.panics {
			return err
		}
		s.panics = false
		panic("out of order")
	})
}

func TestTheEventOfAPanicContainsNothingThatWasRolledBack(t *testing.T) {
	c := newClinic(t)
	w := newWorld(c)
	c.use(onStore(&lateStore{Store: c.Ports.Store, panics: true}))
	before := len(c.events(0))
	assert.Panics(t, func() { _, _ = c.Patients.Create(c.ctx, w.actors[domain.Staff], noKey, patientInput("Ada")) })
	events := c.events(before)
	require.Len(t, events, 1)
	assert.Equal(t, domain.Failed, events[0].Outcome)
	assert.Equal(t, domain.Subject{Kind: domain.SubjectPatient}, events[0].Subject)
	assert.Zero(t, events[0].Version)
}

// panickingRevocations panics when a session is revoked, which is after the commit.
type panickingRevocations struct{ ports.Revocations }

func (panickingRevocations) Revoke(...domain.ID) { panic("out of order") }

func TestAUseCaseThatPanicsAfterItsCommitRecordsOneEvent(t *testing.T) {
	c := newClinic(t)
	w := newWorld(c)
	c.use(withRevocations(panickingRevocations{c.Ports.Revocations}))
	before := len(c.events(0))
	assert.Panics(t, func() { _ = c.Users.Deactivate(c.ctx, operator, w.actors[domain.Staff].UserID, unconditional) })
	events := c.events(before)
	require.Len(t, events, 1)
	assert.Equal(t, domain.Allowed, events[0].Outcome, "the change was committed")
}

func TestAPanicDuringAGroupCommitIsAnError(t *testing.T) {
	c := newClinic(t)
	w := newWorld(c)
	panics := true
	c.use(onStore(&auditedStore{Store: c.Ports.Store, add: func(_ context.Context, _ []domain.AuditEvent, next func() error) error {
		if panics {
			panics = false
			panic("out of order")
		}
		return next()
	}}))
	get := func() error {
		_, err := c.Patients.Get(c.ctx, w.actors[domain.Staff], w.patient.ID, nil)
		return err
	}
	assertKind(t, domain.Unavailable, get())
	assert.NoError(t, get(), "the next one is written")
}

// The events of long lists take many rows each.
func TestEventsOfLongListsAreWrittenInSmallGroups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClinic(t)
		w := newWorld(c)
		for range 100 {
			c.addPatient(w.actors[domain.Staff], "Ada")
		}
		held := c.holdStore()
		first := c.startReaders(1, w)
		assert.Equal(t, 1, <-held.adding)
		listed := make(chan error)
		for range 3 {
			go func() {
				_, err := c.Patients.List(c.ctx, w.actors[domain.Staff], nil)
				listed <- err
			}()
		}
		synctest.Wait()
		for _, want := range []int{2, 1} {
			held.answers <- nil
			assert.Equal(t, want, <-held.adding)
		}
		held.answers <- nil
		for range 3 {
			assert.NoError(t, <-listed)
		}
		assert.Zero(t, first.refused())
	})
}

// TestCallsWaitAtMostASecondInTheAuditQueue keeps the store from answering.
func TestCallsWaitAtMostASecondInTheAuditQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClinic(t)
		w := newWorld(c)
		held := c.holdStore()
		first := c.startReaders(1, w)
		<-held.adding
		start := time.Now()
		crowd := c.startReaders(10, w)
		assert.Equal(t, 10, crowd.refused(), "they have not been written")
		assert.Equal(t, time.Second, time.Since(start))
		assert.EqualValues(t, 10, c.Trail.Stats().Queue.Failed)
		held.answers <- nil
		assert.Zero(t, first.refused(), "it was being written")
		next := c.startReaders(1, w)
		assert.Equal(t, 1, <-held.adding, "those that were refused are not written")
		held.answers <- nil
		assert.Zero(t, next.refused())
	})
}

func TestCallsAreRefusedWhenTheAuditQueueIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClinic(t)
		w := newWorld(c)
		held := c.holdStore()
		first := c.startReaders(1, w)
		<-held.adding
		crowd := c.startReaders(4096, w)
		_, err := c.Patients.Get(c.ctx, w.actors[domain.Staff], w.patient.ID, nil)
		assertKind(t, domain.Unavailable, err)
		for range 4096 / writtenTogether {
			held.answers <- nil
			<-held.adding
		}
		held.answers <- nil
		assert.Zero(t, first.refused()+crowd.refused())
	})
}

// TestACallThatTheStoreCouldNotDoWaitsAtMostASecondForItsEvent keeps the store from answering
// after it has failed.
func TestACallThatTheStoreCouldNotDoWaitsAtMostASecondForItsEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClinic(t)
		w := newWorld(c)
		before := len(c.events(0))
		held := c.holdStore()
		refused := make(chan error)
		go func() {
			_, err := c.Patients.Create(c.ctx, w.actors[domain.Staff], noKey, patientInput("Ada"))
			refused <- err
		}()
		<-held.adding
		locked := domain.ErrUnavailable(errors.New("locked"))
		held.answers <- locked
		<-held.adding
		start := time.Now()
		assert.ErrorIs(t, <-refused, locked, "the cause")
		assert.Equal(t, time.Second, time.Since(start))
		held.answers <- nil
		synctest.Wait()
		events := c.events(before)
		require.Len(t, events, 1)
		assert.Equal(t, domain.Failed, events[0].Outcome)
	})
}
