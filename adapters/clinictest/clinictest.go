// Package clinictest is a whole clinic over the memory store, for test suites: all
// use-cases, a clock to set, users of each role, and the audit trail to look at.
//
//	clinic := clinictest.New(t)
//	patient, err := clinic.Patients.Create(t.Context(), clinic.Staff(), domain.PatientInput{Name: domain.Given("Ada")})
//
// Everything is real but for the store, which is memory, and the hashing of passwords,
// which is too cheap to protect anybody.
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

// Password is that of all users that a Clinic makes.
const Password = "orbit-walnut-73-lagoon"

// SecretKey is what all keys of a Clinic are derived from.
const SecretKey = "a secret for tests only, of enough bytes"

// Start is when the clock of a Clinic starts.
var Start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// Operator is the person at the service's own command line.
var Operator = domain.Actor{Role: domain.Operator}

// CheapHashing is for tests only: its hashes protect nobody.
var CheapHashing = passwords.Params{MemoryKiB: 64, Iterations: 1, Parallelism: 1, Concurrent: 2, Waiting: 200}

// Clinic is all use-cases over one store. It is safe for concurrent use.
type Clinic struct {
	*application.UseCases
	// Ports and Rules are what the use-cases were built from.
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

// T is what a Clinic needs of a test: a testing.TB, or a *rapid.T of a property.
type T interface {
	Context() context.Context
	Fatal(args ...any)
	Helper()
}

// Setup changes what a Clinic is built from.
type Setup func(*application.Ports, *application.Rules)

// New returns an empty clinic with open registration, no limits and no grace for spent
// refresh tokens; setups change that, in their order.
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
		MACs: keys.For("audit trail").MACs(), Clock: c.Now,
	}
	// The tokens last as long as the setups say, unless they set others.
	c = c.With(append(setups, func(p *application.Ports, r *application.Rules) {
		if p.Tokens == nil {
			p.Tokens = tokens.New(keys, r.Sessions.Access)
		}
	})...)
	c.admin = sync.OnceValue(func() domain.Actor { return c.SignUp("admin@clinic.example", domain.Admin) })
	c.staff = sync.OnceValue(func() domain.Actor { return c.SignUp("staff@clinic.example", domain.Staff) })
	return c
}

// With returns all use-cases anew, built from the clinic's ports and rules with the
// changes of setups. It shares the clinic's store and clock unless they change that, as
// another instance of the service does.
func (c *Clinic) With(setups ...Setup) *Clinic {
	other := *c
	for _, setup := range setups {
		setup(&other.Ports, &other.Rules)
	}
	other.UseCases = application.New(other.Ports, other.Rules)
	return &other
}

// Now is the clinic's time.
func (c *Clinic) Now() time.Time {
	c.clock.mutex.Lock()
	defer c.clock.mutex.Unlock()
	return c.clock.now
}

// SetTime sets the clinic's clock. A finer time than stores keep is not cut.
func (c *Clinic) SetTime(now time.Time) {
	c.clock.mutex.Lock()
	defer c.clock.mutex.Unlock()
	c.clock.now = now.UTC()
}

// Advance moves the clinic's clock on.
func (c *Clinic) Advance(by time.Duration) { c.SetTime(c.Now().Add(by)) }

// Admin is an administrator who is signed in; the first call adds the account.
func (c *Clinic) Admin() domain.Actor { return c.admin() }

// Staff is a member of the staff who is signed in; the first call adds the account.
func (c *Clinic) Staff() domain.Actor { return c.staff() }

// SignUp adds an account with Password, and returns its user, signed in.
func (c *Clinic) SignUp(email string, role domain.Role) domain.Actor {
	c.t.Helper()
	_, err := c.Users.Register(c.t.Context(), Operator, domain.Registration{
		Email: domain.Given(email), Password: domain.Given(Password), Role: domain.Given(string(role)),
	})
	require(c.t, err)
	return c.SignIn(email)
}

// SignIn returns the user of an account with Password, in a new session.
func (c *Clinic) SignIn(email string) domain.Actor {
	c.t.Helper()
	grant, err := c.Sessions.Login(c.t.Context(), domain.Actor{}, domain.Credentials{Username: domain.Given(email), Password: domain.Given(Password)})
	require(c.t, err)
	actor, err := c.Authenticator.Authenticate(c.t.Context(), domain.Origin{}, grant.Access.Reveal())
	require(c.t, err)
	return actor
}

// Events are all events of the audit trail, in their order. Looking at them leaves none.
func (c *Clinic) Events() []domain.AuditEvent {
	c.t.Helper()
	var events []domain.AuditEvent
	page := domain.Page{Limit: domain.MaxPageLimit}
	for {
		var some []domain.AuditEvent
		err := c.Ports.Store.View(c.t.Context(), func(tx ports.Tx) (err error) {
			some, err = tx.Audit().List(c.t.Context(), domain.AuditFilter{}, page)
			return err
		})
		require(c.t, err)
		if len(some) == 0 {
			return events
		}
		events = append(events, some...)
		page.After = some[len(some)-1].ID
	}
}

// LastEvent is the last event of the audit trail; the zero one when there is none.
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
