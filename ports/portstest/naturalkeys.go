package portstest

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func (a recordKind[T]) byKeys(t tester, store ports.Store, records ...T) []T {
	t.Helper()
	return viewResult(t, store, func(tx ports.Tx) ([]T, error) { return a.records(tx).ListByKeys(t.Context(), records...) })
}

// testNaturalKeys checks which records ListByKeys finds.
func testNaturalKeys[T domain.Record](s suite, a recordKind[T]) {
	s.promise("ListByKeys returns the records with the natural keys of the given ones", func(t *testing.T, store ports.Store) {
		stored := a.addSeveral(t, store, 70)
		others := append(a.addDeleted(t, store, 2), a.newSeveral(t, store, 2)...)
		asked := slices.Concat(stored, others, stored[:3])
		slices.Reverse(asked)
		for i, record := range asked {
			asked[i] = a.withID(a.increment(record), 0) // Only the key counts.
		}
		for _, transact := range []func(context.Context, func(ports.Tx) error) error{store.View, store.Update} {
			require.NoError(t, transact(t.Context(), func(tx ports.Tx) error {
				for _, tt := range []struct{ asked, want []T }{
					{asked, stored}, {stored[7:8], stored[7:8]}, {others, []T{}}, {nil, []T{}},
				} {
					found, err := a.records(tx).ListByKeys(t.Context(), tt.asked...)
					require.NoError(t, err)
					require.Equal(t, tt.want, found)
				}
				return nil
			}))
		}
	})

	s.promise("ListByKeys sees what the Update has added, saved and deleted", func(t *testing.T, store ports.Store) {
		saved, deleted := a.addNew(t, store), a.addNew(t, store)
		update(t, store, func(tx ports.Tx) error {
			require.NoError(t, a.records(tx).Save(t.Context(), a.increment(saved)))
			a.deleteIn(t, tx, a.id(deleted))
			added := a.addIn(t, tx, a.newEntityIn(t, tx))
			found, err := a.records(tx).ListByKeys(t.Context(), added, deleted, saved)
			require.Equal(t, []T{a.increment(saved), added}, found)
			return err
		})
	})

	s.concurrently("ListByKeys in an Update locks the records", func(t *testing.T, store ports.Store) {
		testReadStaysLocked(t, store, a.entityKind, func(tx ports.Tx, record T) (T, error) {
			found, err := a.records(tx).ListByKeys(t.Context(), record)
			if err != nil {
				return record, err
			}
			require.Len(t, found, 1)
			return found[0], nil
		})
	})
}

// testOwnNaturalKeys checks what the natural keys of each kind are.
func testOwnNaturalKeys(s suite) {
	s.promise("doctors are found by any spelling of their licence number, and by the Key that it was stored under", func(t *testing.T, store ports.Store) {
		stored := doctors.add(t, store, newDoctor(licensed(sameLicense[0])))
		old := newDoctor()
		old.LicenseNumber = domain.StoredLicenseNumber("groß-1", "groß-1")
		old = doctors.add(t, store, old)
		for _, spelling := range sameLicense {
			require.Equal(t, []domain.Doctor{stored}, doctorRecords.byKeys(t, store, newDoctor(licensed(spelling))))
		}
		require.Equal(t, []domain.Doctor{old}, doctorRecords.byKeys(t, store, old))
	})

	s.promise("patients are found by their external id as it is written, and those without one are not", func(t *testing.T, store ports.Store) {
		creator := users.addNew(t, store).ID
		stored := patients.add(t, store, newPatient(creator, knownAs("MRN-7")))
		without := patients.add(t, store, newPatient(creator, knownAs("")))
		require.Equal(t, []domain.Patient{stored}, patientRecords.byKeys(t, store,
			newPatient(creator, knownAs("MRN-7")), newPatient(creator, knownAs("mrn-7")), newPatient(creator, knownAs("")), without))
	})

	s.promise("mappings are found by both sides", func(t *testing.T, store ports.Store) {
		clinic := newFullClinic(t, store)
		doctor, patient := clinic.mapping.DoctorID, clinic.mapping.PatientID
		require.Equal(t, []domain.Mapping{clinic.mapping}, mappingRecords.byKeys(t, store, newMapping(patient, doctor)))
		require.Empty(t, mappingRecords.byKeys(t, store, newMapping(patient, doctor+1), newMapping(patient+1, doctor), newMapping(1<<40, -1)))
	})
}
