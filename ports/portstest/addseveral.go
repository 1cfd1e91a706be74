package portstest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// newSeveral returns n new records, all of whose references exist.
func (a recordKind[T]) newSeveral(t tester, store ports.Store, n int) []T {
	t.Helper()
	built := make([]T, n)
	update(t, store, func(tx ports.Tx) error {
		for i := range built {
			built[i] = a.newEntityIn(t, tx)
		}
		return nil
	})
	return built
}

// testAddSeveral checks how several records of one kind are added in one call.
func testAddSeveral[T domain.Record](s suite, a recordKind[T]) {
	for _, count := range []int{0, 2, 64, 67, 1000} {
		s.promise(fmt.Sprintf("Add adds %d records in one call and returns them in the given order", count), func(t *testing.T, store ports.Store) {
			before := a.addNew(t, store)
			built := a.newSeveral(t, store, count)
			added := []T{}
			update(t, store, func(tx ports.Tx) (err error) {
				added, err = a.records(tx).Add(t.Context(), built...)
				return err
			})
			require.NotNil(t, added)
			require.Len(t, added, count)
			last := a.id(before)
			for i, record := range added {
				require.Greater(t, a.id(record), last)
				last = a.id(record)
				require.Equal(t, built[i], a.withID(record, 0))
			}
			for i := 0; i < len(added); i += 1 + count/70 {
				require.Equal(t, added[i], a.get(t, store, a.id(added[i])))
			}
		})
	}

	s.promise("Add of records that have the same natural key is the Conflict of a key that is taken, and adds none", func(t *testing.T, store ports.Store) {
		built := a.newSeveral(t, store, 3)
		requireAddRefused(t, store, a, domain.RecordKindOf(a.kind).ErrKeyTaken(), append(built, built[1])...)
	})

	s.promise("Add of records, one of whose natural keys is taken, is a Conflict and adds none", func(t *testing.T, store ports.Store) {
		built := a.newSeveral(t, store, 3)
		a.add(t, store, built[1])
		requireAddRefused(t, store, a, domain.RecordKindOf(a.kind).ErrKeyTaken(), built...)
	})

	s.race("one of several parallel Adds of the same records succeeds", func(t *testing.T, store ports.Store) {
		built := a.newSeveral(t, store, 70)
		requireOneSucceeds(t, domain.RecordKindOf(a.kind).ErrKeyTaken(), runConcurrently(callers, func(int) error {
			return store.Update(t.Context(), func(tx ports.Tx) error {
				_, err := a.records(tx).Add(t.Context(), built...)
				return err
			})
		}))
		require.Len(t, a.byKeys(t, store, built...), len(built))
	})
}

// testAddSeveralRefused checks that Add of several records refuses what it refuses for one.
func testAddSeveralRefused(s suite) {
	s.promise("Add of patients, one of whom has an unknown registering user, is Invalid on created_by", func(t *testing.T, store ports.Store) {
		built := patientRecords.newSeveral(t, store, 3)
		built[1].CreatedBy = 1 << 40
		requireAddRefused(t, store, patientRecords, domain.ErrNoSuchReference("created_by"), built...)
	})

	s.promise("Add of mappings, one of which lacks its patient or doctor, is Invalid on that field", func(t *testing.T, store ports.Store) {
		built := mappingRecords.newSeveral(t, store, 3)
		doctors.delete(t, store, built[1].DoctorID)
		requireAddRefused(t, store, mappingRecords, domain.ErrNoSuchReference("doctor"), built...)
		built[1].PatientID = 1 << 40
		requireAddRefused(t, store, mappingRecords, domain.ErrNoSuchReference("patient", "doctor"), built...)
	})
}

// requireAddRefused checks that none of the records is added, even if fn ignores the error.
func requireAddRefused[T domain.Record](t *testing.T, store ports.Store, a recordKind[T], refusal error, records ...T) {
	t.Helper()
	before := a.byKeys(t, store, records...)
	requireRefused(t, refusal, store.Update(t.Context(), func(tx ports.Tx) error {
		_, err := a.records(tx).Add(t.Context(), records...)
		requireRefused(t, refusal, err)
		return nil
	}))
	require.Equal(t, before, a.byKeys(t, store, records...))
}
