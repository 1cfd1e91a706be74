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

// testVersions checks how versions are added and listed.
func testVersions[T domain.Record](s suite, a recordKind[T]) {
	testAddVersions(s, a)
	testListVersions(s, a)
	testVersionTransactions(s, a)
}

func testAddVersions[T domain.Record](s suite, a recordKind[T]) {
	s.promise("Add numbers the versions of each record from 1 and ignores the numbers given", func(t *testing.T, store ports.Store) {
		records := a.addSeveral(t, store, 3)
		one, two := a.newVersion(domain.Created, records[0]), a.newVersion(domain.Created, records[1])
		oneAgain, twoAgain := a.newVersion(domain.Updated, a.increment(records[0])), a.newVersion(domain.Updated, a.increment(records[1]))
		one.Number, twoAgain.Number = 1<<40, -1
		added := a.addVersions(t, store, one, two, oneAgain)
		require.Equal(t, []domain.Version[T]{a.numbered(0, one)[0], a.numbered(0, two)[0], a.numbered(1, oneAgain)[0]}, added)
		require.Equal(t, a.numbered(1, twoAgain), a.addVersions(t, store, twoAgain))
		require.Equal(t, a.numbered(2, one), a.addVersions(t, store, one))

		require.Equal(t, a.numbered(0, one, oneAgain, one), a.versions(t, store, a.id(records[0]), wholeList))
		require.Equal(t, a.numbered(0, two, twoAgain), a.versions(t, store, a.id(records[1]), wholeList))
		require.Equal(t, []domain.Version[T]{}, a.versions(t, store, a.id(records[2]), wholeList))
		require.Empty(t, a.addVersions(t, store))
	})

	s.promise("Add leaves out a version that is only wanted as the first one", func(t *testing.T, store ports.Store) {
		records := a.addSeveral(t, store, 3)
		first := func(record T) domain.Version[T] {
			version := a.newVersion(domain.Found, record)
			version.OnlyAsFirst = true
			return version
		}
		found := func(record T) domain.Version[T] { return a.newVersion(domain.Found, record) }
		changed := func(i, times int) domain.Version[T] {
			return a.newVersion(domain.Updated, a.incremented(records[i], times))
		}
		// The first record has a version, the others have none.
		require.Equal(t, a.numbered(0, found(records[0])), a.addVersions(t, store, first(records[0])))
		require.Empty(t, a.addVersions(t, store, first(records[0])))
		require.Equal(t, a.numbered(1, changed(0, 1)), a.addVersions(t, store, first(records[0]), changed(0, 1)))
		require.Equal(t, a.numbered(0, found(records[1]), changed(1, 1)), a.addVersions(t, store, first(records[1]), changed(1, 1)))
		require.Equal(t, []domain.Version[T]{
			a.numbered(2, changed(0, 2))[0], a.numbered(0, found(records[2]))[0], a.numbered(1, changed(2, 1))[0],
		}, a.addVersions(t, store, first(records[0]), changed(0, 2), first(records[2]), first(records[2]), changed(2, 1)))
		for i, count := range []int{3, 2, 2} {
			require.Len(t, a.versions(t, store, a.id(records[i]), wholeList), count)
		}
	})

	s.promise("Add gives a version the next number whatever the stamp of its record says", func(t *testing.T, store ports.Store) {
		record := a.addNew(t, store)
		for i, stamp := range []int{5, 2, 2, 4, 0, -1, 7, 1} {
			for _, change := range []domain.Change{domain.Updated, domain.Deleted} {
				stamped := domain.Stamped(record, domain.Stamp{Version: stamp, CreatedAt: now, UpdatedAt: now})
				version := a.newVersion(change, stamped)
				want := a.numbered(2*i+map[domain.Change]int{domain.Deleted: 1}[change], version)
				require.Equal(t, want, a.addVersions(t, store, version))
				require.Equal(t, want, a.versions(t, store, a.id(record), domain.Page{After: domain.ID(want[0].Number - 1), Limit: 9}))
				deleted := a.listDeleted(t, store, domain.Reference{}, wholeList)
				require.Equal(t, change == domain.Deleted, len(deleted) == 1)
			}
		}
	})

	s.promise("List returns a version as it was added", func(t *testing.T, store ports.Store) {
		record := a.addNew(t, store)
		var versions []domain.Version[T]
		for _, v := range exampleVersions {
			versions = append(versions, domain.Version[T]{At: v.At, Author: v.Author, Change: v.Change, Cause: v.Cause, Record: record})
		}
		require.Equal(t, a.numbered(0, versions...), a.addVersions(t, store, versions...))
		require.Equal(t, a.numbered(0, versions...), a.versions(t, store, a.id(record), wholeList))
		require.Equal(t, a.numbered(0, versions...)[len(versions)-1:], a.listDeleted(t, store, domain.Reference{}, wholeList))
	})

	s.promise("a version's time is cut to the microsecond, in UTC", func(t *testing.T, store ports.Store) {
		record := a.addNew(t, store)
		precise := a.newDeletedAt(record, now.Add(999*time.Nanosecond).In(time.FixedZone("", 13*60*60)))
		require.Equal(t, now, a.addVersions(t, store, precise)[0].At)
		require.Equal(t, now, a.versions(t, store, a.id(record), wholeList)[0].At)
		require.Equal(t, now, a.listDeleted(t, store, domain.Reference{}, wholeList)[0].At)
	})

	s.promise("Add changes only the history", func(t *testing.T, store ports.Store) {
		record := a.addNew(t, store)
		a.addVersions(t, store, a.newVersion(domain.Deleted, a.increment(record)))
		require.Equal(t, record, a.get(t, store, a.id(record)))
	})

	s.promise("adding, saving and deleting a record adds no version", func(t *testing.T, store ports.Store) {
		record := a.addNew(t, store)
		a.save(t, store, a.increment(record))
		a.delete(t, store, a.id(record))
		require.Empty(t, a.versions(t, store, a.id(record), wholeList))
		a.requireNotDeleted(t, store, a.id(record))
	})
}

func testListVersions[T domain.Record](s suite, a recordKind[T]) {
	s.promise("List is in order of Number and pages by it", func(t *testing.T, store ports.Store) {
		records := a.addSeveral(t, store, 2)
		var versions []domain.Version[T]
		for i := range 12 { // More than nine, to detect sorting as text.
			version := a.newVersion(domain.Updated, a.incremented(records[0], i))
			versions = append(versions, version)
			a.addVersions(t, store, version, a.newVersion(domain.Updated, records[1]))
		}
		want := a.numbered(0, versions...)
		for _, after := range []domain.ID{math.MinInt64, -1, 0, 1, 9, 11, 12, 13, math.MaxInt64} {
			for _, limit := range []int{0, 1, 3, 12, 13} {
				from := int(min(max(after, 0), domain.ID(len(want))))
				got := a.versions(t, store, a.id(records[0]), domain.Page{After: after, Limit: limit})
				require.Equal(t, want[from:min(from+limit, len(want))], got, "after %d, at most %d", after, limit)
			}
		}
		for _, id := range unknownIDs {
			require.Equal(t, []domain.Version[T]{}, a.versions(t, store, id, wholeList))
		}
	})

	for _, count := range []int{1, 2, 63, 64, 65, 300} {
		s.promise(fmt.Sprintf("Add adds %d versions in one call", count), func(t *testing.T, store ports.Store) {
			record := a.addNew(t, store)
			var versions []domain.Version[T]
			for i := range count {
				version := a.newVersion(domain.Deleted, a.withID(record, domain.ID(1000+i)))
				versions = append(versions, version)
			}
			for round := range 2 {
				added := a.addVersions(t, store, versions...)
				require.Len(t, added, count)
				for _, version := range added {
					require.Equal(t, round+1, version.Number)
				}
				require.Equal(t, added, a.listDeleted(t, store, domain.Reference{}, wholeList))
			}
			for i := range versions {
				versions[i].Change = domain.Restored
			}
			a.addVersions(t, store, versions...)
			require.Empty(t, a.listDeleted(t, store, domain.Reference{}, wholeList))
		})
	}
}

func testVersionTransactions[T domain.Record](s suite, a recordKind[T]) {
	s.promise("an Update reads the versions that it has added", func(t *testing.T, store ports.Store) {
		record := a.addNew(t, store)
		update(t, store, func(tx ports.Tx) error {
			want := a.addVersionsIn(t, tx, a.newVersion(domain.Created, record), a.newVersion(domain.Deleted, record))
			listed, err := a.history(tx).List(t.Context(), a.id(record), wholeList)
			require.NoError(t, err)
			require.Equal(t, want, listed)
			last, err := a.history(tx).GetDeleted(t.Context(), a.id(record))
			require.NoError(t, err)
			require.Equal(t, want[1], last)
			deleted, err := a.history(tx).ListDeleted(t.Context(), domain.Reference{}, wholeList)
			require.Equal(t, want[1:], deleted)
			return err
		})
	})

	s.promise("a failed Update adds no version", func(t *testing.T, store ports.Store) {
		record := a.addNew(t, store)
		first := a.addVersions(t, store, a.newVersion(domain.Created, record))
		require.ErrorIs(t, store.Update(t.Context(), func(tx ports.Tx) error {
			a.addVersionsIn(t, tx, a.newVersion(domain.Updated, record), a.newVersion(domain.Deleted, record))
			return errAborted
		}), errAborted)
		require.Equal(t, first, a.versions(t, store, a.id(record), wholeList))
		a.requireNotDeleted(t, store, a.id(record))
		require.Equal(t, 2, a.addVersions(t, store, a.newVersion(domain.Updated, record))[0].Number)
	})

	s.race("numbers have no gaps when parallel Updates add versions of one record", func(t *testing.T, store ports.Store) {
		record := a.addNew(t, store)
		requireEachAllowed(t, runConcurrently(callers, func(int) error {
			return store.Update(t.Context(), func(tx ports.Tx) error {
				found, err := a.repository(tx).Get(t.Context(), a.id(record))
				if err != nil {
					return err
				}
				if err := a.repository(tx).Save(t.Context(), a.increment(found)); err != nil {
					return err
				}
				_, err = a.history(tx).Add(t.Context(), a.newVersion(domain.Updated, a.increment(found)))
				return err
			})
		}))
		var want []domain.Version[T]
		for i := range callers {
			want = append(want, a.newVersion(domain.Updated, a.incremented(record, i+1)))
		}
		require.Equal(t, a.numbered(0, want...), a.versions(t, store, a.id(record), wholeList))
	})
}

// exampleVersions cover the values of all fields of a version, except the record.
var exampleVersions = []domain.Version[domain.Mapping]{
	{At: now, Author: domain.Author{UserID: 7, Role: domain.Staff}, Change: domain.Created},
	{At: now, Author: domain.Author{UserID: math.MaxInt64, Role: domain.Admin}, Change: domain.Updated},
	{At: now, Author: domain.Author{Role: domain.Operator}, Change: domain.Deleted},
	{At: now, Author: domain.Author{UserID: 7, Role: domain.Admin}, Change: domain.Restored},
	{At: now, Change: domain.Found},
	{
		At: now, Author: domain.Author{UserID: 7, Role: domain.Staff}, Change: domain.Deleted,
		Cause: domain.Reference{Kind: domain.SubjectDoctor, ID: 1},
	},
	{
		At: now, Author: domain.Author{UserID: 7, Role: domain.Staff}, Change: domain.Restored,
		Cause: domain.Reference{Kind: domain.SubjectPatient, ID: math.MaxInt64},
	},
	{
		At:     time.Date(9999, time.December, 31, 23, 59, 59, 999999000, time.UTC),
		Author: domain.Author{UserID: 7, Role: domain.Staff}, Change: domain.Deleted,
	},
}
