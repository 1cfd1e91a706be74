package console_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

func TestTheHistoryOfAPatientShowsWhoChangedWhat(t *testing.T) {
	d := newDesk(t)
	mary := d.haveUser("mary@clinic.example", "Mary", "Poppins", domain.Staff)
	patient, err := d.Patients.Create(t.Context(), mary, application.Once{}, domain.PatientInput{
		Name: domain.Given("Ada Biron"), DateOfBirth: domain.Given("1987-11-30"), Gender: domain.Given("F"),
	})
	require.NoError(t, err)
	d.Advance(24 * time.Hour)
	d.changePatient(d.Staff(), patient.ID, domain.PatientInput{
		Name: domain.Given("Ada Byron"), DateOfBirth: domain.Given("1987-12-01"), Address: domain.Given("Main <b>Street</b>"),
	})
	b := d.browser()
	b.signIn("mary@clinic.example")
	page := b.signedInPage("/console/patients/" + patient.ID.String() + "/history/")
	text := page.text()
	assert.Contains(t, text, "History: Ada Byron Back to the record The newest change comes first. Changed user without a name, 23 Nov 2026,")
	assert.Contains(t, text, "Name Before: Ada Biron After: Ada Byron")
	assert.Contains(t, text, "Date of birth Before: 30 November 1987 After: 1 December 1987")
	assert.Contains(t, text, "Address Before: (empty) After: Main <b>Street</b>")
	assert.NotContains(t, text, "Gender Before")
	assert.Contains(t, text, "Added Mary Poppins, 22 Nov 2026,")
	assert.Contains(t, text, "Registered by Mary Poppins Name Ada Biron Date of birth 30 November 1987 Gender Female")
	assert.Contains(t, page.body, `<del>Ada Biron</del>`)
	assert.Contains(t, page.body, `<ins>Ada Byron</ins>`)
	assert.NotContains(t, page.body, "<b>")
}

// signedInPage returns a page, which must be shown.
func (b *browser) signedInPage(path string) answer {
	b.t.Helper()
	page := b.get(path)
	require.Equal(b.t, http.StatusOK, page.StatusCode, page.body)
	return page
}

func TestTheHistoryOfAnAssignmentNamesPatientAndDoctor(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("chief@clinic.example", domain.Admin)
	patient, house, wilson := d.addPatientAs(d.Staff(), named("Ada Byron")), d.addDoctorNamed("Gregory House", "L-1"), d.addDoctorNamed("James Wilson", "L-2")
	mapping := d.assign(patient.ID, house.ID)
	_, err := d.Mappings.Change(t.Context(), d.Staff(), mapping.ID, domain.Precondition{}, domain.MappingInput{Doctor: domain.Given(wilson.ID.String())})
	require.NoError(t, err)
	path := "/console/assignments/" + mapping.ID.String() + "/history/"
	text := b.signedInPage(path).text()
	assert.Contains(t, text, "Doctor Before: Gregory House After: James Wilson")
	assert.Contains(t, text, "Patient Ada Byron Doctor Gregory House")

	require.NoError(t, d.Doctors.Delete(t.Context(), d.Admin(), wilson.ID, domain.Precondition{}))
	text = b.signedInPage(path).text()
	assert.Contains(t, text, "Deleted together with the doctor")
	assert.Contains(t, text, "Doctor Before: Gregory House After: James Wilson (deleted)")
	_, err = d.Doctors.Restore(t.Context(), d.Admin(), application.Once{}, wilson.ID)
	require.NoError(t, err)
	require.NoError(t, d.Doctors.Delete(t.Context(), d.Admin(), house.ID, domain.Precondition{}))

	staff := d.signedIn("clerk@clinic.example", domain.Staff)
	text = staff.signedInPage(path).text()
	assert.Contains(t, text, "Restored together with the doctor")
	assert.Contains(t, text, "Doctor Before: a deleted doctor After: James Wilson", "the name of a deleted doctor is for administrators")
	assert.NotContains(t, text, "Gregory House")
}

func TestSalariesAreInTheHistoryOnlyForAdministrators(t *testing.T) {
	d := newDesk(t)
	doctor := d.addDoctorNamed("Gregory House", "L-1")
	_, err := d.Doctors.Change(t.Context(), d.Admin(), doctor.ID, domain.Precondition{}, domain.DoctorInput{Salary: domain.Given("6000")})
	require.NoError(t, err)
	path := "/console/doctors/" + doctor.ID.String() + "/history/"
	assert.Contains(t, d.signedIn("chief@clinic.example", domain.Admin).signedInPage(path).text(), "Salary Before: 1,234,567.50 After: 6,000.00")
	text := d.signedIn("clerk@clinic.example", domain.Staff).signedInPage(path).text()
	assert.NotContains(t, text, "Salary")
	assert.Contains(t, text, "Licence number L-1")
}

func TestTheHistoryOfADeletedRecordIsForAdministrators(t *testing.T) {
	d := newDesk(t)
	patient := d.addPatientAs(d.Staff(), named("Ada Byron"))
	require.NoError(t, d.Patients.Delete(t.Context(), d.Staff(), patient.ID, domain.Precondition{}))
	path := "/console/patients/" + patient.ID.String() + "/history/"
	assert.Equal(t, http.StatusNotFound, d.signedIn("clerk@clinic.example", domain.Staff).get(path).StatusCode)
	admin := d.signedIn("chief@clinic.example", domain.Admin)
	text := admin.signedInPage(path).text()
	assert.Contains(t, text, "Deleted user without a name")
	assert.NotContains(t, text, "Back to the record")
	assert.Equal(t, http.StatusNotFound, admin.get("/console/patients/999/history/").StatusCode)
	assert.Equal(t, http.StatusNotFound, admin.get("/console/patients/x/history/").StatusCode)
}

func TestALongTextIsShownWhereItDiffers(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	patient := d.addPatientAs(d.Staff(), named("Ada Byron"))
	around := strings.Repeat("Nothing to see. ", 1000)
	d.changePatient(d.Staff(), patient.ID, domain.PatientInput{MedicalRecord: domain.Given(around + "Penicillin: none. " + around)})
	d.changePatient(d.Staff(), patient.ID, domain.PatientInput{MedicalRecord: domain.Given(around + "Penicillin: severe. " + around)})
	path := "/console/patients/" + patient.ID.String() + "/history/"
	page := b.signedInPage(path)
	assert.Contains(t, page.body, "see. Penicillin: <del>none.</del> Nothing")
	assert.Contains(t, page.body, "see. Penicillin: <ins>severe.</ins> Nothing")
	assert.Less(t, len(page.body), 10_000)
	whole := b.signedInPage(path + "2/")
	assert.Contains(t, whole.text(), "Ada Byron after change 2")
	assert.Contains(t, whole.text(), around+"Penicillin: none. Nothing", "the whole text is one click away")
	for _, version := range []string{"0", "4", "x"} {
		assert.Equal(t, http.StatusNotFound, b.get(path+version+"/").StatusCode)
	}
}

func TestTextsThatAddOrRemoveWordsAreShownWhereTheyDiffer(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	patient := d.addPatientAs(d.Staff(), named("Ada Byron"))
	words := strings.TrimSpace(strings.Repeat("go on ", 50))
	for _, text := range []string{words, words + " go on", "go on", words, words + "\nübermorgen", words, ""} {
		d.changePatient(d.Staff(), patient.ID, domain.PatientInput{Address: domain.Given(text)})
	}
	page := b.signedInPage("/console/patients/" + patient.ID.String() + "/history/")
	assert.Contains(t, page.body, "<ins> go on</ins>")
	assert.Contains(t, page.body, "<ins>\nübermorgen</ins>")
	assert.Contains(t, page.body, "<del>\nübermorgen</del>")
}

func TestALongHistoryHasPages(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	patient := d.addPatientAs(d.Staff(), named("Ada 1"))
	for n := 2; n <= 60; n++ {
		d.changePatient(d.Staff(), patient.ID, domain.PatientInput{Name: domain.Given(fmt.Sprintf("Ada %d", n))})
	}
	path := "/console/patients/" + patient.ID.String() + "/history/"
	first := b.signedInPage(path)
	assert.Contains(t, first.text(), "The oldest change comes first.")
	assert.Contains(t, first.text(), "After: Ada 50 ")
	assert.NotContains(t, first.text(), "Ada 51")
	assert.Less(t, len(first.body), 100_000)
	second := b.signedInPage(first.link("Next page"))
	assert.Contains(t, second.text(), "Before: Ada 50 After: Ada 51")
	assert.Contains(t, second.text(), "After: Ada 60")
	assert.Contains(t, b.signedInPage(second.link("First page")).text(), "Ada 2")
	assert.Equal(t, http.StatusNotFound, b.get(path+"?after=60").StatusCode)
	assert.Equal(t, http.StatusBadRequest, b.get(path+"?after=x").StatusCode)
}

func TestPeopleWithoutAnAccountAreNamedInWords(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	ghost := domain.Actor{UserID: 999, Role: domain.Staff}
	patient := d.addPatientAs(d.Staff(), named("Ada Biron"))
	d.changePatient(ghost, patient.ID, domain.PatientInput{Name: domain.Given("Ada Byron")})
	assert.Contains(t, b.signedInPage("/console/patients/"+patient.ID.String()+"/history/").text(), "Changed a user who does not exist, ")
}
