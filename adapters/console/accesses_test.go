package console_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

// see reads a patient as the actor.
func (d *desk) see(actor domain.Actor, patient domain.PatientView) {
	d.t.Helper()
	_, err := d.Patients.Get(d.t.Context(), actor, patient.ID, nil)
	require.NoError(d.t, err)
}

func accessesPath(patient domain.PatientView) string {
	return "/console/patients/" + patient.ID.String() + "/accesses/"
}

func TestAnAdministratorSeesWhoHasSeenAPatient(t *testing.T) {
	d := newDesk(t)
	mary := d.haveUser("mary@clinic.example", "Mary", "Poppins", domain.Staff)
	patient, other := d.addPatientAs(mary, named("Ada Byron")), d.addPatientAs(mary, named("Bob"))
	d.changePatient(mary, patient.ID, domain.PatientInput{Address: domain.Given("Main Street")})
	d.see(mary, other)
	clerk := d.browser()
	clerk.header.Set("X-Forwarded-For", "203.0.113.7")
	d.haveUser("clark@clinic.example", "<b>Clark</b>", "Kent", domain.Staff)
	clerk.signIn("clark@clinic.example")
	clerk.signedInPage("/console/patients/" + patient.ID.String() + "/history/")

	page := d.signedIn("chief@clinic.example", domain.Admin).signedInPage(accessesPath(patient))
	text := page.text()
	assert.Contains(t, text, "<b>Clark</b> Kent saw earlier versions of the record 203.0.113.7")
	assert.Contains(t, text, "Mary Poppins changed the record")
	assert.Less(t, strings.Index(text, "Clark</b> Kent saw"), strings.Index(text, "Mary Poppins changed"), "the latest use comes first")
	assert.NotContains(t, text, "Mary Poppins saw the record")
	assert.NotContains(t, page.body, "<b>")
}

func TestAccessesAreNarrowedByUserAndDays(t *testing.T) {
	d := newDesk(t)
	patient := d.addPatientAs(d.Staff(), named("Ada Byron"))
	for i, name := range []string{"Mary", "Clark", "Clara"} {
		d.Advance(24 * time.Hour)
		email := strings.ToLower(name) + "@clinic.example"
		d.see(d.haveUser(email, name, fmt.Sprintf("User%d", i), domain.Staff), patient)
	}
	b := d.signedIn("chief@clinic.example", domain.Admin)
	path := accessesPath(patient)
	page := b.signedInPage(path)

	got := page.submit(path, "actor", "mary")
	assert.Equal(t, []string{"Mary User0"}, got.whoSaw())
	assert.NotContains(t, got.path(), "mary", "no name is in the address")
	assert.Contains(t, got.form(path).Get("actor"), "Mary User0", "the form says what is shown")
	assert.Equal(t, []string{"Clara User2", "Clark User1"}, page.submit(path, "from", "24.11.2026").whoSaw())
	assert.Equal(t, []string{"Clark User1"}, page.submit(path, "from", "24 Nov 2026", "to", "24/11/2026").whoSaw())
	assert.Empty(t, page.submit(path, "to", "22.11.2025").whoSaw())

	for field, typed := range map[string]string{"from": "31.2.2026", "to": "soon", "actor": "nobody at all"} {
		got := page.submit(path, field, typed)
		assert.Equal(t, http.StatusUnprocessableEntity, got.StatusCode, field)
		assert.Equal(t, typed, got.form(path).Get(field))
	}
	got = page.submit(path, "actor", "cla")
	assert.Equal(t, http.StatusUnprocessableEntity, got.StatusCode)
	assert.Contains(t, got.text(), "Choose one Clark User1, clark@clinic.example Clara User2, clara@clinic.example")
	assert.Equal(t, "cla", got.form(path).Get("actor"), "what was typed is kept")
	assert.Equal(t, []string{"Clara User2"}, got.submit(path, "actor_match", matchFor(got, "Clara")).whoSaw())
}

func TestTheUsesOfARecordAreExported(t *testing.T) {
	d := newDesk(t)
	patient, other := d.addPatientAs(d.Staff(), named("Ada Byron")), d.addPatientAs(d.Staff(), named("Bob"))
	d.Advance(24 * time.Hour)
	d.see(d.haveUser("mary@clinic.example", "Mary", "Poppins", domain.Staff), patient)
	d.see(d.Staff(), other)
	b := d.signedIn("chief@clinic.example", domain.Admin)
	page := b.signedInPage(accessesPath(patient)).submit(accessesPath(patient), "actor", "mary")

	trail := b.get(page.link("In the audit trail, to export"))
	assert.NotContains(t, trail.path(), "Ada", "no name is in the address")
	assert.Equal(t, "Ada Byron (#"+patient.ID.String()+")", trail.form("/console/audit/").Get("patient"))
	rows, err := csv.NewReader(strings.NewReader(trail.submit("/console/audit/export/").body)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 2, "the filter by colleague stays")
	assert.Equal(t, []string{"Mary Poppins", "patient:read"}, []string{rows[1][3], rows[1][6]})
}

// whoSaw returns the users in the list who saw the record.
func (a answer) whoSaw() (names []string) {
	for _, row := range a.rows() {
		if row[2] == "saw the record" && !strings.HasPrefix(row[1], "user without") {
			names = append(names, row[1])
		}
	}
	return names
}

func TestManyAccessesHavePages(t *testing.T) {
	d := newDesk(t)
	patient := d.addPatientAs(d.Staff(), named("Ada Byron"))
	mary := d.haveUser("mary@clinic.example", "Mary", "Poppins", domain.Staff)
	for range 70 {
		d.see(mary, patient)
	}
	b := d.signedIn("chief@clinic.example", domain.Admin)
	page := b.signedInPage(accessesPath(patient)).submit(accessesPath(patient), "actor", "mary")
	assert.Len(t, page.whoSaw(), 50)
	assert.Less(t, len(page.body), 100_000)
	second := b.signedInPage(page.link("Next page"))
	assert.Len(t, second.whoSaw(), 20)
	assert.Len(t, b.signedInPage(second.link("First page")).whoSaw(), 50)
}

func TestTheReportForThePatientCountsTheUsesOfEachDay(t *testing.T) {
	d := newDesk(t)
	patient := d.addPatientAs(d.Staff(), named("Ada Byron"))
	for range 2 {
		mary := d.SignIn("staff@clinic.example")
		d.see(mary, patient)
		d.see(mary, patient)
		d.Advance(24 * time.Hour)
	}
	require.NoError(t, d.Patients.Delete(t.Context(), d.SignIn("staff@clinic.example"), patient.ID, domain.Precondition{}))
	b := d.signedIn("chief@clinic.example", domain.Admin)
	page := b.signedInPage(accessesPath(patient) + "report/")
	assert.Contains(t, page.text(), "Accesses to the record of Ada Byron (deleted)")
	assert.Subset(t, page.rows(), [][]string{
		{"22 November 2026", "user without a name", "added the record", "1"},
		{"22 November 2026", "user without a name", "saw the record", "2"},
		{"23 November 2026", "user without a name", "saw the record", "2"},
		{"24 November 2026", "user without a name", "deleted the record", "1"},
	})
}

func TestAccessesAreForAdministrators(t *testing.T) {
	d := newDesk(t)
	patient := d.addPatientAs(d.Staff(), named("Ada Byron"))
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	for _, path := range []string{accessesPath(patient), accessesPath(patient) + "report/"} {
		got := b.get(path)
		assert.Equal(t, http.StatusForbidden, got.StatusCode)
		assert.NotContains(t, got.body, "Ada Byron")
		assert.Equal(t, domain.Denied, d.LastEvent().Outcome, "the attempt is in the trail")
	}
	assert.Equal(t, http.StatusForbidden, b.post(accessesPath(patient), nil).StatusCode)
	admin := d.signedIn("chief@clinic.example", domain.Admin)
	assert.Equal(t, http.StatusNotFound, admin.get("/console/patients/999/accesses/").StatusCode)
	assert.Equal(t, http.StatusNotFound, admin.get("/console/patients/999/accesses/report/").StatusCode)
}
