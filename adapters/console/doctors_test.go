package console_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/domain"
)

func TestTheListShowsTheDoctorsThatWereAskedFor(t *testing.T) {
	d := newDesk(t)
	d.addDoctorNamed("Grace Hopper", "L-1")
	d.addDoctorNamed("Anna Berg", "L-2")
	b := d.signedIn("clerk@clinic.example", domain.Staff)

	all := b.get("/console/doctors/")
	assert.Contains(t, all.text(), "Doctors found: 2")
	assert.Contains(t, all.text(), "Anna Berg Cardiology L-2 22 November 2026 Grace Hopper Cardiology L-1 22 November 2026")
	assert.NotContains(t, all.body, "/console/doctors/add/", "Staff cannot add doctors")

	found := all.submit("/console/doctors/", "search", "hopper")
	assert.Contains(t, found.text(), "Doctors found: 1")
	assert.Contains(t, found.text(), "Grace Hopper")
	assert.NotContains(t, found.text(), "Anna Berg")
	assert.Equal(t, "hopper", found.form("/console/doctors/").Get("search"))
	assert.NotContains(t, found.path(), "hopper", "the address shows no search words")

	assert.Contains(t, all.submit("/console/doctors/", "specialization", "cardiology").text(), "Doctors found: 2")
	assert.Contains(t, all.submit("/console/doctors/", "specialization", "cardio").text(), "Doctors found: 0")
	assert.Contains(t, all.submit("/console/doctors/", "license_number", "l-2").text(), "Doctors found: 1")
	assert.Contains(t, all.submit("/console/doctors/", "ordering", "license_number").text(), "Grace Hopper Cardiology L-1 22 November 2026 Anna Berg")

	refused := all.submit("/console/doctors/", "search", strings.Repeat("a ", 60))
	assert.Equal(t, http.StatusUnprocessableEntity, refused.StatusCode)
	assert.Contains(t, refused.text(), "at most 10 words")
	assert.Equal(t, http.StatusUnprocessableEntity, all.submit("/console/doctors/", "ordering", "salary").StatusCode)
}

func TestLongListsHavePages(t *testing.T) {
	d := newDesk(t)
	for i := range 51 {
		d.addDoctorNamed(fmt.Sprintf("Doctor %02d", i), fmt.Sprintf("L-%d", i))
	}
	b := d.signedIn("clerk@clinic.example", domain.Staff)

	first := b.get("/console/doctors/").submit("/console/doctors/", "search", "doctor")
	assert.Contains(t, first.text(), "Doctors found: 51")
	assert.NotContains(t, first.text(), "Doctor 50")
	second := b.get(first.link("Next page"))
	assert.Contains(t, second.text(), "Doctor 50")
	assert.NotContains(t, second.text(), "Doctor 49")
	assert.Contains(t, b.get(second.link("First page")).text(), "Doctor 00")
}

func TestTheSalaryIsShownToAdministratorsOnly(t *testing.T) {
	d := newDesk(t)
	d.addDoctorNamed("Grace Hopper", "L-1")

	asAdmin := d.signedIn("boss@clinic.example", domain.Admin)
	assert.Contains(t, asAdmin.get("/console/doctors/1/").text(), "Salary 1,234,567.50")
	asAdmin.header.Set("Accept-Language", "de-DE")
	assert.Contains(t, asAdmin.get("/console/doctors/1/").text(), "Salary 1.234.567,50")

	asStaff := d.signedIn("clerk@clinic.example", domain.Staff).get("/console/doctors/1/")
	assert.Contains(t, asStaff.text(), "Licence number L-1 Joined 22 November 2026")
	for _, hidden := range []string{"Salary", "1,234,567", "/edit/", "/delete/"} {
		assert.NotContains(t, asStaff.body, hidden)
	}
}

func TestADoctorsPageShowsThePatients(t *testing.T) {
	d := newDesk(t)
	doctor := d.addDoctorNamed("Grace Hopper", "L-1")
	for i := range 51 {
		d.assign(d.addPatientNamed(fmt.Sprintf("Patient %02d", i)), doctor.ID)
	}
	b := d.signedIn("clerk@clinic.example", domain.Staff)

	first := b.get("/console/doctors/1/")
	assert.Contains(t, first.text(), "Patients assigned: 51")
	assert.Contains(t, first.body, `<a href="/console/patients/1/">Patient 00</a>`)
	assert.NotContains(t, first.text(), "Patient 50")
	assert.Contains(t, b.get(first.link("Next page")).text(), "Patient 50")

	assert.Equal(t, http.StatusNotFound, b.get("/console/doctors/2/").StatusCode)
	assert.Equal(t, http.StatusNotFound, b.get("/console/doctors/x/").StatusCode)
	assert.Equal(t, http.StatusBadRequest, b.get("/console/doctors/1/?after=x").StatusCode)
}

func TestTheDoctorsWhoseNameIsBeingTypedAreShown(t *testing.T) {
	d := newDesk(t)
	for i := range 11 {
		d.addDoctorNamed(fmt.Sprintf("Anna Berg %02d", i), fmt.Sprintf("L-%d", i))
	}
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	names := func(typed string) answer {
		return b.post("/console/doctors/names/", map[string][]string{"doctor_name": {typed}})
	}

	assert.Contains(t, names("anna 03").text(), "Anna Berg 03, Cardiology, licence L-3")
	assert.Contains(t, names("anna 03").body, `<li data-doctor="4">`)
	assert.Equal(t, 10, strings.Count(names("anna").body, "data-doctor"))
	assert.Contains(t, names("anna").text(), "Further doctors match.")
	for _, nobody := range []string{"", " ", "zzz"} {
		assert.Contains(t, names(nobody).text(), "No doctor matches this name.")
	}
	assert.Equal(t, http.StatusBadRequest, names(strings.Repeat("a ", 60)).StatusCode)
	assert.Equal(t, http.StatusUnauthorized, d.browser().post("/console/doctors/names/", nil).StatusCode)
}
