package console_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

func TestDeletedRecordsAreListedAndRestored(t *testing.T) {
	d := newDesk(t)
	mary := d.haveUser("mary@clinic.example", "Mary", "Poppins", domain.Staff)
	ada, bob := d.addPatientAs(mary, named("Ada <i>Byron</i>")), d.addPatientAs(mary, named("Bob"))
	house, wilson := d.addDoctorNamed("Gregory House", "L-1"), d.addDoctorNamed("James Wilson", "L-2")
	d.assign(ada.ID, house.ID)
	ended := d.assign(bob.ID, wilson.ID)
	d.changePatient(mary, ada.ID, domain.PatientInput{DateOfBirth: domain.Given("1987-11-30")})
	require.NoError(t, d.Patients.Delete(t.Context(), mary, ada.ID, domain.Precondition{}))
	require.NoError(t, d.Mappings.Unassign(t.Context(), mary, ended.ID, domain.Precondition{}))
	require.NoError(t, d.Doctors.Delete(t.Context(), d.Admin(), house.ID, domain.Precondition{}))
	b := d.signedIn("chief@clinic.example", domain.Admin)

	at := "22 Nov 2026, 09:00 UTC"
	patients := b.signedInPage("/console/deleted/")
	assert.Equal(t, [][]string{{"Ada <i>Byron</i> born 30 November 1987", "Deleted", "Mary Poppins", at, "Restore"}}, patients.rows())
	doctors := b.signedInPage("/console/deleted/doctors/")
	assert.Equal(t, [][]string{{"Gregory House licence number L-1", "Deleted", "user without a name", at, "Restore"}}, doctors.rows())
	assignments := b.signedInPage("/console/deleted/assignments/")
	assert.Equal(t, [][]string{
		{"Gregory House (deleted) for Ada <i>Byron</i> (deleted)", "Deleted together with the patient", "Mary Poppins", at, "Restore the patient first."},
		{"James Wilson for Bob", "Deleted", "Mary Poppins", at, "Restore"},
	}, assignments.rows())

	restored := patients.submit("/console/patients/" + ada.ID.String() + "/restore/")
	assert.Equal(t, []string{"/console/patients/" + ada.ID.String() + "/"}, restored.redirects)
	restored = assignments.submit("/console/assignments/" + ended.ID.String() + "/restore/")
	assert.Equal(t, []string{"/console/patients/" + bob.ID.String() + "/"}, restored.redirects)
	assert.Contains(t, b.signedInPage("/console/deleted/").text(), "There are no deleted records here.")
	view, err := d.Patients.Get(t.Context(), mary, bob.ID, nil)
	require.NoError(t, err)
	assert.Equal(t, []domain.ID{wilson.ID}, view.AssignedDoctors)
}

func TestManyDeletedRecordsHavePages(t *testing.T) {
	d := newDesk(t)
	for n := range 30 {
		patient := d.addPatientAs(d.Staff(), named(fmt.Sprintf("Patient %d.", n)))
		require.NoError(t, d.Patients.Delete(t.Context(), d.Staff(), patient.ID, domain.Precondition{}))
	}
	b := d.signedIn("chief@clinic.example", domain.Admin)
	first := b.signedInPage("/console/deleted/")
	assert.Len(t, first.rows(), 25)
	second := b.signedInPage(first.link("Next page"))
	assert.Len(t, second.rows(), 5)
	assert.Contains(t, second.text(), "Patient 29.")
	assert.Equal(t, http.StatusBadRequest, b.get("/console/deleted/?after=x").StatusCode)
}

func TestDeletedRecordsAreForAdministrators(t *testing.T) {
	d := newDesk(t)
	patient := d.addPatientAs(d.Staff(), named("Ada Byron"))
	require.NoError(t, d.Patients.Delete(t.Context(), d.Staff(), patient.ID, domain.Precondition{}))
	b := d.signedIn("staff2@clinic.example", domain.Staff)
	for _, tab := range []string{"", "doctors/", "assignments/"} {
		got := b.get("/console/deleted/" + tab)
		assert.Equal(t, http.StatusForbidden, got.StatusCode, tab)
		assert.NotContains(t, got.body, "Ada Byron")
		assert.Equal(t, domain.Denied, d.LastEvent().Outcome, "the attempt is in the trail")
	}
}

func TestEachPersonIsAskedForOncePerPageOfDeletedAssignments(t *testing.T) {
	d := newDesk(t)
	ada, bob := d.addPatientNamed("Ada Byron"), d.addPatientNamed("Bob")
	for n := range 5 {
		doctor := d.addDoctorNamed(fmt.Sprintf("Doctor %d.", n), fmt.Sprintf("L-%d", n))
		ended := d.assign(ada, doctor.ID)
		require.NoError(t, d.Mappings.Unassign(t.Context(), d.Staff(), ended.ID, domain.Precondition{}))
		d.assign(bob, doctor.ID)
	}
	require.NoError(t, d.Patients.Delete(t.Context(), d.Staff(), bob, domain.Precondition{}))
	b := d.signedIn("chief@clinic.example", domain.Admin)
	before := len(d.Events())
	assert.Len(t, b.get("/console/deleted/assignments/").rows(), 10)
	counts := map[string]int{}
	for _, event := range d.Events()[before:] {
		counts[string(event.Action)+" "+string(event.Outcome)]++
	}
	assert.Equal(t, map[string]int{
		"mapping:read_deleted allowed": 1, "user:read_names allowed": 1, "doctor:read allowed": 5, "patient:read allowed": 1,
		// Bob, who is deleted.
		"patient:read failed": 1, "patient:read_history allowed": 1,
	}, counts)
}
