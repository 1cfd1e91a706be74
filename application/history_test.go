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

// versionBy returns the version that a change by an actor makes now.
func versionBy[T domain.Record](c *clinic, by domain.Actor, change domain.Change, record T) domain.Version[T] {
	return domain.Version[T]{At: c.Now(), Author: domain.Author{UserID: by.UserID, Role: by.Role}, Change: change, Record: record}
}

// stampedAt returns the record with another UpdatedAt.
func stampedAt[T domain.Record](record T, at time.Time) T {
	stamp := domain.StampOf(record)
	stamp.UpdatedAt = at
	return domain.Stamped(record, stamp)
}

// unstamped returns the record without its stamp.
func unstamped[T domain.Record](record T) T { return domain.Stamped(record, domain.Stamp{}) }

// assertRestored asserts that a restored record differs from before only in its stamp, which
// is that many versions later.
func assertRestored[T domain.Record](c *clinic, was, restored T, versions int) {
	c.t.Helper()
	for range versions {
		was = domain.NextVersion(was, c.Now())
	}
	assert.Equal(c.t, was, restored)
}

// patientOf returns the patient of a view, as it is stored in versions.
func patientOf(patient domain.PatientView) domain.Patient { return patient.Patient }

// assertVersions asserts which versions an actor sees, one by one and in pages of different
// lengths. It sets the numbers of the expected versions.
func assertVersions[T domain.Record](c *clinic, history *application.History[T], by domain.Actor, id domain.ID, want ...domain.Version[T]) {
	c.t.Helper()
	var revisions []domain.VersionView[T]
	for i := range want {
		want[i] = want[i].Numbered(i + 1)
		if want[i].Change != domain.Found {
			want[i].Record = stampedAt(want[i].Record, want[i].At)
		}
		revision := domain.VersionView[T]{Version: want[i]}
		if i > 0 {
			revision.Before = &want[i-1].Record
		}
		revisions = append(revisions, revision)
		got, err := history.GetVersion(c.ctx, by, id, domain.ID(i+1))
		require.NoError(c.t, err)
		require.Equal(c.t, revision, got)
	}
	for _, limit := range []string{"1", "2", "3", "1000"} {
		require.Equal(c.t, revisions, readVersions(c, history, by, id, limit), "in pages of %s", limit)
	}
	for _, number := range []domain.ID{0, -1, domain.ID(len(want) + 1), math.MaxInt64, math.MinInt64} {
		got, err := history.GetVersion(c.ctx, by, id, number)
		assertKind(c.t, domain.NotFound, err)
		assert.Zero(c.t, got)
	}
}

// readVersions reads all pages of a record's versions.
func readVersions[T domain.Record](c *clinic, history *application.History[T], by domain.Actor, id domain.ID, limit string) (all []domain.VersionView[T]) {
	c.t.Helper()
	in := domain.PageInput{Limit: domain.Given(limit)}
	for {
		page, err := history.ListVersions(c.ctx, by, id, in)
		require.NoError(c.t, err)
		require.NotEmpty(c.t, page.Items)
		all = append(all, page.Items...)
		if page.Next == "" {
			return all
		}
		in.Cursor = domain.Given(page.Next)
	}
}

func TestEachChangeOfADoctorIsAVersion(t *testing.T) {
	c := newClinic(t)
	one, other := c.SignUp("one@example.com", domain.Admin), c.SignUp("other@example.com", domain.Admin)
	var want []domain.Version[domain.Doctor]
	kept := func(by domain.Actor, change domain.Change, doctor domain.Doctor, err error) domain.Doctor {
		t.Helper()
		require.NoError(t, err)
		want = append(want, versionBy(c, by, change, doctor))
		assertVersions(c, &c.Doctors.History, one, doctor.ID, want...)
		c.Advance(time.Hour)
		return doctor
	}
	doctor, err := c.Doctors.Create(c.ctx, one, noKey, doctorInput("L-1"))
	doctor = kept(one, domain.Created, doctor, err)
	doctor, err = c.Doctors.Replace(c.ctx, other, doctor.ID, unconditional, doctorInput("L-2"))
	doctor = kept(other, domain.Updated, doctor, err)
	doctor, err = c.Doctors.Change(c.ctx, one, doctor.ID, unconditional, domain.DoctorInput{Salary: domain.Given("9")})
	doctor = kept(one, domain.Updated, doctor, err)
	kept(other, domain.Deleted, doctor, c.Doctors.Delete(c.ctx, other, doctor.ID, unconditional))
	restored, err := c.Doctors.Restore(c.ctx, one, noKey, doctor.ID)
	assertRestored(c, doctor, restored, 2)
	kept(one, domain.Restored, doctor, err)
	kept(one, domain.Deleted, doctor, c.Doctors.Delete(c.ctx, one, doctor.ID, unconditional))
}

func TestEachChangeOfAPatientIsAVersion(t *testing.T) {
	c := newClinic(t)
	w := newWorld(c)
	staff, admin := w.actors[domain.Staff], w.actors[domain.Admin]
	c.assign(staff, w.patient, w.otherDoctor)
	want := []domain.Version[domain.Patient]{versionBy(c, staff, domain.Created, patientOf(w.patient))}
	kept := func(by domain.Actor, change domain.Change, patient domain.PatientView, err error) domain.PatientView {
		t.Helper()
		require.NoError(t, err)
		assert.Equal(t, []domain.ID{w.doctor.ID, w.otherDoctor.ID}, patient.AssignedDoctors, "doctors are not part of the patient's versions")
		want = append(want, versionBy(c, by, change, patientOf(patient)))
		assertVersions(c, &c.Patients.History, admin, patient.ID, want...)
		c.Advance(time.Hour)
		return patient
	}
	patient, err := c.Patients.Replace(c.ctx, admin, w.patient.ID, unconditional, patientInput("Eve"))
	kept(admin, domain.Updated, patient, err)
	patient, err = c.Patients.Change(c.ctx, staff, w.patient.ID, unconditional, domain.PatientInput{MedicalRecord: domain.Given("Allergic to penicillin")})
	patient = kept(staff, domain.Updated, patient, err)
	kept(staff, domain.Deleted, patient, c.Patients.Delete(c.ctx, staff, w.patient.ID, unconditional))
	restored, err := c.Patients.Restore(c.ctx, admin, noKey, w.patient.ID)
	assertRestored(c, patientOf(patient), patientOf(restored), 2)
	kept(admin, domain.Restored, restored, err)
}

func TestEachChangeOfAMappingIsAVersion(t *testing.T) {
	c := newClinic(t)
	w := newWorld(c)
	staff, admin := w.actors[domain.Staff], w.actors[domain.Admin]
	want := []domain.Version[domain.Mapping]{versionBy(c, staff, domain.Created, w.mapping)}
	kept := func(by domain.Actor, change domain.Change, mapping domain.Mapping, err error) domain.Mapping {
		t.Helper()
		require.NoError(t, err)
		want = append(want, versionBy(c, by, change, mapping))
		assertVersions(c, &c.Mappings.History, admin, mapping.ID, want...)
		c.Advance(time.Hour)
		return mapping
	}
	mapping, err := c.Mappings.Replace(c.ctx, admin, w.mapping.ID, unconditional, pair(w.patient.ID, w.otherDoctor.ID))
	kept(admin, domain.Updated, mapping, err)
	mapping, err = c.Mappings.Change(c.ctx, staff, w.mapping.ID, unconditional, pair(w.patient.ID, w.doctor.ID))
	mapping = kept(staff, domain.Updated, mapping, err)
	kept(staff, domain.Deleted, mapping, c.Mappings.Unassign(c.ctx, staff, w.mapping.ID, unconditional))
	restored, err := c.Mappings.Restore(c.ctx, admin, noKey, w.mapping.ID)
	assertRestored(c, mapping, restored, 2)
	kept(admin, domain.Restored, restored, err)
}

// Times in versions have the same precision as other stored times.
func TestTimesOfVersionsEqualTheStoredTimes(t *testing.T) {
	c := newClinic(t)
	w := newWorld(c)
	admin := w.actors[domain.Admin]
	c.Advance(123456789)
	_, err := c.Mappings.Replace(c.ctx, admin, w.mapping.ID, unconditional, pair(w.patient.ID, w.otherDoctor.ID))
	require.NoError(t, err)
	version, err := c.Mappings.GetVersion(c.ctx, admin, w.mapping.ID, 2)
	require.NoError(t, err)
	stored, err := c.Mappings.List(c.ctx, admin, mappingsFrom(c, w.mapping.ID))
	require.NoError(t, err)
	assert.Equal(t, stored.Items[0].AssignedAt, version.Record.AssignedAt)
	assert.Equal(t, c.events(0)[len(c.events(0))-1].At, version.At)
}

func TestAFailedCallMakesNoVersion(t *testing.T) {
	for name, attempt := range allTestCalls() {
		if attempt.outcome == domain.Allowed {
			continue
		}
		c := newClinic(t)
		w := newWorld(c)
		if attempt.before != nil {
			attempt.before(c, w)
		}
		acting := *c
		if attempt.setup != nil {
			acting.use(attempt.setup)
		}
		before := storedRecords(c)
		_, _ = attempt.run(&acting, w.actors[attempt.role], w)
		assert.Equal(t, before, storedRecords(c), name)
	}
}

func TestAnUncommittedChangeMakesNoVersion(t *testing.T) {
	for name, tt := range useCaseTable {
		c := newClinic(t)
		w := newWorld(c)
		before := storedData(c)
		broken := *c
		broken.use(onStore(brokenStore{Store: c.Ports.Store}))
		_, _ = tt.run(&broken, w.actors[tt.roles[len(tt.roles)-1]], w)
		assert.Equal(t, before, storedData(c), name)
	}
}

func TestStaffSeesNoSalaryInVersions(t *testing.T) {
	c := newClinic(t)
	w := newWorld(c)
	staff, admin := w.actors[domain.Staff], w.actors[domain.Admin]
	_, err := c.Doctors.Change(c.ctx, admin, w.doctor.ID, unconditional, domain.DoctorInput{Salary: domain.Given("99")})
	require.NoError(t, err)
	salaries := func(by domain.Actor) (seen []string) {
		second, err := c.Doctors.GetVersion(c.ctx, by, w.doctor.ID, 2)
		require.NoError(t, err)
		for _, revision := range append(readVersions(c, &c.Doctors.History, by, w.doctor.ID, "1"), second) {
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

	deleted, err := c.Doctors.ListDeleted(c.ctx, admin, nil)
	require.NoError(t, err)
	assert.Equal(t, "1234.50", deleted.Items[0].Record.Salary.String())
	_, err = c.Doctors.ListDeleted(c.ctx, staff, nil)
	assertKind(t, domain.Forbidden, err)
}

func TestStaffSeesTheVersionsOfLiveRecordsOnly(t *testing.T) {
	c := newClinic(t)
	w := newWorld(c)
	staff, admin := w.actors[domain.Staff], w.actors[domain.Admin]
	created, deleted := versionBy(c, staff, domain.Created, patientOf(w.deletedPatient)), versionBy(c, staff, domain.Deleted, patientOf(w.deletedPatient))
	assertVersions(c, &c.Patients.History, admin, w.deletedPatient.ID, created, deleted)
	_, err := c.Patients.ListVersions(c.ctx, staff, w.deletedPatient.ID, domain.PageInput{})
	assert.Equal(t, domain.ErrNotFound(), err)
	_, err = c.Patients.GetVersion(c.ctx, staff, w.deletedPatient.ID, 1)
	assert.Equal(t, domain.ErrNotFound(), err)

	_, err = c.Patients.Restore(c.ctx, admin, noKey, w.deletedPatient.ID)
	require.NoError(t, err)
	assertVersions(c, &c.Patients.History, staff, w.deletedPatient.ID, created, deleted, versionBy(c, admin, domain.Restored, patientOf(w.deletedPatient)))
}

// A page of versions can end early because of its size. Even then no version is left out or
// lacks the previous one.
func TestAPageOfLongVersionsEndsEarly(t *testing.T) {
	c := newClinic(t)
	staff := c.SignUp("staff@example.com", domain.Staff)
	long := strings.Repeat("x", domain.MaxTextBytes-1)
	in := patientInput("Ada")
	in.Address, in.MedicalRecord = domain.Given(long), domain.Given(long)
	patient, err := c.Patients.Create(c.ctx, staff, noKey, in)
	require.NoError(t, err)
	want := []domain.Version[domain.Patient]{versionBy(c, staff, domain.Created, patientOf(patient))}
	for letter := range slices.Values(strings.Split("abcdefghijkl", "")) {
		patient, err = c.Patients.Change(c.ctx, staff, patient.ID, unconditional, domain.PatientInput{MedicalRecord: domain.Given(long + letter)})
		require.NoError(t, err)
		want = append(want, versionBy(c, staff, domain.Updated, patientOf(patient)))
	}
	page, err := c.Patients.ListVersions(c.ctx, staff, patient.ID, domain.PageInput{})
	require.NoError(t, err)
	assert.Less(t, len(page.Items), len(want))
	assertVersions(c, &c.Patients.History, staff, patient.ID, want...)
}

// After a mapping was moved to another patient, its version also shows the previous patient.
// So the event must name that patient too.
func TestReadingAVersionAlsoNamesTheParentsOfThePreviousOne(t *testing.T) {
	c := newClinic(t)
	admin := c.SignUp("admin@example.com", domain.Admin)
	doctor, ada, eve := c.addDoctor("L-1"), c.addPatient(admin, "Ada"), c.addPatient(admin, "Eve")
	mapping := c.assign(admin, ada, doctor)
	_, err := c.Mappings.Change(c.ctx, admin, mapping.ID, unconditional, pair(eve.ID, doctor.ID))
	require.NoError(t, err)
	all := []domain.Reference{patientRef(ada.ID), patientRef(eve.ID), doctorRef(doctor.ID)}
	for name, read := range map[string]func() error{
		"one": func() error { _, err := c.Mappings.GetVersion(c.ctx, admin, mapping.ID, 2); return err },
		"some": func() error {
			_, err := c.Mappings.ListVersions(c.ctx, admin, mapping.ID, domain.PageInput{Cursor: domain.Given("1")})
			return err
		},
	} {
		before := len(c.events(0))
		require.NoError(t, read())
		left := c.events(before)
		require.Len(t, left, 1, name)
		assert.ElementsMatch(t, all, left[0].Related, name)
	}
}
