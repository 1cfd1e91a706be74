package portstest

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// endOfTime is later than every deletion.
var endOfTime = time.Date(9999, time.December, 31, 23, 59, 59, 999999000, time.UTC)

// testRetention checks how deleted records are purged.
func testRetention[T domain.Record](s suite, a recordKind[T]) {
	testPurge(s, a)
	testPurgeTransactions(s, a)
}

func testPurge[T domain.Record](s suite, a recordKind[T]) {
	// deletedAfter deletes a record. The time of the deletion is now plus the microseconds.
	deletedAfter := func(t *testing.T, store ports.Store, record T, microseconds int) {
		t.Helper()
		a.deleteWithVersion(t, store, a.newDeletedAt(record, now.Add(time.Duration(microseconds)*time.Microsecond)))
	}

	s.promise("Purge removes only records deleted before the time, earliest deletions first", func(t *testing.T, store ports.Store) {
		records := a.addSeveral(t, store, 6)
		for i, after := range []int{3, 0, 2, 4, 1} { // The sixth is not deleted.
			deletedAfter(t, store, records[i], after)
		}
		before := func(microseconds int) time.Time { return now.Add(time.Duration(microseconds) * time.Microsecond) }
		for after, want := range []int{0, 1, 2, 3, 4, 5} {
			require.Equal(t, want, countExpired(t, store, a.kind, before(after)))
		}
		require.Equal(t, 3, countExpired(t, store, a.kind, before(3).In(time.FixedZone("", -11*60*60))))
		require.Equal(t, []domain.ID{}, purge(t, store, a.kind, before(0), 10))
		require.Equal(t, []domain.ID{}, purge(t, store, a.kind, before(4), 0))
		require.Equal(t, a.ids(records[1], records[4]), purge(t, store, a.kind, before(4), 2))
		require.Equal(t, a.ids(records[0], records[2]), purge(t, store, a.kind, before(4), 10))
		require.Equal(t, a.ids(records[3]), a.listDeletedIDs(t, store, domain.Reference{}, wholeList))
		require.Equal(t, records[5], a.get(t, store, a.id(records[5])))
		require.Zero(t, countExpired(t, store, a.kind, before(4)))
		require.Equal(t, 1, countExpired(t, store, a.kind, before(5)))
	})

	s.promise("Purge removes all versions of a record for good", func(t *testing.T, store ports.Store) {
		with := domain.Reference{Kind: domain.SubjectDoctor, ID: 5}
		purged, unchanged := a.addNew(t, store), a.addNew(t, store)
		for _, record := range []T{purged, unchanged} {
			a.addVersions(t, store, a.newVersion(domain.Created, record), a.newVersion(domain.Updated, record))
		}
		a.deleteWithVersion(t, store, a.newDeletedBy(purged, with))
		require.Equal(t, a.ids(purged), purge(t, store, a.kind, endOfTime, 10))
		require.Empty(t, a.versions(t, store, a.id(purged), wholeList))
		require.Empty(t, a.listDeletedIDs(t, store, with, wholeList))
		a.requireNotDeleted(t, store, a.id(purged))
		requireRefused(t, domain.ErrNotFound(), a.tryRestore(t.Context(), store, purged))
		a.requireMissing(t, store, a.id(purged))
		require.Zero(t, countExpired(t, store, a.kind, endOfTime))
		require.Empty(t, purge(t, store, a.kind, endOfTime, 10))
		require.Len(t, a.versions(t, store, a.id(unchanged), wholeList), 2)
		require.Equal(t, unchanged, a.get(t, store, a.id(unchanged)))
	})

	s.promise("a restored record is not purged, and a second deletion counts from its own time", func(t *testing.T, store ports.Store) {
		record := a.addDeleted(t, store, 1)[0]
		require.NoError(t, a.tryRestore(t.Context(), store, record))
		require.Zero(t, countExpired(t, store, a.kind, endOfTime))
		require.Empty(t, purge(t, store, a.kind, endOfTime, 10))
		require.Len(t, a.versions(t, store, a.id(record), wholeList), 2)
		deletedAfter(t, store, record, 5)
		require.Zero(t, countExpired(t, store, a.kind, now.Add(time.Microsecond)))
		a.addVersions(t, store, a.newDeletedAt(record, now.Add(time.Hour)))
		require.Zero(t, countExpired(t, store, a.kind, now.Add(time.Hour)))
		require.Equal(t, a.ids(record), purge(t, store, a.kind, endOfTime, 10))
	})
}

func testPurgeTransactions[T domain.Record](s suite, a recordKind[T]) {
	s.promise("an ID is not reused after Purge", func(t *testing.T, store ports.Store) {
		records := a.addDeleted(t, store, 2)
		require.Equal(t, a.ids(records...), purge(t, store, a.kind, endOfTime, math.MaxInt32))
		require.Greater(t, a.id(a.addNew(t, store)), a.id(records[1]))
	})

	s.promise("a failed Update purges nothing", func(t *testing.T, store ports.Store) {
		record := a.addDeleted(t, store, 1)[0]
		require.ErrorIs(t, store.Update(t.Context(), func(tx ports.Tx) error {
			purged, err := tx.Retention().Purge(t.Context(), a.kind, endOfTime, 10)
			require.NoError(t, err)
			require.Equal(t, a.ids(record), purged)
			n, err := tx.Retention().CountExpired(t.Context(), a.kind, endOfTime)
			require.NoError(t, err)
			require.Zero(t, n)
			return errAborted
		}), errAborted)
		require.Equal(t, a.ids(record), a.listDeletedIDs(t, store, domain.Reference{}, wholeList))
		require.NoError(t, a.tryRestore(t.Context(), store, record))
	})

	for _, count := range []int{63, 64, 200} {
		s.promise(fmt.Sprintf("Purge removes %d records in one call", count), func(t *testing.T, store ports.Store) {
			record := a.addNew(t, store)
			var versions []domain.Version[T]
			want := []domain.ID{}
			for i := range count {
				want = append(want, domain.ID(1000+i))
				versions = append(versions, a.newVersion(domain.Deleted, a.withID(record, domain.ID(1000+i))))
			}
			a.addVersions(t, store, versions...)
			require.Equal(t, count, countExpired(t, store, a.kind, endOfTime))
			require.Equal(t, want, purge(t, store, a.kind, endOfTime, count))
			require.Empty(t, a.listDeletedIDs(t, store, domain.Reference{}, wholeList))
		})
	}

	s.race("a record is restored or purged, never both", func(t *testing.T, store ports.Store) {
		for range raceRounds {
			record := a.addDeleted(t, store, 1)[0]
			var purged []domain.ID
			errs := runConcurrently(2, func(i int) error {
				if i == 0 {
					return a.tryRestore(t.Context(), store, record)
				}
				return store.Update(t.Context(), func(tx ports.Tx) (err error) {
					purged, err = tx.Retention().Purge(t.Context(), a.kind, endOfTime, 10)
					return err
				})
			})
			require.NoError(t, errs[1])
			if errs[0] == nil {
				require.Empty(t, purged)
				require.Equal(t, record, a.get(t, store, a.id(record)))
				require.Len(t, a.versions(t, store, a.id(record), wholeList), 2)
				continue
			}
			requireRefused(t, domain.ErrNotFound(), errs[0])
			require.Equal(t, a.ids(record), purged)
			a.requireMissing(t, store, a.id(record))
			require.Empty(t, a.versions(t, store, a.id(record), wholeList))
		}
	})
}

// testKindsWithoutHistory checks that only records with history can be purged.
func testKindsWithoutHistory(s suite) {
	s.promise("a kind without a history has nothing to purge", func(t *testing.T, store ports.Store) {
		for _, kind := range []domain.SubjectKind{"", domain.SubjectUser, domain.SubjectSession, domain.SubjectAudit, "doctors"} {
			require.Zero(t, countExpired(t, store, kind, endOfTime))
			require.Equal(t, []domain.ID{}, purge(t, store, kind, endOfTime, 10))
		}
	})
}
