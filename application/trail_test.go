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
	"go.uber.org/goleak"

	"example.com/healthcare/domain"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// writtenTogether is how many events one Update writes at most.
const writtenTogether = 128

// While the trail cannot be written, a call changes nothing and returns nothing, even if the
// caller has the permission.
func TestACallThatCannotBeRecordedChangesAndReturnsNothing(t *testing.T) {
	for name, cannotAdd := range map[string]func(context.Context, []domain.AuditEvent, func() error) error{
		"refused": func(context.Context, []domain.AuditEvent, func() error) error { return errors.New("permission denied") },
		"written and lost": func(_ context.Context, _ []domain.AuditEvent, next func() error) error {
			return errors.Join(next(), errors.New("disk full"))
		},
		"no answer": func(ctx context.Context, _ []domain.AuditEvent, _ func() error) error {
			<-ctx.Done()
			return domain.ErrUnavailable(ctx.Err())
		},
	} {
		for useCase, tt := range useCaseTable {
			t.Run(name+"/"+useCase, func(t *testing.T) {
				for _, role := range tt.roles {
					synctest.Test(t, func(t *testing.T) { assertNoRecordNoAnswer(t, tt, role, cannotAdd) })
				}
			})
		}
	}
}

func assertNoRecordNoAnswer(t *testing.T, tt useCaseTest, role domain.Role, cannotAdd func(context.Context, []domain.AuditEvent, func() error) error) {
	t.Helper()
	c := newClinic(t)
	store, revocations := &auditedStore{Store: c.Ports.Store}, &revocationsDouble{}
	// With a new secret there is something to reseal.
	c.use(onStore(store), withRevocations(revocations), withCodes(newCodes(t, newSecret, oldSecret)))
	w := newWorld(c)
	before, events := storedData(c), c.events(0)

	store.add = cannotAdd
	waiting := *c
	var cancel context.CancelFunc
	waiting.ctx, cancel = context.WithTimeout(c.ctx, 2*time.Second)
	defer cancel()
	got, err := tt.run(&waiting, w.actors[role], w)
	assertKind(t, domain.Unavailable, err)
	assertNothing(t, got, string(role))
	time.Sleep(time.Minute) // Let goroutines finish that the call no longer waits for. The clock of synctest advances at once.
	synctest.Wait()
	assert.Equal(t, before, storedData(c), "%q changed something", role)
	assert.Equal(t, events, c.events(0))
	assert.Empty(t, revocations.revoked)

	store.add = nil
	_, err = tt.run(c, w.actors[role], w)
	require.NoError(t, err, "%q, once events can be recorded again", role)
	assert.Len(t, c.events(len(events)), 1)
}

// If the event of a change cannot be added, the change failed. It is recorded as failed once
// the trail can be written.
func TestAChangeWhoseEventCannotBeAddedIsRolledBackAndRecordedAsFailed(t *testing.T) {
	c := newClinic(t)
	w := newWorld(c)
	before, events := storedData(c), len(c.events(0))
	store := &auditedStore{Store: c.Ports.Store}
	store.add = func(context.Context, []domain.AuditEvent, func() error) error {
		store.add = nil
		return errors.New("no space for an event about a mapping")
	}
	c.use(onStore(store))
	assertKind(t, domain.Unavailable, c.Mappings.Unassign(c.ctx, w.actors[domain.Staff], w.mapping.ID, unconditional))
	assert.Equal(t, before, storedData(c))
	left := c.events(events)
	require.Len(t, left, 1)
	assert.Equal(t, domain.Failed, left[0].Outcome)
	assert.Equal(t, domain.Subject{Kind: domain.SubjectMapping, ID: w.mapping.ID}, left[0].Subject)
}

// heldStore controls a store whose Audit().Add waits until the test answers.
type heldStore struct {
	// adding receives the number of events of the next Add.
	adding chan int
	// answers are the errors that the Adds return, nil to add the events.
	answers chan error
}

// holdStore makes the clinic's Adds wait for the test.
func (c *clinic) holdStore() heldStore {
	held := heldStore{make(chan int), make(chan error)}
	c.use(onStore(&auditedStore{Store: c.Ports.Store, add: func(_ context.Context, events []domain.AuditEvent, next func() error) error {
		held.adding <- len(events)
		if err := <-held.answers; err != nil {
			return err
		}
		return next()
	}}))
	return held
}

// readers are concurrent calls of Patients.Get. When synctest.Wait returns, each waits for its
// event.
type readers struct {
	group   sync.WaitGroup
	answers []error
}

func (c *clinic) startReaders(n int, w world) *readers {
	started := &readers{answers: make([]error, n)}
	for i := range n {
		started.group.Go(func() {
			patient, err := c.Patients.Get(c.ctx, w.actors[domain.Staff], w.patient.ID, nil)
			started.answers[i] = err
			if err != nil {
				assert.Zero(c.t, patient)
			} else {
				assert.Equal(c.t, w.patient.ID, patient.ID)
			}
		})
	}
	synctest.Wait()
	return started
}

func (r *readers) refused() (refused int) {
	r.group.Wait()
	for _, err := range r.answers {
		if err != nil {
			refused++
		}
	}
	return refused
}

func TestWaitingEventsAreWrittenTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClinic(t)
		w := newWorld(c)
		events := len(c.events(0))
		held := c.holdStore()
		readers := c.startReaders(1, w)
		assert.Equal(t, 1, <-held.adding, "the first event is written immediately")
		others := c.startReaders(199, w)
		assert.Empty(t, c.events(events), "no call returns before its event is written")
		for _, want := range []int{writtenTogether, 199 - writtenTogether} {
			held.answers <- nil
			assert.Equal(t, want, <-held.adding)
		}
		assert.Len(t, c.events(events), 1+writtenTogether)
		held.answers <- nil
		assert.Zero(t, readers.refused()+others.refused())
		assert.Len(t, c.events(events), 200)

		readers = c.startReaders(1, w)
		assert.Equal(t, 1, <-held.adding, "after a pause the first event is written immediately again")
		held.answers <- nil
		assert.Zero(t, readers.refused())
	})
}

func TestACallReturnsAsSoonAsItsOwnEventIsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClinic(t)
		w := newWorld(c)
		held := c.holdStore()
		first := c.startReaders(1, w)
		<-held.adding
		second := c.startReaders(1, w)
		held.answers <- nil
		assert.Zero(t, first.refused())
		<-held.adding // The event of the second call is not written yet.
		held.answers <- nil
		assert.Zero(t, second.refused())
	})
}

func TestAFailedWriteFailsOnlyTheCallsThatWaitForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClinic(t)
		w := newWorld(c)
		events := len(c.events(0))
		held := c.holdStore()
		first := c.startReaders(1, w)
		<-held.adding
		others := c.startReaders(199, w)
		held.answers <- nil
		assert.Equal(t, writtenTogether, <-held.adding)
		held.answers <- errors.New("disk full")
		<-held.adding
		held.answers <- nil
		assert.Zero(t, first.refused())
		assert.Equal(t, writtenTogether, others.refused())
		for _, err := range others.answers {
			if err != nil {
				assert.Equal(t, domain.Unavailable, domain.KindOf(err))
			}
		}
		assert.Len(t, c.events(events), 200-writtenTogether)
	})
}

func TestACancelledCallDoesNotDelayTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClinic(t)
		w := newWorld(c)
		events := len(c.events(0))
		held := c.holdStore()
		impatient := *c
		var cancel context.CancelFunc
		impatient.ctx, cancel = context.WithCancel(c.ctx)
		gone := impatient.startReaders(1, w) // Its event is the first to be written.
		<-held.adding
		stays, alsoGone := c.startReaders(5, w), impatient.startReaders(1, w)
		cancel()
		for _, readers := range []*readers{gone, alsoGone} {
			require.Equal(t, 1, readers.refused(), "a cancelled call returns while the store is still writing")
			assert.Equal(t, domain.Unavailable, domain.KindOf(readers.answers[0]))
		}
		held.answers <- nil
		assert.Equal(t, 6, <-held.adding)
		held.answers <- nil
		assert.Zero(t, stays.refused())
		assert.Len(t, c.events(events), 7, "the events of cancelled calls are written too")
	})
}

func TestAWriteTimesOutAndTheNextOneIsTried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClinic(t)
		w := newWorld(c)
		store := &auditedStore{Store: c.Ports.Store, add: func(ctx context.Context, _ []domain.AuditEvent, _ func() error) error {
			<-ctx.Done()
			return ctx.Err()
		}}
		c.use(onStore(store))
		begun := time.Now()
		assert.Equal(t, 1, c.startReaders(1, w).refused())
		assert.Equal(t, 10*time.Second, time.Since(begun))
		store.add = nil
		assert.Zero(t, c.startReaders(1, w).refused())
	})
}
