package portstest

import (
	"cmp"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// crossedClinic has two patients and two doctors, with all four mappings.
type crossedClinic struct {
	patients [2]domain.Patient
	doctors  [2]domain.Doctor
	// mappings is indexed by patient, then by doctor.
	mappings [2][2]domain.Mapping
}

func newCrossedClinic(t tester, store ports.Store) crossedClinic {
	t.Helper()
	var w crossedClinic
	update(t, store, func(tx ports.Tx) error {
		offsetDoctors(t, tx)
		for i := range 2 {
			w.patients[i] = patients.addIn(t, tx, patients.newEntityIn(t, tx))
			w.doctors[i] = doctors.addIn(t, tx, newDoctor())
		}
		for p := range 2 {
			for d := range 2 {
				w.mappings[p][d] = mappings.addIn(t, tx, newMapping(w.patients[p].ID, w.doctors[d].ID))
			}
		}
		return nil
	})
	return w
}

// patientViews returns the views of both patients when these doctors are assigned to
// both.
func (w crossedClinic) patientViews(staff ...domain.Doctor) []domain.PatientView {
	ids := []domain.ID{}
	for _, doctor := range staff {
		ids = append(ids, doctor.ID)
	}
	return []domain.PatientView{assigned(w.patients[0], ids...), assigned(w.patients[1], ids...)}
}

// testCascadingDeletes checks that deleting a patient or doctor deletes the mappings.
func testCascadingDeletes(s suite) {
	testMappingsDeletedWithParent(s)
	testDeleteReturnsChildren(s)
	testCascadesInUpdates(s)
}

func testMappingsDeletedWithParent(s suite) {
	s.promise("Delete of a doctor deletes the doctor's mappings", func(t *testing.T, store ports.Store) {
		w := newCrossedClinic(t, store)
		doctors.delete(t, store, w.doctors[0].ID)
		for p := range 2 {
			mappings.requireMissing(t, store, w.mappings[p][0].ID)
			require.Equal(t, w.patients[p], patients.get(t, store, w.patients[p].ID))
			require.Equal(t, assigned(w.patients[p], w.doctors[1].ID), patientView(t, store, w.patients[p].ID))
		}
		requireCrossedClinic(t, store, w.patientViews(w.doctors[1:]...), w.doctors[1:], []domain.Assignment{
			assignmentOf(w.mappings[0][1], w.patients[0], w.doctors[1]),
			assignmentOf(w.mappings[1][1], w.patients[1], w.doctors[1]),
		})
	})

	s.promise("Delete of a patient deletes the patient's mappings", func(t *testing.T, store ports.Store) {
		w := newCrossedClinic(t, store)
		patients.delete(t, store, w.patients[0].ID)
		for d := range 2 {
			mappings.requireMissing(t, store, w.mappings[0][d].ID)
		}
		requireCrossedClinic(t, store, w.patientViews(w.doctors[:]...)[1:], w.doctors[:], []domain.Assignment{
			assignmentOf(w.mappings[1][0], w.patients[1], w.doctors[0]),
			assignmentOf(w.mappings[1][1], w.patients[1], w.doctors[1]),
		})
	})
}

func testDeleteReturnsChildren(s suite) {
	s.promise("Delete returns the record and its deleted mappings in order of ID", func(t *testing.T, store ports.Store) {
		w := newCrossedClinic(t, store)
		// Add the mappings in an order in which neither patients nor doctors ascend.
		doctor, patient := doctors.addNew(t, store), w.patients[1]
		late := mappings.add(t, store, newMapping(patient.ID, doctor.ID))
		last := mappings.add(t, store, newMapping(w.patients[0].ID, doctor.ID))
		mappings.delete(t, store, w.mappings[1][0].ID)
		again := mappings.add(t, store, newMapping(patient.ID, w.doctors[0].ID))
		require.ErrorIs(t, store.Update(t.Context(), func(tx ports.Tx) error {
			deleted, children, err := tx.Doctors().Delete(t.Context(), doctor.ID)
			require.NoError(t, err)
			require.Equal(t, doctor, deleted)
			require.Equal(t, []domain.Record{late, last}, children)
			return errAborted
		}), errAborted)
		update(t, store, func(tx ports.Tx) error {
			deleted, children, err := tx.Patients().Delete(t.Context(), patient.ID)
			require.Equal(t, patient, deleted)
			require.Equal(t, []domain.Record{w.mappings[1][1], late, again}, children)
			return err
		})
	})

	s.promise("Delete returns children in the order of domain.RecordKinds, then by ID", func(t *testing.T, store ports.Store) {
		w := newCrossedClinic(t, store)
		// Add the mappings in an order that differs from the order of their other parents.
		mappings.delete(t, store, w.mappings[0][0].ID)
		mappings.add(t, store, w.mappings[0][0])
		mappings.save(t, store, mappings.increment(w.mappings[1][0]))
		update(t, store, func(tx ports.Tx) error {
			_, children, err := tx.Doctors().Delete(t.Context(), w.doctors[0].ID)
			require.Len(t, children, 2)
			requireChildren(t, w.doctors[0].Self(), children)
			return err
		})
		update(t, store, func(tx ports.Tx) error {
			_, children, err := tx.Patients().Delete(t.Context(), w.patients[0].ID)
			require.Len(t, children, 1)
			requireChildren(t, w.patients[0].Self(), children)
			return err
		})
	})

	s.promise("Delete of a record without mappings returns an empty list of children, not nil", func(t *testing.T, store ports.Store) {
		update(t, store, func(tx ports.Tx) error {
			_, children, err := tx.Doctors().Delete(t.Context(), doctors.addIn(t, tx, newDoctor()).ID)
			require.NoError(t, err)
			require.Equal(t, []domain.Record{}, children)
			patient := patients.addIn(t, tx, patients.newEntityIn(t, tx))
			deleted, children, err := tx.Patients().Delete(t.Context(), patient.ID)
			require.Equal(t, patient, deleted)
			require.Equal(t, []domain.Record{}, children)
			return err
		})
	})
}

func testCascadesInUpdates(s suite) {
	s.promise("Delete of a mapping deletes nothing else", func(t *testing.T, store ports.Store) {
		w := newCrossedClinic(t, store)
		mappings.delete(t, store, w.mappings[0][0].ID)
		views := w.patientViews(w.doctors[:]...)
		views[0] = assigned(w.patients[0], w.doctors[1].ID)
		requireCrossedClinic(t, store, views, w.doctors[:], []domain.Assignment{
			assignmentOf(w.mappings[0][1], w.patients[0], w.doctors[1]),
			assignmentOf(w.mappings[1][0], w.patients[1], w.doctors[0]),
			assignmentOf(w.mappings[1][1], w.patients[1], w.doctors[1]),
		})
	})

	s.promise("an Update no longer sees mappings that its Delete deleted", func(t *testing.T, store ports.Store) {
		w := newCrossedClinic(t, store)
		update(t, store, func(tx ports.Tx) error {
			if err := doctors.tryDeleteIn(t.Context(), tx, w.doctors[0].ID); err != nil {
				return err
			}
			patient, err := tx.Patients().GetView(t.Context(), w.patients[1].ID)
			if err != nil {
				return err
			}
			assert.Equal(t, []domain.ID{w.doctors[1].ID}, patient.AssignedDoctors)
			if err := patients.tryDeleteIn(t.Context(), tx, w.patients[0].ID); err != nil {
				return err
			}
			found, err := tx.Mappings().List(t.Context(), everything)
			assert.Equal(t, []domain.ID{w.mappings[1][1].ID}, assignmentIDs(found))
			return err
		})
	})

	s.promise("a Delete that is not committed deletes no mappings", func(t *testing.T, store ports.Store) {
		w := newCrossedClinic(t, store)
		before := allMappings(t, store)
		err := store.Update(t.Context(), func(tx ports.Tx) error {
			if err := doctors.tryDeleteIn(t.Context(), tx, w.doctors[0].ID); err != nil {
				return err
			}
			if err := patients.tryDeleteIn(t.Context(), tx, w.patients[1].ID); err != nil {
				return err
			}
			return errAborted
		})
		require.ErrorIs(t, err, errAborted)
		requireCrossedClinic(t, store, w.patientViews(w.doctors[:]...), w.doctors[:], before)
	})

	s.promise("a deleted or unknown patient has no doctors", func(t *testing.T, store ports.Store) {
		w := newCrossedClinic(t, store)
		patients.delete(t, store, w.patients[0].ID)
		for _, id := range append(unknownIDs[1:], w.patients[0].ID) { // Without 0, which does not filter.
			require.Equal(t, []domain.Doctor{}, doctorsOfPatient(t, store, id))
		}
	})

	s.promise("a deleted or unknown doctor has no patients", func(t *testing.T, store ports.Store) {
		w := newCrossedClinic(t, store)
		doctors.delete(t, store, w.doctors[0].ID)
		for _, id := range append(unknownIDs[1:], w.doctors[0].ID) {
			require.Equal(t, []domain.PatientView{}, patientsOfDoctor(t, store, id))
		}
	})

	s.promise("Delete of a patient keeps the user who registered the patient", func(t *testing.T, store ports.Store) {
		clinic := newFullClinic(t, store)
		patients.delete(t, store, clinic.patient.ID)
		require.Equal(t, clinic.user, users.get(t, store, clinic.user.ID))
	})
}

// requireChildren checks that all children belong to the parent and are in order.
func requireChildren(t tester, parent domain.Reference, children []domain.Record) {
	t.Helper()
	kinds := domain.Children(parent.Kind)
	for _, child := range children {
		require.Contains(t, kinds, child.Self().Kind)
		require.Contains(t, child.Parents(), parent)
	}
	require.True(t, slices.IsSortedFunc(children, func(a, b domain.Record) int {
		return cmp.Or(
			cmp.Compare(slices.Index(kinds, a.Self().Kind), slices.Index(kinds, b.Self().Kind)),
			cmp.Compare(a.Self().ID, b.Self().ID),
		)
	}), "%v", children)
}

func requireCrossedClinic(t tester, store ports.Store, wantPatients []domain.PatientView, wantDoctors []domain.Doctor, want []domain.Assignment) {
	t.Helper()
	require.Equal(t, wantPatients, allPatients(t, store))
	require.Equal(t, wantDoctors, allDoctors(t, store))
	require.Equal(t, want, allMappings(t, store))
	requireConsistent(t, store)
}
