package portstest

import (
	"context"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// recordKind is a kind of record with version history.
type recordKind[T domain.Record] struct {
	entityKind[T]
	kind    domain.SubjectKind
	records func(ports.Tx) ports.Records[T]
	history func(ports.Tx) ports.History[T]
}

var (
	doctorRecords = recordKind[domain.Doctor]{
		doctors, domain.SubjectDoctor,
		func(tx ports.Tx) ports.Records[domain.Doctor] { return tx.Doctors() }, ports.Tx.DoctorHistory,
	}
	patientRecords = recordKind[domain.Patient]{
		patients, domain.SubjectPatient,
		func(tx ports.Tx) ports.Records[domain.Patient] { return tx.Patients() }, ports.Tx.PatientHistory,
	}
	mappingRecords = recordKind[domain.Mapping]{
		mappings, domain.SubjectMapping,
		func(tx ports.Tx) ports.Records[domain.Mapping] { return tx.Mappings() }, ports.Tx.MappingHistory,
	}
)

// newVersion returns a version that a user makes now.
func (a recordKind[T]) newVersion(change domain.Change, record T) domain.Version[T] {
	return domain.Version[T]{
		At:     now,
		Author: domain.Author{UserID: 7, Role: domain.Staff},
		Change: change,
		Record: record,
	}
}

func (a recordKind[T]) newDeletedBy(record T, with domain.Reference) domain.Version[T] {
	version := a.newVersion(domain.Deleted, record)
	version.Cause = with
	return version
}

func (a recordKind[T]) newDeletedAt(record T, at time.Time) domain.Version[T] {
	version := a.newVersion(domain.Deleted, record)
	version.At = at
	return version
}

// numbered returns the versions as they should be read: numbered from after + 1.
func (a recordKind[T]) numbered(after int, versions ...domain.Version[T]) []domain.Version[T] {
	list := []domain.Version[T]{}
	for i, version := range versions {
		list = append(list, version.Numbered(after+i+1))
	}
	return list
}

func (a recordKind[T]) addVersionsIn(t tester, tx ports.Tx, versions ...domain.Version[T]) []domain.Version[T] {
	t.Helper()
	added, err := a.history(tx).Add(t.Context(), versions...)
	require.NoError(t, err)
	return added
}

func (a recordKind[T]) addVersions(t tester, store ports.Store, versions ...domain.Version[T]) (added []domain.Version[T]) {
	t.Helper()
	update(t, store, func(tx ports.Tx) error {
		added = a.addVersionsIn(t, tx, versions...)
		return nil
	})
	return added
}

// deleteWithVersion deletes a record, adds the version of the deletion and returns it.
func (a recordKind[T]) deleteWithVersion(t tester, store ports.Store, version domain.Version[T]) (added domain.Version[T]) {
	t.Helper()
	update(t, store, func(tx ports.Tx) error {
		a.deleteIn(t, tx, a.id(version.Record))
		added = a.addVersionsIn(t, tx, version)[0]
		return nil
	})
	return added
}

// addDeleted adds n new records, deletes them and returns them.
func (a recordKind[T]) addDeleted(t tester, store ports.Store, n int) []T {
	t.Helper()
	records := a.addSeveral(t, store, n)
	for _, record := range records {
		a.deleteWithVersion(t, store, a.newVersion(domain.Deleted, record))
	}
	return records
}

func (a recordKind[T]) restoreIn(ctx context.Context, tx ports.Tx, record T) error {
	if err := a.history(tx).Restore(ctx, record); err != nil {
		return err
	}
	_, err := a.history(tx).Add(ctx, a.newVersion(domain.Restored, record))
	return err
}

func (a recordKind[T]) tryRestore(ctx context.Context, store ports.Store, record T) error {
	return store.Update(ctx, func(tx ports.Tx) error { return a.restoreIn(ctx, tx, record) })
}

func (a recordKind[T]) versions(t tester, store ports.Store, id domain.ID, page domain.Page) []domain.Version[T] {
	t.Helper()
	return viewResult(t, store, func(tx ports.Tx) ([]domain.Version[T], error) { return a.history(tx).List(t.Context(), id, page) })
}

func (a recordKind[T]) tryGetDeleted(ctx context.Context, store ports.Store, id domain.ID) (last domain.Version[T], err error) {
	err = store.View(ctx, func(tx ports.Tx) (err error) {
		last, err = a.history(tx).GetDeleted(ctx, id)
		return err
	})
	return last, err
}

// requireNotDeleted checks that the history does not treat the record as deleted,
// whether or not the repository has it.
func (a recordKind[T]) requireNotDeleted(t tester, store ports.Store, id domain.ID) {
	t.Helper()
	_, err := a.tryGetDeleted(t.Context(), store, id)
	requireRefused(t, domain.ErrNotFound(), err)
	for _, deleted := range a.listDeleted(t, store, domain.Reference{}, wholeList) {
		require.NotEqual(t, id, a.id(deleted.Record))
	}
}

func (a recordKind[T]) listDeleted(t tester, store ports.Store, with domain.Reference, page domain.Page) []domain.Version[T] {
	t.Helper()
	return viewResult(t, store, func(tx ports.Tx) ([]domain.Version[T], error) {
		return a.history(tx).ListDeleted(t.Context(), with, page)
	})
}

func (a recordKind[T]) listDeletedIDs(t tester, store ports.Store, with domain.Reference, page domain.Page) []domain.ID {
	t.Helper()
	ids := []domain.ID{}
	for _, version := range a.listDeleted(t, store, with, page) {
		ids = append(ids, a.id(version.Record))
	}
	return ids
}

func (a recordKind[T]) ids(records ...T) []domain.ID {
	ids := []domain.ID{}
	for _, record := range records {
		ids = append(ids, a.id(record))
	}
	return ids
}

func countExpired(t tester, store ports.Store, kind domain.SubjectKind, before time.Time) int {
	t.Helper()
	return viewResult(t, store, func(tx ports.Tx) (int, error) { return tx.Retention().CountExpired(t.Context(), kind, before) })
}

func purge(t tester, store ports.Store, kind domain.SubjectKind, before time.Time, limit int) (purged []domain.ID) {
	t.Helper()
	update(t, store, func(tx ports.Tx) (err error) {
		purged, err = tx.Retention().Purge(t.Context(), kind, before, limit)
		return err
	})
	return purged
}
