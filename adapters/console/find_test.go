package console_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/domain"
)

const findPath = "/console/"

// find sends the form of the first page.
func (b *browser) find(words string) answer {
	b.t.Helper()
	return b.get(findPath).submit(findPath, "search", words)
}

func TestOneBoxFindsPatientsAndDoctors(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	d.addPatientAs(d.Staff(), domain.PatientInput{
		Name: domain.Given("Zoë O'Brien"), DateOfBirth: domain.Given("1987-11-30"), Phone: domain.Given("+49 30 1234-567"), ExternalID: domain.Given("NHS 12 345"),
	})
	d.addPatientAs(d.Staff(), domain.PatientInput{Name: domain.Given("Ada Byron"), DateOfBirth: domain.Given("1915-12-10"), Phone: domain.Given("555 1000")})
	d.addDoctorNamed("Gregory House", "L-4711")

	for words, want := range map[string]string{
		"zoe obrien":           "Zoë O'Brien",
		"obri":                 "Zoë O'Brien",
		"030 1234567":          "Zoë O'Brien",
		"0049 (30) 123 45 67":  "Zoë O'Brien",
		"+49 (0)30 12 34 56 7": "Zoë O'Brien",
		"+49(0)301234567":      "Zoë O'Brien",
		"1234 567":             "Zoë O'Brien",
		"30.11.1987":           "Zoë O'Brien",
		"30/11/1987":           "Zoë O'Brien",
		"30 November 1987":     "Zoë O'Brien",
		"Nov 30 1987 zoe":      "Zoë O'Brien",
		"zoe 30.11.1987":       "Zoë O'Brien",
		"1987-11-30":           "Zoë O'Brien",
		"nhs 12 345":           "Zoë O'Brien",
		"555-1000":             "Ada Byron",
		"house":                "Gregory House",
		"L-4711":               "Gregory House",
	} {
		got := b.find(words)
		assert.Equal(t, []string{want}, unescaped(got.results()), words)
		assert.Contains(t, got.text(), "1 person was found.", words)
		assert.Equal(t, words, got.form(findPath).Get("search"), "the words stay in the box")
		assert.Regexp(t, `^/console/\?q=[\w-]+$`, got.path(), "no words in the address")
	}
	assert.Contains(t, b.find("nobody at all").text(), "Nobody was found.")
	assert.Contains(t, b.find("30.11.1988").text(), "Nobody was found.")
	assert.NotContains(t, b.get(findPath).text(), "was found.", "nothing was asked")
	assert.Equal(t, findPath, b.find("").path())
}

func unescaped(names []string) []string {
	for i := range names {
		names[i] = strings.ReplaceAll(names[i], "&#39;", "'")
	}
	return names
}

func TestABirthDateIsFoundByTheLanguageOfTheBrowser(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	d.addPatientAs(d.Staff(), domain.PatientInput{Name: domain.Given("March"), DateOfBirth: domain.Given("1987-03-04")})
	d.addPatientAs(d.Staff(), domain.PatientInput{Name: domain.Given("April"), DateOfBirth: domain.Given("1987-04-03")})
	assert.Equal(t, []string{"April"}, b.find("03/04/1987").results())
	b.header.Set("Accept-Language", "en-US")
	assert.Equal(t, []string{"March"}, b.find("03/04/1987").results())
}

func TestANumberThatLooksLikeADateIsFoundAsPhoneNumber(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	d.addPatientAs(d.Staff(), domain.PatientInput{Name: domain.Given("Caller"), Phone: domain.Given("12101990")})
	assert.Equal(t, []string{"Caller"}, b.find("12 10 1990").results())
	d.addPatientAs(d.Staff(), domain.PatientInput{Name: domain.Given("Born"), DateOfBirth: domain.Given("1990-10-12")})
	assert.Equal(t, []string{"Born"}, b.find("12 10 1990").results(), "a date comes first")
}

func TestWhatWasTypedIsInTheFormForANewPatient(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	for words, want := range map[string][3]string{
		"New Born":                         {"New Born", "", ""},
		"New Born 30 Nov 2025 030 1234567": {"New Born", "30.11.2025", "030 1234567"},
		"+49 30 1234567":                   {"", "", "+49 30 1234567"},
	} {
		add := b.find(words).link("Add a patient")
		assert.NotContains(t, add, "New")
		assert.NotContains(t, add, "1234567")
		form := b.get(add).form(addPath)
		assert.Equal(t, want, [3]string{form.Get("name"), form.Get("date_of_birth"), form.Get("phone_number")}, words)
	}
	assert.Equal(t, addPath, b.get(findPath).link("Add a patient"))
}

func TestOtherUsersCannotOpenTheAddressOfASearch(t *testing.T) {
	d := newDesk(t)
	d.addPatientNamed("Ada Byron")
	found := d.signedIn("clerk@clinic.example", domain.Staff).find("Byron")
	other := d.signedIn("other@clinic.example", domain.Staff).get(found.path())
	assert.Empty(t, other.results())
	assert.NotContains(t, other.body, "Byron")
}

func TestManyResultsLeadToTheWholeList(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	for range 21 {
		d.addPatientNamed("Ada Byron")
	}
	got := b.find("byron")
	assert.Len(t, got.results(), 20)
	assert.Contains(t, got.text(), "More than 20 people were found.")
	assert.Len(t, b.get(got.link("Show all patients who were found")).results(), 21)
}

func TestTooManyWordsAreRefused(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	got := b.find("a b c d e f g h i j k l")
	assert.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
	assert.Contains(t, got.text(), "Search for at most 10 words")
	assert.Equal(t, "a b c d e f g h i j k l", got.form(findPath).Get("search"))
	assert.Equal(t, http.StatusRequestEntityTooLarge, b.find(strings.Repeat("a", 10000)).StatusCode)
	assert.Equal(t, http.StatusUnprocessableEntity, b.find("\xff").StatusCode)
}
