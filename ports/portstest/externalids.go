package portstest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// knownAs returns a change that sets a patient's external id.
func knownAs(number string) func(*domain.PatientInput) {
	return func(in *domain.PatientInput) { in.ExternalID = domain.Given(number) }
}

func testExternalIDs(s suite) {
	newKnown := func(t tester, store ports.Store, number string) domain.Patient {
		return newPatient(users.addNew(t, store).ID, knownAs(number))
	}

	s.promise("an external id that is taken is a Conflict on external_id, for Add and for Save", func(t *testing.T, store ports.Store) {
		taken := patients.add(t, store, newKnown(t, store, "MRN 7"))
		other := patients.add(t, store, newKnown(t, store, "MRN 8"))
		_, err := patients.tryAdd(t.Context(), store, newKnown(t, store, "MRN 7"))
		requireRefused(t, domain.ErrExternalIDTaken(), err)
		changed := patients.increment(other)
		changed.ExternalID = taken.ExternalID
		requireRefused(t, domain.ErrExternalIDTaken(), patients.trySave(t.Context(), store, changed))
		require.Equal(t, other, patients.get(t, store, other.ID))
		patients.save(t, store, patients.increment(taken)) // It keeps its own.
	})

	s.promise("external ids that are written in another way are others, and any number of patients has none", func(t *testing.T, store ports.Store) {
		for _, number := range []string{"mrn-7", "MRN-7", "MRN 7", "MRN-07", "ＭＲＮ-7", "", ""} {
			patients.add(t, store, newKnown(t, store, number))
		}
		require.Len(t, allPatients(t, store), 7)
	})

	s.promise("an external id is free again when its patient gets another or is deleted, and then keeps that one from being restored", func(t *testing.T, store ports.Store) {
		first := patients.add(t, store, newKnown(t, store, "MRN 7"))
		moved := patients.increment(first)
		moved.ExternalID = must(domain.ParseExternalID("MRN 8"))
		patients.save(t, store, moved)
		patients.add(t, store, newKnown(t, store, "MRN 7"))
		patientRecords.deleteWithVersion(t, store, patientRecords.newVersion(domain.Deleted, moved))
		heir := patients.add(t, store, newKnown(t, store, "MRN 8"))
		requireRestoreRefused(t, store, patientRecords, moved, domain.ErrExternalIDTaken())
		patients.delete(t, store, heir.ID)
		require.NoError(t, patientRecords.tryRestore(t.Context(), store, moved))
	})

	s.race("one of several parallel Adds gets an external id", func(t *testing.T, store ports.Store) {
		creator := users.addNew(t, store).ID
		requireOneSucceeds(t, domain.ErrExternalIDTaken(), runConcurrently(callers, func(int) error {
			_, err := patients.tryAdd(t.Context(), store, newPatient(creator, knownAs("MRN 7")))
			return err
		}))
		require.Len(t, allPatients(t, store), 1)
	})
}

// testStamps tests which parts of a stamp the records of one kind store.
func testStamps[T domain.Record](s suite, a recordKind[T]) {
	s.promise("Save stores the version and UpdatedAt, and leaves CreatedAt", func(t *testing.T, store ports.Store) {
		before := a.addNew(t, store)
		changed := a.increment(before)
		moved := domain.StampOf(changed)
		moved.CreatedAt = now.AddDate(1, 0, 0)
		a.save(t, store, domain.Stamped(changed, moved))
		require.Equal(t, changed, a.get(t, store, a.id(before)))
		require.Equal(t, 2, domain.StampOf(changed).Version)
	})

	s.promise("the times of a stamp are cut to the microsecond, in UTC", func(t *testing.T, store ports.Store) {
		precise := now.Add(999 * time.Nanosecond).In(time.FixedZone("", 13*60*60))
		added := a.add(t, store, domain.FirstVersion(a.newEntity(t, store), precise))
		want := domain.Stamp{Version: 1, CreatedAt: now, UpdatedAt: now}
		require.Equal(t, want, domain.StampOf(added))
		require.Equal(t, want, domain.StampOf(a.get(t, store, a.id(added))))
		kept := a.addVersions(t, store, a.newVersion(domain.Created, domain.FirstVersion(added, precise)))
		require.Equal(t, want, domain.StampOf(kept[0].Record))
		require.Equal(t, kept, a.versions(t, store, a.id(added), wholeList))
	})
}
