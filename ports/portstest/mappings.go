package portstest

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func testMappings(s suite) {
	testMappingReferences(s)
	testMappedPairs(s)
	testMappingLists(s)
}

func testMappingReferences(s suite) {
	s.promise("Save stores all fields", func(t *testing.T, store ports.Store) {
		clinic, target := newFullClinic(t, store), mappings.newEntity(t, store)
		moved := mappings.withID(target, clinic.mapping.ID)
		moved.AssignedAt = now.Add(time.Hour)
		mappings.save(t, store, moved)

		require.Equal(t, moved, mappings.get(t, store, moved.ID))
		require.Len(t, allMappings(t, store), 1)
		require.Empty(t, patientView(t, store, clinic.patient.ID).AssignedDoctors)
		require.Equal(t, []domain.ID{target.DoctorID}, patientView(t, store, target.PatientID).AssignedDoctors)
	})

	for verb, write := range map[string]func(t *testing.T, store ports.Store, stored, mapping domain.Mapping) error{
		"Add": func(t *testing.T, store ports.Store, stored, mapping domain.Mapping) error {
			// Give the ID of a stored mapping, which Add must ignore.
			_, err := mappings.tryAdd(t.Context(), store, mappings.withID(mapping, stored.ID))
			return err
		},
		"Save": func(t *testing.T, store ports.Store, stored, mapping domain.Mapping) error {
			other := mappings.addNew(t, store)
			err := mappings.trySave(t.Context(), store, mappings.withID(mapping, other.ID))
			require.Equal(t, other, mappings.get(t, store, other.ID))
			mappings.delete(t, store, other.ID)
			return err
		},
	} {
		s.promise(verb+" with an unknown patient, doctor or both is Invalid on these fields", func(t *testing.T, store ports.Store) {
			clinic := newFullClinic(t, store)
			for _, id := range unknownIDs {
				requireRefused(t, domain.ErrNoSuchReference("patient"),
					write(t, store, clinic.mapping, newMapping(id, clinic.doctor.ID)))
				requireRefused(t, domain.ErrNoSuchReference("doctor"),
					write(t, store, clinic.mapping, newMapping(clinic.patient.ID, id)))
				requireRefused(t, domain.ErrNoSuchReference("patient", "doctor"),
					write(t, store, clinic.mapping, newMapping(id, id)))
			}
			require.Equal(t, []domain.Assignment{clinic.assignment()}, allMappings(t, store))
		})

		s.promise(verb+" with a deleted patient, doctor or both is Invalid on these fields", func(t *testing.T, store ports.Store) {
			clinic, deleted := newFullClinic(t, store), mappings.newEntity(t, store)
			patients.delete(t, store, deleted.PatientID)
			doctors.delete(t, store, deleted.DoctorID)
			requireRefused(t, domain.ErrNoSuchReference("patient"),
				write(t, store, clinic.mapping, newMapping(deleted.PatientID, clinic.doctor.ID)))
			requireRefused(t, domain.ErrNoSuchReference("doctor"),
				write(t, store, clinic.mapping, newMapping(clinic.patient.ID, deleted.DoctorID)))
			requireRefused(t, domain.ErrNoSuchReference("patient", "doctor"), write(t, store, clinic.mapping, deleted))
			require.Equal(t, []domain.Assignment{clinic.assignment()}, allMappings(t, store))
		})

		s.promise(verb+" of a mapped pair is a Conflict", func(t *testing.T, store ports.Store) {
			clinic := newFullClinic(t, store)
			again := newMapping(clinic.patient.ID, clinic.doctor.ID)
			requireRefused(t, domain.ErrAlreadyAssigned(), write(t, store, clinic.mapping, again))
			require.Equal(t, []domain.Assignment{clinic.assignment()}, allMappings(t, store))
		})
	}
}

func testMappedPairs(s suite) {
	s.promise("a pair can be mapped again after its mapping was deleted or moved", func(t *testing.T, store ports.Store) {
		clinic, target := newFullClinic(t, store), mappings.newEntity(t, store)
		pair := newMapping(clinic.patient.ID, clinic.doctor.ID)
		mappings.delete(t, store, clinic.mapping.ID)
		second := mappings.add(t, store, pair)
		mappings.save(t, store, mappings.withID(target, second.ID))
		third := mappings.add(t, store, pair)
		require.Equal(t, []domain.ID{second.ID, third.ID}, assignmentIDs(allMappings(t, store)))
	})

	s.race("one of several parallel Adds maps a pair", func(t *testing.T, store ports.Store) {
		pair := mappings.newEntity(t, store)
		requireOneSucceeds(t, domain.ErrAlreadyAssigned(), runConcurrently(callers, func(int) error {
			_, err := mappings.tryAdd(t.Context(), store, pair)
			return err
		}))
		require.Len(t, allMappings(t, store), 1)
		require.Equal(t, []domain.ID{pair.DoctorID}, patientView(t, store, pair.PatientID).AssignedDoctors)
	})

	s.race("one of several parallel Saves maps a pair", func(t *testing.T, store ports.Store) {
		pair := mappings.newEntity(t, store)
		moving := mappings.addSeveral(t, store, callers)
		requireOneSucceeds(t, domain.ErrAlreadyAssigned(), runConcurrently(callers, func(i int) error {
			return mappings.trySave(t.Context(), store, mappings.withID(pair, moving[i].ID))
		}))
		require.Len(t, allMappings(t, store), callers)
		require.Equal(t, []domain.ID{pair.DoctorID}, patientView(t, store, pair.PatientID).AssignedDoctors)
	})
}

func testMappingLists(s suite) {
	s.promise("List shows the current patient's name and doctor", func(t *testing.T, store ports.Store) {
		clinic := newFullClinic(t, store)
		clinic.patient.Name = must(domain.ParseName("Rebecca Adler-Wilson"))
		clinic.doctor.Salary = must(domain.ParseSalary("99"))
		clinic.doctor.LicenseNumber = must(domain.ParseLicenseNumber("PPTH-1"))
		update(t, store, func(tx ports.Tx) error {
			if err := tx.Patients().Save(t.Context(), clinic.patient); err != nil {
				return err
			}
			return tx.Doctors().Save(t.Context(), clinic.doctor)
		})
		require.Equal(t, []domain.Assignment{clinic.assignment()}, allMappings(t, store))
	})

	s.promise("List returns the mappings that the filter selects", func(t *testing.T, store ports.Store) {
		both, other := mappings.newEntity(t, store), mappings.newEntity(t, store)
		lone := mappings.newEntity(t, store)
		// Add the mappings in an order in which neither patients nor doctors ascend.
		var all []domain.Mapping
		for _, pair := range [][2]domain.ID{
			{other.PatientID, other.DoctorID},
			{both.PatientID, other.DoctorID},
			{other.PatientID, both.DoctorID},
			{both.PatientID, both.DoctorID},
		} {
			all = append(all, mappings.add(t, store, newMapping(pair[0], pair[1])))
		}
		for _, filter := range [][]domain.Condition{
			{},
			{is("patient_id", both.PatientID)},
			{is("patient_id", other.PatientID)},
			{is("doctor_id", both.DoctorID)},
			{is("doctor_id", other.DoctorID)},
			{is("patient_id", both.PatientID), is("doctor_id", both.DoctorID)},
			{is("patient_id", both.PatientID), is("doctor_id", other.DoctorID)},
			{is("patient_id", lone.PatientID)},
			{is("doctor_id", lone.DoctorID)},
			{is("patient_id", lone.PatientID), is("doctor_id", both.DoctorID)},
			{is("patient_id", domain.ID(1<<40))},
			{is("doctor_id", domain.ID(1<<40))},
		} {
			want := []domain.ID{}
			for _, mapping := range all {
				if selectsMapping(filter, mapping) {
					want = append(want, mapping.ID)
				}
			}
			for limit := range len(all) + 1 {
				found := viewResult(t, store, func(tx ports.Tx) ([]domain.Assignment, error) {
					return tx.Mappings().List(t.Context(), pageQuery(domain.Page{After: all[0].ID, Limit: limit}, filter...))
				})
				after := slices.DeleteFunc(slices.Clone(want), func(id domain.ID) bool { return id <= all[0].ID })
				require.Equal(t, after[:min(limit, len(after))], assignmentIDs(found), "%+v", filter)
			}
			found := viewResult(t, store, func(tx ports.Tx) ([]domain.Assignment, error) {
				return tx.Mappings().List(t.Context(), filtered(filter...))
			})
			require.Equal(t, want, assignmentIDs(found), "%+v", filter)
		}
	})
}

func selectsMapping(filter []domain.Condition, mapping domain.Mapping) bool {
	for _, condition := range filter {
		side := map[string]domain.ID{"patient_id": mapping.PatientID, "doctor_id": mapping.DoctorID}[condition.Filter]
		if side != condition.Value {
			return false
		}
	}
	return true
}

func assignmentIDs(list []domain.Assignment) []domain.ID {
	ids := []domain.ID{}
	for _, assignment := range list {
		ids = append(ids, assignment.ID)
	}
	return ids
}
