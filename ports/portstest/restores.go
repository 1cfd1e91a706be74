package portstest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// testRestores checks how deleted records are restored.
func testRestores[T domain.Record](s suite, a recordKind[T]) {
	testRestore(s, a)
	testRestoreTransactions(s, a)
}

func testRestore[T domain.Record](s suite, a recordKind[T]) {
	s.promise("Restore brings a record back under its old ID", func(t *testing.T, store ports.Store) {
		records := a.addDeleted(t, store, 3)
		a.requireMissing(t, store, a.id(records[1]))
		require.NoError(t, a.tryRestore(t.Context(), store, records[1]))
		require.Equal(t, records[1], a.get(t, store, a.id(records[1])))
		a.requireNotDeleted(t, store, a.id(records[1]))
		for _, other := range []T{records[0], records[2]} {
			a.requireMissing(t, store, a.id(other))
		}
		require.Equal(t, a.ids(records[0], records[2]), a.listDeletedIDs(t, store, domain.Reference{}, wholeList))

		// The record can be changed, deleted and restored again.
		a.save(t, store, a.increment(records[1]))
		a.deleteWithVersion(t, store, a.newVersion(domain.Deleted, a.increment(records[1])))
		require.NoError(t, a.tryRestore(t.Context(), store, a.increment(records[1])))
		require.Equal(t, a.increment(records[1]), a.get(t, store, a.id(records[1])))
		require.Len(t, a.versions(t, store, a.id(records[1]), wholeList), 4)
	})

	s.promise("a restored record is in the repository at once, and counts as deleted until a version is added", func(t *testing.T, store ports.Store) {
		record := a.addDeleted(t, store, 1)[0]
		update(t, store, func(tx ports.Tx) error {
			require.NoError(t, a.history(tx).Restore(t.Context(), record))
			found, err := a.repository(tx).Get(t.Context(), a.id(record))
			require.NoError(t, err)
			require.Equal(t, record, found)
			last, err := a.history(tx).GetDeleted(t.Context(), a.id(record))
			require.Equal(t, 1, last.Number)
			return err
		})
	})

	s.promise("Restore of a record that is not deleted is NotFound and changes nothing", func(t *testing.T, store ports.Store) {
		live, restored := a.addNew(t, store), a.addDeleted(t, store, 1)[0]
		require.NoError(t, a.tryRestore(t.Context(), store, restored))
		for _, id := range append(unknownIDs, a.id(live), a.id(restored)) {
			requireRefused(t, domain.ErrNotFound(), a.tryRestore(t.Context(), store, a.withID(a.increment(live), id)))
		}
		require.Equal(t, live, a.get(t, store, a.id(live)))
		require.Equal(t, restored, a.get(t, store, a.id(restored)))
		for _, id := range unknownIDs {
			a.requireMissing(t, store, id)
		}
	})

	s.promise("an Update can continue after Restore returned NotFound", func(t *testing.T, store ports.Store) {
		record := a.addNew(t, store)
		update(t, store, func(tx ports.Tx) error {
			require.Equal(t, domain.NotFound, domain.KindOf(a.history(tx).Restore(t.Context(), record)))
			return a.repository(tx).Save(t.Context(), a.increment(record))
		})
		require.Equal(t, a.increment(record), a.get(t, store, a.id(record)))
	})
}

func testRestoreTransactions[T domain.Record](s suite, a recordKind[T]) {
	s.promise("Restore never overwrites an existing record", func(t *testing.T, store ports.Store) {
		record := a.addNew(t, store)
		a.addVersions(t, store, a.newVersion(domain.Deleted, record))
		err := store.Update(t.Context(), func(tx ports.Tx) error {
			assert.Equal(t, domain.Internal, domain.KindOf(a.history(tx).Restore(t.Context(), a.increment(record))))
			return nil
		})
		require.Equal(t, domain.Internal, domain.KindOf(err), "%v", err)
		require.Equal(t, record, a.get(t, store, a.id(record)))
	})

	s.promise("a failed Update restores nothing", func(t *testing.T, store ports.Store) {
		record := a.addDeleted(t, store, 1)[0]
		require.ErrorIs(t, store.Update(t.Context(), func(tx ports.Tx) error {
			require.NoError(t, a.restoreIn(t.Context(), tx, record))
			return errAborted
		}), errAborted)
		a.requireMissing(t, store, a.id(record))
		require.Equal(t, a.numbered(0, a.newVersion(domain.Deleted, record)), a.listDeleted(t, store, domain.Reference{}, wholeList))
	})

	s.promise("an ID is not reused after Restore", func(t *testing.T, store ports.Store) {
		records := a.addDeleted(t, store, 3)
		require.NoError(t, a.tryRestore(t.Context(), store, records[0]))
		require.Greater(t, a.id(a.addNew(t, store)), a.id(records[2]))
	})

	s.race("one of several parallel Restores succeeds", func(t *testing.T, store ports.Store) {
		record := a.addDeleted(t, store, 1)[0]
		requireOneSucceeds(t, domain.ErrNotFound(), runConcurrently(callers, func(i int) error {
			return store.Update(t.Context(), func(tx ports.Tx) error {
				if i%2 == 0 { // Half of the callers read the record first.
					if _, err := a.history(tx).GetDeleted(t.Context(), a.id(record)); err != nil {
						return err
					}
				}
				return a.restoreIn(t.Context(), tx, record)
			})
		}))
		require.Equal(t, record, a.get(t, store, a.id(record)))
		require.Len(t, a.versions(t, store, a.id(record), wholeList), 2)
	})
}

// testRefusedRestores checks that Restore refuses what Add refuses.
func testRefusedRestores(s suite) {
	testRestoreRefused(s)
	testRestoreRaces(s)
}

func testRestoreRefused(s suite) {
	s.promise("Restore of a doctor whose licence number is taken is a Conflict", func(t *testing.T, store ports.Store) {
		doctor := doctors.add(t, store, newDoctor(licensed("NJ-7a")))
		doctorRecords.deleteWithVersion(t, store, doctorRecords.newVersion(domain.Deleted, doctor))
		other := doctors.add(t, store, newDoctor(licensed("nj-7A")))
		requireRestoreRefused(t, store, doctorRecords, doctor, domain.ErrLicenseTaken())
		doctors.delete(t, store, other.ID)
		require.NoError(t, doctorRecords.tryRestore(t.Context(), store, doctor))
		_, err := doctors.tryAdd(t.Context(), store, other)
		requireRefused(t, domain.ErrLicenseTaken(), err)
	})

	s.promise("Restore of a patient whose registering user is unknown is Invalid on created_by", func(t *testing.T, store ports.Store) {
		patient := patientRecords.addDeleted(t, store, 1)[0]
		for _, id := range unknownIDs {
			patient.CreatedBy = id
			requireRestoreRefused(t, store, patientRecords, patient, domain.ErrNoSuchReference("created_by"))
		}
	})

	s.promise("Restore of a mapping with a missing patient or doctor is Invalid on that field", func(t *testing.T, store ports.Store) {
		w := newCrossedClinic(t, store)
		for _, mappings := range w.mappings {
			for _, mapping := range mappings {
				mappingRecords.deleteWithVersion(t, store, mappingRecords.newVersion(domain.Deleted, mapping))
			}
		}
		patients.delete(t, store, w.patients[0].ID)
		doctors.delete(t, store, w.doctors[0].ID)
		requireRestoreRefused(t, store, mappingRecords, w.mappings[0][0], domain.ErrNoSuchReference("patient", "doctor"))
		requireRestoreRefused(t, store, mappingRecords, w.mappings[0][1], domain.ErrNoSuchReference("patient"))
		requireRestoreRefused(t, store, mappingRecords, w.mappings[1][0], domain.ErrNoSuchReference("doctor"))
		require.NoError(t, mappingRecords.tryRestore(t.Context(), store, w.mappings[1][1]))
		requireConsistent(t, store)
	})

	s.promise("Restore of a mapping whose pair is mapped again is a Conflict", func(t *testing.T, store ports.Store) {
		mapping := mappingRecords.addDeleted(t, store, 1)[0]
		anew := mappings.add(t, store, mapping)
		require.NotEqual(t, mapping.ID, anew.ID)
		requireRestoreRefused(t, store, mappingRecords, mapping, domain.ErrAlreadyAssigned())
		require.Equal(t, anew, mappings.get(t, store, anew.ID))
	})
}

func testRestoreRaces(s suite) {
	s.race("a licence number is not both restored and added", func(t *testing.T, store ports.Store) {
		for range raceRounds {
			doctor := doctorRecords.addDeleted(t, store, 1)[0]
			requireOneSucceeds(t, domain.ErrLicenseTaken(), runConcurrently(2, func(i int) error {
				if i == 0 {
					return doctorRecords.tryRestore(t.Context(), store, doctor)
				}
				added := doctor
				added.LicenseNumber = must(domain.ParseLicenseNumber(strings.ToLower(doctor.LicenseNumber.String())))
				_, err := doctors.tryAdd(t.Context(), store, added)
				return err
			}))
		}
		require.Len(t, allDoctors(t, store), raceRounds)
	})

	s.race("a pair is not both restored and added", func(t *testing.T, store ports.Store) {
		for range raceRounds {
			mapping := mappingRecords.addDeleted(t, store, 1)[0]
			requireOneSucceeds(t, domain.ErrAlreadyAssigned(), runConcurrently(2, func(i int) error {
				if i == 0 {
					return mappingRecords.tryRestore(t.Context(), store, mapping)
				}
				_, err := mappings.tryAdd(t.Context(), store, mapping)
				return err
			}))
		}
		require.Len(t, allMappings(t, store), raceRounds)
	})

	s.race("no mapping is restored while both its patient and its doctor are deleted", func(t *testing.T, store ports.Store) {
		for range raceRounds {
			mapping := mappingRecords.addDeleted(t, store, 1)[0]
			errs := runConcurrently(3, func(i int) error {
				switch i {
				case 0:
					return patients.tryDelete(t.Context(), store, mapping.PatientID)
				case 1:
					return doctors.tryDelete(t.Context(), store, mapping.DoctorID)
				default:
					return mappingRecords.tryRestore(t.Context(), store, mapping)
				}
			})
			requireEachAllowed(t, errs[:2])
			requireEachAllowed(t, errs[2:], domain.ErrNoSuchReference("patient"), domain.ErrNoSuchReference("doctor"),
				domain.ErrNoSuchReference("patient", "doctor"))
			require.Empty(t, allMappings(t, store))
		}
	})
}

// requireRestoreRefused checks that Restore returns the refusal and restores nothing,
// even if fn ignores the error.
func requireRestoreRefused[T domain.Record](t *testing.T, store ports.Store, a recordKind[T], record T, refusal error) {
	t.Helper()
	before := a.listDeleted(t, store, domain.Reference{}, wholeList)
	requireRefused(t, refusal, a.tryRestore(t.Context(), store, record))
	requireRefused(t, refusal, store.Update(t.Context(), func(tx ports.Tx) error {
		requireRefused(t, refusal, a.history(tx).Restore(t.Context(), record))
		return nil
	}))
	a.requireMissing(t, store, a.id(record))
	require.Equal(t, before, a.listDeleted(t, store, domain.Reference{}, wholeList))
}
