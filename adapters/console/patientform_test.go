package console_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/domain"
)

const addPath = "/console/patients/add/"

// addPatient fills in and sends the form for a new patient.
func (b *browser) addPatient(namesAndValues ...string) answer {
	b.t.Helper()
	return b.get(addPath).submit(addPath, namesAndValues...)
}

func TestAPatientIsAddedWithAllFields(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	got := b.addPatient("name", " Ada  Byron ", "date_of_birth", "30 Nov 1987", "gender", "F", "phone_number", "(020) 7946-0000",
		"email", "Ada@Example.org", "address", "1 High Street\r\nLondon", "external_id", "NHS-1", "medical_record", "Healthy")
	assert.Equal(t, "/console/patients/1/", got.path())
	assert.Contains(t, got.text(), "The patient was added.")
	added := d.patient(1)
	assert.Equal(t, "1987-11-30", added.DateOfBirth.String())
	assert.Equal(t, "F", added.Gender.String())
	assert.Equal(t, "(020) 7946-0000", added.Phone.String())
	assert.Equal(t, "ada@example.org", added.Email.String())
	assert.Equal(t, "1 High Street\nLondon", added.Address.String())
	assert.Equal(t, "NHS-1", added.ExternalID.String())
	assert.Equal(t, "Healthy", added.MedicalRecord.String())
}

func TestEveryBadFieldIsShownWithWhatWasTyped(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	typed := []string{"name", " ", "date_of_birth", "31/11/1987", "gender", "X", "phone_number", "call me", "email", "nobody", "address", "kept"}
	got := b.addPatient(typed...)
	assert.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
	for _, name := range []string{"name", "date_of_birth", "gender", "phone_number", "email"} {
		assert.Contains(t, got.body, `id="`+name+`-error"`)
		assert.Contains(t, got.body, `href="#`+name+`"`, "the summary leads to the input")
	}
	assert.NotContains(t, got.body, `id="address-error"`)
	for i := 0; i < len(typed); i += 2 {
		if typed[i] != "gender" { // A select has no choice X.
			assert.Equal(t, typed[i+1], got.form(addPath).Get(typed[i]))
		}
	}
	assert.Contains(t, got.text(), "Date of birth: This month has no such day. Correct the day, the month or the year.")
	for typed, says := range map[string]string{
		"30/13/1987": "There is no such month. Write the day, month and year in this order: 30.11.1987.",
		"30/11/87":   "Write all four digits of the year, such as 30.11.1987.",
		"in spring":  "Write a date with day, month and year, such as 30.11.1987.",
	} {
		again := got.submit(addPath, "date_of_birth", typed)
		assert.Contains(t, again.text(), "Date of birth: "+says)
	}
	future := got.submit(addPath, "name", "Ada", "date_of_birth", "30/11/2087", "gender", "", "phone_number", "", "email", "")
	assert.Contains(t, future.text(), "Date of birth may not be in the future.")
	assert.Zero(t, d.countPatients())
}

func TestADateIsReadByTheLanguageOfTheBrowser(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	b.header.Set("Accept-Language", "en-US")
	got := b.addPatient("name", "Ada", "date_of_birth", "03/04/1987")
	assert.Contains(t, got.text(), "March 4, 1987")
	assert.Equal(t, "03/04/1987", b.get(got.path()+"edit/").form(got.path()+"edit/").Get("date_of_birth"))
	b.header.Set("Accept-Language", "en-GB")
	assert.Contains(t, b.get(got.path()).text(), "4 March 1987")
}

func TestAFormThatIsSentTwiceAddsOnePatient(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	form := b.get(addPath)
	fields := []string{"name", "Ada Byron", "date_of_birth", "30/11/1987"}
	first := form.submit(addPath, fields...)
	d.Advance(time.Minute)
	second := form.submit(addPath, fields...)
	assert.Equal(t, "/console/patients/1/", first.path())
	assert.Equal(t, "/console/patients/1/", second.path(), "the second time leads to the same patient, without a warning")
	assert.Equal(t, 1, d.countPatients())

	changed := form.submit(addPath, "name", "Grace Hopper")
	assert.Equal(t, http.StatusConflict, changed.StatusCode)
	assert.Contains(t, changed.text(), "This form has added a patient before.")
	assert.Equal(t, 1, d.countPatients())
	assert.Equal(t, "/console/patients/2/", changed.submit(addPath).path())
}

func TestAFormWithoutAKeyAddsNobody(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	assert.Equal(t, http.StatusBadRequest, b.addPatient("name", "Ada", "once", "").StatusCode)
	assert.Zero(t, d.countPatients())
}

func TestALikelyDuplicateIsAddedOnlyAfterAWarning(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	d.addPatientAs(d.Staff(), domain.PatientInput{Name: domain.Given("Zoë O'Brien-Smith"), DateOfBirth: domain.Given("1987-11-30"), Phone: domain.Given("555 1000")})
	d.addPatientAs(d.Staff(), domain.PatientInput{Name: domain.Given("Zoe O'Brien-Smith Junior"), DateOfBirth: domain.Given("1987-11-30")})

	warned := b.addPatient("name", "zoe OBRIEN smith", "date_of_birth", "30/11/1987", "address", "kept")
	assert.Equal(t, http.StatusConflict, warned.StatusCode)
	assert.Contains(t, warned.text(), "This patient may be here already")
	assert.Contains(t, warned.text(), "Zoë O'Brien-Smith, 30 November 1987, 555 1000")
	assert.Contains(t, warned.body, `href="/console/patients/1/"`)
	assert.NotContains(t, warned.body, `href="/console/patients/2/"`, "the name is another one")
	assert.Equal(t, "kept", warned.form(addPath).Get("address"))
	assert.Equal(t, 2, d.countPatients())

	other := warned.submit(addPath, "name", "Zoe O'Brien Smith Junior")
	assert.Contains(t, other.body, `href="/console/patients/2/"`, "another name is looked for, too")
	added := warned.submit(addPath)
	assert.Equal(t, "/console/patients/3/", added.path())
	assert.Equal(t, "/console/patients/3/", warned.submit(addPath).path(), "sent twice")
	assert.Equal(t, 3, d.countPatients())
}

func TestAnotherBirthDateIsNoDuplicate(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	d.addPatientAs(d.Staff(), domain.PatientInput{Name: domain.Given("Ada Byron"), DateOfBirth: domain.Given("1987-11-30")})
	assert.Equal(t, "/console/patients/2/", b.addPatient("name", "Ada Byron", "date_of_birth", "29/11/1987").path())
	assert.Equal(t, "/console/patients/3/", b.addPatient("name", "Ada Byron").path(), "a patient with a birth date is no namesake of one without")
	warned := b.addPatient("name", "Ada  BYRON")
	assert.Contains(t, warned.body, `href="/console/patients/3/"`, "two without a birth date")
	assert.Contains(t, warned.text(), "the same name, and no birth date either")
	assert.NotContains(t, warned.body, `href="/console/patients/2/"`)
}

func TestAWarningOfManyDuplicatesIsShort(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	for range 30 {
		d.addPatientAs(d.Staff(), domain.PatientInput{Name: domain.Given("Ada Byron")})
	}
	warned := b.addPatient("name", "Ada Byron")
	assert.Equal(t, http.StatusConflict, warned.StatusCode)
	assert.Equal(t, 20, strings.Count(warned.body, `target="_blank"`))
}

func TestADuplicateWithALongNameIsFound(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	name := "Maria da Conceição do Rosário e Silva de Bragança e Bourbon - von Coburg und zu Gotha"
	d.addPatientAs(d.Staff(), domain.PatientInput{Name: domain.Given(name), DateOfBirth: domain.Given("1987-11-30")})
	assert.Equal(t, http.StatusConflict, b.addPatient("name", name, "date_of_birth", "30/11/1987").StatusCode)
}

func TestAnotherFormWithTheSamePatientIsWarnedOf(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	fields := []string{"name", "Ada Byron", "date_of_birth", "30/11/1987"}
	b.addPatient(fields...)
	d.Advance(time.Second)
	warned := b.addPatient(fields...)
	assert.Equal(t, http.StatusConflict, warned.StatusCode)
	assert.Contains(t, warned.body, `href="/console/patients/1/"`)
	assert.Equal(t, 1, d.countPatients())
}

func TestAnEditKeepsSetsAndClearsFields(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	patient := d.addPatientAs(d.Staff(), domain.PatientInput{
		Name: domain.Given("Ada Byron"), DateOfBirth: domain.Given("1987-11-30"), Gender: domain.Given("F"), Phone: domain.Given("555 1000"),
		Email: domain.Given("ada@example.org"), ExternalID: domain.Given("NHS-1"), MedicalRecord: domain.Given("One\nTwo"),
	})
	path := "/console/patients/" + patient.ID.String() + "/edit/"
	form := b.get(path)
	assert.Equal(t, "30.11.1987", form.form(path).Get("date_of_birth"))
	form.submit(path, "medical_record", "One\r\nTwo") // Browsers send the ends of lines like this.
	assert.Equal(t, patient.Fields(), d.patient(patient.ID).Fields(), "a form that nobody has changed changes nothing")

	saved := b.get(path).submit(path, "date_of_birth", "", "gender", "", "phone_number", "", "email", "", "external_id", "", "name", "Ada Lovelace")
	assert.Contains(t, saved.text(), "Saved.")
	now := d.patient(patient.ID)
	assert.Equal(t, "Ada Lovelace", now.Name.String())
	assert.True(t, now.DateOfBirth.IsZero())
	assert.Empty(t, now.Gender.String()+now.Phone.String()+now.Email.String()+now.ExternalID.String())
	assert.Equal(t, "One\nTwo", now.MedicalRecord.String())
}

func TestATakenNumberIsShownBesideItsInput(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	d.addPatientAs(d.Staff(), domain.PatientInput{Name: domain.Given("Ada"), ExternalID: domain.Given("NHS-1")})
	added := b.addPatient("name", "Grace", "external_id", "NHS-1")
	assert.Equal(t, http.StatusConflict, added.StatusCode)
	assert.Contains(t, added.body, `id="external_id-error"`)

	grace := d.addPatientNamed("Grace")
	path := "/console/patients/" + grace.String() + "/edit/"
	edited := b.get(path).submit(path, "external_id", "NHS-1", "name", "Grace Hopper")
	assert.Equal(t, http.StatusConflict, edited.StatusCode)
	assert.Contains(t, edited.body, `id="external_id-error"`)
	assert.Equal(t, "Grace Hopper", edited.form(path).Get("name"))
	assert.Equal(t, "/console/patients/"+grace.String()+"/", edited.submit(path, "external_id", "NHS-2").path())
}

func TestAFormThatIsSentOnALockedDeskIsDoneAfterThePassword(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	form := b.get(addPath)
	d.Advance(16 * time.Minute)
	locked := form.submit(addPath, "name", "Ada Byron")
	assert.Zero(t, d.countPatients())
	done := locked.submit("/console/unlock/", "password", clinictest.Password)
	assert.Equal(t, "/console/patients/1/", done.path())
}
