package application_test

import (
	"context"
	"errors"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/adapters/secretkeys"
	"example.com/healthcare/adapters/totp"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

const goodPassword, otherPassword = clinictest.Password, "meadow-copper-41-violin"

var operator = clinictest.Operator

// clinic is a clinictest.Clinic with helpers for the tests of this package.
type clinic struct {
	*clinictest.Clinic
	t   *testing.T
	ctx context.Context
	// worlds is the number of worlds that were added.
	worlds int
}

// newClinic returns a clinic with the keys of oldSecret. A test can replace them.
func newClinic(t *testing.T, setups ...clinictest.Setup) *clinic {
	t.Helper()
	keyed := clinictest.New(t, withCodes(newCodes(t, oldSecret)), withMACs(newMACs(t, oldSecret)))
	return &clinic{Clinic: keyed.With(setups...), t: t, ctx: t.Context()}
}

// use changes ports or rules of the clinic. Copies of the clinic are not changed.
func (c *clinic) use(setups ...clinictest.Setup) { c.Clinic = c.With(setups...) }

func onStore(store ports.Store) clinictest.Setup {
	return func(p *application.Ports, _ *application.Rules) { p.Store = store }
}

func withPasswords(passwords ports.Passwords) clinictest.Setup {
	return func(p *application.Ports, _ *application.Rules) { p.Passwords = passwords }
}

func withCodes(codes ports.OneTimeCodes) clinictest.Setup {
	return func(p *application.Ports, _ *application.Rules) { p.Codes = codes }
}

func withMACs(macs ports.MACs) clinictest.Setup {
	return func(p *application.Ports, _ *application.Rules) { p.MACs = macs }
}

func withRevocations(revocations ports.Revocations) clinictest.Setup {
	return func(p *application.Ports, _ *application.Rules) { p.Revocations = revocations }
}

func withLimits(limits application.Limits) clinictest.Setup {
	return func(_ *application.Ports, r *application.Rules) { r.Limits = limits }
}

func withRegistration(mode application.RegistrationMode) clinictest.Setup {
	return func(_ *application.Ports, r *application.Rules) { r.Registration = mode }
}

func adminsNeedSecondFactor(_ *application.Ports, r *application.Rules) {
	r.Sessions.AdminsNeedSecondFactor = true
}

var (
	oldSecret = domain.NewSecret(clinictest.SecretKey)
	newSecret = domain.NewSecret("another secret for tests only, as long")
)

func newCodes(t *testing.T, current domain.Secret, fallbacks ...domain.Secret) *totp.Codes {
	t.Helper()
	keys, err := secretkeys.New(current, fallbacks...)
	require.NoError(t, err)
	codes, err := totp.New(keys.For("second factors"))
	require.NoError(t, err)
	return codes
}

func newMACs(t testing.TB, current domain.Secret, fallbacks ...domain.Secret) ports.MACs {
	t.Helper()
	keys, err := secretkeys.New(current, fallbacks...)
	require.NoError(t, err)
	return keys.For("audit trail").MACs()
}

// from returns an anonymous actor who calls from the address.
func from(address string) domain.Actor {
	return domain.Actor{Origin: domain.NewOrigin(netip.MustParseAddr(address), "a test")}
}

func registration(email string, role domain.Role) domain.Registration {
	return domain.Registration{Email: domain.Given(email), Password: domain.Given(goodPassword), Role: domain.Given(string(role))}
}

func credentials(email, password string) domain.Credentials {
	return domain.Credentials{Username: domain.Given(email), Password: domain.Given(password)}
}

func passwordChange(current, changed string) domain.PasswordChange {
	return domain.PasswordChange{Current: domain.Given(current), New: domain.Given(changed)}
}

func check(password string) domain.PasswordCheck {
	return domain.PasswordCheck{Password: domain.Given(password)}
}

func refresh(token domain.RefreshToken) domain.Refresh {
	return domain.Refresh{Token: domain.Given(token.Reveal())}
}

func doctorInput(license string) domain.DoctorInput {
	return domain.DoctorInput{
		Name: domain.Given("Gregory House"), Specialization: domain.Given("Diagnostics"),
		LicenseNumber: domain.Given(license), Salary: domain.Given("1234.50"),
	}
}

func patientInput(name string) domain.PatientInput {
	return domain.PatientInput{Name: domain.Given(name)}
}

func pair(patient, doctor domain.ID) domain.MappingInput {
	return domain.MappingInput{Patient: domain.Given(patient.String()), Doctor: domain.Given(doctor.String())}
}

// register creates an account, whatever the registration mode is.
func (c *clinic) register(email string, role domain.Role) domain.User {
	c.t.Helper()
	registered, err := c.Users.Register(c.ctx, operator, registration(email, role))
	require.NoError(c.t, err)
	return registered.User
}

// actor returns the actor of an access token.
func (c *clinic) actor(grant application.Grant) domain.Actor {
	c.t.Helper()
	actor, err := c.authenticate(grant)
	require.NoError(c.t, err)
	return actor
}

func (c *clinic) authenticate(grant application.Grant) (domain.Actor, error) {
	return c.Authenticator.Authenticate(c.ctx, domain.Origin{}, grant.Access.Reveal())
}

func (c *clinic) refresh(grant application.Grant) (application.Grant, error) {
	return c.Sessions.Refresh(c.ctx, domain.Actor{}, refresh(grant.Refresh))
}

func (c *clinic) login(email string) application.Grant {
	c.t.Helper()
	grant, err := c.Sessions.Login(c.ctx, domain.Actor{}, credentials(email, goodPassword))
	require.NoError(c.t, err)
	return grant
}

// enrol enrols a second factor, which is not confirmed yet.
func (c *clinic) enrol(actor domain.Actor) device {
	c.t.Helper()
	enrolment, err := c.SecondFactor.Enrol(c.ctx, actor, check(goodPassword))
	require.NoError(c.t, err)
	return newDevice(c.t, enrolment)
}

// confirm enables the second factor and returns the recovery codes.
func (c *clinic) confirm(actor domain.Actor, device device) domain.RecoveryCodes {
	c.t.Helper()
	codes, err := c.SecondFactor.Confirm(c.ctx, actor, domain.CodeCheck{Code: device.code(c.Now())})
	require.NoError(c.t, err)
	return codes
}

// loginFrom tries to sign in from an address.
func (c *clinic) loginFrom(address, email, password string) error {
	_, err := c.Sessions.Login(c.ctx, from(address), credentials(email, password))
	return err
}

func (c *clinic) addDoctor(license string) domain.Doctor {
	c.t.Helper()
	doctor, err := c.Doctors.Create(c.ctx, domain.Actor{Role: domain.Admin}, noKey, doctorInput(license))
	require.NoError(c.t, err)
	return doctor
}

func (c *clinic) addPatient(by domain.Actor, name string) domain.PatientView {
	c.t.Helper()
	patient, err := c.Patients.Create(c.ctx, by, noKey, patientInput(name))
	require.NoError(c.t, err)
	return patient
}

func (c *clinic) assign(by domain.Actor, patient domain.PatientView, doctor domain.Doctor) domain.Mapping {
	c.t.Helper()
	mapping, err := c.Mappings.Assign(c.ctx, by, noKey, pair(patient.ID, doctor.ID))
	require.NoError(c.t, err)
	return mapping
}

func assertKind(t *testing.T, want domain.Kind, err error) {
	t.Helper()
	require.Error(t, err)
	assert.Equal(t, want, domain.KindOf(err), "%v", err)
}

func assertFields(t *testing.T, err error, fields ...string) {
	t.Helper()
	e, ok := errors.AsType[*domain.Error](err)
	require.True(t, ok, "%v", err)
	var got []string
	for field := range e.Fields {
		got = append(got, field)
	}
	assert.ElementsMatch(t, fields, got)
}
