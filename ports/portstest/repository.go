package portstest

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// unknownIDs are IDs that no store has assigned.
var unknownIDs = []domain.ID{0, -1, 1 << 40, math.MaxInt64}

// testRepository checks what all repositories promise.
func testRepository[T any](s suite, a entityKind[T]) {
	testAddAndGet(s, a)
	testSave(s, a)
	testEntityTransactions(s, a)
}

func testAddAndGet[T any](s suite, a entityKind[T]) {
	s.promise("Get returns what Add returned", func(t *testing.T, store ports.Store) {
		built := a.newEntity(t, store)
		added := a.add(t, store, built)
		require.Positive(t, a.id(added))
		require.Equal(t, a.withID(built, 0), a.withID(added, 0))
		require.Equal(t, added, a.get(t, store, a.id(added)))
	})

	s.promise("Add ignores the given ID", func(t *testing.T, store ports.Store) {
		first := a.addNew(t, store)
		for _, id := range append(unknownIDs, a.id(first)) {
			entity := a.newEntity(t, store)
			added := a.add(t, store, a.withID(entity, id))
			require.NotEqual(t, id, a.id(added))
			require.Equal(t, a.withID(entity, 0), a.withID(added, 0))
		}
		require.Equal(t, first, a.get(t, store, a.id(first)))
	})

	s.promise("IDs ascend in the order of creation", func(t *testing.T, store ports.Store) {
		var last domain.ID
		for range 5 {
			first, second := a.newEntity(t, store), a.newEntity(t, store)
			update(t, store, func(tx ports.Tx) error {
				for _, entity := range []T{first, second} {
					added, err := a.repository(tx).Add(t.Context(), entity)
					if err != nil {
						return err
					}
					assert.Greater(t, a.id(added), last)
					last = a.id(added)
				}
				return nil
			})
		}
	})

	s.promise("Get of an unknown ID is NotFound", func(t *testing.T, store ports.Store) {
		a.addNew(t, store)
		for _, id := range unknownIDs {
			a.requireMissing(t, store, id)
		}
	})

	s.promise("Save of an unknown ID is NotFound and changes nothing", func(t *testing.T, store ports.Store) {
		existing := a.addNew(t, store)
		for _, id := range unknownIDs {
			requireRefused(t, domain.ErrNotFound(), a.trySave(t.Context(), store, a.withID(a.increment(existing), id)))
			a.requireMissing(t, store, id)
		}
		require.Equal(t, existing, a.get(t, store, a.id(existing)))
	})

	s.promise("an Update can continue after NotFound", func(t *testing.T, store ports.Store) {
		first, second := a.addNew(t, store), a.newEntity(t, store)
		var added T
		update(t, store, func(tx ports.Tx) (err error) {
			_, err = a.repository(tx).Get(t.Context(), math.MaxInt64)
			assert.Equal(t, domain.NotFound, domain.KindOf(err))
			err = a.repository(tx).Save(t.Context(), a.withID(first, math.MaxInt64))
			assert.Equal(t, domain.NotFound, domain.KindOf(err))
			if a.deleteFunc != nil {
				err = a.tryDeleteIn(t.Context(), tx, math.MaxInt64)
				assert.Equal(t, domain.NotFound, domain.KindOf(err))
			}
			added, err = a.repository(tx).Add(t.Context(), second)
			return err
		})
		require.Equal(t, added, a.get(t, store, a.id(added)))
	})
}

func testSave[T any](s suite, a entityKind[T]) {
	s.promise("Save changes only the one entity", func(t *testing.T, store ports.Store) {
		added := a.addSeveral(t, store, 3)
		before, changed, after := added[0], added[1], added[2]
		a.save(t, store, a.increment(changed))
		require.Equal(t, a.increment(changed), a.get(t, store, a.id(changed)))
		require.Equal(t, before, a.get(t, store, a.id(before)))
		require.Equal(t, after, a.get(t, store, a.id(after)))
	})

	s.promise("Save of an unchanged entity changes nothing", func(t *testing.T, store ports.Store) {
		entity := a.addNew(t, store)
		a.save(t, store, entity)
		require.Equal(t, entity, a.get(t, store, a.id(entity)))
	})

	s.promise("an Update reads its own writes", func(t *testing.T, store ports.Store) {
		unchanged, built := a.addNew(t, store), a.newEntity(t, store)
		update(t, store, func(tx ports.Tx) error {
			added, err := a.repository(tx).Add(t.Context(), built)
			if err != nil {
				return err
			}
			for _, entity := range []T{added, a.increment(added), a.incremented(unchanged, 2)} {
				if err := a.repository(tx).Save(t.Context(), entity); err != nil {
					return err
				}
				found, err := a.repository(tx).Get(t.Context(), a.id(entity))
				if err != nil {
					return err
				}
				assert.Equal(t, entity, found)
			}
			return nil
		})
		require.Equal(t, a.incremented(unchanged, 2), a.get(t, store, a.id(unchanged)))
	})
}

func testEntityTransactions[T any](s suite, a entityKind[T]) {
	s.promise("a failed Update adds and saves nothing", func(t *testing.T, store ports.Store) {
		unchanged, built := a.addNew(t, store), a.newEntity(t, store)
		var added T
		err := store.Update(t.Context(), func(tx ports.Tx) (err error) {
			if added, err = a.repository(tx).Add(t.Context(), built); err != nil {
				return err
			}
			if err := a.repository(tx).Save(t.Context(), a.increment(unchanged)); err != nil {
				return err
			}
			return errAborted
		})
		require.ErrorIs(t, err, errAborted)
		a.requireMissing(t, store, a.id(added))
		require.Equal(t, unchanged, a.get(t, store, a.id(unchanged)))
		// Its unique values are free again.
		a.add(t, store, built)
	})

	s.race("parallel changes of one entity are all stored", func(t *testing.T, store ports.Store) {
		entity := a.addNew(t, store)
		for _, err := range runConcurrently(callers, func(int) error {
			return store.Update(t.Context(), func(tx ports.Tx) error {
				found, err := a.repository(tx).Get(t.Context(), a.id(entity))
				if err != nil {
					return err
				}
				return a.repository(tx).Save(t.Context(), a.increment(found))
			})
		}) {
			require.NoError(t, err)
		}
		require.Equal(t, a.incremented(entity, callers), a.get(t, store, a.id(entity)))
	})

	s.concurrently("Get locks the entity until the Update returns", func(t *testing.T, store ports.Store) {
		testReadStaysLocked(t, store, a, func(tx ports.Tx, entity T) (T, error) { return a.repository(tx).Get(t.Context(), a.id(entity)) })
	})

	if a.deleteFunc != nil {
		testDeleting(s, a)
	}
}

func testDeleting[T any](s suite, a entityKind[T]) {
	s.promise("Delete removes only the one entity", func(t *testing.T, store ports.Store) {
		added := a.addSeveral(t, store, 3)
		before, deleted, after := added[0], added[1], added[2]
		a.delete(t, store, a.id(deleted))
		a.requireMissing(t, store, a.id(deleted))
		require.Equal(t, before, a.get(t, store, a.id(before)))
		require.Equal(t, after, a.get(t, store, a.id(after)))
	})

	s.promise("Delete of an unknown ID is NotFound and changes nothing", func(t *testing.T, store ports.Store) {
		unchanged, deleted := a.addNew(t, store), a.addNew(t, store)
		a.delete(t, store, a.id(deleted))
		for _, id := range append(unknownIDs, a.id(deleted)) {
			requireRefused(t, domain.ErrNotFound(), a.tryDelete(t.Context(), store, id))
		}
		require.Equal(t, unchanged, a.get(t, store, a.id(unchanged)))
	})

	s.promise("Save does not restore a deleted entity", func(t *testing.T, store ports.Store) {
		deleted := a.addNew(t, store)
		a.delete(t, store, a.id(deleted))
		requireRefused(t, domain.ErrNotFound(), a.trySave(t.Context(), store, deleted))
		a.requireMissing(t, store, a.id(deleted))
	})

	s.promise("an ID is not reused after Delete", func(t *testing.T, store ports.Store) {
		unchanged, deleted := a.addNew(t, store), a.addNew(t, store)
		a.delete(t, store, a.id(deleted))
		next := a.addNew(t, store)
		require.Greater(t, a.id(next), a.id(deleted))
		// The same holds when no entity with a high ID is left.
		a.delete(t, store, a.id(unchanged))
		a.delete(t, store, a.id(next))
		require.Greater(t, a.id(a.addNew(t, store)), a.id(next))
	})

	s.promise("an Update does not see what it has deleted", func(t *testing.T, store ports.Store) {
		deleted := a.addNew(t, store)
		update(t, store, func(tx ports.Tx) error {
			if err := a.tryDeleteIn(t.Context(), tx, a.id(deleted)); err != nil {
				return err
			}
			_, err := a.repository(tx).Get(t.Context(), a.id(deleted))
			assert.Equal(t, domain.NotFound, domain.KindOf(err))
			return nil
		})
	})

	s.promise("a failed Update deletes nothing", func(t *testing.T, store ports.Store) {
		unchanged := a.addNew(t, store)
		err := store.Update(t.Context(), func(tx ports.Tx) error {
			if err := a.tryDeleteIn(t.Context(), tx, a.id(unchanged)); err != nil {
				return err
			}
			return errAborted
		})
		require.ErrorIs(t, err, errAborted)
		require.Equal(t, unchanged, a.get(t, store, a.id(unchanged)))
	})

	s.race("one of several parallel Deletes succeeds", func(t *testing.T, store ports.Store) {
		deleted := a.addNew(t, store)
		requireOneSucceeds(t, domain.ErrNotFound(), runConcurrently(callers, func(int) error {
			return a.tryDelete(t.Context(), store, a.id(deleted))
		}))
	})
}
