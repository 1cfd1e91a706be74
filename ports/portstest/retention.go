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

// never is a time before which everything was deleted that was.
var never = time.Date(9999, time.December, 31, 23, 59, 59, 999999000, time.UTC)

// testRetention checks how what was deleted of one kind goes away for good.
func testRetention[T domain.Record](s suite, a archive[T]) {
	// deletedAfter deletes a record so many microseconds after now.
	deletedAfter := func(t *testing.T, store ports.Store, record T, microseconds int) {
		t.Helper()
		a.discard(t, store, a.deletedAt(record, now.Add(time.Duration(microseconds)*time.Microsecond)))
	}

	s.promise("only what was deleted before the time is purged, the longest deleted first", func(t *testing.T, store ports.Store) {
		records := a.addSeveral(t, store, 6)
		for i, after := range []int{3, 0, 2, 4, 1} { // The sixth stays.
			deletedAfter(t, store, records[i], after)
		}
		before := func(microseconds int) time.Time { return now.Add(time.Duration(microseconds) * time.Microsecond) }
		for after, want := range []int{0, 1, 2, 3, 4, 5} {
			require.Equal(t, want, expired(t, store, a.kind, before(after)))
		}
		require.Equal(t, 3, expired(t, store, a.kind, before(3).In(time.FixedZone("", -11*60*60))))
		require.Equal(t, []domain.ID{}, purge(t, store, a.kind, before(0), 10))
		require.Equal(t, []domain.ID{}, purge(t, store, a.kind, before(4), 0))
		require.Equal(t, a.ids(records[1], records[4]), purge(t, store, a.kind, before(4), 2))
		require.Equal(t, a.ids(records[0], records[2]), purge(t, store, a.kind, before(4), 10))
		require.Equal(t, a.ids(records[3]), a.deletedIDs(t, store, domain.Reference{}, everything))
		require.Equal(t, records[5], a.get(t, store, a.id(records[5])))
		require.Zero(t, expired(t, store, a.kind, before(4)))
		require.Equal(t, 1, expired(t, store, a.kind, before(5)))
	})

	s.promise("nothing is left of what was purged", func(t *testing.T, store ports.Store) {
		with := domain.Reference{Kind: domain.SubjectDoctor, ID: 5}
		purged, kept := a.addNew(t, store), a.addNew(t, store)
		for _, record := range []T{purged, kept} {
			a.keep(t, store, a.version(domain.Created, record), a.version(domain.Updated, record))
		}
		a.discard(t, store, a.deletedWith(purged, with))
		require.Equal(t, a.ids(purged), purge(t, store, a.kind, never, 10))
		require.Empty(t, a.versions(t, store, a.id(purged), everything))
		require.Empty(t, a.deletedIDs(t, store, with, everything))
		a.requireNotDeleted(t, store, a.id(purged))
		requireRefused(t, domain.ErrNotFound(), a.tryRestore(t.Context(), store, purged))
		a.requireGone(t, store, a.id(purged))
		require.Zero(t, expired(t, store, a.kind, never))
		require.Empty(t, purge(t, store, a.kind, never, 10))
		require.Len(t, a.versions(t, store, a.id(kept), everything), 2)
		require.Equal(t, kept, a.get(t, store, a.id(kept)))
	})

	s.promise("what was restored is not purged, and counts anew when it is deleted again", func(t *testing.T, store ports.Store) {
		record := a.addDeleted(t, store, 1)[0]
		require.NoError(t, a.tryRestore(t.Context(), store, record))
		require.Zero(t, expired(t, store, a.kind, never))
		require.Empty(t, purge(t, store, a.kind, never, 10))
		require.Len(t, a.versions(t, store, a.id(record), everything), 2)
		deletedAfter(t, store, record, 5)
		require.Zero(t, expired(t, store, a.kind, now.Add(time.Microsecond)))
		a.keep(t, store, a.deletedAt(record, now.Add(time.Hour)))
		require.Zero(t, expired(t, store, a.kind, now.Add(time.Hour)))
		require.Equal(t, a.ids(record), purge(t, store, a.kind, never, 10))
	})

	s.promise("an ID is not used again after Purge", func(t *testing.T, store ports.Store) {
		records := a.addDeleted(t, store, 2)
		require.Equal(t, a.ids(records...), purge(t, store, a.kind, never, math.MaxInt32))
		require.Greater(t, a.id(a.addNew(t, store)), a.id(records[1]))
	})

	s.promise("an error leaves no trace of Purge", func(t *testing.T, store ports.Store) {
		record := a.addDeleted(t, store, 1)[0]
		require.ErrorIs(t, store.Update(t.Context(), func(tx ports.Tx) error {
			purged, err := tx.Retention().Purge(t.Context(), a.kind, never, 10)
			require.NoError(t, err)
			require.Equal(t, a.ids(record), purged)
			n, err := tx.Retention().CountExpired(t.Context(), a.kind, never)
			require.NoError(t, err)
			require.Zero(t, n)
			return errBroken
		}), errBroken)
		require.Equal(t, a.ids(record), a.deletedIDs(t, store, domain.Reference{}, everything))
		require.NoError(t, a.tryRestore(t.Context(), store, record))
	})

	for _, count := range []int{63, 64, 200} {
		s.promise(fmt.Sprintf("%d records can be purged at once", count), func(t *testing.T, store ports.Store) {
			record := a.addNew(t, store)
			var versions []domain.Version[T]
			want := []domain.ID{}
			for i := range count {
				want = append(want, domain.ID(1000+i))
				versions = append(versions, a.version(domain.Deleted, a.with(record, domain.ID(1000+i))))
			}
			a.keep(t, store, versions...)
			require.Equal(t, count, expired(t, store, a.kind, never))
			require.Equal(t, want, purge(t, store, a.kind, never, count))
			require.Empty(t, a.deletedIDs(t, store, domain.Reference{}, everything))
		})
	}

	s.race("a record is restored or purged, never both", func(t *testing.T, store ports.Store) {
		for range rounds {
			record := a.addDeleted(t, store, 1)[0]
			var purged []domain.ID
			errs := together(2, func(i int) error {
				if i == 0 {
					return a.tryRestore(t.Context(), store, record)
				}
				return store.Update(t.Context(), func(tx ports.Tx) (err error) {
					purged, err = tx.Retention().Purge(t.Context(), a.kind, never, 10)
					return err
				})
			})
			require.NoError(t, errs[1])
			if errs[0] == nil {
				require.Empty(t, purged)
				require.Equal(t, record, a.get(t, store, a.id(record)))
				require.Len(t, a.versions(t, store, a.id(record), everything), 2)
				continue
			}
			requireRefused(t, domain.ErrNotFound(), errs[0])
			require.Equal(t, a.ids(record), purged)
			a.requireGone(t, store, a.id(record))
			require.Empty(t, a.versions(t, store, a.id(record), everything))
		}
	})
}

// testOtherRetention checks what is of no kind in particular.
func testOtherRetention(s suite) {
	s.promise("a kind without a history has nothing to purge", func(t *testing.T, store ports.Store) {
		for _, kind := range []domain.SubjectKind{"", domain.SubjectUser, domain.SubjectSession, domain.SubjectAudit, "doctors"} {
			require.Zero(t, expired(t, store, kind, never))
			require.Equal(t, []domain.ID{}, purge(t, store, kind, never, 10))
		}
	})
}
