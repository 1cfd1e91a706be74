package application_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// addUnversioned adds records without versions, like records that are older than the history.
func (c *clinic) addUnversioned() (doctor domain.Doctor, patient domain.Patient, mapping domain.Mapping) {
	c.t.Helper()
	by := c.register("first@example.com", domain.Staff).ID
	require.NoError(c.t, c.Ports.Store.Update(c.ctx, func(tx ports.Tx) (err error) {
		name := domain.FromStored[domain.Name]("Old")
		if doctor, err = tx.Doctors().Add(c.ctx, domain.FirstVersion(domain.Doctor{Name: name, Salary: domain.FromStored[domain.Salary]("1.00")}, c.Now())); err != nil {
			return err
		}
		if patient, err = tx.Patients().Add(c.ctx, domain.FirstVersion(domain.Patient{CreatedBy: by, Name: name}, c.Now())); err != nil {
			return err
		}
		old := domain.Mapping{PatientID: patient.ID, DoctorID: doctor.ID, AssignedAt: c.Now().Add(-time.Hour)}
		mapping, err = tx.Mappings().Add(c.ctx, domain.FirstVersion(old, c.Now()))
		return err
	}))
	return doctor, patient, mapping
}

// firstVersion returns the first version of a record that is older than the history.
func firstVersion[T domain.Record](c *clinic, record T) domain.Version[T] {
	return domain.Version[T]{At: c.Now(), Change: domain.Found, Record: record}
}

func TestARecordOlderThanTheHistoryGetsAFirstVersion(t *testing.T) {
	c := newClinic(t)
	admin := c.SignUp("admin@example.com", domain.Admin)
	doctor, patient, mapping := c.addUnversioned()
	assertVersions(c, &c.Doctors.History, admin, doctor.ID, firstVersion(c, doctor))
	assertVersions(c, &c.Patients.History, admin, patient.ID, firstVersion(c, patient))
	assertVersions(c, &c.Mappings.History, admin, mapping.ID, firstVersion(c, mapping))
	staff := c.SignUp("staff@example.com", domain.Staff)
	assertVersions(c, &c.Doctors.History, staff, doctor.ID, firstVersion(c, doctor.VisibleTo(staff)))

	changed, err := c.Doctors.Change(c.ctx, admin, doctor.ID, unconditional, domain.DoctorInput{Salary: domain.Given("2")})
	require.NoError(t, err)
	assertVersions(c, &c.Doctors.History, admin, doctor.ID, firstVersion(c, doctor), versionBy(c, admin, domain.Updated, changed))
	assert.Equal(t, 2, c.events(0)[slices.IndexFunc(c.events(0), func(e domain.AuditEvent) bool { return e.Action == domain.DoctorUpdate })].Version)

	renamed, err := c.Patients.Replace(c.ctx, admin, patient.ID, unconditional, patientInput("New"))
	require.NoError(t, err)
	assertVersions(c, &c.Patients.History, admin, patient.ID, firstVersion(c, patient), versionBy(c, admin, domain.Updated, patientOf(renamed)))
}

func TestARecordOlderThanTheHistoryCanBeRestored(t *testing.T) {
	c := newClinic(t)
	admin := c.SignUp("admin@example.com", domain.Admin)
	doctor, _, mapping := c.addUnversioned()
	require.NoError(t, c.Doctors.Delete(c.ctx, admin, doctor.ID, unconditional))
	assertVersions(c, &c.Doctors.History, admin, doctor.ID, versionBy(c, admin, domain.Deleted, doctor))
	with := doctorRef(doctor.ID)
	ended := versionBy(c, admin, domain.Deleted, mapping)
	ended.Cause = with
	assertVersions(c, &c.Mappings.History, admin, mapping.ID, ended)

	restored, err := c.Doctors.Restore(c.ctx, admin, noKey, doctor.ID)
	require.NoError(t, err)
	assertRestored(c, doctor, restored, 1)
	assertVersions(c, &c.Doctors.History, admin, doctor.ID, versionBy(c, admin, domain.Deleted, doctor), versionBy(c, admin, domain.Restored, doctor))
	back := versionBy(c, admin, domain.Restored, mapping)
	back.Cause = with
	assertVersions(c, &c.Mappings.History, admin, mapping.ID, ended, back)
}
