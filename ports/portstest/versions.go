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

// testVersions checks what is kept of the records of one kind.
func testVersions[T domain.Record](s suite, a archive[T]) {
	s.promise("Keep numbers the versions of each record from 1, whatever numbers they are given", func(t *testing.T, store ports.Store) {
		records := a.addSeveral(t, store, 3)
		one, two := a.version(domain.Created, records[0]), a.version(domain.Created, records[1])
		oneAgain, twoAgain := a.version(domain.Updated, a.count(records[0])), a.version(domain.Updated, a.count(records[1]))
		one.Number, twoAgain.Number = 1<<40, -1
		kept := a.keep(t, store, one, two, oneAgain)
		require.Equal(t, []domain.Version[T]{a.stored(0, one)[0], a.stored(0, two)[0], a.stored(1, oneAgain)[0]}, kept)
		require.Equal(t, a.stored(1, twoAgain), a.keep(t, store, twoAgain))
		require.Equal(t, a.stored(2, one), a.keep(t, store, one))

		require.Equal(t, a.stored(0, one, oneAgain, one), a.versions(t, store, a.id(records[0]), everything))
		require.Equal(t, a.stored(0, two, twoAgain), a.versions(t, store, a.id(records[1]), everything))
		require.Equal(t, []domain.Version[T]{}, a.versions(t, store, a.id(records[2]), everything))
		require.Empty(t, a.keep(t, store))
	})

	s.promise("a version comes back as it was kept", func(t *testing.T, store ports.Store) {
		record := a.addNew(t, store)
		var versions []domain.Version[T]
		for _, v := range someVersions {
			versions = append(versions, domain.Version[T]{At: v.At, Author: v.Author, Change: v.Change, Cause: v.Cause, Record: record})
		}
		require.Equal(t, a.stored(0, versions...), a.keep(t, store, versions...))
		require.Equal(t, a.stored(0, versions...), a.versions(t, store, a.id(record), everything))
		require.Equal(t, a.stored(0, versions...)[len(versions)-1:], a.deleted(t, store, domain.Reference{}, everything))
	})

	s.promise("a version's time is cut to the microsecond, in UTC", func(t *testing.T, store ports.Store) {
		record := a.addNew(t, store)
		precise := a.deletedAt(record, now.Add(999*time.Nanosecond).In(time.FixedZone("", 13*60*60)))
		require.Equal(t, now, a.keep(t, store, precise)[0].At)
		require.Equal(t, now, a.versions(t, store, a.id(record), everything)[0].At)
		require.Equal(t, now, a.deleted(t, store, domain.Reference{}, everything)[0].At)
	})

	s.promise("Keep changes nothing but the history", func(t *testing.T, store ports.Store) {
		record := a.addNew(t, store)
		a.keep(t, store, a.version(domain.Deleted, a.count(record)))
		require.Equal(t, record, a.get(t, store, a.id(record)))
	})

	s.promise("adding, saving and deleting a record keeps no version", func(t *testing.T, store ports.Store) {
		record := a.addNew(t, store)
		a.save(t, store, a.count(record))
		a.delete(t, store, a.id(record))
		require.Empty(t, a.versions(t, store, a.id(record), everything))
		a.requireNotDeleted(t, store, a.id(record))
	})

	s.promise("List is in order of Number, and pages by it", func(t *testing.T, store ports.Store) {
		records := a.addSeveral(t, store, 2)
		var versions []domain.Version[T]
		for i := range 12 { // More than nine, so that the order is that of numbers.
			version := a.version(domain.Updated, a.counted(records[0], i))
			versions = append(versions, version)
			a.keep(t, store, version, a.version(domain.Updated, records[1]))
		}
		want := a.stored(0, versions...)
		for _, after := range []domain.ID{math.MinInt64, -1, 0, 1, 9, 11, 12, 13, math.MaxInt64} {
			for _, limit := range []int{0, 1, 3, 12, 13} {
				from := int(min(max(after, 0), domain.ID(len(want))))
				got := a.versions(t, store, a.id(records[0]), domain.Page{After: after, Limit: limit})
				require.Equal(t, want[from:min(from+limit, len(want))], got, "after %d, at most %d", after, limit)
			}
		}
		for _, id := range nowhere {
			require.Equal(t, []domain.Version[T]{}, a.versions(t, store, id, everything))
		}
	})

	for _, count := range []int{1, 2, 63, 64, 65, 300} {
		s.promise(fmt.Sprintf("%d versions can be kept at once", count), func(t *testing.T, store ports.Store) {
			record := a.addNew(t, store)
			var versions []domain.Version[T]
			for i := range count {
				version := a.version(domain.Deleted, a.with(record, domain.ID(1000+i)))
				versions = append(versions, version)
			}
			for round := range 2 {
				kept := a.keep(t, store, versions...)
				require.Len(t, kept, count)
				for _, version := range kept {
					require.Equal(t, round+1, version.Number)
				}
				require.Equal(t, kept, a.deleted(t, store, domain.Reference{}, everything))
			}
			for i := range versions {
				versions[i].Change = domain.Restored
			}
			a.keep(t, store, versions...)
			require.Empty(t, a.deleted(t, store, domain.Reference{}, everything))
		})
	}

	s.promise("an Update reads what it has kept", func(t *testing.T, store ports.Store) {
		record := a.addNew(t, store)
		update(t, store, func(tx ports.Tx) error {
			want := a.keepIn(t, tx, a.version(domain.Created, record), a.version(domain.Deleted, record))
			listed, err := a.of(tx).List(t.Context(), a.id(record), everything)
			require.NoError(t, err)
			require.Equal(t, want, listed)
			last, err := a.of(tx).GetDeleted(t.Context(), a.id(record))
			require.NoError(t, err)
			require.Equal(t, want[1], last)
			deleted, err := a.of(tx).ListDeleted(t.Context(), domain.Reference{}, everything)
			require.Equal(t, want[1:], deleted)
			return err
		})
	})

	s.promise("an error leaves no version", func(t *testing.T, store ports.Store) {
		record := a.addNew(t, store)
		first := a.keep(t, store, a.version(domain.Created, record))
		require.ErrorIs(t, store.Update(t.Context(), func(tx ports.Tx) error {
			a.keepIn(t, tx, a.version(domain.Updated, record), a.version(domain.Deleted, record))
			return errBroken
		}), errBroken)
		require.Equal(t, first, a.versions(t, store, a.id(record), everything))
		a.requireNotDeleted(t, store, a.id(record))
		require.Equal(t, 2, a.keep(t, store, a.version(domain.Updated, record))[0].Number)
	})

	s.race("numbers have no gaps when many Updates keep versions of one record", func(t *testing.T, store ports.Store) {
		record := a.addNew(t, store)
		requireEach(t, together(crowd, func(int) error {
			return store.Update(t.Context(), func(tx ports.Tx) error {
				found, err := a.in(tx).Get(t.Context(), a.id(record))
				if err != nil {
					return err
				}
				if err := a.in(tx).Save(t.Context(), a.count(found)); err != nil {
					return err
				}
				_, err = a.of(tx).Add(t.Context(), a.version(domain.Updated, a.count(found)))
				return err
			})
		}))
		var want []domain.Version[T]
		for i := range crowd {
			want = append(want, a.version(domain.Updated, a.counted(record, i+1)))
		}
		require.Equal(t, a.stored(0, want...), a.versions(t, store, a.id(record), everything))
	})
}

// someVersions are all that a version may be, but for whose.
var someVersions = []domain.Version[domain.Mapping]{
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
