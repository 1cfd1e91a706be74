package application_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

func TestDoctors(t *testing.T) {
	c := newClinic(t)
	admin := c.SignUp("admin@example.com", domain.Admin)
	doctor := c.addDoctor("L-1")
	assert.Equal(t, "2026-11-22", doctor.JoinedAt.String())

	_, err := c.Doctors.Create(c.ctx, admin, noKey, doctorInput(" l-1 "))
	assert.Equal(t, domain.ErrLicenseTaken(), err)

	c.Advance(48 * time.Hour)
	in := doctorInput("L-2")
	in.Name = domain.Given("James Wilson")
	replaced, err := c.Doctors.Replace(c.ctx, admin, doctor.ID, unconditional, in)
	require.NoError(t, err)
	assert.Equal(t, "James Wilson", replaced.Name.String())
	assert.Equal(t, doctor.JoinedAt, replaced.JoinedAt)

	changed, err := c.Doctors.Change(c.ctx, admin, doctor.ID, unconditional, domain.DoctorInput{Salary: domain.Given("9")})
	require.NoError(t, err)
	assert.Equal(t, "9.00", changed.Salary.String())
	assert.Equal(t, "L-2", changed.LicenseNumber.String())

	_, err = c.Doctors.Change(c.ctx, admin, doctor.ID, unconditional, domain.DoctorInput{Salary: domain.Given("-9"), Name: domain.Given("Lost")})
	assertFields(t, err, "salary")
	stored, err := c.Doctors.Get(c.ctx, admin, doctor.ID, nil)
	require.NoError(t, err)
	assert.Equal(t, changed, stored, "a refused change changes nothing")

	require.NoError(t, c.Doctors.Delete(c.ctx, admin, doctor.ID, unconditional))
	_, err = c.Doctors.Get(c.ctx, admin, doctor.ID, nil)
	assertKind(t, domain.NotFound, err)
	assertKind(t, domain.NotFound, c.Doctors.Delete(c.ctx, admin, doctor.ID, unconditional))
	_, err = c.Doctors.Replace(c.ctx, admin, doctor.ID, unconditional, in)
	assertKind(t, domain.NotFound, err)
}

func TestStaffSeesNoSalaryAnywhere(t *testing.T) {
	c := newClinic(t)
	w := newWorld(c)
	doctorsSeenBy := func(actor domain.Actor) map[string]domain.Doctor {
		got, err := c.Doctors.Get(c.ctx, actor, w.doctor.ID, nil)
		require.NoError(t, err)
		list, err := c.Doctors.List(c.ctx, actor, nil)
		require.NoError(t, err)
		ofPatient, err := c.Doctors.ListByPatient(c.ctx, actor, w.patient.ID, nil)
		require.NoError(t, err)
		mappings, err := c.Mappings.List(c.ctx, actor, nil)
		require.NoError(t, err)
		return map[string]domain.Doctor{
			"Doctors.Get": got, "Doctors.List": list.Items[0], "Doctors.ListByPatient": ofPatient.Items[0], "Mappings.List": mappings.Items[0].Doctor,
		}
	}
	for where, doctor := range doctorsSeenBy(w.actors[domain.Staff]) {
		assert.Equal(t, w.doctor.Name, doctor.Name, where)
		assert.True(t, doctor.Salary.Withheld(), where)
	}
	for where, doctor := range doctorsSeenBy(w.actors[domain.Admin]) {
		assert.Equal(t, w.doctor, doctor, where)
	}
}

func TestPatients(t *testing.T) {
	c := newClinic(t)
	staff := c.SignUp("staff@example.com", domain.Staff)
	patient := c.addPatient(staff, "Ada")
	assert.Equal(t, staff.UserID, patient.CreatedBy)

	changed, err := c.Patients.Change(c.ctx, staff, patient.ID, unconditional, domain.PatientInput{MedicalRecord: domain.Given("Allergic to penicillin")})
	require.NoError(t, err)
	assert.Equal(t, "Ada", changed.Name.String())

	doctor := c.addDoctor("L-1")
	c.assign(staff, patient, doctor)
	got, err := c.Patients.Get(c.ctx, staff, patient.ID, nil)
	require.NoError(t, err)
	assert.Equal(t, []domain.ID{doctor.ID}, got.AssignedDoctors)
	assert.Equal(t, "Allergic to penicillin", got.MedicalRecord.String())

	replaced, err := c.Patients.Replace(c.ctx, staff, patient.ID, unconditional, patientInput("Eve"))
	require.NoError(t, err)
	assert.Empty(t, replaced.MedicalRecord.String())
	assert.Equal(t, []domain.ID{doctor.ID}, replaced.AssignedDoctors)

	_, err = c.Patients.Create(c.ctx, staff, noKey, domain.PatientInput{Gender: domain.Given("X"), DateOfBirth: domain.Given("2027-01-01")})
	assertFields(t, err, "name", "gender", "date_of_birth")

	require.NoError(t, c.Patients.Delete(c.ctx, staff, patient.ID, unconditional))
	_, err = c.Patients.Get(c.ctx, staff, patient.ID, nil)
	assertKind(t, domain.NotFound, err)
	mappings, err := c.Mappings.List(c.ctx, staff, nil)
	require.NoError(t, err)
	assert.Empty(t, mappings.Items, "deleting a patient deletes the patient's mappings")
}

func TestMappings(t *testing.T) {
	c := newClinic(t)
	staff := c.SignUp("staff@example.com", domain.Staff)
	ada, eve := c.addPatient(staff, "Ada"), c.addPatient(staff, "Eve")
	house, wilson := c.addDoctor("L-1"), c.addDoctor("L-2")
	mapping := c.assign(staff, ada, house)
	assert.Equal(t, c.Now(), mapping.AssignedAt)

	_, err := c.Mappings.Assign(c.ctx, staff, noKey, pair(ada.ID, house.ID))
	assert.Equal(t, domain.ErrAlreadyAssigned(), err)
	_, err = c.Mappings.Assign(c.ctx, staff, noKey, pair(99, 99))
	assertKind(t, domain.Invalid, err)
	assertFields(t, err, "patient", "doctor")
	_, err = c.Mappings.Assign(c.ctx, staff, noKey, domain.MappingInput{Doctor: domain.Given("0")})
	assertFields(t, err, "patient", "doctor")

	c.assign(staff, eve, house)
	c.assign(staff, eve, wilson)
	for _, tt := range []struct {
		query domain.Parameters
		want  int
	}{
		{domain.Parameters{}, 3},
		{domain.Parameters{"patient_id": domain.Given(eve.ID.String())}, 2},
		{domain.Parameters{"doctor_id": domain.Given(house.ID.String())}, 2},
		{domain.Parameters{"patient_id": domain.Given(eve.ID.String()), "doctor_id": domain.Given(house.ID.String())}, 1},
		{domain.Parameters{"patient_id": domain.Given("99")}, 0},
	} {
		list, err := c.Mappings.List(c.ctx, staff, tt.query)
		require.NoError(t, err)
		assert.Len(t, list.Items, tt.want)
	}
	_, err = c.Mappings.List(c.ctx, staff, domain.Parameters{"patient_id": domain.Given("x"), "doctor_id": domain.Given("0"), "limit": domain.Given("0")})
	assertFields(t, err, "patient_id", "doctor_id", "limit")

	c.Advance(time.Hour)
	moved, err := c.Mappings.Change(c.ctx, staff, mapping.ID, unconditional, domain.MappingInput{Doctor: domain.Given(wilson.ID.String())})
	require.NoError(t, err)
	assert.Equal(t, domain.Mapping{
		ID: mapping.ID, PatientID: ada.ID, DoctorID: wilson.ID, AssignedAt: c.Now(),
		Stamp: domain.Stamp{Version: 2, CreatedAt: mapping.CreatedAt, UpdatedAt: c.Now()},
	}, moved)
	_, err = c.Mappings.Replace(c.ctx, staff, mapping.ID, unconditional, pair(eve.ID, house.ID))
	assert.Equal(t, domain.ErrAlreadyAssigned(), err)
	_, err = c.Mappings.Change(c.ctx, staff, mapping.ID, unconditional, domain.MappingInput{Patient: domain.Given("99")})
	assertFields(t, err, "patient")

	doctors, err := c.Doctors.ListByPatient(c.ctx, staff, eve.ID, nil)
	require.NoError(t, err)
	assert.Len(t, doctors.Items, 2)
	patients, err := c.Patients.ListByDoctor(c.ctx, staff, wilson.ID, nil)
	require.NoError(t, err)
	assert.Len(t, patients.Items, 2)
	_, err = c.Doctors.ListByPatient(c.ctx, staff, 99, nil)
	assertKind(t, domain.NotFound, err)
	_, err = c.Patients.ListByDoctor(c.ctx, staff, 99, nil)
	assertKind(t, domain.NotFound, err)

	require.NoError(t, c.Mappings.Unassign(c.ctx, staff, mapping.ID, unconditional))
	assertKind(t, domain.NotFound, c.Mappings.Unassign(c.ctx, staff, mapping.ID, unconditional))
}

func TestAPageOfLongRecordsEndsEarly(t *testing.T) {
	c := newClinic(t)
	staff := c.SignUp("staff@example.com", domain.Staff)
	in := patientInput("Ada")
	in.MedicalRecord = domain.Given(strings.Repeat("x", domain.MaxTextBytes))
	const fit = domain.MaxPageBytes / domain.MaxTextBytes
	for range fit {
		_, err := c.Patients.Create(c.ctx, staff, noKey, in)
		require.NoError(t, err)
	}
	page, err := c.Patients.List(c.ctx, staff, nil)
	require.NoError(t, err)
	assert.Len(t, page.Items, fit)
	assert.Zero(t, page.Next, "there is no next page")

	last := c.addPatient(staff, "Eve")
	page, err = c.Patients.List(c.ctx, staff, nil)
	require.NoError(t, err)
	assert.Len(t, page.Items, fit)
	page, err = c.Patients.List(c.ctx, staff, domain.Parameters{"cursor": domain.Given(page.Next)})
	require.NoError(t, err)
	assert.Equal(t, []domain.PatientView{last}, page.Items)
	assert.Zero(t, page.Next)
}

func TestPaging(t *testing.T) {
	c := newClinic(t)
	staff := c.SignUp("staff@example.com", domain.Staff)
	var want []domain.ID
	for range 7 {
		want = append(want, c.addPatient(staff, "Ada").ID)
	}
	for limit, sizes := range map[string][]int{"3": {3, 3, 1}, "7": {7}, "8": {7}, "1": {1, 1, 1, 1, 1, 1, 1}} {
		var got []domain.ID
		in := domain.Parameters{"limit": domain.Given(limit)}
		for _, size := range sizes {
			page, err := c.Patients.List(c.ctx, staff, in)
			require.NoError(t, err)
			assert.Len(t, page.Items, size)
			for _, patient := range page.Items {
				got = append(got, patient.ID)
			}
			in["cursor"] = domain.Given(page.Next)
			if len(got) == len(want) {
				assert.Zero(t, page.Next)
			} else {
				assert.NotZero(t, page.Next)
			}
		}
		assert.Equal(t, want, got)
	}
}
