package application_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// readDeleted reads all pages of the deleted records.
func readDeleted[T domain.Record](c *clinic, history *application.History[T], limit string) (all []domain.Version[T]) {
	c.t.Helper()
	in := domain.Parameters{"limit": domain.Given(limit)}
	for {
		page, err := history.ListDeleted(c.ctx, domain.Actor{Role: domain.Admin}, in)
		require.NoError(c.t, err)
		all = append(all, page.Items...)
		if page.Next == "" {
			return all
		}
		in["cursor"] = domain.Given(page.Next)
	}
}

func TestListDeletedContainsOnlyRecordsThatAreStillDeleted(t *testing.T) {
	c := newClinic(t)
	admin := c.SignUp("admin@example.com", domain.Admin)
	empty, err := c.Patients.ListDeleted(c.ctx, admin, nil)
	require.NoError(t, err)
	assert.Equal(t, application.Page[domain.Version[domain.Patient]]{Items: []domain.Version[domain.Patient]{}}, empty)

	var want []domain.Version[domain.Patient]
	for range 5 {
		c.addPatient(admin, "Eve") // Eve is not deleted.
		patient := c.addPatient(admin, "Ada")
		require.NoError(t, c.Patients.Delete(c.ctx, admin, patient.ID, unconditional))
		deleted := versionBy(c, admin, domain.Deleted, patientOf(patient))
		want = append(want, deleted.Numbered(2))
		c.Advance(time.Minute)
	}
	for _, limit := range []string{"1", "2", "5", "6"} {
		assert.Equal(t, want, readDeleted(c, &c.Patients.History, limit), "in pages of %s", limit)
	}

	_, err = c.Patients.Restore(c.ctx, admin, noKey, want[1].Record.ID)
	require.NoError(t, err)
	want = append(want[:1], want[2:]...)
	assert.Equal(t, want, readDeleted(c, &c.Patients.History, "2"))
}

// No other use-case shows a deleted record.
func TestADeletedRecordIsFoundNowhereElse(t *testing.T) {
	c := newClinic(t)
	w := newWorld(c)
	admin := w.actors[domain.Admin]
	doctors, err := c.Doctors.List(c.ctx, admin, nil)
	require.NoError(t, err)
	assert.Equal(t, []domain.Doctor{w.doctor, w.otherDoctor}, doctors.Items)
	patients, err := c.Patients.List(c.ctx, admin, nil)
	require.NoError(t, err)
	require.Len(t, patients.Items, 1)
	assert.Equal(t, []domain.ID{w.doctor.ID}, patients.Items[0].AssignedDoctors)
	mappings, err := c.Mappings.List(c.ctx, admin, nil)
	require.NoError(t, err)
	require.Len(t, mappings.Items, 1)
	assert.Equal(t, w.mapping.ID, mappings.Items[0].ID)
	for _, attempt := range []func() error{
		func() error { _, err := c.Doctors.Get(c.ctx, admin, w.deletedDoctor.ID, nil); return err },
		func() error {
			_, err := c.Doctors.Change(c.ctx, admin, w.deletedDoctor.ID, unconditional, domain.DoctorInput{})
			return err
		},
		func() error { return c.Doctors.Delete(c.ctx, admin, w.deletedDoctor.ID, unconditional) },
		func() error { _, err := c.Patients.Get(c.ctx, admin, w.deletedPatient.ID, nil); return err },
		func() error { return c.Patients.Delete(c.ctx, admin, w.deletedPatient.ID, unconditional) },
		func() error { return c.Mappings.Unassign(c.ctx, admin, w.deletedMapping.ID, unconditional) },
	} {
		assert.Equal(t, domain.ErrNotFound(), attempt())
	}
	_, err = c.Mappings.Assign(c.ctx, admin, noKey, pair(w.deletedPatient.ID, w.deletedDoctor.ID))
	assertFields(t, err, "patient", "doctor")
}

func TestARestoredRecordIsUnchanged(t *testing.T) {
	c := newClinic(t)
	staff, admin := c.SignUp("staff@example.com", domain.Staff), c.SignUp("admin@example.com", domain.Admin)
	doctor := c.addDoctor("L-1")
	patient, err := c.Patients.Create(c.ctx, staff, noKey, domain.PatientInput{
		Name: domain.Given("Ada"), Gender: domain.Given("F"), Phone: domain.Given("112"), DateOfBirth: domain.Given("1990-01-01"),
		Address: domain.Given("Street"), MedicalRecord: domain.Given("Allergic to penicillin"),
	})
	require.NoError(t, err)
	c.Advance(48 * time.Hour)
	require.NoError(t, c.Doctors.Delete(c.ctx, admin, doctor.ID, unconditional))
	require.NoError(t, c.Patients.Delete(c.ctx, staff, patient.ID, unconditional))
	newer := c.addDoctor("L-2")

	restored, err := c.Doctors.Restore(c.ctx, admin, noKey, doctor.ID)
	require.NoError(t, err)
	assertRestored(c, doctor, restored, 2) // including the date of joining
	again, err := c.Patients.Restore(c.ctx, admin, noKey, patient.ID)
	require.NoError(t, err)
	assertRestored(c, patientOf(patient), patientOf(again), 2) // including the user who registered the patient

	stored, err := c.Doctors.List(c.ctx, admin, nil)
	require.NoError(t, err)
	assert.Equal(t, []domain.Doctor{restored, newer}, stored.Items)
	got, err := c.Patients.Get(c.ctx, staff, patient.ID, nil)
	require.NoError(t, err)
	assert.Equal(t, again, got)
	_, err = c.Doctors.Create(c.ctx, admin, noKey, doctorInput("l-1"))
	assert.Equal(t, domain.ErrLicenseTaken(), err)
}

func TestOnlyDeletedRecordsCanBeRestored(t *testing.T) {
	c := newClinic(t)
	w := newWorld(c)
	admin := w.actors[domain.Admin]
	restores := map[string]func(domain.ID) error{
		"doctor":  func(id domain.ID) error { _, err := c.Doctors.Restore(c.ctx, admin, noKey, id); return err },
		"patient": func(id domain.ID) error { _, err := c.Patients.Restore(c.ctx, admin, noKey, id); return err },
		"mapping": func(id domain.ID) error { _, err := c.Mappings.Restore(c.ctx, admin, noKey, id); return err },
	}
	for kind, id := range map[string]domain.ID{"doctor": w.deletedDoctor.ID, "patient": w.deletedPatient.ID, "mapping": w.deletedMapping.ID} {
		require.NoError(t, restores[kind](id))
		for _, id := range []domain.ID{id, missingID, 0, -1} {
			assert.Equal(t, domain.ErrNotFound(), restores[kind](id), kind)
		}
	}
	for kind, id := range map[string]domain.ID{"doctor": w.doctor.ID, "patient": w.patient.ID, "mapping": w.mapping.ID} {
		assert.Equal(t, domain.ErrNotFound(), restores[kind](id), "a record that was never deleted")
	}
}

func TestADoctorWithATakenLicenceCannotBeRestored(t *testing.T) {
	c := newClinic(t)
	w := newWorld(c)
	admin := w.actors[domain.Admin]
	successor, err := c.Doctors.Create(c.ctx, admin, noKey, doctorInput(w.deletedDoctor.LicenseNumber.String()))
	require.NoError(t, err, "the licence is free")
	before := storedData(c)
	got, err := c.Doctors.Restore(c.ctx, admin, noKey, w.deletedDoctor.ID)
	assert.Equal(t, domain.ErrLicenseTaken(), err)
	assertFields(t, err, "license_number")
	assert.Zero(t, got)
	assert.Equal(t, before, storedData(c), "no version, no mapping, and still deleted")

	_, err = c.Doctors.Change(c.ctx, admin, successor.ID, unconditional, domain.DoctorInput{LicenseNumber: domain.Given("another")})
	require.NoError(t, err)
	_, err = c.Doctors.Restore(c.ctx, admin, noKey, w.deletedDoctor.ID)
	assert.NoError(t, err)
}

func TestAMappingIsRestoredOnlyIfItsPairIsLiveAndUnmapped(t *testing.T) {
	c := newClinic(t)
	w := newWorld(c)
	admin := w.actors[domain.Admin]
	refused := func(want error) {
		t.Helper()
		before := storedData(c)
		got, err := c.Mappings.Restore(c.ctx, admin, noKey, w.deletedMapping.ID)
		assert.Equal(t, want, err)
		assert.Zero(t, got)
		assert.Equal(t, before, storedData(c))
	}
	require.NoError(t, c.Patients.Delete(c.ctx, admin, w.patient.ID, unconditional))
	refused(domain.ErrParentDeleted("patient"))
	require.NoError(t, c.Doctors.Delete(c.ctx, admin, w.otherDoctor.ID, unconditional))
	refused(domain.ErrParentDeleted("patient", "doctor"))
	_, err := c.Patients.Restore(c.ctx, admin, noKey, w.patient.ID)
	require.NoError(t, err)
	refused(domain.ErrParentDeleted("doctor"))
	_, err = c.Doctors.Restore(c.ctx, admin, noKey, w.otherDoctor.ID)
	require.NoError(t, err)

	anew := c.assign(admin, w.patient, w.otherDoctor)
	refused(domain.ErrAlreadyAssigned())
	require.NoError(t, c.Mappings.Unassign(c.ctx, admin, anew.ID, unconditional))
	restored, err := c.Mappings.Restore(c.ctx, admin, noKey, w.deletedMapping.ID)
	require.NoError(t, err)
	assertRestored(c, w.deletedMapping, restored, 2)
	_, err = c.Mappings.Restore(c.ctx, admin, noKey, anew.ID)
	assert.Equal(t, domain.ErrAlreadyAssigned(), err)
}

func TestWhoeverDeletedARecordMayRestoreIt(t *testing.T) {
	c := newClinic(t)
	ada, sam, admin := c.SignUp("ada@example.com", domain.Staff), c.SignUp("sam@example.com", domain.Staff), c.SignUp("admin@example.com", domain.Admin)
	patient, doctor := c.addPatient(ada, "Eve"), c.addDoctor("L-1")
	mapping := c.assign(sam, patient, doctor)
	require.NoError(t, c.Patients.Delete(c.ctx, ada, patient.ID, unconditional))

	before := storedData(c)
	_, err := c.Patients.Restore(c.ctx, sam, noKey, patient.ID)
	assert.Equal(t, domain.Forbidden, domain.KindOf(err))
	denied := c.LastEvent()
	assert.Equal(t, []any{domain.PatientRestore, domain.Denied, patient.ID}, []any{denied.Action, denied.Outcome, denied.Subject.ID})
	assert.Equal(t, before, storedData(c))

	restored, err := c.Patients.Restore(c.ctx, ada, noKey, patient.ID)
	require.NoError(t, err)
	assert.Equal(t, []domain.ID{doctor.ID}, restored.AssignedDoctors, "with what she deleted together with it")

	// The last deletion counts.
	require.NoError(t, c.Patients.Delete(c.ctx, sam, patient.ID, unconditional))
	_, err = c.Patients.Restore(c.ctx, ada, noKey, patient.ID)
	assert.Equal(t, domain.Forbidden, domain.KindOf(err))
	_, err = c.Patients.Restore(c.ctx, admin, noKey, patient.ID)
	require.NoError(t, err, "an Admin can restore whatever anybody deleted")

	require.NoError(t, c.Mappings.Unassign(c.ctx, ada, mapping.ID, unconditional))
	_, err = c.Mappings.Restore(c.ctx, sam, noKey, mapping.ID)
	assert.Equal(t, domain.Forbidden, domain.KindOf(err), "not even the user who made it")
	_, err = c.Mappings.Restore(c.ctx, ada, noKey, mapping.ID)
	require.NoError(t, err)
	require.NoError(t, c.Doctors.Delete(c.ctx, admin, doctor.ID, unconditional))
	_, err = c.Doctors.Restore(c.ctx, ada, noKey, doctor.ID)
	assert.Equal(t, domain.Forbidden, domain.KindOf(err))
}

func TestAllNamesThatWereAskedForAreShownAtOnceUpToAHundred(t *testing.T) {
	c := newClinic(t)
	staff := c.Staff()
	ids := make([]domain.ID, domain.MaxNames)
	for i := range ids {
		ids[i] = staff.UserID
	}
	names, err := c.Users.ListNames(c.ctx, staff, namesOf(ids...))
	require.NoError(t, err)
	assert.Equal(t, []domain.UserName{{ID: staff.UserID}}, names)
	_, err = c.Users.ListNames(c.ctx, staff, namesOf(append(ids, staff.UserID)...))
	assertFields(t, err, "id")
}
