package portstest

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// testUpdate checks that an Update commits completely or not at all. The tests of each
// kind of entity check what it commits of that kind.
func testUpdate(s suite) {
	testFailedUpdates(s)
	testInterruptedUpdates(s)
	testCommittedUpdates(s)
}

func testFailedUpdates(s suite) {
	s.concurrently("nothing is visible to others before fn returns", func(t *testing.T, store ports.Store) {
		testUncommittedIsInvisible(t, store)
	})

	s.promise("an error of fn is returned and nothing is committed", func(t *testing.T, store ports.Store) {
		before := newFullClinic(t, store)
		err := store.Update(t.Context(), func(tx ports.Tx) error {
			if err := before.changeEverything(t.Context(), tx); err != nil {
				return err
			}
			return errAborted
		})
		require.ErrorIs(t, err, errAborted)
		before.requireUnchanged(t, store)
	})

	s.promise("an error of a write discards the writes before it", func(t *testing.T, store ports.Store) {
		before := newFullClinic(t, store)
		err := store.Update(t.Context(), func(tx ports.Tx) error {
			if err := before.changeEverything(t.Context(), tx); err != nil {
				return err
			}
			_, err := tx.Users().Add(t.Context(), before.user)
			return err
		})
		requireRefused(t, domain.ErrEmailTaken(), err)
		before.requireUnchanged(t, store)
	})

	s.promise("a Conflict fails the Update, even if fn ignores the error", func(t *testing.T, store ports.Store) {
		before := newFullClinic(t, store)
		for _, clash := range []struct {
			want  error
			write func(ports.Tx) error
		}{
			{domain.ErrEmailTaken(), func(tx ports.Tx) error { _, err := tx.Users().Add(t.Context(), before.user); return err }},
			{domain.ErrLicenseTaken(), func(tx ports.Tx) error { _, err := tx.Doctors().Add(t.Context(), before.doctor); return err }},
			{domain.ErrAlreadyAssigned(), func(tx ports.Tx) error { _, err := tx.Mappings().Add(t.Context(), before.mapping); return err }},
			{domain.ErrSealed(), func(tx ports.Tx) error { return tx.Seals().Add(t.Context(), before.seal) }},
		} {
			err := store.Update(t.Context(), func(tx ports.Tx) error {
				users.addIn(t, tx, newUser())
				assert.Error(t, clash.write(tx))
				_, _ = tx.Users().Add(t.Context(), newUser())
				return nil
			})
			requireRefused(t, clash.want, err)
		}
		before.requireUnchanged(t, store)
	})

	s.promise("an Invalid reference fails the Update, even if fn ignores the error", func(t *testing.T, store ports.Store) {
		for _, write := range []func(ports.Tx) error{
			func(tx ports.Tx) error { _, err := tx.Patients().Add(t.Context(), newPatient(1<<40)); return err },
			func(tx ports.Tx) error {
				_, err := tx.Mappings().Add(t.Context(), newMapping(1<<40, 1<<40))
				return err
			},
		} {
			before := allDoctors(t, store)
			var refusal error
			err := store.Update(t.Context(), func(tx ports.Tx) error {
				doctors.addIn(t, tx, newDoctor())
				refusal = write(tx)
				_, _ = tx.Doctors().Add(t.Context(), newDoctor())
				return nil
			})
			requireRefused(t, refusal, err)
			require.Equal(t, domain.Invalid, domain.KindOf(err))
			require.Equal(t, before, allDoctors(t, store))
		}
	})
}

func testInterruptedUpdates(s suite) {
	s.promise("a panic of fn is passed on and nothing is committed", func(t *testing.T, store ports.Store) {
		before := newFullClinic(t, store)
		require.PanicsWithValue(t, "fn panicked", func() {
			_ = store.Update(t.Context(), func(tx ports.Tx) error {
				assert.NoError(t, before.changeEverything(t.Context(), tx))
				panic("fn panicked")
			})
		})
		before.requireUnchanged(t, store)
	})

	s.promise("if fn exits its goroutine, as t.FailNow does, nothing is committed", func(t *testing.T, store ports.Store) {
		before := newFullClinic(t, store)
		exited := make(chan struct{})
		go func() {
			defer close(exited)
			_ = store.Update(t.Context(), func(tx ports.Tx) error {
				assert.NoError(t, before.changeEverything(t.Context(), tx))
				runtime.Goexit()
				return nil
			})
		}()
		<-exited
		before.requireUnchanged(t, store)
	})

	s.promise("if ctx was already cancelled, nothing is committed", func(t *testing.T, store ports.Store) {
		before := newFullClinic(t, store)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.Error(t, store.Update(ctx, func(tx ports.Tx) error { return before.changeEverything(ctx, tx) }))
		before.requireUnchanged(t, store)
	})

	s.promise("if ctx is cancelled during fn, nothing is committed", func(t *testing.T, store ports.Store) {
		before := newFullClinic(t, store)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		require.Error(t, store.Update(ctx, func(tx ports.Tx) error {
			err := before.changeEverything(ctx, tx)
			cancel()
			return err
		}))
		before.requireUnchanged(t, store)
	})

	s.promise("if the deadline passes during fn, nothing is committed", func(t *testing.T, store ports.Store) {
		before := newFullClinic(t, store)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		require.Error(t, store.Update(ctx, func(tx ports.Tx) error {
			// The deadline can pass during this call as well.
			_ = before.changeEverything(ctx, tx)
			<-ctx.Done()
			return nil
		}))
		before.requireUnchanged(t, store)
	})

	s.promise("the repositories refuse a cancelled ctx", func(t *testing.T, store ports.Store) {
		before := newFullClinic(t, store)
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		require.Error(t, store.Update(t.Context(), func(tx ports.Tx) error { return before.changeEverything(cancelled, tx) }))
		before.requireUnchanged(t, store)
	})
}

func testCommittedUpdates(s suite) {
	s.promise("an Update without writes succeeds", func(t *testing.T, store ports.Store) {
		update(t, store, func(ports.Tx) error { return nil })
		before := newFullClinic(t, store)
		update(t, store, func(tx ports.Tx) error {
			_, err := tx.Patients().Get(t.Context(), before.patient.ID)
			return err
		})
		before.requireUnchanged(t, store)
	})

	s.promise("one Update commits writes to all repositories", func(t *testing.T, store ports.Store) {
		before := newFullClinic(t, store)
		update(t, store, func(tx ports.Tx) error { return before.changeEverything(t.Context(), tx) })
		require.Equal(t, users.increment(before.user), users.get(t, store, before.user.ID))
		require.Equal(t, sessions.increment(before.session), sessions.get(t, store, before.session.ID))
		require.Equal(t, doctors.increment(before.doctor), doctors.get(t, store, before.doctor.ID))
		patients.requireMissing(t, store, before.patient.ID)
		mappings.requireMissing(t, store, before.mapping.ID)
		require.Equal(t, newAttempts(2), attemptsOf(t, store, before.key))
		require.Len(t, allDoctors(t, store), 2)
		require.Len(t, allEvents(t, store), 2)
		require.Equal(t, newSeal(2), lastSeal(t, store))
	})

	s.promise("the store is ready", func(t *testing.T, store ports.Store) {
		require.NoError(t, store.Ready(t.Context()))
	})
}

// testUncommittedIsInvisible reads repeatedly while some Updates commit two doctors at a
// time and others add one and fail.
func testUncommittedIsInvisible(t *testing.T, store ports.Store) {
	const rounds = 20
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range rounds {
			for _, outcome := range []error{nil, errAborted} {
				err := store.Update(t.Context(), func(tx ports.Tx) error {
					for range 2 {
						if _, err := tx.Doctors().Add(t.Context(), newDoctor()); err != nil {
							return err
						}
						if outcome != nil {
							runtime.Gosched()
							return outcome
						}
					}
					return nil
				})
				assert.Equal(t, outcome, err)
			}
		}
	}()
	// If a check fails, wait for the Updates to finish.
	defer func() { <-done }()
	seen := 0
	for reading := true; reading; {
		select {
		case <-done:
			reading = false
		default:
		}
		found := len(allDoctors(t, store))
		require.GreaterOrEqual(t, found, seen, "a commit was taken back")
		require.Zero(t, found%2, "half an Update was seen")
		seen = found
	}
	require.Equal(t, 2*rounds, seen)
}
