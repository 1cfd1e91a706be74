package portstest

import (
	"maps"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// cabinet is a shelf of what can be deleted and restored.
type cabinet[T domain.Record] struct {
	shelf[T]
	archive archive[T]
	// gone is the entities that were deleted.
	gone map[domain.ID]T
}

func newCabinet[T domain.Record](a archive[T]) cabinet[T] {
	return cabinet[T]{shelf[T]{of: a.aggregate, rows: map[domain.ID]T{}}, a, map[domain.ID]T{}}
}

func (c cabinet[T]) clone() cabinet[T] {
	c.shelf, c.gone = c.shelf.clone(), maps.Clone(c.gone)
	return c
}

// delete and restore work as add and save do.

func (c *cabinet[T]) delete(t tester, tx ports.Tx, id domain.ID) (ended []domain.Record, err error) {
	_, ended, err = c.of.deletes(t.Context(), tx, id)
	requireOutcome(t, c.missing(id), err)
	if err == nil {
		c.discard(t, tx, id)
	}
	return ended, err
}

// discard keeps that an entity was deleted.
func (c *cabinet[T]) discard(t tester, tx ports.Tx, id domain.ID) {
	c.archive.keepIn(t, tx, c.archive.version(domain.Deleted, c.rows[id]))
	c.gone[id] = c.rows[id]
	delete(c.rows, id)
}

func (c *cabinet[T]) restore(t tester, tx ports.Tx, id domain.ID, refuse func(T) error) error {
	entity, found := c.gone[id]
	refusal := domain.ErrNotFound()
	if found {
		refusal = refuse(entity)
	}
	err := c.archive.restoreIn(t.Context(), tx, c.of.with(entity, id))
	requireOutcome(t, refusal, err)
	if err == nil {
		c.rows[id] = entity
		delete(c.gone, id)
	}
	return err
}

// requireGone checks that tx reads as deleted what is gone.
func (c *cabinet[T]) requireGone(t tester, tx ports.Tx) {
	t.Helper()
	deleted, err := c.archive.of(tx).ListDeleted(t.Context(), domain.Reference{}, everything)
	require.NoError(t, err)
	require.Len(t, deleted, len(c.gone))
	for _, version := range deleted {
		// The version's number depends on how many there were.
		require.Equal(t, version.Number, domain.StampOf(version.Record).Version)
		gone := c.gone[c.of.id(version.Record)]
		stamp := domain.StampOf(gone)
		stamp.Version = version.Number
		require.Equal(t, domain.Stamped(gone, stamp), version.Record)
	}
}
