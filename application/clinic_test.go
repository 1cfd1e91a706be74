package application_test

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/memory"
	"example.com/healthcare/adapters/passwords"
	"example.com/healthcare/adapters/secretkeys"
	"example.com/healthcare/adapters/tokens"
	"example.com/healthcare/adapters/totp"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

const goodPassword, otherPassword = "orbit-walnut-73-lagoon", "meadow-copper-41-violin"

// clinic is all use-cases over the memory store, at a time that the test sets.
// A test that puts something else in place of what they rest on wires them anew.
type clinic struct {
	t   *testing.T
	ctx context.Context
	now time.Time

	store       ports.Store
	passwords   ports.Passwords
	tokens      ports.AccessTokens
	codes       ports.OneTimeCodes
	macs        ports.MACs
	revocations ports.Revocations
	settings
	// worlds counts the worlds that were added.
	worlds int

	authenticator *application.Authenticator
	sessions      *application.Sessions
	account       *application.Account
	secondFactor  *application.SecondFactor
	users         *application.Users
	doctors       *application.Doctors
	patients      *application.Patients
	mappings      *application.Mappings
	retention     *application.Retention
	audit         *application.Audit
	sealer        *application.Sealer
	verifier      *application.Verifier
}

// settings are what an operator decides.
type settings struct {
	registration           application.RegistrationMode
	limits                 application.Limits
	adminsNeedSecondFactor bool
}

const accessLifetime, sessionLifetime = 15 * time.Minute, 24 * time.Hour

// cheap keeps the suite fast; that the real parameters are used is for the
// tests of the program.
var cheap = passwords.Params{MemoryKiB: 64, Iterations: 1, Parallelism: 1, Concurrent: 2, Waiting: 100}

var (
	oldSecret = domain.NewSecret("a secret for tests only, of enough bytes")
	newSecret = domain.NewSecret("another secret for tests only, as long")
)

func newClinic(t *testing.T) *clinic {
	t.Helper()
	return newClinicWith(t, settings{registration: application.RegistrationOpen})
}

func newClinicWith(t *testing.T, settings settings) *clinic {
	t.Helper()
	hasher, err := passwords.New(cheap)
	require.NoError(t, err)
	keys, err := secretkeys.New(oldSecret)
	require.NoError(t, err)
	store := memory.New()
	c := &clinic{
		t: t, ctx: t.Context(), now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), settings: settings,
		store: store, revocations: store, passwords: hasher, tokens: tokens.New(keys, accessLifetime), codes: newCodes(t, oldSecret),
		macs: newMACs(t, oldSecret),
	}
	c.wire()
	return c
}

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

// wire makes the use-cases of what the clinic has now.
func (c *clinic) wire() {
	clock := ports.Clock(func() time.Time { return c.now })
	rules := application.SessionRules{Access: accessLifetime, Session: sessionLifetime, AdminsNeedSecondFactor: c.adminsNeedSecondFactor}
	limiter := application.NewLimiter(c.store, clock, c.limits)
	guard := application.NewGuard(c.store, limiter, c.passwords, c.codes, clock)
	trail := application.NewTrail(c.store, c.macs, clock)
	c.authenticator = application.NewAuthenticator(c.store, c.tokens, c.revocations, clock, rules)
	c.sessions = application.NewSessions(trail, guard, c.tokens, c.revocations, clock, rules)
	c.account = application.NewAccount(trail, guard, c.passwords, c.revocations, clock)
	c.secondFactor = application.NewSecondFactor(trail, guard, c.codes, c.revocations, clock, rules)
	c.users = application.NewUsers(trail, limiter, c.passwords, c.revocations, clock, c.registration)
	c.doctors = application.NewDoctors(trail, clock)
	c.patients = application.NewPatients(trail, clock)
	c.mappings = application.NewMappings(trail, clock)
	c.retention = application.NewRetention(trail)
	c.audit = application.NewAudit(trail)
	c.sealer = application.NewSealer(trail)
	c.verifier = application.NewVerifier(c.store, c.macs)
}

var operator = domain.Actor{Role: domain.Operator}

// from is somebody who has not signed in, calling from address.
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

// register creates an account, whatever the settings say of registration.
func (c *clinic) register(email string, role domain.Role) domain.User {
	c.t.Helper()
	user, err := c.users.Register(c.ctx, operator, registration(email, role))
	require.NoError(c.t, err)
	return user
}

// signUp returns an actor who has registered and signed in.
func (c *clinic) signUp(email string, role domain.Role) domain.Actor {
	c.t.Helper()
	c.register(email, role)
	return c.signIn(email)
}

// signIn returns an actor who has just signed in, in a session of their own.
func (c *clinic) signIn(email string) domain.Actor {
	c.t.Helper()
	return c.actor(c.login(email))
}

// actor is whom an access token proves.
func (c *clinic) actor(grant application.Grant) domain.Actor {
	c.t.Helper()
	actor, err := c.authenticate(grant)
	require.NoError(c.t, err)
	return actor
}

func (c *clinic) authenticate(grant application.Grant) (domain.Actor, error) {
	return c.authenticator.Authenticate(c.ctx, domain.Origin{}, grant.Access.Reveal())
}

func (c *clinic) refresh(grant application.Grant) (application.Grant, error) {
	return c.sessions.Refresh(c.ctx, domain.Actor{}, refresh(grant.Refresh))
}

func (c *clinic) login(email string) application.Grant {
	c.t.Helper()
	grant, err := c.sessions.Login(c.ctx, domain.Actor{}, credentials(email, goodPassword))
	require.NoError(c.t, err)
	return grant
}

// enrol gives an actor a device, which is still to be confirmed.
func (c *clinic) enrol(actor domain.Actor) device {
	c.t.Helper()
	enrolment, err := c.secondFactor.Enrol(c.ctx, actor, check(goodPassword))
	require.NoError(c.t, err)
	return newDevice(c.t, enrolment)
}

// confirm turns the second factor on, and returns the recovery codes.
func (c *clinic) confirm(actor domain.Actor, device device) domain.RecoveryCodes {
	c.t.Helper()
	codes, err := c.secondFactor.Confirm(c.ctx, actor, domain.CodeCheck{Code: device.code(c.now)})
	require.NoError(c.t, err)
	return codes
}

// loginFrom signs in, or tries to, from an address.
func (c *clinic) loginFrom(address, email, password string) error {
	_, err := c.sessions.Login(c.ctx, from(address), credentials(email, password))
	return err
}

func (c *clinic) addDoctor(license string) domain.Doctor {
	c.t.Helper()
	doctor, err := c.doctors.Create(c.ctx, domain.Actor{Role: domain.Admin}, doctorInput(license))
	require.NoError(c.t, err)
	return doctor
}

func (c *clinic) addPatient(by domain.Actor, name string) domain.Patient {
	c.t.Helper()
	patient, err := c.patients.Create(c.ctx, by, patientInput(name))
	require.NoError(c.t, err)
	return patient
}

func (c *clinic) assign(by domain.Actor, patient domain.Patient, doctor domain.Doctor) domain.Mapping {
	c.t.Helper()
	mapping, err := c.mappings.Assign(c.ctx, by, pair(patient.ID, doctor.ID))
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
