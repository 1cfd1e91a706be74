package portstest

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// testCommitments checks that what shows that a version is as it was is made of what is kept.
func testCommitments(s suite) {
	s.promise("Commitments are those of all versions, each once, page by page", func(t *testing.T, store ports.Store) {
		require.Equal(t, []domain.Commitment{}, commitmentsFrom(t, store, domain.VersionName{}, 10))
		want := keepSalted(t, store, mappingArchive)
		want = append(want, keepSalted(t, store, doctorArchive)...)
		want = append(want, keepSalted(t, store, patientArchive)...)
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

	s.promise("a version without a salt has a commitment of zeros", func(t *testing.T, store ports.Store) {
		record := patients.addNew(t, store)
		kept := patientArchive.keep(t, store, patientArchive.version(domain.Created, record), patientArchive.version(domain.Updated, record))
		require.Equal(t, []domain.Commitment{{VersionName: kept[0].Name()}, {VersionName: kept[1].Name()}}, commitmentsFrom(t, store, domain.VersionName{}, 10))
	})

	s.promise("salts are not read with versions", func(t *testing.T, store ports.Store) {
		record := patients.addNew(t, store)
		deleted := patientArchive.version(domain.Deleted, record)
		deleted.Salt = domain.Salt{1}
		kept := patientArchive.discard(t, store, deleted)
		require.Equal(t, domain.Salt{1}, kept.Salt)
		kept.Salt = domain.Salt{}
		require.Equal(t, []domain.Version[domain.Patient]{kept}, patientArchive.versions(t, store, record.ID, everything))
		require.Equal(t, []domain.Version[domain.Patient]{kept}, patientArchive.deleted(t, store, domain.Reference{}, everything))
		last, err := patientArchive.tryLast(t.Context(), store, record.ID)
		require.NoError(t, err)
		require.Equal(t, kept, last)
	})

	s.promise("the commitments of what was purged are gone, and no others", func(t *testing.T, store ports.Store) {
		want := keepSalted(t, store, doctorArchive)
		deleted := doctorArchive.version(domain.Deleted, doctorArchive.addNew(t, store))
		deleted.Salt = domain.Salt{1}
		id := doctorArchive.id(doctorArchive.discard(t, store, deleted).Record)
		require.Len(t, commitmentsFrom(t, store, domain.VersionName{}, 100), len(want)+1)
		require.Contains(t, purge(t, store, domain.SubjectDoctor, never, 100), id)
		left := commitmentsFrom(t, store, domain.VersionName{}, 100)
		require.NotEmpty(t, left)
		require.Subset(t, want, left)
	})

	s.promise("commitments of long records end early, and go on after the last", func(t *testing.T, store ports.Store) {
		record := patients.addNew(t, store)
		record.MedicalRecord = domain.FromStored[domain.Text](strings.Repeat("x", domain.MaxTextBytes))
		var want []domain.Commitment
		for range domain.MaxPageBytes/domain.MaxTextBytes + 2 {
			version := patientArchive.version(domain.Updated, record)
			version.Salt = domain.Salt{2}
			want = append(want, patientArchive.keep(t, store, version)[0].Commitment())
		}
		var all []domain.Commitment
		for page := commitmentsFrom(t, store, domain.VersionName{}, 100); len(page) > 0; page = commitmentsFrom(t, store, page[len(page)-1].VersionName, 100) {
			all = append(all, page...)
		}
		require.Equal(t, want, all)
	})
}

// keepSalted keeps versions of all sorts of two records, and returns their commitments.
func keepSalted[T domain.Record](t tester, store ports.Store, a archive[T]) (want []domain.Commitment) {
	t.Helper()
	records := a.addSeveral(t, store, 2)
	for i, some := range someVersions {
		for n, record := range records {
			version := domain.Version[T]{At: some.At.Add(999 * time.Nanosecond), Author: some.Author, Change: some.Change, Cause: some.Cause, Record: a.counted(record, i)}
			version.Salt = domain.Salt{byte(i + 1), byte(n)}
			kept := a.keep(t, store, version)[0]
			require.Equal(t, version.Salt, kept.Salt)
			want = append(want, kept.Commitment())
		}
	}
	return want
}

func commitmentsFrom(t tester, store ports.Store, after domain.VersionName, limit int) []domain.Commitment {
	t.Helper()
	return read(t, store, func(tx ports.Tx) ([]domain.Commitment, error) {
		return tx.Audit().ListCommitments(t.Context(), after, limit)
	})
}
