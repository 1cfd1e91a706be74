package portstest

import (
	"maps"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// cabinet is a shelf of what can be deleted and restored.
type recordModel[T domain.Record] struct {
	entityModel[T]
	records recordKind[T]
	// gone is the entities that were deleted.
	deleted map[domain.ID]T
}

func newRecordModel[T domain.Record](a recordKind[T]) recordModel[T] {
	return recordModel[T]{entityModel[T]{kind: a.entityKind, stored: map[domain.ID]T{}}, a, map[domain.ID]T{}}
}

func (c recordModel[T]) clone() recordModel[T] {
	c.entityModel, c.deleted = c.entityModel.clone(), maps.Clone(c.deleted)
	return c
}

// delete and restore work as add and save do.

func (c *recordModel[T]) delete(t tester, tx ports.Tx, id domain.ID) (ended []domain.Record, err error) {
	_, ended, err = c.kind.deleteFunc(t.Context(), tx, id)
	requireOutcome(t, c.errIfMissing(id), err)
	if err == nil {
		c.noteDeleted(t, tx, id)
	}
	return ended, err
}

// discard keeps that an entity was deleted.
func (c *recordModel[T]) noteDeleted(t tester, tx ports.Tx, id domain.ID) {
	c.records.addVersionsIn(t, tx, c.records.newVersion(domain.Deleted, c.stored[id]))
	c.deleted[id] = c.stored[id]
	delete(c.stored, id)
}

func (c *recordModel[T]) restore(t tester, tx ports.Tx, id domain.ID, refuse func(T) error) error {
	entity, found := c.deleted[id]
	refusal := domain.ErrNotFound()
	if found {
		refusal = refuse(entity)
	}
	err := c.records.restoreIn(t.Context(), tx, c.kind.withID(entity, id))
	requireOutcome(t, refusal, err)
	if err == nil {
		c.stored[id] = entity
		delete(c.deleted, id)
	}
	return err
}

// requireGone checks that tx reads as deleted what is gone.
func (c *recordModel[T]) requireDeleted(t tester, tx ports.Tx) {
	t.Helper()
	deleted, err := c.records.history(tx).ListDeleted(t.Context(), domain.Reference{}, wholeList)
	require.NoError(t, err)
	require.Len(t, deleted, len(c.deleted))
	for _, version := range deleted {
		require.Equal(t, c.deleted[c.kind.id(version.Record)], version.Record)
	}
}
