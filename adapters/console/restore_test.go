package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// restoreForm sends the form that restores a record.
func (b *browser) restoreForm(plural string, id domain.ID, once string) answer {
	b.t.Helper()
	return b.post("/console/"+plural+"/"+id.String()+"/restore/", url.Values{"once": {once}})
}

func TestWhoeverDeletedARecordRestoresIt(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	clerk := d.SignIn("clerk@clinic.example")
	patient, doctor := d.addPatientAs(clerk, named("Ada Byron")), d.addDoctorNamed("Gregory House", "L-1")
	assigned := d.assign(patient.ID, doctor.ID)
	path := "/console/patients/" + patient.ID.String() + "/"

	require.NoError(t, d.Patients.Delete(t.Context(), clerk, patient.ID, domain.Precondition{}))
	for range 2 { // A form that is sent twice does the same.
		got := b.restoreForm("patients", patient.ID, strings.Repeat("a", 20))
		assert.Equal(t, []string{path}, got.redirects)
	}
	view, err := d.Patients.Get(t.Context(), clerk, patient.ID, nil)
	require.NoError(t, err)
	assert.Equal(t, []domain.ID{doctor.ID}, view.AssignedDoctors)

	require.NoError(t, d.Mappings.Unassign(t.Context(), clerk, assigned.ID, domain.Precondition{}))
	assert.Equal(t, []string{path}, b.restoreForm("assignments", assigned.ID, strings.Repeat("b", 20)).redirects)
	view, err = d.Patients.Get(t.Context(), clerk, patient.ID, nil)
	require.NoError(t, err)
	assert.Equal(t, []domain.ID{doctor.ID}, view.AssignedDoctors)

	assert.Equal(t, []string{path}, b.restoreForm("patients", patient.ID, strings.Repeat("c", 20)).redirects, "a patient who is not deleted is shown")
	assert.Equal(t, []string{path}, b.restoreForm("assignments", assigned.ID, strings.Repeat("d", 20)).redirects)
}

func TestADeletionIsUndoneAtOnce(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	patient := d.addPatientAs(d.Staff(), named("Ada Byron"))
	path := "/console/patients/" + patient.ID.String() + "/"
	deleted := b.signedInPage(path + "delete/").submit(path + "delete/")
	assert.Equal(t, http.StatusNotFound, b.get(path).StatusCode)
	undone := deleted.submit(path + "restore/")
	assert.Equal(t, path, undone.path())
	assert.Contains(t, undone.text(), "Ada Byron was restored.")
	assert.NotContains(t, undone.body, "restore/", "the notice offers nothing to undo")
}

func TestOnlyAdministratorsRestoreWhatOthersDeleted(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("clerk@clinic.example", domain.Staff)
	patient, doctor := d.addPatientAs(d.Staff(), named("Ada Byron")), d.addDoctorNamed("Gregory House", "L-1")
	require.NoError(t, d.Patients.Delete(t.Context(), d.Staff(), patient.ID, domain.Precondition{}))
	require.NoError(t, d.Doctors.Delete(t.Context(), d.Admin(), doctor.ID, domain.Precondition{}))
	assert.Equal(t, http.StatusForbidden, b.restoreForm("patients", patient.ID, strings.Repeat("a", 20)).StatusCode)
	assert.Equal(t, http.StatusForbidden, b.restoreForm("doctors", doctor.ID, strings.Repeat("a", 20)).StatusCode)

	admin := d.signedIn("chief@clinic.example", domain.Admin)
	assert.Equal(t, []string{"/console/patients/" + patient.ID.String() + "/"}, admin.restoreForm("patients", patient.ID, strings.Repeat("a", 20)).redirects)
	assert.Equal(t, []string{"/console/doctors/" + doctor.ID.String() + "/"}, admin.restoreForm("doctors", doctor.ID, strings.Repeat("a", 20)).redirects)
}

func TestARestoreThatIsNotPossibleSaysWhatToDo(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("chief@clinic.example", domain.Admin)
	patient, doctor := d.addPatientAs(d.Staff(), named("Ada Byron")), d.addDoctorNamed("Gregory House", "L-1")
	assigned := d.assign(patient.ID, doctor.ID)

	require.NoError(t, d.Mappings.Unassign(t.Context(), d.Admin(), assigned.ID, domain.Precondition{}))
	again := d.assign(patient.ID, doctor.ID)
	d.wantConflict(b.restoreForm("assignments", assigned.ID, strings.Repeat("a", 20)), "assigned to the patient again")

	require.NoError(t, d.Doctors.Delete(t.Context(), d.Admin(), doctor.ID, domain.Precondition{}))
	d.wantConflict(b.restoreForm("assignments", again.ID, strings.Repeat("b", 20)), "Restore the doctor first")

	d.addDoctorNamed("James Wilson", "L-1")
	d.wantConflict(b.restoreForm("doctors", doctor.ID, strings.Repeat("c", 20)), "licence number")
}

func (d *desk) wantConflict(got answer, text string) {
	d.t.Helper()
	assert.Equal(d.t, http.StatusConflict, got.StatusCode)
	assert.Contains(d.t, got.text(), text)
}

func TestARestoreNeedsAKnownRecordAndTheKeyOfTheForm(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("chief@clinic.example", domain.Admin)
	patient := d.addPatientAs(d.Staff(), named("Ada Byron"))
	require.NoError(t, d.Patients.Delete(t.Context(), d.Staff(), patient.ID, domain.Precondition{}))
	for _, once := range []string{"", strings.Repeat("a", 1000), "a\n"} {
		assert.Equal(t, http.StatusBadRequest, b.restoreForm("patients", patient.ID, once).StatusCode)
	}
	for _, id := range []string{"0", "999", "x", "01"} {
		for _, plural := range []string{"patients", "doctors", "assignments"} {
			got := b.post("/console/"+plural+"/"+id+"/restore/", url.Values{"once": {strings.Repeat("a", 20)}})
			assert.Equal(t, http.StatusNotFound, got.StatusCode, "%s %s", plural, id)
		}
	}
	_, err := d.Patients.Get(t.Context(), d.Staff(), patient.ID, nil)
	assert.Equal(t, domain.NotFound, domain.KindOf(err))
}

// A use-case lists the versions of a record in pages.
func TestARecordWithManyVersionsHasItsLastName(t *testing.T) {
	d := newDesk(t)
	patient := d.addPatientNamed("First")
	for n := range 120 {
		d.changePatient(d.Staff(), patient, named(fmt.Sprintf("Name %d", n)))
	}
	b := d.signedIn("chief@clinic.example", domain.Admin)
	require.NoError(t, d.Patients.Delete(t.Context(), d.Staff(), patient, domain.Precondition{}))
	assert.Contains(t, b.get("/console/patients/"+patient.String()+"/accesses/").text(), "Who has seen the record of Name 119 (deleted)")

	form := b.get("/console/deleted/").form("/console/patients/" + patient.String() + "/restore/")
	_, err := d.Patients.Restore(t.Context(), d.Admin(), application.Once{}, patient)
	require.NoError(t, err)
	assert.Contains(t, b.post("/console/patients/"+patient.String()+"/restore/", form).text(), "Name 119 is not deleted any more.")
}
