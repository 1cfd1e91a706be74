package portstest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func testPatients(s suite) {
	testPatientFields(s)
	testAssignedDoctors(s)
	testPatientViews(s)
	testAssignedDoctorsAreCopied(s)
	testNamesakes(s)
}

func testPatientFields(s suite) {
	s.promise("Add by an unknown user is Invalid on created_by", func(t *testing.T, store ports.Store) {
		users.addNew(t, store)
		for _, id := range unknownIDs {
			_, err := patients.tryAdd(t.Context(), store, newPatient(id))
			requireRefused(t, domain.ErrNoSuchReference("created_by"), err)
		}
		require.Empty(t, allPatients(t, store))
	})

	s.promise("Save stores all fields except CreatedBy", func(t *testing.T, store ports.Store) {
		before := patients.addNew(t, store)
		for _, creator := range []domain.ID{users.addNew(t, store).ID, 1 << 40} {
			changed := newPatient(creator, func(in *domain.PatientInput) {
				in.Name = domain.Given("Baby Shift")
				in.DateOfBirth = domain.Given("2024-02-29")
				in.Phone = domain.Given("555-1234")
				in.Gender = domain.Given("M")
				in.Address = domain.Given("Maternity ward")
				in.MedicalRecord = domain.Given("Echovirus 11")
			})
			changed.ID = before.ID
			patients.save(t, store, changed)
			changed.CreatedBy = before.CreatedBy
			require.Equal(t, changed, patients.get(t, store, before.ID))
			patients.save(t, store, before)
		}
	})

	s.promise("only the name is required", func(t *testing.T, store ports.Store) {
		full := patients.addNew(t, store)
		blank := newPatient(full.CreatedBy, func(in *domain.PatientInput) {
			*in = domain.PatientInput{Name: domain.Given("Jane Doe")}
		})
		added := patients.add(t, store, blank)
		require.Equal(t, patients.withID(blank, added.ID), patients.get(t, store, added.ID))

		patients.save(t, store, patients.withID(blank, full.ID))
		require.Equal(t, patients.withID(blank, full.ID), patients.get(t, store, full.ID))
	})
}

func testAssignedDoctors(s suite) {
	s.promise("AssignedDoctors is empty, not nil, for a patient without doctors", func(t *testing.T, store ports.Store) {
		patient := patients.addNew(t, store)
		for _, found := range append(allPatients(t, store), patientView(t, store, patient.ID)) {
			require.NotNil(t, found.AssignedDoctors)
			require.Empty(t, found.AssignedDoctors)
		}
	})

	s.promise("AssignedDoctors are ascending in every view", func(t *testing.T, store ports.Store) {
		first, second := patients.addNew(t, store), patients.addNew(t, store)
		var all []domain.ID
		for range 4 {
			all = append(all, doctors.addNew(t, store).ID)
		}
		for _, i := range []int{2, 0, 3, 1} {
			mappings.add(t, store, newMapping(first.ID, all[i]))
		}
		mappings.add(t, store, newMapping(second.ID, all[3]))

		both := []domain.PatientView{assigned(first, all...), assigned(second, all[3])}
		require.Equal(t, both[0], patientView(t, store, first.ID))
		require.Equal(t, first, patients.get(t, store, first.ID))
		require.Equal(t, both, allPatients(t, store))
		require.Equal(t, both, patientsOfDoctor(t, store, all[3]))
		require.Equal(t, both[:1], patientsOfDoctor(t, store, all[0]))
	})

	s.promise("an Update sees its own changes in AssignedDoctors", func(t *testing.T, store ports.Store) {
		clinic := newFullClinic(t, store)
		other := doctors.addNew(t, store)
		update(t, store, func(tx ports.Tx) error {
			if _, err := tx.Mappings().Add(t.Context(), newMapping(clinic.patient.ID, other.ID)); err != nil {
				return err
			}
			requireDoctors(t, tx, clinic.patient, clinic.doctor.ID, other.ID)
			if err := mappings.tryDeleteIn(t.Context(), tx, clinic.mapping.ID); err != nil {
				return err
			}
			requireDoctors(t, tx, clinic.patient, other.ID)
			return nil
		})
	})

	s.promise("Save does not change AssignedDoctors", func(t *testing.T, store ports.Store) {
		clinic := newFullClinic(t, store)
		patients.save(t, store, patients.increment(clinic.patient))
		require.Equal(t, assigned(patients.increment(clinic.patient), clinic.doctor.ID), patientView(t, store, clinic.patient.ID))
	})
}

func testPatientViews(s suite) {
	s.promise("GetView of an unknown or deleted patient is NotFound", func(t *testing.T, store ports.Store) {
		deleted := patientRecords.addDeleted(t, store, 1)[0]
		patients.addNew(t, store)
		for _, id := range append(unknownIDs, deleted.ID) {
			for _, transact := range []func(context.Context, func(ports.Tx) error) error{store.View, store.Update} {
				requireRefused(t, domain.ErrNotFound(), transact(t.Context(), func(tx ports.Tx) error {
					_, err := tx.Patients().GetView(t.Context(), id)
					return err
				}))
			}
		}
	})

	s.promise("an Update can continue after GetView returned NotFound", func(t *testing.T, store ports.Store) {
		patient := patients.addNew(t, store)
		update(t, store, func(tx ports.Tx) error {
			_, err := tx.Patients().GetView(t.Context(), 1<<40)
			require.Equal(t, domain.NotFound, domain.KindOf(err))
			return tx.Patients().Save(t.Context(), patients.increment(patient))
		})
		require.Equal(t, patients.increment(patient), patients.get(t, store, patient.ID))
	})

	s.concurrently("GetView locks the patient until the Update returns", func(t *testing.T, store ports.Store) {
		testReadStaysLocked(t, store, patients, func(tx ports.Tx, patient domain.Patient) (domain.Patient, error) {
			found, err := tx.Patients().GetView(t.Context(), patient.ID)
			return found.Patient, err
		})
	})

	s.race("parallel changes after GetView are all stored", func(t *testing.T, store ports.Store) {
		patient := patients.addNew(t, store)
		requireEachAllowed(t, runConcurrently(callers, func(int) error {
			return store.Update(t.Context(), func(tx ports.Tx) error {
				found, err := tx.Patients().GetView(t.Context(), patient.ID)
				if err != nil {
					return err
				}
				return tx.Patients().Save(t.Context(), patients.increment(found.Patient))
			})
		}))
		require.Equal(t, patients.incremented(patient, callers), patients.get(t, store, patient.ID))
	})
}

func testAssignedDoctorsAreCopied(s suite) {
	s.promise("changing a returned AssignedDoctors changes nothing stored", func(t *testing.T, store ports.Store) {
		clinic := newFullClinic(t, store)
		other := patients.addNew(t, store)
		mappings.add(t, store, newMapping(other.ID, clinic.doctor.ID))
		want := []domain.PatientView{assigned(clinic.patient, clinic.doctor.ID), assigned(other, clinic.doctor.ID)}
		lists := map[string]func(ports.Tx) ([]domain.PatientView, error){
			"View": func(tx ports.Tx) ([]domain.PatientView, error) {
				first, err := tx.Patients().GetView(t.Context(), clinic.patient.ID)
				if err != nil {
					return nil, err
				}
				second, err := tx.Patients().GetView(t.Context(), other.ID)
				return []domain.PatientView{first, second}, err
			},
			"List": func(tx ports.Tx) ([]domain.PatientView, error) {
				return tx.Patients().List(t.Context(), everything)
			},
			"List of a doctor": func(tx ports.Tx) ([]domain.PatientView, error) {
				return tx.Patients().List(t.Context(), filtered(is("doctor_id", clinic.doctor.ID)))
			},
		}
		for name, list := range lists {
			for _, transact := range []func(tester, ports.Store, func(ports.Tx) error){view, update} {
				transact(t, store, func(tx ports.Tx) error {
					found, err := list(tx)
					if err != nil {
						return err
					}
					// Appending must not overwrite the next patient's AssignedDoctors.
					_ = append(found[0].AssignedDoctors, 1<<40)
					require.Equal(t, want, found, name)
					found[0].AssignedDoctors[0] = 1 << 41
					found[1] = domain.PatientView{}

					again, err := list(tx)
					require.Equal(t, want, again, name)
					return err
				})
			}
		}
		require.Equal(t, want, allPatients(t, store))
	})
}

func requireDoctors(t *testing.T, tx ports.Tx, patient domain.Patient, want ...domain.ID) {
	t.Helper()
	found, err := tx.Patients().GetView(t.Context(), patient.ID)
	require.NoError(t, err)
	require.Equal(t, assigned(patient, want...), found)
	list, err := tx.Patients().List(t.Context(), everything)
	require.NoError(t, err)
	require.Equal(t, []domain.PatientView{found}, list)
}
