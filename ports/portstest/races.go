package portstest

import (
	"context"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// testRaces checks what Updates that touch the same rows do to each other.
// Races for what is unique are checked with the aggregate.
func testRaces(s suite) {
	s.race("no mapping to a patient comes about while the patient is deleted", func(t *testing.T, store ports.Store) {
		for range rounds {
			patient := patients.addNew(t, store)
			staff := doctors.addSeveral(t, store, crowd/2)
			added, ended := make([]domain.Mapping, len(staff)), []domain.Record(nil)
			errs := together(len(staff)+1, func(i int) (err error) {
				if i == len(staff) {
					ended, err = deletedWith(t.Context(), store, patients, patient.ID)
					return err
				}
				added[i], err = mappings.tryAdd(t.Context(), store, newMapping(patient.ID, staff[i].ID))
				return err
			})
			require.NoError(t, errs[len(staff)])
			requireEach(t, errs[:len(staff)], domain.ErrNoSuchReference("patient"))
			require.Empty(t, allMappings(t, store))
			requireAllEnded(t, added, errs, ended)
		}
	})

	s.race("no mapping to a doctor comes about while the doctor is deleted", func(t *testing.T, store ports.Store) {
		for range rounds {
			doctor := doctors.addNew(t, store)
			ill := patients.addSeveral(t, store, crowd/2)
			added, ended := make([]domain.Mapping, len(ill)), []domain.Record(nil)
			errs := together(len(ill)+1, func(i int) (err error) {
				if i == len(ill) {
					ended, err = deletedWith(t.Context(), store, doctors, doctor.ID)
					return err
				}
				added[i], err = mappings.tryAdd(t.Context(), store, newMapping(ill[i].ID, doctor.ID))
				return err
			})
			require.NoError(t, errs[len(ill)])
			requireEach(t, errs[:len(ill)], domain.ErrNoSuchReference("doctor"))
			require.Empty(t, allMappings(t, store))
			requireAllEnded(t, added, errs, ended)
		}
	})

	s.race("no mapping comes about while both its patient and its doctor are deleted", func(t *testing.T, store ports.Store) {
		for range rounds {
			pair := mappings.build(t, store)
			errs := together(3, func(i int) error {
				switch i {
				case 0:
					return patients.tryDelete(t.Context(), store, pair.PatientID)
				case 1:
					return doctors.tryDelete(t.Context(), store, pair.DoctorID)
				default:
					_, err := mappings.tryAdd(t.Context(), store, pair)
					return err
				}
			})
			requireEach(t, errs[:2])
			requireEach(t, errs[2:], domain.ErrNoSuchReference("patient"), domain.ErrNoSuchReference("doctor"),
				domain.ErrNoSuchReference("patient", "doctor"))
			require.Empty(t, allMappings(t, store))
		}
	})

	s.race("no mapping moves to what is deleted, nor stays with it", func(t *testing.T, store ports.Store) {
		for range rounds {
			w := newWard(t, store)
			mappings.delete(t, store, w.mappings[1][1].ID)
			from, to := w.mappings[0][0], newMapping(w.patients[1].ID, w.doctors[1].ID)
			move := func() error {
				return store.Update(t.Context(), func(tx ports.Tx) error {
					mapping, err := tx.Mappings().Get(t.Context(), from.ID)
					if err != nil {
						return err
					}
					mapping.PatientID, mapping.DoctorID = to.PatientID, to.DoctorID
					return tx.Mappings().Save(t.Context(), mapping)
				})
			}
			deletes := []func() error{
				func() error { return patients.tryDelete(t.Context(), store, from.PatientID) },
				func() error { return doctors.tryDelete(t.Context(), store, from.DoctorID) },
				func() error { return patients.tryDelete(t.Context(), store, to.PatientID) },
				func() error { return doctors.tryDelete(t.Context(), store, to.DoctorID) },
			}
			errs := together(len(deletes)+1, func(i int) error { return append(deletes, move)[i]() })
			requireEach(t, errs[:len(deletes)])
			requireEach(t, errs[len(deletes):], domain.ErrNotFound(), domain.ErrNoSuchReference("patient"),
				domain.ErrNoSuchReference("doctor"), domain.ErrNoSuchReference("patient", "doctor"))
			require.Empty(t, allMappings(t, store))
		}
	})

	s.race("Updates that touch the same rows in any order all succeed", func(t *testing.T, store ports.Store) {
		w := newWard(t, store)
		count := func(tx ports.Tx, side int) error {
			doctor, err := tx.Doctors().Get(t.Context(), w.doctors[side].ID)
			if err != nil {
				return err
			}
			return tx.Doctors().Save(t.Context(), doctors.count(doctor))
		}
		requireEach(t, together(4, func(i int) error {
			return store.Update(t.Context(), func(tx ports.Tx) error {
				if err := count(tx, i%2); err != nil {
					return err
				}
				return count(tx, 1-i%2)
			})
		}))
		for _, doctor := range w.doctors {
			require.Equal(t, doctors.counted(doctor, 4), doctors.get(t, store, doctor.ID))
		}
	})
}

// deletedWith deletes an entity and returns the children that were deleted with it.
func deletedWith[T any](ctx context.Context, store ports.Store, a aggregate[T], id domain.ID) (ended []domain.Record, err error) {
	err = store.Update(ctx, func(tx ports.Tx) (err error) {
		_, ended, err = a.deletes(ctx, tx, id)
		return err
	})
	return ended, err
}

// requireAllEnded checks that ended is those that were added without an error.
func requireAllEnded(t *testing.T, added []domain.Mapping, errs []error, ended []domain.Record) {
	t.Helper()
	want := []domain.Record{}
	for i, mapping := range added {
		if errs[i] == nil {
			want = append(want, mapping)
		}
	}
	require.ElementsMatch(t, want, ended)
}

// race is a promise on Updates that run at once.
func (s suite) race(name string, check func(t *testing.T, store ports.Store)) {
	s.promise(name, func(t *testing.T, store ports.Store) { check(t, lingering{store}) })
}

// lingering is a store whose Updates take their time, so that they overlap
// however fast the store is.
type lingering struct{ ports.Store }

func (l lingering) Update(ctx context.Context, fn func(ports.Tx) error) error {
	return l.Store.Update(ctx, func(tx ports.Tx) error {
		letOthersRun()
		err := fn(tx)
		letOthersRun()
		return err
	})
}

func letOthersRun() {
	for range 2 * crowd {
		runtime.Gosched()
	}
}

// crowd is how many callers race.
const crowd = 16

// rounds is how often a race is run that has no winner to be sure of.
const rounds = 8

// together calls fn n times at once and returns the errors.
func together(n int, fn func(i int) error) []error {
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

// requireOneWins checks that one of errs is nil and all others are refused alike.
func requireOneWins(t tester, refused error, errs []error) {
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

// requireEach checks that each of errs is nil or one of refused.
func requireEach(t tester, errs []error, refused ...error) {
	t.Helper()
	allowed := []refusal{}
	for _, err := range refused {
		allowed = append(allowed, seen(err))
	}
	for _, err := range errs {
		if err != nil {
			require.Contains(t, allowed, seen(err), "%v", err)
		}
	}
}

// testStableGet checks that what read has read does not change under an Update
// while another one tries.
func testStableGet[T any](t *testing.T, store ports.Store, a aggregate[T], read func(ports.Tx, T) (T, error)) {
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
		return a.in(tx).Save(t.Context(), a.count(found))
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
		return a.in(tx).Save(t.Context(), a.count(first))
	})
	other.Wait()
	require.NoError(t, err)
	require.Equal(t, a.counted(entity, 2), a.get(t, store, a.id(entity)))
}
