package portstest

import (
	"maps"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// recordModel is an entityModel for records, which can be deleted and restored.
type recordModel[T domain.Record] struct {
	entityModel[T]
	records recordKind[T]
	// deleted holds the deleted records.
	deleted map[domain.ID]T
}

func newRecordModel[T domain.Record](a recordKind[T]) recordModel[T] {
	return recordModel[T]{entityModel[T]{kind: a.entityKind, stored: map[domain.ID]T{}}, a, map[domain.ID]T{}}
}

func (c recordModel[T]) clone() recordModel[T] {
	c.entityModel, c.deleted = c.entityModel.clone(), maps.Clone(c.deleted)
	return c
}

// delete calls Delete on the store and makes the same change to the model.
func (c *recordModel[T]) delete(t tester, tx ports.Tx, id domain.ID) (children []domain.Record, err error) {
	_, children, err = c.kind.deleteFunc(t.Context(), tx, id)
	requireOutcome(t, c.errIfMissing(id), err)
	if err == nil {
		c.noteDeleted(t, tx, id)
	}
	return children, err
}

// noteDeleted adds the version of a deletion and moves the record to the deleted ones.
func (c *recordModel[T]) noteDeleted(t tester, tx ports.Tx, id domain.ID) {
	c.records.addVersionsIn(t, tx, c.records.newVersion(domain.Deleted, c.stored[id]))
	c.deleted[id] = c.stored[id]
	delete(c.stored, id)
}

// restore calls Restore on the store and makes the same change to the model. refuse returns the
// error that Restore of a deleted record should return, nil if it should succeed.
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

// requireDeleted checks that the store lists exactly the deleted records of the model.
func (c *recordModel[T]) requireDeleted(t tester, tx ports.Tx) {
	t.Helper()
	deleted, err := c.records.history(tx).ListDeleted(t.Context(), domain.Reference{}, wholeList)
	require.NoError(t, err)
	require.Len(t, deleted, len(c.deleted))
	for _, version := range deleted {
		// The model does not count versions.
		require.Equal(t, version.Number, domain.StampOf(version.Record).Version)
		want := c.deleted[c.kind.id(version.Record)]
		stamp := domain.StampOf(want)
		stamp.Version = version.Number
		require.Equal(t, domain.Stamped(want, stamp), version.Record)
	}
}
