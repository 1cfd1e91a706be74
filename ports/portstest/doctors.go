package portstest

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// sameLicense holds spellings of one licence number: all have the same Key.
var sameLicense = []string{"Straße-ﬁ-7", "STRASSE-FI-7", "strasse-fi-7", "Straße-fi-７", "STRAẞE-ﬁ-7", "Stra\u200bsse-fi\u00ad-7"}

func testDoctors(s suite) {
	testDoctorFields(s)
	testLicenseNumbers(s)
	testLicenseReuse(s)
}

func testDoctorFields(s suite) {
	s.promise("Save stores all fields except JoinedAt", func(t *testing.T, store ports.Store) {
		before := doctors.addNew(t, store)
		changed := newDoctor(func(in *domain.DoctorInput) {
			in.Name = domain.Given("James Wilson")
			in.Specialization = domain.Given("Oncology")
			in.Salary = domain.Given("0.01")
		})
		changed.ID = before.ID
		changed.JoinedAt = domain.DateOf(now.AddDate(1, 0, 0))
		doctors.save(t, store, changed)

		changed.JoinedAt = before.JoinedAt
		require.Equal(t, changed, doctors.get(t, store, before.ID))
		require.Equal(t, []domain.Doctor{changed}, allDoctors(t, store))
	})

	s.promise("JoinedAt is the day in UTC", func(t *testing.T, store ports.Store) {
		evening := time.Date(2024, time.December, 31, 22, 0, 0, 0, time.FixedZone("", -5*60*60))
		doctor := newDoctor()
		doctor.JoinedAt = domain.DateOf(evening)
		doctor = doctors.add(t, store, doctor)
		require.Equal(t, "2025-01-01", doctors.get(t, store, doctor.ID).JoinedAt.String())
	})
}

func testLicenseNumbers(s suite) {
	s.promise("a licence number is stored as it was written", func(t *testing.T, store ports.Store) {
		for _, spelling := range sameLicense {
			doctor := doctors.add(t, store, newDoctor(licensed(spelling)))
			require.Equal(t, spelling, doctor.LicenseNumber.String())
			require.Equal(t, spelling, doctors.get(t, store, doctor.ID).LicenseNumber.String())
			doctors.delete(t, store, doctor.ID)
		}
	})

	s.promise("Add of a taken licence number is a Conflict on license_number, in any spelling", func(t *testing.T, store ports.Store) {
		taken := doctors.add(t, store, newDoctor(licensed(sameLicense[0])))
		for _, spelling := range sameLicense {
			for _, id := range []domain.ID{0, taken.ID} {
				_, err := doctors.tryAdd(t.Context(), store, doctors.withID(newDoctor(licensed(spelling)), id))
				requireRefused(t, domain.ErrLicenseTaken(), err)
			}
		}
		require.Equal(t, []domain.Doctor{taken}, allDoctors(t, store))
	})

	s.promise("Save with a taken licence number is a Conflict on license_number, in any spelling", func(t *testing.T, store ports.Store) {
		taken := doctors.add(t, store, newDoctor(licensed(sameLicense[0])))
		doctor := doctors.addNew(t, store)
		for _, spelling := range sameLicense {
			changed := doctors.withID(newDoctor(licensed(spelling)), doctor.ID)
			requireRefused(t, domain.ErrLicenseTaken(), doctors.trySave(t.Context(), store, changed))
		}
		require.Equal(t, []domain.Doctor{taken, doctor}, allDoctors(t, store))
	})

	s.promise("numbers that differ in more than letter case are different licences", func(t *testing.T, store ports.Store) {
		for _, number := range []string{"A-1", "A 1", "A1", "Á-1", "A-10", "A-1_", "A-1%", "A-l", "İ-1", "ı-1", "i-1"} {
			doctors.add(t, store, newDoctor(licensed(number)))
		}
	})

	s.promise("a doctor's licence number can be changed to another spelling", func(t *testing.T, store ports.Store) {
		doctor := doctors.add(t, store, newDoctor(licensed(sameLicense[0])))
		for _, spelling := range sameLicense {
			doctor.LicenseNumber = must(domain.ParseLicenseNumber(spelling))
			doctors.save(t, store, doctor)
			require.Equal(t, doctor, doctors.get(t, store, doctor.ID))
		}
	})

	s.promise("a licence number keeps the Key that it was stored under, in versions too", func(t *testing.T, store ports.Store) {
		taken := doctors.add(t, store, newDoctor(licensed("STRASSE-1")))
		old := newDoctor()
		old.LicenseNumber = domain.StoredLicenseNumber("straße-1", "straße-1")
		old = doctors.add(t, store, old)
		old.Name = must(domain.ParseName("James Wilson"))
		doctors.save(t, store, old)
		require.Equal(t, old, doctors.get(t, store, old.ID))
		require.Equal(t, []domain.Doctor{taken, old}, allDoctors(t, store))

		require.NoError(t, store.Update(t.Context(), func(tx ports.Tx) error {
			deleted, _, err := tx.Doctors().Delete(t.Context(), old.ID)
			require.NoError(t, err)
			require.Equal(t, old, deleted)
			_, err = tx.DoctorHistory().Add(t.Context(), domain.Version[domain.Doctor]{At: now, Change: domain.Deleted, Record: deleted})
			require.NoError(t, err)
			version, err := tx.DoctorHistory().GetDeleted(t.Context(), old.ID)
			require.NoError(t, err)
			require.Equal(t, old, version.Record)
			return tx.DoctorHistory().Restore(t.Context(), version.Record)
		}))
		require.Equal(t, []domain.Doctor{taken, old}, allDoctors(t, store))

		_, err := doctors.tryAdd(t.Context(), store, doctors.withID(old, 0))
		requireRefused(t, domain.ErrLicenseTaken(), err)
	})
}

func testLicenseReuse(s suite) {
	s.promise("a licence number is free again after its doctor's number changes or the doctor is deleted", func(t *testing.T, store ports.Store) {
		first := doctors.add(t, store, newDoctor(licensed("NJ-1")))
		first.LicenseNumber = must(domain.ParseLicenseNumber("NJ-2"))
		doctors.save(t, store, first)
		second := doctors.add(t, store, newDoctor(licensed("nj-1")))
		doctors.delete(t, store, first.ID)
		third := doctors.add(t, store, newDoctor(licensed("nj-2")))
		require.Equal(t, []domain.Doctor{second, third}, allDoctors(t, store))

		_, err := doctors.tryAdd(t.Context(), store, newDoctor(licensed("NJ-1")))
		requireRefused(t, domain.ErrLicenseTaken(), err)
	})

	s.race("one of several parallel Adds gets a licence number, in any spelling", func(t *testing.T, store ports.Store) {
		requireOneSucceeds(t, domain.ErrLicenseTaken(), runConcurrently(callers, func(i int) error {
			_, err := doctors.tryAdd(t.Context(), store, newDoctor(licensed(sameLicense[i%len(sameLicense)])))
			return err
		}))
		require.Len(t, allDoctors(t, store), 1)
	})

	s.race("one of several parallel Saves gets a licence number, in any spelling", func(t *testing.T, store ports.Store) {
		all := doctors.addSeveral(t, store, callers)
		requireOneSucceeds(t, domain.ErrLicenseTaken(), runConcurrently(callers, func(i int) error {
			doctor := all[i]
			doctor.LicenseNumber = must(domain.ParseLicenseNumber(sameLicense[i%len(sameLicense)]))
			return doctors.trySave(t.Context(), store, doctor)
		}))
		holders := 0
		for _, doctor := range allDoctors(t, store) {
			if strings.HasSuffix(doctor.LicenseNumber.Key(), "-fi-7") {
				holders++
			}
		}
		require.Equal(t, 1, holders)
	})
}
