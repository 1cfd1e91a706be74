package application_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

// deletedWith sets the record whose deletion or restoration caused the version.
func deletedWith(record domain.Reference, version domain.Version[domain.Mapping]) domain.Version[domain.Mapping] {
	version.Cause = record
	return version
}

// liveMappings returns all mappings that are not deleted, without the names of patients and
// doctors.
func (c *clinic) liveMappings() (live []domain.Mapping) {
	c.t.Helper()
	page, err := c.Mappings.List(c.ctx, domain.Actor{Role: domain.Admin}, domain.Parameters{"limit": domain.Given("1000")})
	require.NoError(c.t, err)
	for _, one := range page.Items {
		live = append(live, domain.Mapping{ID: one.ID, PatientID: one.PatientID, DoctorID: one.Doctor.ID, AssignedAt: one.AssignedAt})
	}
	return live
}

// A mapping that was deleted itself stays deleted. A mapping that was deleted with its patient
// or doctor is restored together with it.
func TestMappingsAreDeletedAndRestoredWithTheirPatientOrDoctor(t *testing.T) {
	for side, tt := range map[string]struct {
		of      func(w world) domain.Reference
		remove  func(c *clinic, by domain.Actor, w world) error
		restore func(c *clinic, by domain.Actor, w world) error
	}{
		"doctor": {
			func(w world) domain.Reference { return doctorRef(w.otherDoctor.ID) },
			func(c *clinic, by domain.Actor, w world) error {
				return c.Doctors.Delete(c.ctx, by, w.otherDoctor.ID, unconditional)
			},
			func(c *clinic, by domain.Actor, w world) error {
				_, err := c.Doctors.Restore(c.ctx, by, noKey, w.otherDoctor.ID)
				return err
			},
		},
		"patient": {
			func(w world) domain.Reference { return patientRef(w.patient.ID) },
			func(c *clinic, by domain.Actor, w world) error {
				return c.Patients.Delete(c.ctx, by, w.patient.ID, unconditional)
			},
			func(c *clinic, by domain.Actor, w world) error {
				patient, err := c.Patients.Restore(c.ctx, by, noKey, w.patient.ID)
				assert.Equal(c.t, []domain.ID{w.doctor.ID, w.otherDoctor.ID}, patient.AssignedDoctors)
				return err
			},
		},
	} {
		c := newClinic(t)
		w := newWorld(c)
		staff, admin := w.actors[domain.Staff], w.actors[domain.Admin]
		eve := c.addPatient(staff, "Eve")
		first, second := c.assign(staff, w.patient, w.otherDoctor), c.assign(staff, eve, w.otherDoctor)
		created := versionBy(c, staff, domain.Created, first)
		before := c.liveMappings()
		require.Len(t, before, 3)
		c.Advance(time.Hour)

		require.NoError(t, tt.remove(c, admin, w))
		assert.NotContains(t, c.liveMappings(), unstamped(first), side)
		deleted := deletedWith(tt.of(w), versionBy(c, admin, domain.Deleted, first))
		c.Advance(time.Hour)
		require.NoError(t, tt.restore(c, admin, w))
		assert.Equal(t, before, c.liveMappings(), "with the same IDs and times")
		restored := deletedWith(tt.of(w), versionBy(c, admin, domain.Restored, first))
		assertVersions(c, &c.Mappings.History, staff, first.ID, created, deleted, restored)

		_, err := c.Mappings.ListVersions(c.ctx, staff, w.deletedMapping.ID, domain.PageInput{})
		assertKind(t, domain.NotFound, err)
		if side == "patient" {
			assertVersions(c, &c.Mappings.History, staff, second.ID, domain.Version[domain.Mapping]{
				At: created.At, Author: created.Author, Change: domain.Created, Record: second,
			})
		}
	}
}

// A mapping whose other parent is deleted too is restored with that parent.
func TestAMappingIsRestoredOnceBothParentsAre(t *testing.T) {
	c := newClinic(t)
	w := newWorld(c)
	staff, admin := w.actors[domain.Staff], w.actors[domain.Admin]
	ofDoctor, ofPatient := doctorRef(w.doctor.ID), patientRef(w.patient.ID)
	want := []domain.Version[domain.Mapping]{versionBy(c, staff, domain.Created, w.mapping)}
	kept := func(record domain.Reference, change domain.Change, err error) {
		t.Helper()
		require.NoError(t, err)
		want = append(want, deletedWith(record, versionBy(c, admin, change, w.mapping)))
		assertVersions(c, &c.Mappings.History, admin, w.mapping.ID, want...)
		assert.Equal(t, change == domain.Restored, len(c.liveMappings()) == 1)
		c.Advance(time.Hour)
	}
	notKept := func(err error) {
		t.Helper()
		require.NoError(t, err)
		assertVersions(c, &c.Mappings.History, admin, w.mapping.ID, want...)
		assert.Empty(t, c.liveMappings())
		c.Advance(time.Hour)
	}
	// staysDeleted is a deletion whose cause is now the other parent.
	staysDeleted := func(record domain.Reference, err error) {
		t.Helper()
		want = append(want, deletedWith(record, want[len(want)-1]))
		notKept(err)
	}
	restoreDoctor := func() error { _, err := c.Doctors.Restore(c.ctx, admin, noKey, w.doctor.ID); return err }
	restorePatient := func() error { _, err := c.Patients.Restore(c.ctx, admin, noKey, w.patient.ID); return err }

	kept(ofDoctor, domain.Deleted, c.Doctors.Delete(c.ctx, admin, w.doctor.ID, unconditional))
	notKept(c.Patients.Delete(c.ctx, admin, w.patient.ID, unconditional))
	staysDeleted(ofPatient, restoreDoctor())
	kept(ofPatient, domain.Restored, restorePatient())

	kept(ofPatient, domain.Deleted, c.Patients.Delete(c.ctx, admin, w.patient.ID, unconditional))
	notKept(c.Doctors.Delete(c.ctx, admin, w.doctor.ID, unconditional))
	staysDeleted(ofDoctor, restorePatient())
	kept(ofDoctor, domain.Restored, restoreDoctor())

	kept(ofDoctor, domain.Deleted, c.Doctors.Delete(c.ctx, admin, w.doctor.ID, unconditional))
	notKept(c.Patients.Delete(c.ctx, admin, w.patient.ID, unconditional))
	notKept(restorePatient())
	kept(ofDoctor, domain.Restored, restoreDoctor())
}

func TestMoreMappingsThanOnePageAreRestored(t *testing.T) {
	c := newClinic(t)
	admin := c.SignUp("admin@example.com", domain.Admin)
	doctor := c.addDoctor("L-1")
	var gone []domain.PatientView
	for n := range 2*domain.MaxPageLimit + 1 {
		patient := c.addPatient(admin, fmt.Sprint("Ada ", n))
		c.assign(admin, patient, doctor)
		if n%400 == 0 { // Some mappings on each page have a second deleted parent.
			gone = append(gone, patient)
		}
	}
	require.NoError(t, c.Doctors.Delete(c.ctx, admin, doctor.ID, unconditional))
	for _, patient := range gone {
		require.NoError(t, c.Patients.Delete(c.ctx, admin, patient.ID, unconditional))
	}
	_, err := c.Doctors.Restore(c.ctx, admin, noKey, doctor.ID)
	require.NoError(t, err)
	for _, patient := range gone {
		_, err := c.Patients.Restore(c.ctx, admin, noKey, patient.ID)
		require.NoError(t, err)
	}
	assert.Empty(t, readDeleted(c, &c.Mappings.History, "1000"))
}

// The accounting of each patient and doctor contains the restore of their mapping, even if the
// mapping stays deleted.
func TestTheEventOfARestoreNamesAllParentsOfTheMappings(t *testing.T) {
	c := newClinic(t)
	admin := c.SignUp("admin@example.com", domain.Admin)
	doctor := c.addDoctor("L-1")
	var about []domain.Reference
	var gone domain.PatientView
	for _, name := range []string{"Ada", "Eve", "Ida"} {
		gone = c.addPatient(admin, name)
		c.assign(admin, gone, doctor)
		about = append(about, patientRef(gone.ID))
	}
	require.NoError(t, c.Doctors.Delete(c.ctx, admin, doctor.ID, unconditional))
	require.NoError(t, c.Patients.Delete(c.ctx, admin, gone.ID, unconditional))
	before := len(c.events(0))
	_, err := c.Doctors.Restore(c.ctx, admin, noKey, doctor.ID)
	require.NoError(t, err)
	left := c.events(before)
	require.Len(t, left, 1)
	assert.ElementsMatch(t, about, left[0].Related)
	assert.Len(t, c.liveMappings(), 2)
}
