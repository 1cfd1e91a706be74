package application_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/memory"
	"example.com/healthcare/adapters/passwords"
	"example.com/healthcare/adapters/tokens"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

const goodPassword = "orbit-walnut-73-lagoon"

// clinic is all use-cases over the memory store, at a time that the test sets.
type clinic struct {
	t         *testing.T
	ctx       context.Context
	now       time.Time
	store     ports.Store
	passwords *passwords.Passwords
	tokens    *tokens.Tokens
	auth      *application.Auth
	users     *application.Users
	doctors   *application.Doctors
	patients  *application.Patients
	mappings  *application.Mappings
}

// cheap keeps the suite fast; that the real parameters are used is for the
// tests of the program.
var cheap = passwords.Params{MemoryKiB: 64, Iterations: 1, Parallelism: 1, Concurrent: 2}

func newClinic(t *testing.T) *clinic { return newClinicWith(t, application.RegistrationOpen) }

func newClinicWith(t *testing.T, registration application.RegistrationMode) *clinic {
	t.Helper()
	hasher, err := passwords.New(cheap)
	require.NoError(t, err)
	signer, err := tokens.New("a key for tests only, of enough bytes")
	require.NoError(t, err)
	c := &clinic{t: t, ctx: t.Context(), now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), store: memory.New(), passwords: hasher, tokens: signer}
	clock := ports.Clock(func() time.Time { return c.now })
	c.auth = application.NewAuth(c.store, hasher, signer, clock, application.Lifetimes{Access: 15 * time.Minute, Session: 24 * time.Hour})
	c.users = application.NewUsers(c.store, hasher, clock, registration)
	c.doctors = application.NewDoctors(c.store, clock)
	c.patients = application.NewPatients(c.store, clock)
	c.mappings = application.NewMappings(c.store, clock)
	return c
}

var operator = domain.Actor{Role: domain.Operator}

func registration(email string, role domain.Role) domain.Registration {
	return domain.Registration{Email: domain.Given(email), Password: domain.Given(goodPassword), Role: domain.Given(string(role))}
}

func credentials(email, password string) domain.Credentials {
	return domain.Credentials{Username: domain.Given(email), Password: domain.Given(password)}
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

// signUp returns an actor who has registered and signed in.
func (c *clinic) signUp(email string, role domain.Role) domain.Actor {
	c.t.Helper()
	_, err := c.users.Register(c.ctx, operator, registration(email, role))
	require.NoError(c.t, err)
	actor, err := c.auth.Authenticate(c.ctx, c.login(email).Access.Reveal())
	require.NoError(c.t, err)
	return actor
}

func (c *clinic) login(email string) application.Grant {
	c.t.Helper()
	grant, err := c.auth.Login(c.ctx, domain.Actor{}, credentials(email, goodPassword))
	require.NoError(c.t, err)
	return grant
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
