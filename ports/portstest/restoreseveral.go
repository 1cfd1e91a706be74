package portstest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// testRestoreSeveral checks how several records of one kind are restored in one call.
func testRestoreSeveral[T domain.Record](s suite, a recordKind[T]) {
	for _, count := range []int{0, 2, 64, 67} {
		s.promise(fmt.Sprintf("Restore restores %d records in one call, in any order", count), func(t *testing.T, store ports.Store) {
			other := a.addDeleted(t, store, 1)[0]
			records := a.addDeleted(t, store, count)
			backwards := slices.Clone(records)
			slices.Reverse(backwards)
			update(t, store, func(tx ports.Tx) error { return a.history(tx).Restore(t.Context(), backwards...) })
			for _, record := range records {
				require.Equal(t, record, a.get(t, store, a.id(record)))
			}
			a.requireMissing(t, store, a.id(other))
		})
	}

	s.promise("Restore of several is NotFound and restores none when one is not deleted", func(t *testing.T, store ports.Store) {
		deleted, live := a.addDeleted(t, store, 2), a.addNew(t, store)
		for _, id := range append(unknownIDs, a.id(live)) {
			update(t, store, func(tx ports.Tx) error {
				err := a.history(tx).Restore(t.Context(), deleted[0], a.withID(a.increment(live), id), deleted[1])
				requireRefused(t, domain.ErrNotFound(), err)
				return nil
			})
		}
		for _, record := range deleted {
			a.requireMissing(t, store, a.id(record))
		}
		require.Equal(t, live, a.get(t, store, a.id(live)))
	})

	s.promise("Restore of one record twice in one call fails", func(t *testing.T, store ports.Store) {
		record := a.addDeleted(t, store, 1)[0]
		err := store.Update(t.Context(), func(tx ports.Tx) error { return a.history(tx).Restore(t.Context(), record, record) })
		require.Error(t, err)
		a.requireMissing(t, store, a.id(record))
	})
}

// testRestoreSeveralRefused checks that Restore of several records refuses what Add
// refuses for one.
func testRestoreSeveralRefused(s suite) {
	s.promise("Restore of two doctors with the same licence number is a Conflict", func(t *testing.T, store ports.Store) {
		var deleted []domain.Doctor
		for _, spelling := range sameLicense[:2] {
			doctor := doctors.add(t, store, newDoctor(licensed(spelling)))
			doctorRecords.deleteWithVersion(t, store, doctorRecords.newVersion(domain.Deleted, doctor))
			deleted = append(deleted, doctor)
		}
		requireSeveralRefused(t, store, doctorRecords, domain.ErrLicenseTaken(), deleted...)
	})

	s.promise("Restore of patients, one of whom has an unknown registering user, is Invalid on created_by", func(t *testing.T, store ports.Store) {
		deleted := patientRecords.addDeleted(t, store, 3)
		deleted[1].CreatedBy = 1 << 40
		requireSeveralRefused(t, store, patientRecords, domain.ErrNoSuchReference("created_by"), deleted...)
	})

	s.promise("Restore of mappings, one of which lacks its patient or doctor, is Invalid on that field", func(t *testing.T, store ports.Store) {
		deleted := mappingRecords.addDeleted(t, store, 3)
		patients.delete(t, store, deleted[1].PatientID)
		requireSeveralRefused(t, store, mappingRecords, domain.ErrNoSuchReference("patient"), deleted...)
		doctors.delete(t, store, deleted[1].DoctorID)
		requireSeveralRefused(t, store, mappingRecords, domain.ErrNoSuchReference("patient", "doctor"), deleted...)
	})

	s.promise("Restore of mappings, one of which is mapped again, is a Conflict", func(t *testing.T, store ports.Store) {
		deleted := mappingRecords.addDeleted(t, store, 3)
		mappings.add(t, store, deleted[1])
		requireSeveralRefused(t, store, mappingRecords, domain.ErrAlreadyAssigned(), deleted...)
	})
}

// requireSeveralRefused checks that none of the records is restored, even if fn ignores
// the error.
func requireSeveralRefused[T domain.Record](t *testing.T, store ports.Store, a recordKind[T], refusal error, records ...T) {
	t.Helper()
	requireRefused(t, refusal, store.Update(t.Context(), func(tx ports.Tx) error {
		requireRefused(t, refusal, a.history(tx).Restore(t.Context(), records...))
		return nil
	}))
	for _, record := range records {
		a.requireMissing(t, store, a.id(record))
	}
	require.Equal(t, a.ids(records...), a.listDeletedIDs(t, store, domain.Reference{}, wholeList))
}
