package console_test

import (
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// The records that tests begin with, and a look at what the clinic has now. They call the
// use-cases; what is added through the pages is added with submit.

// named is a patient with nothing but a name.
func named(name string) domain.PatientInput { return domain.PatientInput{Name: domain.Given(name)} }

// addPatientNamed adds a patient with nothing but a name.
func (d *desk) addPatientNamed(name string) domain.ID {
	d.t.Helper()
	return d.addPatientAs(d.Staff(), named(name)).ID
}

// addPatientAs adds a patient as the actor.
func (d *desk) addPatientAs(actor domain.Actor, in domain.PatientInput) domain.PatientView {
	d.t.Helper()
	patient, err := d.Patients.Create(d.t.Context(), actor, application.Once{}, in)
	require.NoError(d.t, err)
	return patient
}

// addPatientsNamed adds many patients with the same name.
func (d *desk) addPatientsNamed(name string, count int) {
	d.t.Helper()
	for count > 0 {
		some := make([]domain.PatientInput, min(count, domain.MaxItems))
		for i := range some {
			some[i] = named(name)
		}
		_, err := d.Patients.CreateAll(d.t.Context(), d.Staff(), application.Once{}, domain.Items[domain.PatientInput]{List: some})
		require.NoError(d.t, err)
		count -= len(some)
	}
}

// changePatient changes a patient as the actor.
func (d *desk) changePatient(actor domain.Actor, id domain.ID, in domain.PatientInput) {
	d.t.Helper()
	_, err := d.Patients.Change(d.t.Context(), actor, id, domain.AnyState(), in)
	require.NoError(d.t, err)
}

// colleagueSaves changes a patient as an administrator with the name Grace Hopper.
func (d *desk) colleagueSaves(id domain.ID, in domain.PatientInput) {
	d.t.Helper()
	grace := d.Admin()
	_, err := d.Account.ChangeMe(d.t.Context(), grace, domain.AnyState(), domain.Profile{FirstName: domain.Given("Grace"), LastName: domain.Given("Hopper")})
	require.NoError(d.t, err)
	d.changePatient(grace, id, in)
}

// patient returns a patient as the clinic has it now.
func (d *desk) patient(id domain.ID) domain.PatientView {
	d.t.Helper()
	patient, err := d.Patients.Get(d.t.Context(), d.Staff(), id, nil)
	require.NoError(d.t, err)
	return patient
}

// countPatients returns how many patients the clinic has.
func (d *desk) countPatients() int {
	d.t.Helper()
	found, err := d.Patients.List(d.t.Context(), d.Staff(), domain.Parameters{"count": domain.Given("true")})
	require.NoError(d.t, err)
	return *found.Total
}

// addDoctorNamed adds a cardiologist.
func (d *desk) addDoctorNamed(name, license string) domain.Doctor {
	d.t.Helper()
	doctor, err := d.Doctors.Create(d.t.Context(), d.Admin(), application.Once{}, domain.DoctorInput{
		Name: domain.Given(name), Specialization: domain.Given("Cardiology"), LicenseNumber: domain.Given(license), Salary: domain.Given("1234567.5"),
	})
	require.NoError(d.t, err)
	return doctor
}

// doctor returns a doctor as the clinic has it now.
func (d *desk) doctor(id domain.ID) domain.Doctor {
	d.t.Helper()
	doctor, err := d.Doctors.Get(d.t.Context(), d.Admin(), id, nil)
	require.NoError(d.t, err)
	return doctor
}

// assign assigns a doctor to a patient.
func (d *desk) assign(patient, doctor domain.ID) domain.Mapping {
	d.t.Helper()
	mapping, err := d.Mappings.Assign(d.t.Context(), d.Staff(), application.Once{}, domain.MappingInput{
		Patient: domain.Given(patient.String()), Doctor: domain.Given(doctor.String()),
	})
	require.NoError(d.t, err)
	return mapping
}

// doctorsOf returns the names of the doctors who are assigned to a patient.
func (d *desk) doctorsOf(patient domain.ID) []string {
	d.t.Helper()
	found, err := d.Mappings.List(d.t.Context(), d.Staff(), domain.Parameters{"patient_id": domain.Given(patient.String())})
	require.NoError(d.t, err)
	names := []string{}
	for _, assignment := range found.Items {
		names = append(names, assignment.Doctor.Name.String())
	}
	return names
}

// haveUser creates a user with a name, and returns the user signed in.
func (d *desk) haveUser(email, firstName, lastName string, role domain.Role) domain.Actor {
	d.t.Helper()
	_, err := d.Users.Register(d.t.Context(), clinictest.Operator, domain.Registration{
		Email: domain.Given(email), Password: domain.Given(clinictest.Password), Role: domain.Given(string(role)),
		FirstName: domain.Given(firstName), LastName: domain.Given(lastName),
	})
	require.NoError(d.t, err)
	return d.SignIn(email)
}
