// Package clinictest builds a complete clinic over the memory store for test suites: all
// use-cases, a clock that the test sets, users of each role, and access to the audit trail.
//
//	clinic := clinictest.New(t)
//	patient, err := clinic.Patients.Create(t.Context(), clinic.Staff(), application.Once{}, domain.PatientInput{Name: domain.Given("Ada")})
//
// All parts are those of the service, except the store, which is in memory, and the
// password hashes, which are too cheap to protect passwords.
package clinictest

import (
	"context"
	"sync"
	"time"

	"example.com/healthcare/adapters/memory"
	"example.com/healthcare/adapters/passwords"
	"example.com/healthcare/adapters/secretkeys"
	"example.com/healthcare/adapters/tokens"
	"example.com/healthcare/adapters/totp"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Password is the password of all users that a Clinic creates.
const Password = "orbit-walnut-73-lagoon"

// SecretKey is the secret from which all keys of a Clinic are derived.
const SecretKey = "a secret for tests only, of enough bytes"

// Start is the time at which the clock of a Clinic starts.
var Start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// Operator is the actor of the program's commands.
var Operator = domain.Actor{Role: domain.Operator}

// CheapHashing is for tests only: the hashes are too cheap to protect passwords.
var CheapHashing = passwords.Params{MemoryKiB: 64, Iterations: 1, Parallelism: 1, Concurrent: 2, Waiting: 200}

// Clinic holds all use-cases over one store. It is safe for concurrent use.
type Clinic struct {
	*application.UseCases
	// Ports and Rules are the arguments that the use-cases were built from.
	Ports application.Ports
	Rules application.Rules

	t     T
	clock *clock
	admin func() domain.Actor
	staff func() domain.Actor
}

type clock struct {
	mutex sync.Mutex
	now   time.Time
}

// T is the part of testing.TB that a Clinic needs. A *rapid.T implements it, too.
type T interface {
	Context() context.Context
	Fatal(args ...any)
	Helper()
}

// Setup changes the ports and rules that a Clinic is built from.
type Setup func(*application.Ports, *application.Rules)

// New returns an empty clinic with open registration, no rate limits and no grace for spent
// refresh tokens. The setups can change this. They are called in order.
func New(t T, setups ...Setup) *Clinic {
	t.Helper()
	hashing, err := passwords.New(CheapHashing)
	require(t, err)
	keys, err := secretkeys.New(domain.NewSecret(SecretKey))
	require(t, err)
	codes, err := totp.New(keys.For("second factor keys"))
	require(t, err)
	store := memory.New()
	c := &Clinic{t: t, clock: &clock{now: Start}}
	c.Rules = application.Rules{
		Sessions:     application.SessionRules{Access: 15 * time.Minute, Session: 24 * time.Hour},
		Registration: application.RegistrationOpen,
	}
	c.Ports = application.Ports{
		Store: store, Revocations: store, Passwords: hashing, Codes: codes,
		MACs: keys.For("audit trail").MACs(), RequestMACs: keys.For("idempotency keys").MACs(), Cursors: keys.For("cursors").Cursors(), Clock: c.Now,
	}
	// The tokens are built after the setups, because these can change the lifetime.
	c = c.With(append(setups, func(p *application.Ports, r *application.Rules) {
		if p.Tokens == nil {
			p.Tokens = tokens.New(keys, r.Sessions.Access)
		}
	})...)
	c.admin = sync.OnceValue(func() domain.Actor { return c.SignUp("admin@clinic.example", domain.Admin) })
	c.staff = sync.OnceValue(func() domain.Actor { return c.SignUp("staff@clinic.example", domain.Staff) })
	return c
}

// With returns a second clinic with new use-cases, built from the ports and rules of c after
// the setups have changed them. Both share the store and the clock, like two instances of
// the service, unless the setups change them.
func (c *Clinic) With(setups ...Setup) *Clinic {
	other := *c
	for _, setup := range setups {
		setup(&other.Ports, &other.Rules)
	}
	other.UseCases = application.New(other.Ports, other.Rules)
	return &other
}

// Now returns the time of the clinic's clock.
func (c *Clinic) Now() time.Time {
	c.clock.mutex.Lock()
	defer c.clock.mutex.Unlock()
	return c.clock.now
}

// SetTime sets the clinic's clock. It does not round the time to the precision of stores.
func (c *Clinic) SetTime(now time.Time) {
	c.clock.mutex.Lock()
	defer c.clock.mutex.Unlock()
	c.clock.now = now.UTC()
}

// Advance moves the clinic's clock forward.
func (c *Clinic) Advance(by time.Duration) { c.SetTime(c.Now().Add(by)) }

// Admin returns a signed-in administrator. The first call creates the user.
func (c *Clinic) Admin() domain.Actor { return c.admin() }

// Staff returns a signed-in member of the staff. The first call creates the user.
func (c *Clinic) Staff() domain.Actor { return c.staff() }

// SignUp creates a user with Password and signs the user in.
func (c *Clinic) SignUp(email string, role domain.Role) domain.Actor {
	c.t.Helper()
	_, err := c.Users.Register(c.t.Context(), Operator, domain.Registration{
		Email: domain.Given(email), Password: domain.Given(Password), Role: domain.Given(string(role)),
	})
	require(c.t, err)
	return c.SignIn(email)
}

// SignIn signs in a user with Password and returns the actor of the new session.
func (c *Clinic) SignIn(email string) domain.Actor {
	c.t.Helper()
	grant, err := c.Sessions.Login(c.t.Context(), domain.Actor{}, domain.Credentials{Username: domain.Given(email), Password: domain.Given(Password)})
	require(c.t, err)
	actor, err := c.Authenticator.Authenticate(c.t.Context(), domain.Origin{}, grant.Access.Reveal())
	require(c.t, err)
	return actor
}

// Events returns all events of the audit trail in their order. It records no event.
func (c *Clinic) Events() []domain.AuditEvent {
	c.t.Helper()
	var events []domain.AuditEvent
	page := domain.Page{Limit: domain.MaxPageLimit}
	for {
		var batch []domain.AuditEvent
		err := c.Ports.Store.View(c.t.Context(), func(tx ports.Tx) (err error) {
			batch, err = tx.Audit().List(c.t.Context(), domain.AuditFilter{}, page)
			return err
		})
		require(c.t, err)
		if len(batch) == 0 {
			return events
		}
		events = append(events, batch...)
		page.After = batch[len(batch)-1].ID
	}
}

// LastEvent returns the last event of the audit trail, or the zero event if there is none.
func (c *Clinic) LastEvent() domain.AuditEvent {
	c.t.Helper()
	events := c.Events()
	if len(events) == 0 {
		return domain.AuditEvent{}
	}
	return events[len(events)-1]
}

func require(t T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
