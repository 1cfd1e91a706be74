package console_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/secretkeys"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func TestTheOverviewCountsTheRecordsAndSaysWhatWaits(t *testing.T) {
	d := newDesk(t, func(_ *application.Ports, r *application.Rules) { r.Registration = application.RegistrationApproval })
	d.assign(d.addPatientNamed("Ada Assigned"), d.addDoctorNamed("Dora Doctor", "LIC-1").ID)
	d.addPatientsNamed("Wanda Waiting", 1200)
	_, err := d.Users.Register(t.Context(), domain.Actor{}, domain.Registration{
		Email: domain.Given("new@clinic.example"), Password: domain.Given("lantern-orchid-88-brisk"),
	})
	require.NoError(t, err)

	admin := d.signedIn("boss@clinic.example", domain.Admin).get("/console/overview/")
	assert.Equal(t, http.StatusOK, admin.StatusCode)
	for _, text := range []string{
		"Patients 1,201 Wanda Waiting", "Doctors 1 Dora Doctor", "Assignments 1 Dora Doctor for Ada Assigned", "Users 4 boss@clinic.example",
		"Patients without a doctor: 1,200", "Accounts to activate: 1 new@clinic.example", "The trail has no seal yet.",
	} {
		assert.Contains(t, admin.text(), text)
	}
	assert.NotContains(t, admin.body, "has_doctor", "the address of a list is sealed")

	clerk := d.signedIn("clerk@clinic.example", domain.Staff)
	clerk.header.Set("Accept-Language", "de-DE")
	shown := clerk.get("/console/overview/")
	assert.Equal(t, http.StatusOK, shown.StatusCode)
	assert.Contains(t, shown.text(), "Patients without a doctor: 1.200")
	for _, text := range []string{"Users", "Accounts to activate", "The trail"} {
		assert.NotContains(t, shown.text(), text)
	}
}

func TestTheOverviewWarnsOfATrailThatSomebodyHasChanged(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("boss@clinic.example", domain.Admin)
	_, err := d.Sealer.Seal(t.Context())
	require.NoError(t, err)
	sealed := b.get("/console/overview/")
	assert.Contains(t, sealed.text(), "The trail was sealed less than a minute ago.")
	assert.NotContains(t, sealed.body, `role="alert"`)

	// Another service has written events with a key that this one does not have.
	other := d.With(func(p *application.Ports, _ *application.Rules) { p.MACs = otherMACs(t) })
	_, err = other.Patients.Create(t.Context(), d.Staff(), application.Once{}, domain.PatientInput{Name: domain.Given("Ada")})
	require.NoError(t, err)
	_, err = d.Sealer.Seal(t.Context())
	require.NoError(t, err)
	warned := b.get("/console/overview/")
	assert.Contains(t, warned.text(), "Events in the trail that this service did not write: 1.")
	assert.Equal(t, 1, strings.Count(warned.body, `role="alert"`))
}

// otherMACs are those of a service with another secret.
func otherMACs(t testing.TB) ports.MACs {
	t.Helper()
	keys, err := secretkeys.New(domain.NewSecret("another secret for tests, of enough bytes"))
	require.NoError(t, err)
	return keys.For("audit trail").MACs()
}
