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

// ward is two patients and two doctors, all of whom are mapped to each other.
type ward struct {
	patients [2]domain.Patient
	doctors  [2]domain.Doctor
	// mappings is by patient, then by doctor.
	mappings [2][2]domain.Mapping
}

func newWard(t tester, store ports.Store) ward {
	t.Helper()
	var w ward
	update(t, store, func(tx ports.Tx) error {
		offsetDoctors(t, tx)
		for i := range 2 {
			w.patients[i] = patients.addIn(t, tx, patients.create(t, tx))
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

// views are both patients, when those doctors are assigned.
func (w ward) views(staff ...domain.Doctor) []domain.PatientView {
	ids := []domain.ID{}
	for _, doctor := range staff {
		ids = append(ids, doctor.ID)
	}
	return []domain.PatientView{assigned(w.patients[0], ids...), assigned(w.patients[1], ids...)}
}

// testDeletes checks what deleting one thing does to others.
func testDeletes(s suite) {
	s.promise("Delete of a doctor ends the doctor's mappings", func(t *testing.T, store ports.Store) {
		w := newWard(t, store)
		doctors.delete(t, store, w.doctors[0].ID)
		for p := range 2 {
			mappings.requireGone(t, store, w.mappings[p][0].ID)
			require.Equal(t, w.patients[p], patients.get(t, store, w.patients[p].ID))
			require.Equal(t, assigned(w.patients[p], w.doctors[1].ID), viewOf(t, store, w.patients[p].ID))
		}
		requireWard(t, store, w.views(w.doctors[1:]...), w.doctors[1:], []domain.Assignment{
			assignmentOf(w.mappings[0][1], w.patients[0], w.doctors[1]),
			assignmentOf(w.mappings[1][1], w.patients[1], w.doctors[1]),
		})
	})

	s.promise("Delete of a patient ends the patient's mappings", func(t *testing.T, store ports.Store) {
		w := newWard(t, store)
		patients.delete(t, store, w.patients[0].ID)
		for d := range 2 {
			mappings.requireGone(t, store, w.mappings[0][d].ID)
		}
		requireWard(t, store, w.views(w.doctors[:]...)[1:], w.doctors[:], []domain.Assignment{
			assignmentOf(w.mappings[1][0], w.patients[1], w.doctors[0]),
			assignmentOf(w.mappings[1][1], w.patients[1], w.doctors[1]),
		})
	})

	s.promise("Delete returns the record, and the mappings that it ended in order of their IDs", func(t *testing.T, store ports.Store) {
		w := newWard(t, store)
		// The IDs are not in the order of patients, nor of doctors.
		doctor, patient := doctors.addNew(t, store), w.patients[1]
		late := mappings.add(t, store, newMapping(patient.ID, doctor.ID))
		last := mappings.add(t, store, newMapping(w.patients[0].ID, doctor.ID))
		mappings.delete(t, store, w.mappings[1][0].ID)
		again := mappings.add(t, store, newMapping(patient.ID, w.doctors[0].ID))
		require.ErrorIs(t, store.Update(t.Context(), func(tx ports.Tx) error {
			gone, ended, err := tx.Doctors().Delete(t.Context(), doctor.ID)
			require.NoError(t, err)
			require.Equal(t, doctor, gone)
			require.Equal(t, []domain.Record{late, last}, ended)
			return errBroken
		}), errBroken)
		update(t, store, func(tx ports.Tx) error {
			gone, ended, err := tx.Patients().Delete(t.Context(), patient.ID)
			require.Equal(t, patient, gone)
			require.Equal(t, []domain.Record{w.mappings[1][1], late, again}, ended)
			return err
		})
	})

	s.promise("Delete returns children by kind, as domain.RecordKinds has them, and by ID", func(t *testing.T, store ports.Store) {
		w := newWard(t, store)
		// In an order that is neither that of IDs nor that of the other parents.
		mappings.delete(t, store, w.mappings[0][0].ID)
		mappings.add(t, store, w.mappings[0][0])
		mappings.save(t, store, mappings.count(w.mappings[1][0]))
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

	s.promise("Delete of who has no mappings returns an empty list, not a missing one", func(t *testing.T, store ports.Store) {
		update(t, store, func(tx ports.Tx) error {
			_, ended, err := tx.Doctors().Delete(t.Context(), doctors.addIn(t, tx, newDoctor()).ID)
			require.NoError(t, err)
			require.Equal(t, []domain.Record{}, ended)
			patient := patients.addIn(t, tx, patients.create(t, tx))
			gone, ended, err := tx.Patients().Delete(t.Context(), patient.ID)
			require.Equal(t, patient, gone)
			require.Equal(t, []domain.Record{}, ended)
			return err
		})
	})

	s.promise("Delete of a mapping ends nothing else", func(t *testing.T, store ports.Store) {
		w := newWard(t, store)
		mappings.delete(t, store, w.mappings[0][0].ID)
		views := w.views(w.doctors[:]...)
		views[0] = assigned(w.patients[0], w.doctors[1].ID)
		requireWard(t, store, views, w.doctors[:], []domain.Assignment{
			assignmentOf(w.mappings[0][1], w.patients[0], w.doctors[1]),
			assignmentOf(w.mappings[1][0], w.patients[1], w.doctors[0]),
			assignmentOf(w.mappings[1][1], w.patients[1], w.doctors[1]),
		})
	})

	s.promise("an Update sees that its Delete has ended mappings", func(t *testing.T, store ports.Store) {
		w := newWard(t, store)
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
			found, err := tx.Mappings().List(t.Context(), domain.MappingFilter{}, everything)
			assert.Equal(t, []domain.ID{w.mappings[1][1].ID}, assignmentIDs(found))
			return err
		})
	})

	s.promise("a Delete that is not committed ends no mappings", func(t *testing.T, store ports.Store) {
		w := newWard(t, store)
		before := allMappings(t, store)
		err := store.Update(t.Context(), func(tx ports.Tx) error {
			if err := doctors.tryDeleteIn(t.Context(), tx, w.doctors[0].ID); err != nil {
				return err
			}
			if err := patients.tryDeleteIn(t.Context(), tx, w.patients[1].ID); err != nil {
				return err
			}
			return errBroken
		})
		require.ErrorIs(t, err, errBroken)
		requireWard(t, store, w.views(w.doctors[:]...), w.doctors[:], before)
	})

	s.promise("a patient who does not exist, or no longer, has no doctors", func(t *testing.T, store ports.Store) {
		w := newWard(t, store)
		patients.delete(t, store, w.patients[0].ID)
		for _, id := range append(nowhere[1:], w.patients[0].ID) { // A filter with 0 keeps everything.
			require.Equal(t, []domain.Doctor{}, ofPatient(t, store, id))
		}
	})

	s.promise("a doctor who does not exist, or no longer, has no patients", func(t *testing.T, store ports.Store) {
		w := newWard(t, store)
		doctors.delete(t, store, w.doctors[0].ID)
		for _, id := range append(nowhere[1:], w.doctors[0].ID) {
			require.Equal(t, []domain.PatientView{}, ofDoctor(t, store, id))
		}
	})

	s.promise("the user who registered a patient stays when the patient goes", func(t *testing.T, store ports.Store) {
		clinic := newClinic(t, store)
		patients.delete(t, store, clinic.patient.ID)
		require.Equal(t, clinic.user, users.get(t, store, clinic.user.ID))
	})
}

// requireChildren checks that the parent is one of each child's, and the order.
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

func requireWard(t tester, store ports.Store, wantPatients []domain.PatientView, wantDoctors []domain.Doctor, want []domain.Assignment) {
	t.Helper()
	require.Equal(t, wantPatients, allPatients(t, store))
	require.Equal(t, wantDoctors, allDoctors(t, store))
	require.Equal(t, want, allMappings(t, store))
	requireSound(t, store)
}
