package console_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

func assignmentsPath(patient domain.ID) string {
	return "/console/patients/" + patient.String() + "/assignments/"
}

func TestANameThatOneDoctorHasAssignsTheDoctor(t *testing.T) {
	d := newDesk(t)
	patient := d.addPatientNamed("Ada")
	d.addDoctorNamed("Élise Martin", "L-1")
	d.addDoctorNamed("Grace Hopper", "L-2")
	b := d.signedIn("clerk@clinic.example", domain.Staff)

	path := assignmentsPath(patient)
	asked := b.get(path)
	assert.Contains(t, asked.text(), "No doctor is assigned.")
	got := asked.submit(path, "doctor_name", "elise mart")
	assert.Equal(t, []string{strings.TrimSuffix(path, "assignments/")}, got.redirects)
	assert.Equal(t, []string{"Élise Martin"}, d.doctorsOf(patient))

	shown := b.get(path)
	assert.Contains(t, shown.text(), "Élise Martin Cardiology 22 Nov 2026")
	assert.Contains(t, shown.body, `href="/console/doctors/1/"`)
	assert.NotContains(t, shown.text(), "1234567")

	again := asked.submit(path, "doctor_name", "elise mart")
	assert.Equal(t, got.redirects, again.redirects, "the form sent twice leads to the same page")
	assert.Equal(t, []string{"Élise Martin"}, d.doctorsOf(patient))
}

func TestSeveralDoctorsWithTheNameAreShownToChooseFrom(t *testing.T) {
	d := newDesk(t)
	patient := d.addPatientNamed("Ada")
	d.addDoctorNamed("Anna Berg", "L-1")
	second := d.addDoctorNamed("Anna Berg", "L-2")
	d.addDoctorNamed("Grace Hopper", "L-3")
	third := d.addDoctorNamed("Hanna Berger", "L-4")
	d.assign(patient, third.ID)
	b := d.signedIn("clerk@clinic.example", domain.Staff)

	path := assignmentsPath(patient)
	choices := b.get(path).submit(path, "doctor_name", "anna berg")
	assert.Equal(t, http.StatusUnprocessableEntity, choices.StatusCode)
	assert.Contains(t, choices.text(), "Several match. Choose one")
	assert.Equal(t, "anna berg", choices.form(path).Get("doctor_name"))
	for _, text := range []string{"Anna Berg, Cardiology, licence L-1", "Anna Berg, Cardiology, licence L-2", "licence L-4 already assigned"} {
		assert.Contains(t, choices.text(), text)
	}
	assert.NotContains(t, choices.text(), "Grace")
	assert.Equal(t, []string{"Hanna Berger"}, d.doctorsOf(patient))

	assert.Equal(t, http.StatusUnprocessableEntity, choices.submit(path).StatusCode, "nobody was chosen")
	other := choices.submit(path, "doctor_name", "nobody", "doctor_name_match", "Anna Berg (#2)")
	assert.Contains(t, other.text(), "No doctor matches this name.", "a choice does not count for another name")
	assert.Equal(t, []string{"Hanna Berger"}, d.doctorsOf(patient))

	choices.submit(path, "doctor_name_match", matchFor(choices, "licence L-2"))
	assert.Equal(t, domain.ID(2), second.ID)
	shown := b.get(path)
	assert.Equal(t, []string{"Hanna Berger", "Anna Berg"}, d.doctorsOf(patient))
	assert.Contains(t, shown.body, `href="/console/doctors/2/"`)
}

func TestAnAssignmentThatIsNotPossibleKeepsWhatWasTyped(t *testing.T) {
	d := newDesk(t)
	patient := d.addPatientNamed("Ada")
	d.assign(patient, d.addDoctorNamed("Grace Hopper", "L-1").ID)
	b := d.signedIn("clerk@clinic.example", domain.Staff)

	path := assignmentsPath(patient)
	for _, refused := range []struct {
		name, doctor, says string
		status             int
	}{
		{name: "Nobody Here", says: "No doctor matches this name.", status: 422},
		{name: " ", says: "No doctor matches this name.", status: 422},
		{name: strings.Repeat("a ", 60), says: "at most 10 words", status: 422},
		{name: "grace", says: "Grace Hopper is already assigned to this patient.", status: 409},
		{name: "grace", doctor: "99", says: "not among the doctors any more", status: 422},
		{name: "grace", doctor: "x", says: "not among the doctors any more", status: 422},
	} {
		got := b.get(path).submit(path, "doctor_name", refused.name, "doctor_name_match", refused.doctor)
		assert.Equal(t, refused.status, got.StatusCode, refused.says)
		assert.Contains(t, got.text(), refused.says)
		assert.Equal(t, refused.name, got.form(path).Get("doctor_name"))
		assert.Equal(t, []string{"Grace Hopper"}, d.doctorsOf(patient))
	}

	assert.Equal(t, http.StatusNotFound, b.get("/console/patients/77/assignments/").StatusCode)
	form := b.get(path).form(path)
	form.Set("doctor_name", "grace")
	assert.Equal(t, http.StatusNotFound, b.post("/console/patients/77/assignments/", form).StatusCode)
	form.Del("once")
	assert.Equal(t, http.StatusBadRequest, b.post(path, form).StatusCode)
}

func TestEndingAnAssignmentOffersToUndoIt(t *testing.T) {
	d := newDesk(t)
	patient := d.addPatientNamed("Ada")
	d.assign(patient, d.addDoctorNamed("Grace Hopper", "L-1").ID)
	b := d.signedIn("clerk@clinic.example", domain.Staff)

	path := assignmentsPath(patient)
	shown := b.get(path)
	end := path + "1/end/"
	got := shown.submit(end)
	assert.Equal(t, []string{strings.TrimSuffix(path, "assignments/")}, got.redirects)
	assert.Empty(t, d.doctorsOf(patient))

	again := shown.submit(end)
	assert.Equal(t, http.StatusNotFound, again.StatusCode)
	assert.Contains(t, again.text(), "This assignment has ended")

	got.submit("/console/assignments/1/restore/")
	assert.Equal(t, []string{"Grace Hopper"}, d.doctorsOf(patient))
}

func TestAnAssignmentThatWasChangedMeanwhileDoesNotEnd(t *testing.T) {
	d := newDesk(t)
	patient := d.addPatientNamed("Ada")
	mapping := d.assign(patient, d.addDoctorNamed("Grace Hopper", "L-1").ID)
	other := d.addDoctorNamed("Anna Berg", "L-2")
	b := d.signedIn("clerk@clinic.example", domain.Staff)

	path := assignmentsPath(patient)
	shown := b.get(path)
	_, err := d.Mappings.Change(t.Context(), d.Staff(), mapping.ID, domain.AnyState(), domain.MappingInput{Doctor: domain.Given(other.ID.String())})
	require.NoError(t, err)

	got := shown.submit(path + "1/end/")
	assert.Equal(t, http.StatusPreconditionFailed, got.StatusCode)
	assert.Contains(t, got.text(), "Anna Berg")
	assert.Equal(t, []string{"Anna Berg"}, d.doctorsOf(patient))
}
