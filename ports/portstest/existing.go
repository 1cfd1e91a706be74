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

// choosing returns those of some IDs that have something in common.
type choosing func(ctx context.Context, tx ports.Tx, ids ...domain.ID) ([]domain.ID, error)

// testExisting checks which records exist.
func testExisting[T domain.Record](s suite, a archive[T]) {
	existing := func(ctx context.Context, tx ports.Tx, ids ...domain.ID) ([]domain.ID, error) {
		return a.records(tx).ExistingIDs(ctx, ids...)
	}

	s.promise("Existing chooses the IDs of what is there", func(t *testing.T, store ports.Store) {
		testChoosing(t, store, a.ids(a.addSeveral(t, store, 70)...), append(a.ids(a.addDeleted(t, store, 2)...), nowhere...), existing)
	})

	s.promise("what Existing has found is not deleted until the Update returns", func(t *testing.T, store ports.Store) {
		ids := a.ids(a.addSeveral(t, store, 3)...)
		testChoiceStays(t, store, ids, existing, func() error { return a.tryDelete(t.Context(), store, ids[1]) })
		a.requireGone(t, store, ids[1])
	})

	s.promise("an Update sees in Existing what it has added and deleted", func(t *testing.T, store ports.Store) {
		gone := a.id(a.addNew(t, store))
		update(t, store, func(tx ports.Tx) error {
			added := a.id(a.addIn(t, tx, a.create(t, tx)))
			a.deleteIn(t, tx, gone)
			found, err := existing(t.Context(), tx, added, gone)
			require.Equal(t, []domain.ID{added}, found)
			return err
		})
	})
}

// testStillDeleted checks what History says of several records of one kind.
func testStillDeleted[T domain.Record](s suite, a archive[T]) {
	stillDeleted := func(ctx context.Context, tx ports.Tx, ids ...domain.ID) ([]domain.ID, error) {
		return a.of(tx).DeletedIDs(ctx, ids...)
	}

	s.promise("StillDeleted chooses the IDs of what is deleted", func(t *testing.T, store ports.Store) {
		testChoosing(t, store, a.ids(a.addDeleted(t, store, 70)...), append(a.ids(a.addSeveral(t, store, 2)...), nowhere...), stillDeleted)
	})

	s.promise("what StillDeleted has found is not restored until the Update returns", func(t *testing.T, store ports.Store) {
		records := a.addDeleted(t, store, 3)
		testChoiceStays(t, store, a.ids(records...), stillDeleted, func() error { return a.tryRestore(t.Context(), store, records[1]) })
		require.Equal(t, records[1], a.get(t, store, a.id(records[1])))
	})

	s.promise("what StillDeleted has found is not purged until the Update returns", func(t *testing.T, store ports.Store) {
		ids := a.ids(a.addDeleted(t, store, 3)...)
		testChoiceStays(t, store, ids, stillDeleted, func() error {
			return store.Update(t.Context(), func(tx ports.Tx) error {
				_, err := tx.Retention().Purge(t.Context(), a.kind, never, len(ids))
				return err
			})
		})
		require.Empty(t, a.deletedIDs(t, store, domain.Reference{}, everything))
	})
}

// testChoosing checks that each of wanted is chosen once, in ascending order, and
// none of the others.
func testChoosing(t *testing.T, store ports.Store, wanted, others []domain.ID, choose choosing) {
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

// testChoiceStays checks that ids are chosen until the Update returns, also while
// change tries to end that.
func testChoiceStays(t *testing.T, store ports.Store, ids []domain.ID, choose choosing, change func() error) {
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
