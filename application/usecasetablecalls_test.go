package application_test

import (
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

var (
	badPage       = domain.PageInput{Limit: domain.Given("0")}
	badParameters = domain.Parameters{"limit": domain.Given("0")}
)

func loginAs(email func(world) string, password string, code domain.Input) call {
	return func(c *clinic, by domain.Actor, w world) (any, error) {
		in := credentials(email(w), password)
		in.Code = code
		return c.Sessions.Login(c.ctx, by, in)
	}
}

func othersEmail(w world) string { return w.other.Email.String() }
func unusedEmail(w world) string { return w.unused + "@example.com" }

func refreshWith(token func(world) domain.Input) call {
	return func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Sessions.Refresh(c.ctx, by, domain.Refresh{Token: token(w)})
	}
}

func unknownToken(world) domain.Input {
	return domain.Given(domain.NewRefreshToken(domain.RefreshSelector{1}, domain.RefreshSecret{1}).Reveal())
}

// threeTimes returns a function that calls run until limitOfThree is reached.
func threeTimes(by domain.Role, run call) func(*clinic, world) {
	return func(c *clinic, w world) {
		for range 3 {
			_, _ = run(c, w.actors[by], w)
		}
	}
}

// enableOthersFactor enables a second factor for w.other.
func enableOthersFactor(c *clinic, w world) {
	actor := c.actor(w.otherGrant)
	c.confirm(actor, c.enrol(actor))
}

// enableOwnFactor enables the second factor of the Staff actor.
func enableOwnFactor(c *clinic, w world) { c.confirm(w.actors[domain.Staff], w.devices[domain.Staff]) }

func registerAs(email func(world) string, password string, role domain.Role) call {
	return func(c *clinic, by domain.Actor, w world) (any, error) {
		in := registration(email(w), role)
		in.Password = domain.Given(password)
		return c.Users.Register(c.ctx, by, in)
	}
}

var (
	wrongPassword = func(c *clinic, by domain.Actor, _ world) (any, error) {
		return nil, c.Account.ChangePassword(c.ctx, by, passwordChange("wrong", otherPassword))
	}
	wrongUnlock = func(c *clinic, by domain.Actor, _ world) (any, error) {
		return nil, c.Sessions.Unlock(c.ctx, by, check("wrong"))
	}
	wrongCode = func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.SecondFactor.Confirm(c.ctx, by, domain.CodeCheck{Code: w.devices[by.Role].wrong(c.Now())})
	}
	limitOfThree = withLimits(application.Limits{
		LoginPair: domain.Limit{Max: 3, Window: time.Hour}, Register: domain.Limit{Max: 3, Window: time.Hour}, Refresh: domain.Limit{Max: 3, Window: time.Hour},
	})
	registrationByApproval = withRegistration(application.RegistrationApproval)
)

// redeletePatient makes another user the one who deleted the patient.
func (c *clinic) redeletePatient(by domain.Actor, id domain.ID) {
	c.t.Helper()
	_, err := c.Patients.Restore(c.ctx, by, noKey, id)
	require.NoError(c.t, err)
	require.NoError(c.t, c.Patients.Delete(c.ctx, by, id, unconditional))
}

// redeleteMapping makes another user the one who deleted the mapping.
func (c *clinic) redeleteMapping(by domain.Actor, id domain.ID) {
	c.t.Helper()
	_, err := c.Mappings.Restore(c.ctx, by, noKey, id)
	require.NoError(c.t, err)
	require.NoError(c.t, c.Mappings.Unassign(c.ctx, by, id, unconditional))
}

// namesOf asks for the names of these users.
func namesOf(users ...domain.ID) domain.NamesQuery {
	var query domain.NamesQuery
	for _, id := range users {
		query.IDs = append(query.IDs, domain.Given(id.String()))
	}
	return query
}

// unconditional is the precondition of a change that expects nothing.
var unconditional domain.Precondition

// noKey is for writes without an idempotency key.
var noKey application.Once

// onceWith is for writes with an idempotency key.
func onceWith(key string) application.Once {
	return application.Once{Key: domain.IdempotencyKey{Secret: domain.NewSecret(key)}}
}
