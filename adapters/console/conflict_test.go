package console_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

// openEdit adds the patient Ana Silva, and opens the form that changes her in the browser of a clerk.
func (d *desk) openEdit() (patient domain.ID, path string, open answer) {
	d.t.Helper()
	patient = d.addPatientNamed("Ana Silva")
	path = "/console/patients/" + patient.String() + "/edit/"
	return patient, path, d.signedIn("clerk@clinic.example", domain.Staff).get(path)
}

func TestAnEditShowsBothVersionsAfterAConflict(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	patient := d.addPatientAs(d.Staff(), domain.PatientInput{Name: domain.Given("Ana Silva"), Phone: domain.Given("555 1000"), Address: domain.Given("1 High Street")})
	path := "/console/patients/" + patient.ID.String() + "/edit/"
	open := b.get(path)
	d.colleagueSaves(patient.ID, domain.PatientInput{Name: domain.Given("Anna Silva"), Phone: domain.Given("555 2000")})

	conflict := open.submit(path, "name", "Anne Silva", "address", "2 High Street\r\nBack door")
	assert.Equal(t, http.StatusPreconditionFailed, conflict.StatusCode)
	text := conflict.text()
	assert.Contains(t, text, "Grace Hopper has changed this record")
	assert.Contains(t, text, "It was: Ana Silva")
	assert.Contains(t, text, "Grace Hopper saved: Anna Silva")
	assert.Contains(t, text, "You typed: Anne Silva")
	assert.Contains(t, text, "Grace Hopper saved: 555 2000")
	assert.Contains(t, text, "You typed: 2 High Street Back door")
	assert.NotContains(t, text, "Gender", "nobody has changed it")
	assert.Equal(t, "Anna Silva", d.patient(patient.ID).Name.String(), "nothing of the form is saved yet")

	chosen := conflict.form(path)
	assert.NotContains(t, chosen, "name", "both have changed the name, so neither is chosen")
	assert.Equal(t, "555 2000", chosen.Get("phone_number"), "the side that changed is chosen")
	assert.Equal(t, "2 High Street\nBack door", chosen.Get("address"))

	refused := conflict.submit(path)
	assert.Equal(t, http.StatusBadRequest, refused.StatusCode, "a name has to be chosen")
	assert.Equal(t, "1 High Street", d.patient(patient.ID).Address.String())

	saved := conflict.submit(path, "name", "Anne Silva")
	assert.Equal(t, "/console/patients/"+patient.ID.String()+"/", saved.path())
	now := d.patient(patient.ID)
	assert.Equal(t, "Anne Silva", now.Name.String())
	assert.Equal(t, "555 2000", now.Phone.String())
	assert.Equal(t, "2 High Street\nBack door", now.Address.String())
}

func TestAChangeOfOtherFieldsIsMergedWithOneClick(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	patient := d.addPatientAs(d.Staff(), domain.PatientInput{Name: domain.Given("Ana Silva"), DateOfBirth: domain.Given("1987-11-30"), Gender: domain.Given("F")})
	path := "/console/patients/" + patient.ID.String() + "/edit/"
	open := b.get(path)
	d.colleagueSaves(patient.ID, domain.PatientInput{DateOfBirth: domain.Given("1987-11-03"), Gender: domain.Null()})

	conflict := open.submit(path, "phone_number", "555 1000")
	assert.Contains(t, conflict.text(), "It was: 30 November 1987")
	assert.Contains(t, conflict.text(), "Grace Hopper saved: 3 November 1987 You did not change it: 30 November 1987")
	assert.Contains(t, conflict.text(), "Saved and unchanged: (empty) You typed: 555 1000")

	saved := conflict.submit(path)
	assert.Contains(t, saved.text(), "Saved.")
	now := d.patient(patient.ID)
	assert.Equal(t, "1987-11-03", now.DateOfBirth.String())
	assert.Empty(t, now.Gender.String())
	assert.Equal(t, "555 1000", now.Phone.String())
}

func TestAnAssignmentMeanwhileIsNoConflict(t *testing.T) {
	d := newDesk(t)
	patient, path, open := d.openEdit()
	d.assign(patient, d.addDoctorNamed("Gregory House", "L-1").ID)

	saved := open.submit(path, "name", "Anna Silva")
	assert.Equal(t, []string{"/console/patients/" + patient.String() + "/"}, saved.redirects)
	assert.Equal(t, "Anna Silva", d.patient(patient).Name.String())
	assert.Equal(t, []string{"Gregory House"}, d.doctorsOf(patient))
}

func TestTheSameChangeByTwoPeopleIsNoConflict(t *testing.T) {
	d := newDesk(t)
	patient, path, open := d.openEdit()
	d.colleagueSaves(patient, domain.PatientInput{Name: domain.Given("Anna Silva")})

	saved := open.submit(path, "name", "Anna Silva", "phone_number", "555 1000")
	assert.Equal(t, http.StatusOK, saved.StatusCode)
	assert.Equal(t, "555 1000", d.patient(patient).Phone.String())
}

func TestAChoiceCanMeetWithAConflictItself(t *testing.T) {
	d := newDesk(t)
	patient, path, open := d.openEdit()
	d.colleagueSaves(patient, domain.PatientInput{Name: domain.Given("Anna Silva")})
	first := open.submit(path, "name", "Anne Silva")
	d.colleagueSaves(patient, domain.PatientInput{Name: domain.Given("Hannah Silva")})

	second := first.submit(path, "name", "Anne Silva")
	assert.Equal(t, http.StatusPreconditionFailed, second.StatusCode)
	assert.Contains(t, second.text(), "It was: Anna Silva Grace Hopper saved: Hannah Silva You typed: Anne Silva")
	assert.Equal(t, "Hannah Silva", d.patient(patient).Name.String())
}

func TestABadFieldIsCorrectedBeforeAConflictIsShown(t *testing.T) {
	d := newDesk(t)
	patient, path, open := d.openEdit()
	d.colleagueSaves(patient, domain.PatientInput{Name: domain.Given("Anna Silva")})

	bad := open.submit(path, "name", "Anne Silva", "date_of_birth", "someday")
	assert.Equal(t, http.StatusUnprocessableEntity, bad.StatusCode)
	assert.Equal(t, "someday", bad.form(path).Get("date_of_birth"))
	conflict := bad.submit(path, "date_of_birth", "30/11/1987")
	assert.Equal(t, http.StatusPreconditionFailed, conflict.StatusCode)
}

func TestAFormOfNoVersionIsRefused(t *testing.T) {
	d := newDesk(t)
	patient, path, open := d.openEdit()
	for version, status := range map[string]int{"": 400, "x": 400, "-1": 400, "9": 404, "9223372036854775807": 404} {
		got := open.submit(path, "etag", "stale", "version", version, "name", "Changed")
		assert.Equal(t, status, got.StatusCode, version)
	}
	assert.Equal(t, "Ana Silva", d.patient(patient).Name.String())
}

func TestARecordThatWasDeletedMeanwhileIsNotFound(t *testing.T) {
	d := newDesk(t)
	patient, path, open := d.openEdit()
	require.NoError(t, d.Patients.Delete(t.Context(), d.Admin(), patient, domain.AnyState()))

	assert.Equal(t, http.StatusNotFound, open.submit(path, "name", "Anna Silva").StatusCode)
}
