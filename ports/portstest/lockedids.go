package portstest

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// idFilter calls ExistingIDs or DeletedIDs.
type idFilter func(ctx context.Context, tx ports.Tx, ids ...domain.ID) ([]domain.ID, error)

// testExistingIDs checks which records exist.
func testExistingIDs[T domain.Record](s suite, a recordKind[T]) {
	existing := func(ctx context.Context, tx ports.Tx, ids ...domain.ID) ([]domain.ID, error) {
		return a.records(tx).ExistingIDs(ctx, ids...)
	}

	s.promise("ExistingIDs returns the IDs of existing records", func(t *testing.T, store ports.Store) {
		testFiltersIDs(t, store, a.ids(a.addSeveral(t, store, 70)...), append(a.ids(a.addDeleted(t, store, 2)...), unknownIDs...), existing)
	})

	s.concurrently("ExistingIDs locks the records against deletion until the Update returns", func(t *testing.T, store ports.Store) {
		ids := a.ids(a.addSeveral(t, store, 3)...)
		testFilteredStayLocked(t, store, ids, existing, func() error { return a.tryDelete(t.Context(), store, ids[1]) })
		a.requireMissing(t, store, ids[1])
	})

	s.promise("ExistingIDs sees what the Update has added and deleted", func(t *testing.T, store ports.Store) {
		deleted := a.id(a.addNew(t, store))
		update(t, store, func(tx ports.Tx) error {
			added := a.id(a.addIn(t, tx, a.newEntityIn(t, tx)))
			a.deleteIn(t, tx, deleted)
			found, err := existing(t.Context(), tx, added, deleted)
			require.Equal(t, []domain.ID{added}, found)
			return err
		})
	})
}

// testDeletedIDs checks which records are deleted.
func testDeletedIDs[T domain.Record](s suite, a recordKind[T]) {
	stillDeleted := func(ctx context.Context, tx ports.Tx, ids ...domain.ID) ([]domain.ID, error) {
		return a.history(tx).DeletedIDs(ctx, ids...)
	}

	s.promise("DeletedIDs returns the IDs of deleted records", func(t *testing.T, store ports.Store) {
		testFiltersIDs(t, store, a.ids(a.addDeleted(t, store, 70)...), append(a.ids(a.addSeveral(t, store, 2)...), unknownIDs...), stillDeleted)
	})

	s.concurrently("DeletedIDs locks the records against restoring until the Update returns", func(t *testing.T, store ports.Store) {
		records := a.addDeleted(t, store, 3)
		testFilteredStayLocked(t, store, a.ids(records...), stillDeleted, func() error { return a.tryRestore(t.Context(), store, records[1]) })
		require.Equal(t, records[1], a.get(t, store, a.id(records[1])))
	})

	s.concurrently("DeletedIDs locks the records against purging until the Update returns", func(t *testing.T, store ports.Store) {
		ids := a.ids(a.addDeleted(t, store, 3)...)
		testFilteredStayLocked(t, store, ids, stillDeleted, func() error {
			return store.Update(t.Context(), func(tx ports.Tx) error {
				_, err := tx.Retention().Purge(t.Context(), a.kind, endOfTime, len(ids))
				return err
			})
		})
		require.Empty(t, a.listDeletedIDs(t, store, domain.Reference{}, wholeList))
	})
}

// testFiltersIDs checks that choose returns each wanted ID once, in ascending order, and
// none of the others.
func testFiltersIDs(t *testing.T, store ports.Store, wanted, others []domain.ID, choose idFilter) {
	asked := slices.Concat(wanted, others, wanted[:3])
	slices.Reverse(asked)
	for _, transact := range []func(context.Context, func(ports.Tx) error) error{store.View, store.Update} {
		require.NoError(t, transact(t.Context(), func(tx ports.Tx) error {
			for _, tt := range []struct{ asked, want []domain.ID }{
				{asked, wanted}, {wanted[7:8], wanted[7:8]}, {others, []domain.ID{}}, {nil, []domain.ID{}},
			} {
				found, err := choose(t.Context(), tx, tt.asked...)
				require.NoError(t, err)
				require.Equal(t, tt.want, found)
			}
			return nil
		}))
	}
}

// testFilteredStayLocked checks that choose returns all ids until the Update returns,
// while change tries to remove one of them.
func testFilteredStayLocked(t *testing.T, store ports.Store, ids []domain.ID, choose idFilter, change func() error) {
	var (
		once  sync.Once
		other sync.WaitGroup
	)
	err := store.Update(t.Context(), func(tx ports.Tx) error {
		for range 500 {
			found, err := choose(t.Context(), tx, ids...)
			if err != nil {
				return err
			}
			if !assert.Equal(t, ids, found) {
				break
			}
			once.Do(func() {
				other.Go(func() { assert.NoError(t, change()) })
			})
			runtime.Gosched()
		}
		return nil
	})
	other.Wait()
	require.NoError(t, err)
	view(t, store, func(tx ports.Tx) error {
		found, err := choose(t.Context(), tx, ids...)
		require.NotEqual(t, ids, found)
		return err
	})
}
