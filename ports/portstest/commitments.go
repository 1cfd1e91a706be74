package portstest

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// testCommitments checks that commitments are computed from the stored versions.
func testCommitments(s suite) {
	s.promise("ListCommitments pages through all versions, each once", func(t *testing.T, store ports.Store) {
		require.Equal(t, []domain.Commitment{}, commitmentsFrom(t, store, domain.VersionName{}, 10))
		want := addSaltedVersions(t, store, mappingRecords)
		want = append(want, addSaltedVersions(t, store, doctorRecords)...)
		want = append(want, addSaltedVersions(t, store, patientRecords)...)
		all := commitmentsFrom(t, store, domain.VersionName{}, len(want)+1)
		require.ElementsMatch(t, want, all)
		for i, commitment := range all {
			if i > 0 && commitment.Number > 1 {
				require.Equal(t, domain.VersionName{Record: commitment.Record, Number: commitment.Number - 1}, all[i-1].VersionName, "versions of one record are together")
			}
			require.Equal(t, all[i+1:], commitmentsFrom(t, store, commitment.VersionName, len(want)))
		}
		for _, limit := range []int{1, 2, 7} {
			var paged []domain.Commitment
			for page := commitmentsFrom(t, store, domain.VersionName{}, limit); len(page) > 0; page = commitmentsFrom(t, store, page[len(page)-1].VersionName, limit) {
				require.LessOrEqual(t, len(page), limit)
				paged = append(paged, page...)
			}
			require.Equal(t, all, paged)
		}
	})

	s.promise("a version without a salt has a zero commitment", func(t *testing.T, store ports.Store) {
		record := patients.addNew(t, store)
		added := patientRecords.addVersions(t, store, patientRecords.newVersion(domain.Created, record), patientRecords.newVersion(domain.Updated, record))
		require.Equal(t, []domain.Commitment{{VersionName: added[0].Name()}, {VersionName: added[1].Name()}}, commitmentsFrom(t, store, domain.VersionName{}, 10))
	})

	s.promise("reading versions does not return their salts", func(t *testing.T, store ports.Store) {
		record := patients.addNew(t, store)
		deleted := patientRecords.newVersion(domain.Deleted, record)
		deleted.Salt = domain.Salt{1}
		added := patientRecords.deleteWithVersion(t, store, deleted)
		require.Equal(t, domain.Salt{1}, added.Salt)
		added.Salt = domain.Salt{}
		require.Equal(t, []domain.Version[domain.Patient]{added}, patientRecords.versions(t, store, record.ID, wholeList))
		require.Equal(t, []domain.Version[domain.Patient]{added}, patientRecords.listDeleted(t, store, domain.Reference{}, wholeList))
		last, err := patientRecords.tryGetDeleted(t.Context(), store, record.ID)
		require.NoError(t, err)
		require.Equal(t, added, last)
	})

	s.promise("Purge removes the commitments of the purged records only", func(t *testing.T, store ports.Store) {
		want := addSaltedVersions(t, store, doctorRecords)
		deleted := doctorRecords.newVersion(domain.Deleted, doctorRecords.addNew(t, store))
		deleted.Salt = domain.Salt{1}
		id := doctorRecords.id(doctorRecords.deleteWithVersion(t, store, deleted).Record)
		require.Len(t, commitmentsFrom(t, store, domain.VersionName{}, 100), len(want)+1)
		require.Contains(t, purge(t, store, domain.SubjectDoctor, endOfTime, 100), id)
		left := commitmentsFrom(t, store, domain.VersionName{}, 100)
		require.NotEmpty(t, left)
		require.Subset(t, want, left)
	})

	s.promise("a page of commitments of long records ends early, and the next one continues it", func(t *testing.T, store ports.Store) {
		record := patients.addNew(t, store)
		record.MedicalRecord = domain.FromStored[domain.Text](strings.Repeat("x", domain.MaxTextBytes))
		var want []domain.Commitment
		for range domain.MaxPageBytes/domain.MaxTextBytes + 2 {
			version := patientRecords.newVersion(domain.Updated, record)
			version.Salt = domain.Salt{2}
			want = append(want, patientRecords.addVersions(t, store, version)[0].Commitment())
		}
		var all []domain.Commitment
		for page := commitmentsFrom(t, store, domain.VersionName{}, 100); len(page) > 0; page = commitmentsFrom(t, store, page[len(page)-1].VersionName, 100) {
			all = append(all, page...)
		}
		require.Equal(t, want, all)
	})
}

// addSaltedVersions adds versions with every kind of change to two records and returns
// their commitments.
func addSaltedVersions[T domain.Record](t tester, store ports.Store, a recordKind[T]) (want []domain.Commitment) {
	t.Helper()
	records := a.addSeveral(t, store, 2)
	for i, some := range exampleVersions {
		for n, record := range records {
			version := domain.Version[T]{At: some.At.Add(999 * time.Nanosecond), Author: some.Author, Change: some.Change, Cause: some.Cause, Record: a.incremented(record, i)}
			version.Salt = domain.Salt{byte(i + 1), byte(n)}
			added := a.addVersions(t, store, version)[0]
			require.Equal(t, version.Salt, added.Salt)
			want = append(want, added.Commitment())
		}
	}
	return want
}

func commitmentsFrom(t tester, store ports.Store, after domain.VersionName, limit int) []domain.Commitment {
	t.Helper()
	return viewResult(t, store, func(tx ports.Tx) ([]domain.Commitment, error) {
		return tx.Audit().ListCommitments(t.Context(), after, limit)
	})
}
