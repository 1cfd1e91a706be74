package portstest

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// testRaces checks parallel Updates that touch the same rows. Races for unique values
// are checked with each kind of entity.
func testRaces(s suite) {
	testAllAtOnce(s)
	testDeleteRaces(s)
	testMoveRaces(s)
}

// testAllAtOnce calls the repositories at the same time, so that the race detector finds data
// that their methods share.
func testAllAtOnce(s suite) {
	s.race("Updates of all repositories and Views of their lists can run at once", func(t *testing.T, store ports.Store) {
		before := newFullClinic(t, store)
		requireEachAllowed(t, runConcurrently(callers, func(i int) error {
			if i == 0 {
				return store.Update(t.Context(), func(tx ports.Tx) error { return before.changeEverything(t.Context(), tx) })
			}
			if i%2 == 1 {
				return store.View(t.Context(), func(tx ports.Tx) error { return readEverything(t.Context(), tx) })
			}
			return store.Update(t.Context(), func(tx ports.Tx) error { return addPair(t.Context(), tx, newKey()) })
		}))
		require.Len(t, allPatients(t, store), 1+(callers-1)/2)
	})
}

// addPair adds a user with a session, and a patient with a doctor.
func addPair(ctx context.Context, tx ports.Tx, key domain.AttemptKey) error {
	user, err := tx.Users().Add(ctx, newUser())
	if err != nil {
		return err
	}
	_, sessionErr := tx.Sessions().Add(ctx, newSession(user))
	doctor, doctorErr := ports.AddOne(ctx, tx.Doctors(), newDoctor())
	patient, patientErr := ports.AddOne(ctx, tx.Patients(), newPatient(user.ID))
	if err := errors.Join(sessionErr, doctorErr, patientErr); err != nil {
		return err
	}
	_, mappingErr := tx.Mappings().Add(ctx, newMapping(patient.ID, doctor.ID))
	return errors.Join(mappingErr,
		tx.Patients().Save(ctx, patients.increment(patient)),
		tx.Attempts().Save(ctx, key, newAttempts(1), now),
		tx.Audit().Add(ctx, attest, newPatientRead()))
}

// readEverything reads a page of each list.
func readEverything(ctx context.Context, tx ports.Tx) error {
	_, usersErr := tx.Users().List(ctx, everything)
	_, doctorsErr := tx.Doctors().List(ctx, everything)
	_, patientsErr := tx.Patients().List(ctx, everything)
	_, mappingsErr := tx.Mappings().List(ctx, everything)
	_, eventsErr := tx.Audit().List(ctx, domain.AuditFilter{}, wholeList)
	return errors.Join(usersErr, doctorsErr, patientsErr, mappingsErr, eventsErr)
}

func testDeleteRaces(s suite) {
	s.race("no mapping to a patient is added while the patient is deleted", func(t *testing.T, store ports.Store) {
		for range raceRounds {
			patient := patients.addNew(t, store)
			staff := doctors.addSeveral(t, store, callers/2)
			added, children := make([]domain.Mapping, len(staff)), []domain.Record(nil)
			errs := runConcurrently(len(staff)+1, func(i int) (err error) {
				if i == len(staff) {
					children, err = deleteForChildren(t.Context(), store, patients, patient.ID)
					return err
				}
				added[i], err = mappings.tryAdd(t.Context(), store, newMapping(patient.ID, staff[i].ID))
				return err
			})
			require.NoError(t, errs[len(staff)])
			requireEachAllowed(t, errs[:len(staff)], domain.ErrNoSuchReference("patient"))
			require.Empty(t, allMappings(t, store))
			requireDeletedChildren(t, added, errs, children)
		}
	})

	s.race("no mapping to a doctor is added while the doctor is deleted", func(t *testing.T, store ports.Store) {
		for range raceRounds {
			doctor := doctors.addNew(t, store)
			ill := patients.addSeveral(t, store, callers/2)
			added, children := make([]domain.Mapping, len(ill)), []domain.Record(nil)
			errs := runConcurrently(len(ill)+1, func(i int) (err error) {
				if i == len(ill) {
					children, err = deleteForChildren(t.Context(), store, doctors, doctor.ID)
					return err
				}
				added[i], err = mappings.tryAdd(t.Context(), store, newMapping(ill[i].ID, doctor.ID))
				return err
			})
			require.NoError(t, errs[len(ill)])
			requireEachAllowed(t, errs[:len(ill)], domain.ErrNoSuchReference("doctor"))
			require.Empty(t, allMappings(t, store))
			requireDeletedChildren(t, added, errs, children)
		}
	})

	s.race("no mapping is added while both its patient and its doctor are deleted", func(t *testing.T, store ports.Store) {
		for range raceRounds {
			pair := mappings.newEntity(t, store)
			errs := runConcurrently(3, func(i int) error {
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
			requireEachAllowed(t, errs[:2])
			requireEachAllowed(t, errs[2:], domain.ErrNoSuchReference("patient"), domain.ErrNoSuchReference("doctor"),
				domain.ErrNoSuchReference("patient", "doctor"))
			require.Empty(t, allMappings(t, store))
		}
	})
}

func testMoveRaces(s suite) {
	s.race("no mapping moves to a patient or doctor being deleted, or stays with one", func(t *testing.T, store ports.Store) {
		for range raceRounds {
			w := newCrossedClinic(t, store)
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
			errs := runConcurrently(len(deletes)+1, func(i int) error { return append(deletes, move)[i]() })
			requireEachAllowed(t, errs[:len(deletes)])
			requireEachAllowed(t, errs[len(deletes):], domain.ErrNotFound(), domain.ErrNoSuchReference("patient"),
				domain.ErrNoSuchReference("doctor"), domain.ErrNoSuchReference("patient", "doctor"))
			require.Empty(t, allMappings(t, store))
		}
	})

	s.race("Updates that touch the same rows in any order all succeed", func(t *testing.T, store ports.Store) {
		w := newCrossedClinic(t, store)
		count := func(tx ports.Tx, side int) error {
			doctor, err := tx.Doctors().Get(t.Context(), w.doctors[side].ID)
			if err != nil {
				return err
			}
			return tx.Doctors().Save(t.Context(), doctors.increment(doctor))
		}
		requireEachAllowed(t, runConcurrently(4, func(i int) error {
			return store.Update(t.Context(), func(tx ports.Tx) error {
				if err := count(tx, i%2); err != nil {
					return err
				}
				return count(tx, 1-i%2)
			})
		}))
		for _, doctor := range w.doctors {
			require.Equal(t, doctors.incremented(doctor, 4), doctors.get(t, store, doctor.ID))
		}
	})
}

// deleteForChildren deletes an entity and returns the children that were deleted with
// it.
func deleteForChildren[T any](ctx context.Context, store ports.Store, a entityKind[T], id domain.ID) (children []domain.Record, err error) {
	err = store.Update(ctx, func(tx ports.Tx) (err error) {
		_, children, err = a.deleteFunc(ctx, tx, id)
		return err
	})
	return children, err
}

// requireDeletedChildren checks that children are exactly the mappings whose Add
// succeeded.
func requireDeletedChildren(t *testing.T, added []domain.Mapping, errs []error, children []domain.Record) {
	t.Helper()
	want := []domain.Record{}
	for i, mapping := range added {
		if errs[i] == nil {
			want = append(want, mapping)
		}
	}
	require.ElementsMatch(t, want, children)
}
