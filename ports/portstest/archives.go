package portstest

import (
	"context"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// archive is a kind of record whose versions are kept.
type archive[T domain.Record] struct {
	aggregate[T]
	kind    domain.SubjectKind
	records func(ports.Tx) ports.Records[T]
	of      func(ports.Tx) ports.History[T]
}

var (
	doctorArchive = archive[domain.Doctor]{
		doctors, domain.SubjectDoctor,
		func(tx ports.Tx) ports.Records[domain.Doctor] { return tx.Doctors() }, ports.Tx.DoctorHistory,
	}
	patientArchive = archive[domain.Patient]{
		patients, domain.SubjectPatient,
		func(tx ports.Tx) ports.Records[domain.Patient] { return tx.Patients() }, ports.Tx.PatientHistory,
	}
	mappingArchive = archive[domain.Mapping]{
		mappings, domain.SubjectMapping,
		func(tx ports.Tx) ports.Records[domain.Mapping] { return tx.Mappings() }, ports.Tx.MappingHistory,
	}
)

// version is made by a user, now.
func (a archive[T]) version(change domain.Change, record T) domain.Version[T] {
	return domain.Version[T]{
		At:     now,
		Author: domain.Author{UserID: 7, Role: domain.Staff},
		Change: change,
		Record: record,
	}
}

func (a archive[T]) deletedWith(record T, with domain.Reference) domain.Version[T] {
	version := a.version(domain.Deleted, record)
	version.Cause = with
	return version
}

func (a archive[T]) deletedAt(record T, at time.Time) domain.Version[T] {
	version := a.version(domain.Deleted, record)
	version.At = at
	return version
}

// stored are the versions as they should be read, with the numbers that follow after.
func (a archive[T]) stored(after int, versions ...domain.Version[T]) []domain.Version[T] {
	list := []domain.Version[T]{}
	for i, version := range versions {
		list = append(list, version.Numbered(after+i+1))
	}
	return list
}

func (a archive[T]) keepIn(t tester, tx ports.Tx, versions ...domain.Version[T]) []domain.Version[T] {
	t.Helper()
	kept, err := a.of(tx).Add(t.Context(), versions...)
	require.NoError(t, err)
	return kept
}

func (a archive[T]) keep(t tester, store ports.Store, versions ...domain.Version[T]) (kept []domain.Version[T]) {
	t.Helper()
	update(t, store, func(tx ports.Tx) error {
		kept = a.keepIn(t, tx, versions...)
		return nil
	})
	return kept
}

// discard deletes a record and keeps that, and returns the version.
func (a archive[T]) discard(t tester, store ports.Store, version domain.Version[T]) (kept domain.Version[T]) {
	t.Helper()
	update(t, store, func(tx ports.Tx) error {
		a.deleteIn(t, tx, a.id(version.Record))
		kept = a.keepIn(t, tx, version)[0]
		return nil
	})
	return kept
}

// addDeleted adds and deletes n records, unlike all others.
func (a archive[T]) addDeleted(t tester, store ports.Store, n int) []T {
	t.Helper()
	records := a.addSeveral(t, store, n)
	for _, record := range records {
		a.discard(t, store, a.version(domain.Deleted, record))
	}
	return records
}

func (a archive[T]) restoreIn(ctx context.Context, tx ports.Tx, record T) error {
	if err := a.of(tx).Restore(ctx, record); err != nil {
		return err
	}
	_, err := a.of(tx).Add(ctx, a.version(domain.Restored, record))
	return err
}

func (a archive[T]) tryRestore(ctx context.Context, store ports.Store, record T) error {
	return store.Update(ctx, func(tx ports.Tx) error { return a.restoreIn(ctx, tx, record) })
}

func (a archive[T]) versions(t tester, store ports.Store, id domain.ID, page domain.Page) []domain.Version[T] {
	t.Helper()
	return read(t, store, func(tx ports.Tx) ([]domain.Version[T], error) { return a.of(tx).List(t.Context(), id, page) })
}

func (a archive[T]) tryLast(ctx context.Context, store ports.Store, id domain.ID) (last domain.Version[T], err error) {
	err = store.View(ctx, func(tx ports.Tx) (err error) {
		last, err = a.of(tx).GetDeleted(ctx, id)
		return err
	})
	return last, err
}

// requireNotDeleted checks that the record is not deleted, whether it is there or not.
func (a archive[T]) requireNotDeleted(t tester, store ports.Store, id domain.ID) {
	t.Helper()
	_, err := a.tryLast(t.Context(), store, id)
	requireRefused(t, domain.ErrNotFound(), err)
	for _, deleted := range a.deleted(t, store, domain.Reference{}, everything) {
		require.NotEqual(t, id, a.id(deleted.Record))
	}
}

func (a archive[T]) deleted(t tester, store ports.Store, with domain.Reference, page domain.Page) []domain.Version[T] {
	t.Helper()
	return read(t, store, func(tx ports.Tx) ([]domain.Version[T], error) { return a.of(tx).ListDeleted(t.Context(), with, page) })
}

func (a archive[T]) deletedIDs(t tester, store ports.Store, with domain.Reference, page domain.Page) []domain.ID {
	t.Helper()
	ids := []domain.ID{}
	for _, version := range a.deleted(t, store, with, page) {
		ids = append(ids, a.id(version.Record))
	}
	return ids
}

func (a archive[T]) ids(records ...T) []domain.ID {
	ids := []domain.ID{}
	for _, record := range records {
		ids = append(ids, a.id(record))
	}
	return ids
}

func expired(t tester, store ports.Store, kind domain.SubjectKind, before time.Time) int {
	t.Helper()
	return read(t, store, func(tx ports.Tx) (int, error) { return tx.Retention().CountExpired(t.Context(), kind, before) })
}

func purge(t tester, store ports.Store, kind domain.SubjectKind, before time.Time, limit int) (purged []domain.ID) {
	t.Helper()
	update(t, store, func(tx ports.Tx) (err error) {
		purged, err = tx.Retention().Purge(t.Context(), kind, before, limit)
		return err
	})
	return purged
}
