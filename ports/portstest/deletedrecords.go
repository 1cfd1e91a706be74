package portstest

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// testDeletedRecords checks which records the history treats as deleted.
func testDeletedRecords[T domain.Record](s suite, a recordKind[T]) {
	testDeletedState(s, a)
	testDeletedLists(s, a)
}

func testDeletedState[T domain.Record](s suite, a recordKind[T]) {
	s.promise("Delete returns the deleted record", func(t *testing.T, store ports.Store) {
		record := a.addNew(t, store)
		update(t, store, func(tx ports.Tx) error {
			deleted, children, err := a.deleteFunc(t.Context(), tx, a.id(record))
			require.Equal(t, record, deleted)
			require.Equal(t, []domain.Record{}, children)
			return err
		})
	})

	s.promise("a record is deleted if and only if its last version is a deletion", func(t *testing.T, store ports.Store) {
		record := a.addNew(t, store)
		for i, change := range []domain.Change{
			domain.Created, domain.Deleted, domain.Restored, domain.Updated, domain.Deleted, domain.Deleted, domain.Found,
		} {
			added := a.addVersions(t, store, a.newVersion(change, a.incremented(record, i)))
			if change != domain.Deleted {
				a.requireNotDeleted(t, store, a.id(record))
				continue
			}
			last, err := a.tryGetDeleted(t.Context(), store, a.id(record))
			require.NoError(t, err)
			require.Equal(t, added[0], last)
			require.Equal(t, added, a.listDeleted(t, store, domain.Reference{}, wholeList))
		}
	})

	s.promise("if several versions are added at once, the last one of each record decides", func(t *testing.T, store ports.Store) {
		one, two, three := a.addNew(t, store), a.addNew(t, store), a.addNew(t, store)
		a.addVersions(t, store, a.newVersion(domain.Deleted, three))
		a.addVersions(t, store,
			a.newVersion(domain.Deleted, one), a.newVersion(domain.Deleted, two), a.newVersion(domain.Deleted, three),
			a.newVersion(domain.Restored, one), a.newVersion(domain.Deleted, two), a.newVersion(domain.Restored, three))
		require.Equal(t, a.numbered(1, a.newVersion(domain.Deleted, two)), a.listDeleted(t, store, domain.Reference{}, wholeList))
	})

	s.promise("GetDeleted of a record that is not deleted is NotFound", func(t *testing.T, store ports.Store) {
		for _, id := range append(unknownIDs, a.id(a.addNew(t, store))) {
			a.requireNotDeleted(t, store, id)
		}
	})
}

func testDeletedLists[T domain.Record](s suite, a recordKind[T]) {
	s.promise("ListDeleted is in order of the records' IDs and pages by them", func(t *testing.T, store ports.Store) {
		records := a.addSeveral(t, store, 12)
		a.addVersions(t, store, a.newVersion(domain.Created, records[3]))
		for _, i := range []int{7, 2, 11, 0, 5, 1, 9, 4, 10, 6, 8} {
			a.addVersions(t, store, a.newVersion(domain.Deleted, records[i]))
		}
		all := append(a.ids(records[:3]...), a.ids(records[4:]...)...)
		for from := range len(all) + 1 {
			after := domain.ID(0)
			if from > 0 {
				after = all[from-1]
			}
			for _, limit := range []int{0, 1, 4, 12} {
				page := domain.Page{After: after, Limit: limit}
				require.Equal(t, all[from:min(from+limit, len(all))], a.listDeletedIDs(t, store, domain.Reference{}, page))
			}
		}
		require.Empty(t, a.listDeletedIDs(t, store, domain.Reference{}, domain.Page{After: math.MaxInt64, Limit: 1}))
	})

	s.promise("ListDeleted with a cause returns the records deleted by it, in pages", func(t *testing.T, store ports.Store) {
		records := a.addSeveral(t, store, 8)
		doctor, patient := domain.Reference{Kind: domain.SubjectDoctor, ID: 5}, domain.Reference{Kind: domain.SubjectPatient, ID: 5}
		for i, with := range []domain.Reference{doctor, {}, doctor, patient, doctor, {Kind: domain.SubjectDoctor, ID: 6}, doctor, doctor} {
			a.addVersions(t, store, a.newDeletedBy(records[i], with))
		}
		all := a.ids(records[0], records[2], records[4], records[6], records[7])
		require.Equal(t, all, a.listDeletedIDs(t, store, doctor, wholeList))
		require.Equal(t, all[2:4], a.listDeletedIDs(t, store, doctor, domain.Page{After: all[1], Limit: 2}))
		require.Equal(t, a.ids(records[3]), a.listDeletedIDs(t, store, patient, wholeList))
		require.Equal(t, []domain.ID{}, a.listDeletedIDs(t, store, domain.Reference{Kind: domain.SubjectPatient, ID: 6}, wholeList))
		require.Equal(t, a.ids(records...), a.listDeletedIDs(t, store, domain.Reference{}, wholeList))
		require.Equal(t, doctor, a.listDeleted(t, store, doctor, wholeList)[0].Cause)

		// Later versions replace the cause.
		a.addVersions(t, store, a.newDeletedBy(records[0], patient), a.newVersion(domain.Deleted, records[2]), a.newVersion(domain.Restored, records[4]))
		require.Equal(t, all[3:], a.listDeletedIDs(t, store, doctor, wholeList))
		require.Equal(t, a.ids(records[0], records[3]), a.listDeletedIDs(t, store, patient, wholeList))
	})

	s.race("GetDeleted finds a deleted record while other Updates add deletions of it", func(t *testing.T, store ports.Store) {
		record := a.addDeleted(t, store, 1)[0]
		requireEachAllowed(t, runConcurrently(callers, func(i int) error {
			return store.Update(t.Context(), func(tx ports.Tx) error {
				last, err := a.history(tx).GetDeleted(t.Context(), a.id(record))
				if err != nil {
					return err
				}
				last.Cause = domain.Reference{Kind: domain.SubjectDoctor, ID: domain.ID(i + 1)}
				_, err = a.history(tx).Add(t.Context(), last)
				return err
			})
		}))
		require.Len(t, a.versions(t, store, a.id(record), wholeList), callers+1)
		last, err := a.tryGetDeleted(t.Context(), store, a.id(record))
		require.NoError(t, err)
		require.Equal(t, callers+1, last.Number)
		require.Equal(t, a.ids(record), a.listDeletedIDs(t, store, last.Cause, wholeList))
	})
}
