package portstest

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// testVersionContents checks that a record is restored from its history without loss.
func testVersionContents(s suite) {
	testContentSurvivesDeletion(s)
	testVersionsAreIndependent(s)
}

func testContentSurvivesDeletion(s suite) {
	for name, text := range map[string]string{
		"plain text":            "Gregory House",
		"the syntax of others":  `<b>"x" & \u0041 \\ {"id": 7} null 'y' \n`,
		"letters of all sorts":  "Zoë 山田太郎 דָּוִד 👩🏽‍⚕️ \U0010FFFD\uFFFD",
		"what looks like a gap": "  a \u00a0 b",
	} {
		s.promise("every field of a doctor survives deletion, with "+name, func(t *testing.T, store ports.Store) {
			for _, salary := range []string{"0", "0.05", "99999999.99"} {
				license := []rune(salary + text)
				requireRestored(t, store, doctorRecords, newDoctor(func(in *domain.DoctorInput) {
					in.Name, in.Specialization = domain.Given(text), domain.Given(text)
					in.LicenseNumber = domain.Given(string(license[:min(50, len(license))]))
					in.Salary = domain.Given(salary)
				}))
			}
		})

		s.promise("every field of a patient survives deletion, with "+name, func(t *testing.T, store ports.Store) {
			creator := users.addNew(t, store).ID
			requireRestored(t, store, patientRecords, newPatient(creator, func(in *domain.PatientInput) {
				in.Name, in.Address = domain.Given(text), domain.Given(text+"\r\n\t"+text)
				in.MedicalRecord = domain.Given("\u2028\n\u2029" + text + "\u0085")
			}))
			requireRestored(t, store, patientRecords, newPatient(creator, func(in *domain.PatientInput) {
				*in = domain.PatientInput{Name: domain.Given(text)}
			}))
		})
	}

	// Three have 1 byte, which JSON encodes with 1, 2 and 6 bytes; the last has 4 bytes.
	for name, character := range map[string]string{"letters": "a", "newlines": "\n", "angles": "<", "ideographs": "𠮷"} {
		s.promise("the longest texts of a patient survive deletion, made of "+name, func(t *testing.T, store ports.Store) {
			// Newlines at the ends would be trimmed.
			text := "x" + strings.Repeat(character, domain.MaxTextBytes/len(character)-2) + "x"
			creator := users.addNew(t, store).ID
			requireRestored(t, store, patientRecords, newPatient(creator, func(in *domain.PatientInput) {
				in.Address, in.MedicalRecord = domain.Given(text), domain.Given(text)
			}))
		})
	}

	s.promise("every field of a mapping survives deletion", func(t *testing.T, store ports.Store) {
		for _, at := range []time.Time{now, time.Unix(0, 0).UTC(), time.Date(9999, time.December, 31, 23, 59, 59, 999999000, time.UTC)} {
			mapping := mappings.newEntity(t, store)
			mapping.AssignedAt = at
			requireRestored(t, store, mappingRecords, mapping)
		}
	})
}

func testVersionsAreIndependent(s suite) {
	s.promise("the time of a mapping in a version is cut to the microsecond, in UTC", func(t *testing.T, store ports.Store) {
		mapping := mappings.addNew(t, store)
		precise := mapping
		precise.AssignedAt = now.Add(999 * time.Nanosecond).In(time.FixedZone("", 13*60*60))
		want := mappingRecords.numbered(0, mappingRecords.newVersion(domain.Updated, mapping))
		require.Equal(t, want, mappingRecords.addVersions(t, store, mappingRecords.newVersion(domain.Updated, precise)))
		require.Equal(t, want, mappingRecords.versions(t, store, mapping.ID, wholeList))
	})

	s.promise("Restore of a patient restores no assignments", func(t *testing.T, store ports.Store) {
		clinic := newFullClinic(t, store)
		patientRecords.deleteWithVersion(t, store, patientRecords.newVersion(domain.Deleted, clinic.patient))
		require.NoError(t, patientRecords.tryRestore(t.Context(), store, clinic.patient))
		require.Equal(t, assigned(clinic.patient), patientView(t, store, clinic.patient.ID))
	})

	s.promise("changing versions that were passed in or returned changes nothing stored", func(t *testing.T, store ports.Store) {
		doctor := doctors.addNew(t, store)
		given := []domain.Version[domain.Doctor]{doctorRecords.newVersion(domain.Deleted, doctor)}
		given[0].Number = 5
		want := doctorRecords.numbered(0, given...)
		added := doctorRecords.addVersions(t, store, given...)
		require.Equal(t, 5, given[0].Number)
		given[0].Record.ID, added[0].Record.ID = 1<<40, 1<<40
		listed := doctorRecords.versions(t, store, doctor.ID, wholeList)
		require.Equal(t, want, listed)
		listed[0].Record.ID = 1 << 40
		_ = append(listed, listed...)
		require.Equal(t, want, doctorRecords.versions(t, store, doctor.ID, wholeList))
		require.Equal(t, want, doctorRecords.listDeleted(t, store, domain.Reference{}, wholeList))
	})

	s.promise("records of different kinds share no history", func(t *testing.T, store ports.Store) {
		const id = 1 << 40
		doctor, patient, mapping := newDoctor(), newPatient(1), newMapping(1, 1)
		doctor.ID, patient.ID, mapping.ID = id, id, id
		doctorRecords.addVersions(t, store, doctorRecords.newVersion(domain.Created, doctor), doctorRecords.newVersion(domain.Deleted, doctor))
		patientRecords.addVersions(t, store, patientRecords.newVersion(domain.Created, patient))
		mappingRecords.addVersions(t, store, mappingRecords.newVersion(domain.Deleted, mapping))
		require.Len(t, doctorRecords.versions(t, store, id, wholeList), 2)
		require.Len(t, patientRecords.versions(t, store, id, wholeList), 1)
		require.Len(t, mappingRecords.versions(t, store, id, wholeList), 1)
		patientRecords.requireNotDeleted(t, store, id)

		require.Zero(t, countExpired(t, store, domain.SubjectPatient, endOfTime))
		require.Equal(t, []domain.ID{id}, purge(t, store, domain.SubjectDoctor, endOfTime, 10))
		require.Empty(t, doctorRecords.versions(t, store, id, wholeList))
		require.Len(t, patientRecords.versions(t, store, id, wholeList), 1)
		require.Equal(t, []domain.ID{id}, mappingRecords.listDeletedIDs(t, store, domain.Reference{}, wholeList))
	})

	s.promise("a list of versions of long records ends early, and the next page continues it", testVersionPagesEndEarly)
}

// requireRestored adds the record, deletes and restores it, and checks that it is the
// same.
func requireRestored[T domain.Record](t *testing.T, store ports.Store, a recordKind[T], record T) {
	t.Helper()
	record = a.add(t, store, record)
	a.deleteWithVersion(t, store, a.newVersion(domain.Deleted, record))
	last, err := a.tryGetDeleted(t.Context(), store, a.id(record))
	require.NoError(t, err)
	require.Equal(t, record, last.Record)
	require.NoError(t, a.tryRestore(t.Context(), store, last.Record))
	require.Equal(t, record, a.get(t, store, a.id(record)))
}

// testVersionPagesEndEarly also checks that a page that ends early has at least
// domain.MaxPageBytes of TextBytes. Callers rely on this to know that more follow.
func testVersionPagesEndEarly(t *testing.T, store ports.Store) {
	const count, fit = 9, domain.MaxPageBytes / domain.MaxTextBytes
	long := newPatient(users.addNew(t, store).ID, func(in *domain.PatientInput) {
		// JSON needs twice as many bytes, but the limit counts the bytes of the text.
		in.MedicalRecord, in.Address = domain.Given("x"+strings.Repeat("\n", domain.MaxTextBytes-2)+"x"), domain.Given("")
	})
	with := domain.Reference{Kind: domain.SubjectDoctor, ID: 1}
	var id domain.ID
	var all, numbers []domain.ID
	for i := range count {
		long = patients.add(t, store, long)
		all, numbers = append(all, long.ID), append(numbers, domain.ID(i+1))
		if i > 0 { // Delete a short version first: the page must count the length of the last version.
			short := long
			short.MedicalRecord = domain.Text{}
			patientRecords.addVersions(t, store, patientRecords.newDeletedBy(short, with))
		}
		patientRecords.deleteWithVersion(t, store, patientRecords.newDeletedBy(long, with))
		id = all[0]
		if i > 0 {
			long.ID = id
			patientRecords.addVersions(t, store, patientRecords.newDeletedBy(long, with))
		}
	}
	record := func(version domain.Version[domain.Patient]) domain.ID { return version.Record.ID }
	for name, list := range map[string]struct {
		all  []domain.ID
		id   func(domain.Version[domain.Patient]) domain.ID
		read func(domain.Page) []domain.Version[domain.Patient]
	}{
		"List": {
			numbers,
			func(version domain.Version[domain.Patient]) domain.ID { return domain.ID(version.Number) },
			func(page domain.Page) []domain.Version[domain.Patient] {
				return patientRecords.versions(t, store, id, page)
			},
		},
		"Deleted": {all, record, func(page domain.Page) []domain.Version[domain.Patient] {
			return patientRecords.listDeleted(t, store, domain.Reference{}, page)
		}},
		"Deleted with": {all, record, func(page domain.Page) []domain.Version[domain.Patient] {
			return patientRecords.listDeleted(t, store, with, page)
		}},
	} {
		ids := func(after domain.ID) (ids []domain.ID, size int) {
			for _, version := range list.read(domain.Page{After: after, Limit: domain.MaxPageLimit}) {
				ids, size = append(ids, list.id(version)), size+version.TextBytes()
			}
			return ids, size
		}
		first, size := ids(0)
		require.Equal(t, list.all[:fit], first, name)
		require.GreaterOrEqual(t, size, domain.MaxPageBytes, name)
		rest, size := ids(list.all[fit-1])
		require.Equal(t, list.all[fit:], rest, name)
		require.Less(t, size, domain.MaxPageBytes, name)
	}
}
