package portstest

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// testDeletions checks which records of one kind are deleted.
func testDeletions[T domain.Record](s suite, a archive[T]) {
	s.promise("Delete returns what it deleted", func(t *testing.T, store ports.Store) {
		record := a.addNew(t, store)
		update(t, store, func(tx ports.Tx) error {
			deleted, ended, err := a.deletes(t.Context(), tx, a.id(record))
			require.Equal(t, record, deleted)
			require.Equal(t, []domain.Record{}, ended)
			return err
		})
	})

	s.promise("a record is deleted while its last version says so", func(t *testing.T, store ports.Store) {
		record := a.addNew(t, store)
		for i, change := range []domain.Change{
			domain.Created, domain.Deleted, domain.Restored, domain.Updated, domain.Deleted, domain.Deleted, domain.Found,
		} {
			kept := a.keep(t, store, a.version(change, a.counted(record, i)))
			if change != domain.Deleted {
				a.requireNotDeleted(t, store, a.id(record))
				continue
			}
			last, err := a.tryLast(t.Context(), store, a.id(record))
			require.NoError(t, err)
			require.Equal(t, kept[0], last)
			require.Equal(t, kept, a.deleted(t, store, domain.Reference{}, everything))
		}
	})

	s.promise("of versions kept at once, the last of each record decides", func(t *testing.T, store ports.Store) {
		one, two, three := a.addNew(t, store), a.addNew(t, store), a.addNew(t, store)
		a.keep(t, store, a.version(domain.Deleted, three))
		a.keep(t, store,
			a.version(domain.Deleted, one), a.version(domain.Deleted, two), a.version(domain.Deleted, three),
			a.version(domain.Restored, one), a.version(domain.Deleted, two), a.version(domain.Restored, three))
		require.Equal(t, a.stored(1, a.version(domain.Deleted, two)), a.deleted(t, store, domain.Reference{}, everything))
	})

	s.promise("Get of what is not deleted is NotFound", func(t *testing.T, store ports.Store) {
		for _, id := range append(nowhere, a.id(a.addNew(t, store))) {
			a.requireNotDeleted(t, store, id)
		}
	})

	s.promise("Deleted is in order of the records' IDs, and pages by them", func(t *testing.T, store ports.Store) {
		records := a.addSeveral(t, store, 12)
		a.keep(t, store, a.version(domain.Created, records[3]))
		for _, i := range []int{7, 2, 11, 0, 5, 1, 9, 4, 10, 6, 8} {
			a.keep(t, store, a.version(domain.Deleted, records[i]))
		}
		all := append(a.ids(records[:3]...), a.ids(records[4:]...)...)
		for from := range len(all) + 1 {
			after := domain.ID(0)
			if from > 0 {
				after = all[from-1]
			}
			for _, limit := range []int{0, 1, 4, 12} {
				page := domain.Page{After: after, Limit: limit}
				require.Equal(t, all[from:min(from+limit, len(all))], a.deletedIDs(t, store, domain.Reference{}, page))
			}
		}
		require.Empty(t, a.deletedIDs(t, store, domain.Reference{}, domain.Page{After: math.MaxInt64, Limit: 1}))
	})

	s.promise("Deleted with a record holds those that say so, and pages them", func(t *testing.T, store ports.Store) {
		records := a.addSeveral(t, store, 8)
		doctor, patient := domain.Reference{Kind: domain.SubjectDoctor, ID: 5}, domain.Reference{Kind: domain.SubjectPatient, ID: 5}
		for i, with := range []domain.Reference{doctor, {}, doctor, patient, doctor, {Kind: domain.SubjectDoctor, ID: 6}, doctor, doctor} {
			a.keep(t, store, a.deletedWith(records[i], with))
		}
		all := a.ids(records[0], records[2], records[4], records[6], records[7])
		require.Equal(t, all, a.deletedIDs(t, store, doctor, everything))
		require.Equal(t, all[2:4], a.deletedIDs(t, store, doctor, domain.Page{After: all[1], Limit: 2}))
		require.Equal(t, a.ids(records[3]), a.deletedIDs(t, store, patient, everything))
		require.Equal(t, []domain.ID{}, a.deletedIDs(t, store, domain.Reference{Kind: domain.SubjectPatient, ID: 6}, everything))
		require.Equal(t, a.ids(records...), a.deletedIDs(t, store, domain.Reference{}, everything))
		require.Equal(t, doctor, a.deleted(t, store, doctor, everything)[0].Cause)

		// The last version decides.
		a.keep(t, store, a.deletedWith(records[0], patient), a.version(domain.Deleted, records[2]), a.version(domain.Restored, records[4]))
		require.Equal(t, all[3:], a.deletedIDs(t, store, doctor, everything))
		require.Equal(t, a.ids(records[0], records[3]), a.deletedIDs(t, store, patient, everything))
	})

	s.race("Get finds a deleted record while others keep it as deleted anew", func(t *testing.T, store ports.Store) {
		record := a.addDeleted(t, store, 1)[0]
		requireEach(t, together(crowd, func(i int) error {
			return store.Update(t.Context(), func(tx ports.Tx) error {
				last, err := a.of(tx).GetDeleted(t.Context(), a.id(record))
				if err != nil {
					return err
				}
				last.Cause = domain.Reference{Kind: domain.SubjectDoctor, ID: domain.ID(i + 1)}
				_, err = a.of(tx).Add(t.Context(), last)
				return err
			})
		}))
		require.Len(t, a.versions(t, store, a.id(record), everything), crowd+1)
		last, err := a.tryLast(t.Context(), store, a.id(record))
		require.NoError(t, err)
		require.Equal(t, crowd+1, last.Number)
		require.Equal(t, a.ids(record), a.deletedIDs(t, store, last.Cause, everything))
	})
}
