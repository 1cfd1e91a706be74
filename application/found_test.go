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

// addUnversioned adds what was there before versions were kept.
func (c *clinic) addUnversioned() (doctor domain.Doctor, patient domain.Patient, mapping domain.Mapping) {
	c.t.Helper()
	by := c.register("first@example.com", domain.Staff).ID
	require.NoError(c.t, c.store.Update(c.ctx, func(tx ports.Tx) (err error) {
		name := domain.Restore[domain.Name]("Old")
		if doctor, err = tx.Doctors().Add(c.ctx, domain.Doctor{Name: name, Salary: domain.Restore[domain.Salary]("1.00")}); err != nil {
			return err
		}
		if patient, err = tx.Patients().Add(c.ctx, domain.Patient{CreatedBy: by, Name: name}); err != nil {
			return err
		}
		mapping, err = tx.Mappings().Add(c.ctx, domain.Mapping{PatientID: patient.ID, DoctorID: doctor.ID, AssignedAt: c.now.Add(-time.Hour)})
		return err
	}))
	return doctor, patient, mapping
}

// found is the version of what was there before.
func found[T any](c *clinic, record T) domain.Version[T] {
	return domain.Version[T]{At: c.now, Change: domain.Found, Record: record}
}

func TestWhatWasThereBeforeVersionsWereKeptIsFound(t *testing.T) {
	c := newClinic(t)
	admin := c.signUp("admin@example.com", domain.Admin)
	doctor, patient, mapping := c.addUnversioned()
	assertVersions(c, &c.doctors.History, admin, doctor.ID, found(c, doctor))
	assertVersions(c, &c.patients.History, admin, patient.ID, found(c, plain(patient)))
	assertVersions(c, &c.mappings.History, admin, mapping.ID, found(c, mapping))
	staff := c.signUp("staff@example.com", domain.Staff)
	assertVersions(c, &c.doctors.History, staff, doctor.ID, found(c, doctor.VisibleTo(staff)))

	changed, err := c.doctors.Change(c.ctx, admin, doctor.ID, domain.DoctorInput{Salary: domain.Given("2")})
	require.NoError(t, err)
	assertVersions(c, &c.doctors.History, admin, doctor.ID, found(c, doctor), made(c, admin, domain.Updated, changed))
	assert.Equal(t, 2, c.events(0)[slices.IndexFunc(c.events(0), func(e domain.AuditEvent) bool { return e.Action == domain.DoctorUpdate })].Version)

	renamed, err := c.patients.Replace(c.ctx, admin, patient.ID, patientInput("New"))
	require.NoError(t, err)
	assertVersions(c, &c.patients.History, admin, patient.ID, found(c, plain(patient)), made(c, admin, domain.Updated, plain(renamed)))
}

func TestWhatWasThereBeforeVersionsWereKeptIsRestoredLikeAnythingElse(t *testing.T) {
	c := newClinic(t)
	admin := c.signUp("admin@example.com", domain.Admin)
	doctor, _, mapping := c.addUnversioned()
	require.NoError(t, c.doctors.Delete(c.ctx, admin, doctor.ID))
	assertVersions(c, &c.doctors.History, admin, doctor.ID, made(c, admin, domain.Deleted, doctor))
	with := doctorRef(doctor.ID)
	ended := made(c, admin, domain.Deleted, mapping)
	ended.With = with
	assertVersions(c, &c.mappings.History, admin, mapping.ID, ended)

	restored, err := c.doctors.Restore(c.ctx, admin, doctor.ID)
	require.NoError(t, err)
	assert.Equal(t, doctor, restored)
	assertVersions(c, &c.doctors.History, admin, doctor.ID, made(c, admin, domain.Deleted, doctor), made(c, admin, domain.Restored, doctor))
	back := made(c, admin, domain.Restored, mapping)
	back.With = with
	assertVersions(c, &c.mappings.History, admin, mapping.ID, ended, back)
}
