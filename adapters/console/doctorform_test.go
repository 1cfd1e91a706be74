package console_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

func TestAFormSentTwiceAddsOneDoctor(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("boss@clinic.example", domain.Admin)
	b.header.Set("Accept-Language", "de")

	form := b.get("/console/doctors/add/")
	typed := []string{"name", "Grace Hopper", "specialization", "Cardiology", "license_number", "L-1", "salary", "1.234,50"}
	added := form.submit("/console/doctors/add/", typed...)
	assert.Equal(t, []string{"/console/doctors/1/"}, added.redirects)
	assert.Contains(t, added.text(), "Grace Hopper was added.")
	assert.Contains(t, added.text(), "Salary 1.234,50")
	assert.Equal(t, added.redirects, form.submit("/console/doctors/add/", typed...).redirects)
	assert.Contains(t, b.get("/console/doctors/").text(), "Doctors found: 1")
}

func TestBadFieldsOfADoctorAreShownBesideTheirInputs(t *testing.T) {
	d := newDesk(t)
	d.addDoctorNamed("Grace Hopper", "L-1")
	b := d.signedIn("boss@clinic.example", domain.Admin)

	refused := b.get("/console/doctors/add/").submit("/console/doctors/add/", "name", " ", "specialization", "Surgery", "license_number", "L-2", "salary", "much")
	assert.Equal(t, http.StatusUnprocessableEntity, refused.StatusCode)
	assert.Contains(t, refused.text(), "Salary: A valid number is required.")
	assert.Contains(t, refused.body, `id="name-error"`)
	assert.Equal(t, "Surgery", refused.form("/console/doctors/add/").Get("specialization"))
	assert.Equal(t, "much", refused.form("/console/doctors/add/").Get("salary"))

	taken := refused.submit("/console/doctors/add/", "name", "Anna Berg", "license_number", "l-1", "salary", "1")
	assert.Equal(t, http.StatusConflict, taken.StatusCode)
	assert.Contains(t, taken.text(), "doctor with this license number already exists.")

	edited := b.get("/console/doctors/1/edit/").submit("/console/doctors/1/edit/", "name", "", "salary", "1.234")
	assert.Equal(t, http.StatusUnprocessableEntity, edited.StatusCode)
	assert.Contains(t, edited.text(), "Salary: Ensure that there are no more than 2 decimal places.")
	assert.Equal(t, "Grace Hopper", d.doctor(1).Name.String())
}

func TestAnEditKeepsWhatItDoesNotChange(t *testing.T) {
	d := newDesk(t)
	d.addDoctorNamed("Grace Hopper", "L-1")
	b := d.signedIn("boss@clinic.example", domain.Admin)
	b.header.Set("Accept-Language", "de")

	form := b.get("/console/doctors/1/edit/")
	assert.Equal(t, "1234567,50", form.form("/console/doctors/1/edit/").Get("salary"))
	got := form.submit("/console/doctors/1/edit/", "specialization", "Surgery")
	assert.Equal(t, []string{"/console/doctors/1/"}, got.redirects)
	doctor := d.doctor(1)
	assert.Equal(t, "Surgery", doctor.Specialization.String())
	assert.Equal(t, "1234567.50", doctor.Salary.String())
}

func TestAnEditOfADoctorShowsBothVersionsAfterAConflict(t *testing.T) {
	d := newDesk(t)
	d.addDoctorNamed("Grace Hoper", "L-1")
	b := d.signedIn("boss@clinic.example", domain.Admin)

	form := b.get("/console/doctors/1/edit/")
	_, err := d.Doctors.Change(t.Context(), d.Admin(), 1, domain.AnyState(), domain.DoctorInput{Salary: domain.Given("2000"), Name: domain.Given("Grace Hopper")})
	require.NoError(t, err)

	both := form.submit("/console/doctors/1/edit/", "name", "Gracia Hoper")
	assert.Equal(t, http.StatusPreconditionFailed, both.StatusCode)
	assert.Contains(t, both.text(), "Grace Hopper")
	assert.Contains(t, both.text(), "Gracia Hoper")
	both.submit("/console/doctors/1/edit/", "name", "Grace Hopper")
	assert.Equal(t, "Grace Hopper", d.doctor(1).Name.String())
	assert.Equal(t, "2000.00", d.doctor(1).Salary.String())
}

func TestDeletingADoctorSaysHowManyAssignmentsEnd(t *testing.T) {
	d := newDesk(t)
	doctor := d.addDoctorNamed("Grace Hopper", "L-1")
	patient := d.addPatientNamed("Ada")
	d.assign(patient, doctor.ID)
	d.assign(d.addPatientNamed("Bob"), doctor.ID)
	b := d.signedIn("boss@clinic.example", domain.Admin)

	asked := b.get(b.get("/console/doctors/1/").link("Delete"))
	assert.Contains(t, asked.text(), "Assignments to patients that end with it: 2")
	assert.Equal(t, []string{"Grace Hopper"}, d.doctorsOf(patient))

	deleted := asked.submit("/console/doctors/1/delete/")
	assert.Equal(t, []string{"/console/doctors/"}, deleted.redirects)
	assert.Contains(t, deleted.text(), "The doctor was deleted.")
	assert.Empty(t, d.doctorsOf(patient))
	assert.Equal(t, http.StatusNotFound, asked.submit("/console/doctors/1/delete/").StatusCode)

	deleted.submit("/console/doctors/1/restore/")
	assert.Equal(t, []string{"Grace Hopper"}, d.doctorsOf(patient), "the notice offers to undo it")
}

func TestADoctorWhoWasChangedMeanwhileIsNotDeleted(t *testing.T) {
	d := newDesk(t)
	d.addDoctorNamed("Grace Hopper", "L-1")
	b := d.signedIn("boss@clinic.example", domain.Admin)

	asked := b.get("/console/doctors/1/delete/")
	_, err := d.Doctors.Change(t.Context(), d.Admin(), 1, domain.AnyState(), domain.DoctorInput{Name: domain.Given("Anna Berg")})
	require.NoError(t, err)
	again := asked.submit("/console/doctors/1/delete/")
	assert.Equal(t, http.StatusPreconditionFailed, again.StatusCode)
	assert.Contains(t, again.text(), "Nothing was done.")
	assert.Contains(t, again.text(), "Delete Anna Berg?")
	assert.Equal(t, []string{"/console/doctors/"}, again.submit("/console/doctors/1/delete/").redirects)
}

func TestStaffCannotChangeDoctors(t *testing.T) {
	d := newDesk(t)
	doctor := d.addDoctorNamed("Grace Hopper", "L-1")
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	fields := url.Values{
		"once": {"0123456789abcdef"}, "etag": {"1"}, "version": {"1"},
		"name": {"Anna"}, "specialization": {"Surgery"}, "license_number": {"L-9"}, "salary": {"1"},
	}
	for _, path := range []string{"add/", "1/edit/", "1/delete/"} {
		assert.Equal(t, http.StatusForbidden, b.get("/console/doctors/"+path).StatusCode, path)
		for _, sent := range []url.Values{fields, {}} {
			assert.Equal(t, http.StatusForbidden, b.post("/console/doctors/"+path, sent).StatusCode, path)
			assert.Equal(t, domain.Denied, d.LastEvent().Outcome, "the trail has the attempt")
		}
	}
	assert.Equal(t, doctor, d.doctor(1))
}
