package application_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// made is a version as actor makes it now.
func made[T any](c *clinic, by domain.Actor, change domain.Change, record T) domain.Version[T] {
	return domain.Version[T]{At: c.now, By: domain.Author{UserID: by.UserID, Role: by.Role}, Change: change, Record: record}
}

// plain is a patient as it is kept in versions.
func plain(patient domain.Patient) domain.Patient {
	patient.AssignedDoctors = nil
	return patient
}

// assertVersions asserts what actor sees of a record's versions, one by one and
// in pages of various lengths. The wanted ones need no numbers.
func assertVersions[T any](c *clinic, history *application.History[T], by domain.Actor, id domain.ID, want ...domain.Version[T]) {
	c.t.Helper()
	var revisions []domain.Revision[T]
	for i := range want {
		revision := domain.Revision[T]{Version: want[i]}
		revision.Number = i + 1
		if i > 0 {
			revision.Before = &want[i-1].Record
		}
		revisions = append(revisions, revision)
		got, err := history.Version(c.ctx, by, id, domain.ID(i+1))
		require.NoError(c.t, err)
		require.Equal(c.t, revision, got)
	}
	for _, limit := range []string{"1", "2", "3", "1000"} {
		require.Equal(c.t, revisions, readVersions(c, history, by, id, limit), "in pages of %s", limit)
	}
	for _, number := range []domain.ID{0, -1, domain.ID(len(want) + 1), math.MaxInt64, math.MinInt64} {
		got, err := history.Version(c.ctx, by, id, number)
		assertKind(c.t, domain.NotFound, err)
		assert.Zero(c.t, got)
	}
}

// readVersions follows the pages of a record's versions to the last.
func readVersions[T any](c *clinic, history *application.History[T], by domain.Actor, id domain.ID, limit string) (all []domain.Revision[T]) {
	c.t.Helper()
	in := domain.PageInput{Limit: domain.Given(limit)}
	for {
		page, err := history.Versions(c.ctx, by, id, in)
		require.NoError(c.t, err)
		require.NotEmpty(c.t, page.Items)
		all = append(all, page.Items...)
		if page.Next == 0 {
			return all
		}
		in.Cursor = domain.Given(page.Next.String())
	}
}

func TestEachChangeOfADoctorIsAVersion(t *testing.T) {
	c := newClinic(t)
	one, other := c.signUp("one@example.com", domain.Admin), c.signUp("other@example.com", domain.Admin)
	var want []domain.Version[domain.Doctor]
	kept := func(by domain.Actor, change domain.Change, doctor domain.Doctor, err error) domain.Doctor {
		t.Helper()
		require.NoError(t, err)
		want = append(want, made(c, by, change, doctor))
		assertVersions(c, &c.doctors.History, one, doctor.ID, want...)
		c.now = c.now.Add(time.Hour)
		return doctor
	}
	doctor, err := c.doctors.Create(c.ctx, one, doctorInput("L-1"))
	doctor = kept(one, domain.Created, doctor, err)
	doctor, err = c.doctors.Replace(c.ctx, other, doctor.ID, doctorInput("L-2"))
	doctor = kept(other, domain.Updated, doctor, err)
	doctor, err = c.doctors.Change(c.ctx, one, doctor.ID, domain.DoctorInput{Salary: domain.Given("9")})
	doctor = kept(one, domain.Updated, doctor, err)
	kept(other, domain.Deleted, doctor, c.doctors.Delete(c.ctx, other, doctor.ID))
	restored, err := c.doctors.Restore(c.ctx, one, doctor.ID)
	assert.Equal(t, doctor, restored)
	kept(one, domain.Restored, doctor, err)
	kept(one, domain.Deleted, doctor, c.doctors.Delete(c.ctx, one, doctor.ID))
}

func TestEachChangeOfAPatientIsAVersion(t *testing.T) {
	c := newClinic(t)
	w := newWorld(c)
	staff, admin := w.actors[domain.Staff], w.actors[domain.Admin]
	c.assign(staff, w.patient, w.otherDoctor)
	want := []domain.Version[domain.Patient]{made(c, staff, domain.Created, plain(w.patient))}
	kept := func(by domain.Actor, change domain.Change, patient domain.Patient, err error) domain.Patient {
		t.Helper()
		require.NoError(t, err)
		assert.Equal(t, []domain.ID{w.doctor.ID, w.otherDoctor.ID}, patient.AssignedDoctors, "which are no part of a version")
		want = append(want, made(c, by, change, plain(patient)))
		assertVersions(c, &c.patients.History, admin, patient.ID, want...)
		c.now = c.now.Add(time.Hour)
		return patient
	}
	patient, err := c.patients.Replace(c.ctx, admin, w.patient.ID, patientInput("Eve"))
	kept(admin, domain.Updated, patient, err)
	patient, err = c.patients.Change(c.ctx, staff, w.patient.ID, domain.PatientInput{MedicalRecord: domain.Given("Allergic to penicillin")})
	patient = kept(staff, domain.Updated, patient, err)
	kept(staff, domain.Deleted, patient, c.patients.Delete(c.ctx, staff, w.patient.ID))
	restored, err := c.patients.Restore(c.ctx, admin, w.patient.ID)
	assert.Equal(t, patient, restored)
	kept(admin, domain.Restored, restored, err)
}

func TestEachChangeOfAMappingIsAVersion(t *testing.T) {
	c := newClinic(t)
	w := newWorld(c)
	staff, admin := w.actors[domain.Staff], w.actors[domain.Admin]
	want := []domain.Version[domain.Mapping]{made(c, staff, domain.Created, w.mapping)}
	kept := func(by domain.Actor, change domain.Change, mapping domain.Mapping, err error) domain.Mapping {
		t.Helper()
		require.NoError(t, err)
		want = append(want, made(c, by, change, mapping))
		assertVersions(c, &c.mappings.History, admin, mapping.ID, want...)
		c.now = c.now.Add(time.Hour)
		return mapping
	}
	mapping, err := c.mappings.Replace(c.ctx, admin, w.mapping.ID, pair(w.patient.ID, w.otherDoctor.ID))
	kept(admin, domain.Updated, mapping, err)
	mapping, err = c.mappings.Change(c.ctx, staff, w.mapping.ID, pair(w.patient.ID, w.doctor.ID))
	mapping = kept(staff, domain.Updated, mapping, err)
	kept(staff, domain.Deleted, mapping, c.mappings.Unassign(c.ctx, staff, w.mapping.ID))
	restored, err := c.mappings.Restore(c.ctx, admin, w.mapping.ID)
	assert.Equal(t, mapping, restored)
	kept(admin, domain.Restored, restored, err)
}

// The times of a version are as those of everything that is stored.
func TestAVersionIsAsWhatIsStored(t *testing.T) {
	c := newClinic(t)
	w := newWorld(c)
	admin := w.actors[domain.Admin]
	c.now = c.now.Add(123456789)
	_, err := c.mappings.Replace(c.ctx, admin, w.mapping.ID, pair(w.patient.ID, w.otherDoctor.ID))
	require.NoError(t, err)
	version, err := c.mappings.Version(c.ctx, admin, w.mapping.ID, 2)
	require.NoError(t, err)
	stored, err := c.mappings.List(c.ctx, admin, domain.MappingQuery{Page: startingAt(w.mapping.ID)})
	require.NoError(t, err)
	assert.Equal(t, stored.Items[0].AssignedAt, version.Record.AssignedAt)
	assert.Equal(t, c.events(0)[len(c.events(0))-1].At, version.At)
}

func TestWhatIsNotDoneIsNoVersion(t *testing.T) {
	for name, attempt := range attempts() {
		if attempt.outcome == domain.Allowed {
			continue
		}
		c := newClinic(t)
		w := newWorld(c)
		if attempt.before != nil {
			attempt.before(c, w)
		}
		before := records(c)
		_, _ = attempt.run(c, w.actors[attempt.by], w)
		assert.Equal(t, before, records(c), name)
	}
}

func TestAChangeThatIsNotCommittedIsNoVersion(t *testing.T) {
	for name, tt := range roleMatrix {
		c := newClinic(t)
		w := newWorld(c)
		before := everything(c)
		broken := *c
		broken.store = brokenStore{Store: c.store}
		broken.wire()
		_, _ = tt.run(&broken, w.actors[tt.allowed[len(tt.allowed)-1]], w)
		assert.Equal(t, before, everything(c), name)
	}
}

func TestStaffSeesNoSalaryInVersions(t *testing.T) {
	c := newClinic(t)
	w := newWorld(c)
	staff, admin := w.actors[domain.Staff], w.actors[domain.Admin]
	_, err := c.doctors.Change(c.ctx, admin, w.doctor.ID, domain.DoctorInput{Salary: domain.Given("99")})
	require.NoError(t, err)
	salaries := func(by domain.Actor) (seen []string) {
		second, err := c.doctors.Version(c.ctx, by, w.doctor.ID, 2)
		require.NoError(t, err)
		for _, revision := range append(readVersions(c, &c.doctors.History, by, w.doctor.ID, "1"), second) {
			seen = append(seen, revision.Record.Salary.String())
			if revision.Before != nil {
				seen = append(seen, revision.Before.Salary.String())
			}
			assert.Equal(t, w.doctor.Name, revision.Record.Name)
		}
		return seen
	}
	assert.Equal(t, []string{"", "", "", "", ""}, salaries(staff))
	assert.Equal(t, []string{"1234.50", "99.00", "1234.50", "99.00", "1234.50"}, salaries(admin))

	deleted, err := c.doctors.Deleted(c.ctx, admin, domain.PageInput{})
	require.NoError(t, err)
	assert.Equal(t, "1234.50", deleted.Items[0].Record.Salary.String())
	_, err = c.doctors.Deleted(c.ctx, staff, domain.PageInput{})
	assertKind(t, domain.Forbidden, err)
}

func TestStaffSeesTheVersionsOfWhatIsNotDeleted(t *testing.T) {
	c := newClinic(t)
	w := newWorld(c)
	staff, admin := w.actors[domain.Staff], w.actors[domain.Admin]
	created, deleted := made(c, staff, domain.Created, plain(w.deletedPatient)), made(c, staff, domain.Deleted, plain(w.deletedPatient))
	assertVersions(c, &c.patients.History, admin, w.deletedPatient.ID, created, deleted)
	_, err := c.patients.Versions(c.ctx, staff, w.deletedPatient.ID, domain.PageInput{})
	assert.Equal(t, domain.ErrNotFound(), err)
	_, err = c.patients.Version(c.ctx, staff, w.deletedPatient.ID, 1)
	assert.Equal(t, domain.ErrNotFound(), err)

	_, err = c.patients.Restore(c.ctx, admin, w.deletedPatient.ID)
	require.NoError(t, err)
	assertVersions(c, &c.patients.History, staff, w.deletedPatient.ID, created, deleted, made(c, admin, domain.Restored, plain(w.deletedPatient)))
}

// A page of versions ends early like any other, and still no version is left
// out or without the one before.
func TestLongVersionsMakeShortPages(t *testing.T) {
	c := newClinic(t)
	staff := c.signUp("staff@example.com", domain.Staff)
	long := strings.Repeat("x", domain.MaxTextBytes-1)
	in := patientInput("Ada")
	in.Address, in.MedicalRecord = domain.Given(long), domain.Given(long)
	patient, err := c.patients.Create(c.ctx, staff, in)
	require.NoError(t, err)
	want := []domain.Version[domain.Patient]{made(c, staff, domain.Created, plain(patient))}
	for letter := range slices.Values(strings.Split("abcdefghijkl", "")) {
		patient, err = c.patients.Change(c.ctx, staff, patient.ID, domain.PatientInput{MedicalRecord: domain.Given(long + letter)})
		require.NoError(t, err)
		want = append(want, made(c, staff, domain.Updated, plain(patient)))
	}
	page, err := c.patients.Versions(c.ctx, staff, patient.ID, domain.PageInput{})
	require.NoError(t, err)
	assert.Less(t, len(page.Items), len(want))
	assertVersions(c, &c.patients.History, staff, patient.ID, want...)
}

// The version after a mapping was moved shows whom it was of before, and so does what
// that person may ask for.
func TestAVersionIsAboutThoseWhomItNoLongerNames(t *testing.T) {
	c := newClinic(t)
	admin := c.signUp("admin@example.com", domain.Admin)
	doctor, ada, eve := c.addDoctor("L-1"), c.addPatient(admin, "Ada"), c.addPatient(admin, "Eve")
	mapping := c.assign(admin, ada, doctor)
	_, err := c.mappings.Change(c.ctx, admin, mapping.ID, pair(eve.ID, doctor.ID))
	require.NoError(t, err)
	all := []domain.Reference{patientRef(ada.ID), patientRef(eve.ID), doctorRef(doctor.ID)}
	for name, read := range map[string]func() error{
		"one": func() error { _, err := c.mappings.Version(c.ctx, admin, mapping.ID, 2); return err },
		"some": func() error {
			_, err := c.mappings.Versions(c.ctx, admin, mapping.ID, domain.PageInput{Cursor: domain.Given("1")})
			return err
		},
	} {
		before := len(c.events(0))
		require.NoError(t, read())
		left := c.events(before)
		require.Len(t, left, 1, name)
		assert.ElementsMatch(t, all, left[0].About, name)
	}
}
