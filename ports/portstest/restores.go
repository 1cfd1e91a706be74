package portstest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// testRestores checks how the records of one kind come back.
func testRestores[T domain.Record](s suite, a archive[T]) {
	s.promise("Restore puts a record back under its ID", func(t *testing.T, store ports.Store) {
		records := a.addDeleted(t, store, 3)
		a.requireGone(t, store, a.id(records[1]))
		require.NoError(t, a.tryRestore(t.Context(), store, records[1]))
		require.Equal(t, records[1], a.get(t, store, a.id(records[1])))
		a.requireNotDeleted(t, store, a.id(records[1]))
		for _, other := range []T{records[0], records[2]} {
			a.requireGone(t, store, a.id(other))
		}
		require.Equal(t, a.ids(records[0], records[2]), a.deletedIDs(t, store, domain.Reference{}, everything))

		// It can be changed, deleted and restored again.
		a.save(t, store, a.count(records[1]))
		a.discard(t, store, a.version(domain.Deleted, a.count(records[1])))
		require.NoError(t, a.tryRestore(t.Context(), store, a.count(records[1])))
		require.Equal(t, a.count(records[1]), a.get(t, store, a.id(records[1])))
		require.Len(t, a.versions(t, store, a.id(records[1]), everything), 4)
	})

	s.promise("a restored record is the repository's at once, and deleted until a version says otherwise", func(t *testing.T, store ports.Store) {
		record := a.addDeleted(t, store, 1)[0]
		update(t, store, func(tx ports.Tx) error {
			require.NoError(t, a.of(tx).Restore(t.Context(), record))
			found, err := a.in(tx).Get(t.Context(), a.id(record))
			require.NoError(t, err)
			require.Equal(t, record, found)
			last, err := a.of(tx).GetDeleted(t.Context(), a.id(record))
			require.Equal(t, 1, last.Number)
			return err
		})
	})

	s.promise("Restore of what is not deleted is NotFound and changes nothing", func(t *testing.T, store ports.Store) {
		live, restored := a.addNew(t, store), a.addDeleted(t, store, 1)[0]
		require.NoError(t, a.tryRestore(t.Context(), store, restored))
		for _, id := range append(nowhere, a.id(live), a.id(restored)) {
			requireRefused(t, domain.ErrNotFound(), a.tryRestore(t.Context(), store, a.with(a.count(live), id)))
		}
		require.Equal(t, live, a.get(t, store, a.id(live)))
		require.Equal(t, restored, a.get(t, store, a.id(restored)))
		for _, id := range nowhere {
			a.requireGone(t, store, id)
		}
	})

	s.promise("an Update goes on after a Restore that is NotFound", func(t *testing.T, store ports.Store) {
		record := a.addNew(t, store)
		update(t, store, func(tx ports.Tx) error {
			require.Equal(t, domain.NotFound, domain.KindOf(a.of(tx).Restore(t.Context(), record)))
			return a.in(tx).Save(t.Context(), a.count(record))
		})
		require.Equal(t, a.count(record), a.get(t, store, a.id(record)))
	})

	s.promise("what is there is never overwritten", func(t *testing.T, store ports.Store) {
		record := a.addNew(t, store)
		a.keep(t, store, a.version(domain.Deleted, record))
		err := store.Update(t.Context(), func(tx ports.Tx) error {
			assert.Equal(t, domain.Internal, domain.KindOf(a.of(tx).Restore(t.Context(), a.count(record))))
			return nil
		})
		require.Equal(t, domain.Internal, domain.KindOf(err), "%v", err)
		require.Equal(t, record, a.get(t, store, a.id(record)))
	})

	s.promise("an error leaves no trace of Restore", func(t *testing.T, store ports.Store) {
		record := a.addDeleted(t, store, 1)[0]
		require.ErrorIs(t, store.Update(t.Context(), func(tx ports.Tx) error {
			require.NoError(t, a.restoreIn(t.Context(), tx, record))
			return errBroken
		}), errBroken)
		a.requireGone(t, store, a.id(record))
		require.Equal(t, a.stored(0, a.version(domain.Deleted, record)), a.deleted(t, store, domain.Reference{}, everything))
	})

	s.promise("an ID is not used again after Restore", func(t *testing.T, store ports.Store) {
		records := a.addDeleted(t, store, 3)
		require.NoError(t, a.tryRestore(t.Context(), store, records[0]))
		require.Greater(t, a.id(a.addNew(t, store)), a.id(records[2]))
	})

	s.race("one of several parallel Restores finds the record", func(t *testing.T, store ports.Store) {
		record := a.addDeleted(t, store, 1)[0]
		requireOneWins(t, domain.ErrNotFound(), together(crowd, func(i int) error {
			return store.Update(t.Context(), func(tx ports.Tx) error {
				if i%2 == 0 { // The other half leaves it to Restore.
					if _, err := a.of(tx).GetDeleted(t.Context(), a.id(record)); err != nil {
						return err
					}
				}
				return a.restoreIn(t.Context(), tx, record)
			})
		}))
		require.Equal(t, record, a.get(t, store, a.id(record)))
		require.Len(t, a.versions(t, store, a.id(record), everything), 2)
	})
}

// testRefusedRestores checks that Restore refuses what Add refuses.
func testRefusedRestores(s suite) {
	s.promise("Restore of a doctor whose licence number is taken is a Conflict", func(t *testing.T, store ports.Store) {
		doctor := doctors.add(t, store, newDoctor(licensed("NJ-7a")))
		doctorArchive.discard(t, store, doctorArchive.version(domain.Deleted, doctor))
		other := doctors.add(t, store, newDoctor(licensed("nj-7A")))
		requireRestoreRefused(t, store, doctorArchive, doctor, domain.ErrLicenseTaken())
		doctors.delete(t, store, other.ID)
		require.NoError(t, doctorArchive.tryRestore(t.Context(), store, doctor))
		_, err := doctors.tryAdd(t.Context(), store, other)
		requireRefused(t, domain.ErrLicenseTaken(), err)
	})

	s.promise("Restore of a patient by an unknown user is Invalid on created_by", func(t *testing.T, store ports.Store) {
		patient := patientArchive.addDeleted(t, store, 1)[0]
		for _, id := range nowhere {
			patient.CreatedBy = id
			requireRestoreRefused(t, store, patientArchive, patient, domain.ErrNoSuchReference("created_by"))
		}
	})

	s.promise("Restore of a mapping whose side does not exist is Invalid on it", func(t *testing.T, store ports.Store) {
		w := newWard(t, store)
		for _, mappings := range w.mappings {
			for _, mapping := range mappings {
				mappingArchive.discard(t, store, mappingArchive.version(domain.Deleted, mapping))
			}
		}
		patients.delete(t, store, w.patients[0].ID)
		doctors.delete(t, store, w.doctors[0].ID)
		requireRestoreRefused(t, store, mappingArchive, w.mappings[0][0], domain.ErrNoSuchReference("patient", "doctor"))
		requireRestoreRefused(t, store, mappingArchive, w.mappings[0][1], domain.ErrNoSuchReference("patient"))
		requireRestoreRefused(t, store, mappingArchive, w.mappings[1][0], domain.ErrNoSuchReference("doctor"))
		require.NoError(t, mappingArchive.tryRestore(t.Context(), store, w.mappings[1][1]))
		requireSound(t, store)
	})

	s.promise("Restore of a mapping whose pair is mapped anew is a Conflict", func(t *testing.T, store ports.Store) {
		mapping := mappingArchive.addDeleted(t, store, 1)[0]
		anew := mappings.add(t, store, mapping)
		require.NotEqual(t, mapping.ID, anew.ID)
		requireRestoreRefused(t, store, mappingArchive, mapping, domain.ErrAlreadyAssigned())
		require.Equal(t, anew, mappings.get(t, store, anew.ID))
	})

	s.race("a licence number is not both restored and added", func(t *testing.T, store ports.Store) {
		for range rounds {
			doctor := doctorArchive.addDeleted(t, store, 1)[0]
			requireOneWins(t, domain.ErrLicenseTaken(), together(2, func(i int) error {
				if i == 0 {
					return doctorArchive.tryRestore(t.Context(), store, doctor)
				}
				added := doctor
				added.LicenseNumber = must(domain.ParseLicenseNumber(strings.ToLower(doctor.LicenseNumber.String())))
				_, err := doctors.tryAdd(t.Context(), store, added)
				return err
			}))
		}
		require.Len(t, allDoctors(t, store), rounds)
	})

	s.race("a pair is not both restored and added", func(t *testing.T, store ports.Store) {
		for range rounds {
			mapping := mappingArchive.addDeleted(t, store, 1)[0]
			requireOneWins(t, domain.ErrAlreadyAssigned(), together(2, func(i int) error {
				if i == 0 {
					return mappingArchive.tryRestore(t.Context(), store, mapping)
				}
				_, err := mappings.tryAdd(t.Context(), store, mapping)
				return err
			}))
		}
		require.Len(t, allMappings(t, store), rounds)
	})

	s.race("no mapping is restored while both its patient and its doctor are deleted", func(t *testing.T, store ports.Store) {
		for range rounds {
			mapping := mappingArchive.addDeleted(t, store, 1)[0]
			errs := together(3, func(i int) error {
				switch i {
				case 0:
					return patients.tryDelete(t.Context(), store, mapping.PatientID)
				case 1:
					return doctors.tryDelete(t.Context(), store, mapping.DoctorID)
				default:
					return mappingArchive.tryRestore(t.Context(), store, mapping)
				}
			})
			requireEach(t, errs[:2])
			requireEach(t, errs[2:], domain.ErrNoSuchReference("patient"), domain.ErrNoSuchReference("doctor"),
				domain.ErrNoSuchReference("patient", "doctor"))
			require.Empty(t, allMappings(t, store))
		}
	})
}

// requireRestoreRefused checks that nothing comes of the Restore, also if its
// error is dropped.
func requireRestoreRefused[T domain.Record](t *testing.T, store ports.Store, a archive[T], record T, refusal error) {
	t.Helper()
	before := a.deleted(t, store, domain.Reference{}, everything)
	requireRefused(t, refusal, a.tryRestore(t.Context(), store, record))
	requireRefused(t, refusal, store.Update(t.Context(), func(tx ports.Tx) error {
		requireRefused(t, refusal, a.of(tx).Restore(t.Context(), record))
		return nil
	}))
	a.requireGone(t, store, a.id(record))
	require.Equal(t, before, a.deleted(t, store, domain.Reference{}, everything))
}
