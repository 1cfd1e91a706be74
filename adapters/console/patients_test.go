package console_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

// results returns the names in the list on a page, in their order.
func (a answer) results() []string {
	a.b.t.Helper()
	names := []string{}
	for _, part := range strings.Split(a.body, " data-result>")[1:] {
		name, _, _ := strings.Cut(part, "<")
		names = append(names, name)
	}
	return names
}

func TestTheListOfPatientsIsNarrowedOrderedAndPaged(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	ada := d.addPatientAs(d.Staff(), domain.PatientInput{Name: domain.Given("Ada Byron"), DateOfBirth: domain.Given("1987-11-30"), Gender: domain.Given("F")})
	d.addPatientAs(d.Staff(), domain.PatientInput{Name: domain.Given("Zoë Young"), DateOfBirth: domain.Given("1990-01-02"), Gender: domain.Given("O")})
	d.addPatientAs(d.Staff(), domain.PatientInput{Name: domain.Given("Émile Zola")})
	doctor := d.addDoctorNamed("Gregory House", "L-1")
	d.assign(ada.ID, doctor.ID)
	b.addPatient("name", "Mine")

	const path = "/console/patients/"
	all := b.get(path)
	assert.Equal(t, []string{"Ada Byron", "Émile Zola", "Mine", "Zoë Young"}, all.results())
	for _, test := range []struct {
		name   string
		fields []string
		want   []string
	}{
		{"words", []string{"search", "zoe"}, []string{"Zoë Young"}},
		{"words with a birth date", []string{"search", "ada 30 Nov 1987"}, []string{"Ada Byron"}},
		{"born on", []string{"date_of_birth", "30/11/1987"}, []string{"Ada Byron"}},
		{"born between", []string{"date_of_birth__gte", "1 Jan 1988", "date_of_birth__lte", "31.12.1990"}, []string{"Zoë Young"}},
		{"gender", []string{"gender", "F"}, []string{"Ada Byron"}},
		{"no gender", []string{"gender", "none"}, []string{"Émile Zola", "Mine"}},
		{"without a doctor", []string{"has_doctor", "false"}, []string{"Émile Zola", "Mine", "Zoë Young"}},
		{"registered by me", []string{"created_by", "me"}, []string{"Mine"}},
		{"youngest first", []string{"ordering", "-date_of_birth", "has_doctor", "false", "gender", "O"}, []string{"Zoë Young"}},
		{"registered last", []string{"ordering", "-created_at"}, []string{"Mine", "Émile Zola", "Zoë Young", "Ada Byron"}},
		{"nobody", []string{"search", "nobody at all"}, []string{}},
	} {
		got := all.submit(path, test.fields...)
		assert.Regexp(t, `^/console/patients/\?q=[\w-]+$`, got.path(), "%s: the address is sealed", test.name)
		assert.Equal(t, test.want, got.results(), test.name)
		assert.Equal(t, test.want, got.b.get(got.path()).results(), "%s: the address can be loaded again", test.name)
		for i := 1; i < len(test.fields); i += 2 {
			assert.Equal(t, test.fields[i], got.form(path).Get(test.fields[i-1]), "%s: what was asked stays in the form", test.name)
		}
	}
	assert.Contains(t, all.submit(path, "search", "nobody at all").text(), "No patient fits.")

	ofDoctor := b.get("/console/doctors/" + doctor.ID.String() + "/patients/")
	assert.Equal(t, []string{"Ada Byron"}, ofDoctor.results())
	assert.Contains(t, ofDoctor.text(), "These are the patients of Gregory House")
	assert.Empty(t, ofDoctor.submit(path, "gender", "O").results(), "further filters keep the doctor")
	assert.Equal(t, http.StatusNotFound, b.get("/console/doctors/99/patients/").StatusCode)
}

func TestALongListOfPatientsHasPages(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	for i := range 51 {
		name := "Patient " + string(rune('A'+i/26)) + string(rune('A'+i%26))
		d.addPatientAs(d.Staff(), domain.PatientInput{Name: domain.Given(name), Phone: domain.Given("12101990")})
	}
	// The words can be a birth date, too. Each page is one of the search that found the patients.
	first := b.get("/console/patients/").submit("/console/patients/", "search", "12 10 1990")
	assert.Len(t, first.results(), 50)
	next := first.link("Next page")
	second := b.get(next)
	assert.Equal(t, []string{"Patient BY"}, second.results())
	assert.Len(t, b.get(second.link("First page")).results(), 50)
}

func TestABadFilterIsShownBesideItsInput(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	got := b.get("/console/patients/").submit("/console/patients/", "date_of_birth", "31/31/1987")
	assert.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
	assert.Contains(t, got.text(), "Born on: There is no such month. Write the day, month and year in this order: 30.11.1987.")
	assert.Equal(t, "31/31/1987", got.form("/console/patients/").Get("date_of_birth"))
}

func TestThePatientPageShowsTheWholeRecordWithNames(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	_, err := d.Account.ChangeMe(t.Context(), d.Staff(), domain.AnyState(), domain.Profile{FirstName: domain.Given("Sam"), LastName: domain.Given("Staff")})
	require.NoError(t, err)
	patient := d.addPatientAs(d.Staff(), domain.PatientInput{
		Name: domain.Given("Ada <Byron>"), DateOfBirth: domain.Given("1987-11-30"), Gender: domain.Given("F"), Phone: domain.Given("+44 20 7946 0000"),
		Email: domain.Given("ada@example.org"), Address: domain.Given("1 High Street\nLondon"), MedicalRecord: domain.Given("Allergic to <penicillin>"),
		ExternalID: domain.Given("NHS-1"),
	})
	d.assign(patient.ID, d.addDoctorNamed("Gregory House", "L-1").ID)
	path := "/console/patients/" + patient.ID.String() + "/"

	got := b.get(path)
	for _, text := range []string{
		"Ada <Byron>", "30 November 1987 (38 years)", "Female", "+44 20 7946 0000", "ada@example.org", "1 High Street London",
		"Allergic to <penicillin>", "NHS-1", "Sam Staff", "Gregory House",
	} {
		assert.Contains(t, got.text(), text)
	}
	for _, below := range []string{"edit/", "history/", "delete/"} {
		assert.Contains(t, got.body, `href="`+path+below+`"`)
	}
	assert.NotContains(t, got.body, path+"accesses/", "only an administrator sees who has seen the patient")
	admin := d.signedIn("boss@clinic.example", domain.Admin)
	assert.Contains(t, admin.get(path).body, path+"accesses/")
	assert.Equal(t, http.StatusNotFound, b.get("/console/patients/99/").StatusCode)
	assert.Equal(t, http.StatusNotFound, b.get("/console/patients/x/").StatusCode)
}

func TestAnEmailAddressCannotAddRecipientsToALetter(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	for email, want := range map[string]string{
		"ada@example.org":            "mailto:ada@example.org",
		"ada?bcc=eve@example.org":    "mailto:ada%3Fbcc=eve@example.org",
		"ada%0d%0abcc=x@example.org": "mailto:ada%250d%250abcc=x@example.org",
		"ada#eve@example.org":        "mailto:ada%23eve@example.org",
	} {
		patient := d.addPatientAs(d.Staff(), domain.PatientInput{Name: domain.Given("Ada"), Email: domain.Given(email)})
		assert.Equal(t, want, b.get("/console/patients/"+patient.ID.String()+"/").link(email))
	}
}

func TestTheAgeOfASmallChildIsInMonthsAndDays(t *testing.T) {
	d := newDesk(t)
	d.SetTime(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	for birth, want := range map[string]string{
		"2026-11-22": "(born today)", "2026-11-21": "(1 day)", "2026-10-01": "(52 days)", "2026-09-22": "(2 months)", "2026-09-23": "(60 days)",
		"2024-11-23": "(23 months)", "2024-11-22": "(2 years)", "1926-11-23": "(99 years)", "2026-11-23": "(born today)",
	} {
		patient := d.addPatientAs(d.Staff(), domain.PatientInput{Name: domain.Given("Child"), DateOfBirth: domain.Given(birth)})
		assert.Contains(t, b.get("/console/patients/"+patient.ID.String()+"/").text(), want, birth)
	}
}

func TestDeletingAPatientSaysWhatWillHappenAndCanBeUndone(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	patient := d.addPatientNamed("Ada Byron")
	path := "/console/patients/" + patient.String() + "/"
	assert.NotContains(t, b.get(path+"delete/").text(), "assignment")
	d.assign(patient, d.addDoctorNamed("Gregory House", "L-1").ID)
	assert.Contains(t, b.get(path+"delete/").text(), "The assignment of 1 doctor ends.")
	d.assign(patient, d.addDoctorNamed("James Wilson", "L-2").ID)
	asked := b.get(path + "delete/")
	assert.Contains(t, asked.text(), "Delete Ada Byron?")
	assert.Contains(t, asked.text(), "The assignments of 2 doctors end.")
	assert.Equal(t, http.StatusOK, b.get(path).StatusCode, "nothing was deleted yet")

	deleted := asked.submit(path + "delete/")
	assert.Equal(t, "/console/patients/", deleted.path())
	assert.Contains(t, deleted.text(), "The patient was deleted.")
	assert.Equal(t, http.StatusNotFound, b.get(path).StatusCode)
	restored := deleted.submit(path + "restore/")
	assert.Equal(t, http.StatusOK, restored.StatusCode)
	assert.Contains(t, b.get(path).text(), "Gregory House")
	assert.Equal(t, []string{"Gregory House", "James Wilson"}, d.doctorsOf(patient))
}

func TestAPatientWhoChangedMeanwhileIsNotDeleted(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	patient := d.addPatientNamed("Ada Byron")
	path := "/console/patients/" + patient.String() + "/delete/"
	asked := b.get(path)
	d.colleagueSaves(patient, domain.PatientInput{Name: domain.Given("Ada Lovelace")})

	again := asked.submit(path)
	assert.Equal(t, http.StatusPreconditionFailed, again.StatusCode)
	assert.Contains(t, again.text(), "Nothing was done.")
	assert.Contains(t, again.text(), "Delete Ada Lovelace?")
	assert.Equal(t, "/console/patients/", again.submit(path).path())
}
