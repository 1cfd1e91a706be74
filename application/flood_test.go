package application_test

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/adapters/passwords"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// home is the address that the account's owner signs in from.
const home = "192.0.2.1"

// at returns the origin of a request from an address.
func at(address string) domain.Origin {
	return domain.NewOrigin(netip.MustParseAddr(address), "a test")
}

func loginAt(ctx context.Context, clinic *clinictest.Clinic, address, email, password string) error {
	_, err := clinic.Sessions.Login(ctx, domain.Actor{Origin: at(address)},
		domain.Credentials{Username: domain.Given(email), Password: domain.Given(password)})
	return err
}

// clinicWithLimits returns a clinic with the default limits of the program.
func clinicWithLimits(t *testing.T, setups ...clinictest.Setup) *clinictest.Clinic {
	return clinictest.New(t, append(setups, func(_ *application.Ports, r *application.Rules) {
		window := 15 * time.Minute
		r.Limits.LoginPair = domain.Limit{Max: 10, Window: window}
		r.Limits.LoginAccount = domain.Limit{Max: 100, Window: window}
		r.Limits.LoginNetwork = domain.Limit{Max: 500, Window: window}
	})...)
}

// flood makes unknown callers sign in until the test ends, each from another network and to
// another account.
func flood(t *testing.T, clinic *clinictest.Clinic) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var strangers sync.WaitGroup
	for i := range 40 {
		strangers.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				_ = loginAt(ctx, clinic, fmt.Sprintf("203.0.%d.%d", n%250, i), fmt.Sprintf("stranger%d-%d@example.com", i, n), "wrong")
			}
		})
	}
	t.Cleanup(strangers.Wait)
	t.Cleanup(cancel)
}

// This clinic computes one hash at a time and has a queue for four callers. There are far more
// unknown callers than that.
func TestAFloodOfUnknownCallersDoesNotLockOutKnownUsers(t *testing.T) {
	hashing, err := passwords.New(passwords.Params{MemoryKiB: 256, Iterations: 1, Parallelism: 1, Concurrent: 1, Waiting: 4})
	require.NoError(t, err)
	clinic := clinicWithLimits(t, func(p *application.Ports, _ *application.Rules) { p.Passwords = hashing })
	admin, owner := clinic.Admin(), clinic.SignUp("owner@example.com", domain.Staff)
	require.NoError(t, loginAt(t.Context(), clinic, home, "owner@example.com", clinictest.Password))
	flood(t, clinic)

	current, next := clinictest.Password, "violet-harbour-29-compass"
	for round := range 3 {
		assert.NoError(t, loginAt(t.Context(), clinic, home, "owner@example.com", current), "a login from a known network")
		_, err := clinic.SecondFactor.Enrol(t.Context(), owner, domain.PasswordCheck{Password: domain.Given(current)})
		assert.NoError(t, err, "enrolling a second factor")
		err = clinic.SecondFactor.Disable(t.Context(), owner, domain.PasswordCheck{Password: domain.Given(current)})
		assert.NoError(t, err, "disabling it")
		err = clinic.Account.ChangePassword(t.Context(), owner, domain.PasswordChange{Current: domain.Given(current), New: domain.Given(next)})
		require.NoError(t, err, "changing the password")
		current, next = next, current

		colleague := domain.Registration{
			Email: domain.Given(fmt.Sprintf("colleague%d@example.com", round)), Password: domain.Given(clinictest.Password), Role: domain.Given("STAFF"),
		}
		created, err := clinic.Users.Create(t.Context(), admin, colleague)
		require.NoError(t, err, "creating an account")
		err = clinic.Users.SetPassword(t.Context(), admin, created.ID, domain.NewPassword{Password: domain.Given(next)})
		assert.NoError(t, err, "a temporary password")
		colleague.Email = domain.Given(fmt.Sprintf("another%d@example.com", round))
		_, err = clinic.Users.Register(t.Context(), admin, colleague)
		assert.NoError(t, err, "registering with an administrator's token")
	}
}
