package application_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

var loginLimits = application.Limits{
	LoginPair:    domain.Limit{Max: 10, Window: 15 * time.Minute},
	LoginAccount: domain.Limit{Max: 100, Window: 15 * time.Minute},
}

func clinicWithLimit(t *testing.T, limits application.Limits) *clinic {
	t.Helper()
	return newClinic(t, withLimits(limits))
}

// waitOf returns how long the caller must wait, zero if err is not TooMany.
func waitOf(err error) time.Duration {
	if e, ok := errors.AsType[*domain.Error](err); ok && e.Kind == domain.TooMany {
		return e.RetryAfter
	}
	return 0
}

const here, elsewhere = "192.0.2.1", "198.51.100.7"

// failTimes makes n failed logins, none of which is limited.
func (c *clinic) failTimes(n int, address, email string) {
	c.t.Helper()
	for i := range n {
		require.Equal(c.t, domain.ErrCredentials(), c.loginFrom(address, email, "wrong"), i)
	}
}

// A series of answers does not tell whether the account exists, is active, or has this
// password.
func TestTheWaitGrowsWithEachWrongGuess(t *testing.T) {
	want := []string{}
	for range 10 {
		want = append(want, "no_active_account")
	}
	for _, wait := range []string{"56.25s", "1m52.5s", "3m45s", "7m30s", "15m0s", "15m0s", "15m0s"} {
		want = append(want, "throttled "+wait, "no_active_account")
	}
	for name, guess := range map[string]struct{ email, password string }{
		"a wrong password":                        {"ada@example.com", "wrong"},
		"an address that nobody has":              {"nobody@example.com", goodPassword},
		"no address":                              {"nobody", goodPassword},
		"an inactive account":                     {"gone@example.com", "wrong"},
		"an inactive account, the right password": {"gone@example.com", goodPassword},
		"a wrong one for a different letter case": {"ADA@EXAMPLE.COM", "wrong"},
		"a password as long as any":               {"ada@example.com", strings.Repeat("x", domain.MaxPasswordLength)},
	} {
		c := clinicWithLimit(t, loginLimits)
		c.register("ada@example.com", domain.Staff)
		require.NoError(t, c.Users.Deactivate(c.ctx, operator, c.register("gone@example.com", domain.Staff).ID, unconditional))
		got := []string{}
		for range want {
			err := c.loginFrom(here, guess.email, guess.password)
			e, ok := errors.AsType[*domain.Error](err)
			require.True(t, ok, "%v", err)
			answer := e.Code
			if e.Kind == domain.TooMany {
				answer += " " + e.RetryAfter.String()
			}
			got = append(got, answer)
			c.Advance(e.RetryAfter)
		}
		assert.Equal(t, want, got, name)
	}
}

func TestGuessesLockTheAccountForTheirNetwork(t *testing.T) {
	c := clinicWithLimit(t, loginLimits)
	c.register("ada@example.com", domain.Staff)
	c.register("eve@example.com", domain.Staff)
	c.failTimes(10, here, "ada@example.com")

	err := c.loginFrom(here, "ada@example.com", goodPassword)
	assert.NotZero(t, waitOf(err), "even with the right password")
	assert.NoError(t, c.loginFrom(here, "eve@example.com", goodPassword), "not for another account")
	assert.NoError(t, c.loginFrom(elsewhere, "ada@example.com", goodPassword), "not from another network")
	assert.NotZero(t, waitOf(c.loginFrom(here, "ada@example.com", goodPassword)), "a login from another network changes nothing here")

	c.Advance(waitOf(err) - 1)
	assert.Equal(t, time.Nanosecond, waitOf(c.loginFrom(here, "ada@example.com", goodPassword)), "a refused login does not extend the wait")
	c.Advance(1)
	assert.NoError(t, c.loginFrom(here, "ada@example.com", goodPassword))
	c.failTimes(10, here, "ada@example.com") // The successful login has reset the count.
	assert.Equal(t, loginLimits.LoginPair.Window/16, waitOf(c.loginFrom(here, "ada@example.com", goodPassword)))
}

func TestALockedAccountStaysOpenForKnownNetworks(t *testing.T) {
	c := clinicWithLimit(t, loginLimits)
	c.register("ada@example.com", domain.Staff)
	require.NoError(t, c.loginFrom(here, "ada@example.com", goodPassword))
	for i := range 100 {
		c.failTimes(1, fmt.Sprintf("203.0.113.%d", i), "ada@example.com")
	}
	assert.Equal(t, loginLimits.LoginAccount.Window/16, waitOf(c.loginFrom(elsewhere, "ada@example.com", goodPassword)), "an unknown network")
	assert.NoError(t, c.loginFrom(here, "ada@example.com", goodPassword), "a known network")
	assert.NotZero(t, waitOf(c.loginFrom(elsewhere, "ada@example.com", goodPassword)), "a login from a known network does not unlock unknown ones")
	c.failTimes(1, here, "ada@example.com")
	assert.NoError(t, c.loginFrom(here, "ada@example.com", goodPassword), "a wrong password does not make the network unknown")
	c.failTimes(10, here, "ada@example.com")
	assert.NotZero(t, waitOf(c.loginFrom(here, "ada@example.com", goodPassword)), "guesses from a known network are limited too")

	c.Advance(90 * 24 * time.Hour)
	for i := range 100 {
		c.failTimes(1, fmt.Sprintf("203.0.113.%d", i), "ada@example.com")
	}
	assert.NotZero(t, waitOf(c.loginFrom(here, "ada@example.com", goodPassword)), "a known network is forgotten after 90 days")
}

func TestOneNetworkCannotTryAllAccounts(t *testing.T) {
	limits := loginLimits
	limits.LoginNetwork = domain.Limit{Max: 30, Window: 15 * time.Minute}
	c := clinicWithLimit(t, limits)
	c.register("ada@example.com", domain.Staff)
	c.register("eve@example.com", domain.Staff)
	require.NoError(t, c.loginFrom(here, "eve@example.com", goodPassword))
	for i := range 29 {
		c.failTimes(1, here, fmt.Sprintf("nurse%d@example.com", i))
		c.failTimes(1, here, "eve@example.com")
		assert.NoError(t, c.loginFrom(here, "eve@example.com", goodPassword), "users known on this network are not counted and reset nothing")
	}
	c.failTimes(1, here, "ada@example.com")

	wait := limits.LoginNetwork.Window / 16
	for _, email := range []string{"ada@example.com", "nurse1@example.com", "nobody@example.com"} {
		assert.Equal(t, wait, waitOf(c.loginFrom(here, email, goodPassword)), email)
	}
	assert.NoError(t, c.loginFrom(here, "eve@example.com", goodPassword), "a user known on this network")
	assert.NoError(t, c.loginFrom(elsewhere, "ada@example.com", goodPassword))
	c.Advance(wait)
	c.failTimes(9, here, "eve@example.com")
	assert.NoError(t, c.loginFrom(here, "ada@example.com", goodPassword))
}

// networkOf returns an address in the nth network of a site.
func networkOf(site string, n int) string { return fmt.Sprintf("%s:%x::1", site, n) }

const site, otherSite = "2001:db8:1", "2001:db8:2"

// guessFrom guesses the passwords of the accounts in turn until it must wait, and returns how
// many guesses were answered.
func (c *clinic) guessFrom(address string, email func(n int) string) (answered int) {
	c.t.Helper()
	for ; ; answered++ {
		switch err := c.loginFrom(address, email(answered), "wrong"); {
		case waitOf(err) > 0:
			return answered
		default:
			require.Equal(c.t, domain.ErrCredentials(), err)
		}
	}
}

func TestASiteCanGuessAtAnAccountFiveTimesAsOftenAsANetwork(t *testing.T) {
	c := clinicWithLimit(t, loginLimits)
	c.register("ada@example.com", domain.Staff)
	c.register("eve@example.com", domain.Staff)
	known := networkOf(site, 0xff)
	require.NoError(t, c.loginFrom(known, "ada@example.com", goodPassword))
	ada := func(int) string { return "ada@example.com" }
	answered := 0
	for n := range 12 { // all within a /56
		answered += c.guessFrom(networkOf(site, n), ada)
	}
	assert.Equal(t, 50, answered)
	assert.NotZero(t, waitOf(c.loginFrom(networkOf(site, 0xabcd), "ada@example.com", goodPassword)), "the whole site is locked")
	assert.NoError(t, c.loginFrom(known, "ada@example.com", goodPassword), "except a network where the user is known")
	assert.NoError(t, c.loginFrom(networkOf(site, 1), "eve@example.com", goodPassword), "not to another account")
	assert.Equal(t, 10, c.guessFrom(networkOf(otherSite, 1), ada), "not from another site")
	c.Advance(loginLimits.LoginPair.Window / 16)
	assert.NoError(t, c.loginFrom(networkOf(site, 0xabcd), "ada@example.com", goodPassword))
}

func TestASiteCanTryFiveTimesAsManyAccountsAsANetwork(t *testing.T) {
	limits := loginLimits
	limits.LoginNetwork = domain.Limit{Max: 6, Window: 15 * time.Minute}
	c := clinicWithLimit(t, limits)
	c.register("ada@example.com", domain.Staff)
	known := networkOf(site, 0xff)
	require.NoError(t, c.loginFrom(known, "ada@example.com", goodPassword))
	answered := 0
	for n := range 12 {
		answered += c.guessFrom(networkOf(site, n), func(m int) string { return fmt.Sprintf("nurse%d.%d@example.com", n, m) })
	}
	assert.Equal(t, 30, answered)
	assert.NotZero(t, waitOf(c.loginFrom(networkOf(site, 0xabcd), "ada@example.com", goodPassword)))
	assert.NoError(t, c.loginFrom(known, "ada@example.com", goodPassword))
	assert.NoError(t, c.loginFrom(networkOf(otherSite, 1), "ada@example.com", goodPassword))
}

func TestASiteCanRegisterFiveTimesAsOftenAsANetwork(t *testing.T) {
	c := newClinic(t, withLimits(application.Limits{Register: domain.Limit{Max: 2, Window: time.Hour}}))
	n := 0
	registerFrom := func(address string) error {
		n++
		_, err := c.Users.Register(c.ctx, from(address), registration(fmt.Sprintf("user%d@example.com", n), domain.Staff))
		return err
	}
	for network := range 5 {
		for range 2 {
			require.NoError(t, registerFrom(networkOf(site, network)))
		}
		assert.Equal(t, time.Hour, waitOf(registerFrom(networkOf(site, network))), "a refused registration does not count for the site")
	}
	assert.Equal(t, time.Hour, waitOf(registerFrom(networkOf(site, 5))))
	assert.NoError(t, registerFrom(networkOf(otherSite, 1)))
	assert.NoError(t, registerFrom(here))
}

func TestASiteCanRefreshFiveTimesAsOftenAsANetwork(t *testing.T) {
	c := clinicWithLimit(t, application.Limits{Refresh: domain.Limit{Max: 1, Window: time.Minute}})
	unknown := domain.NewRefreshToken(domain.RefreshSelector{1}, domain.RefreshSecret{1})
	refreshFrom := func(address string) error {
		_, err := c.Sessions.Refresh(c.ctx, from(address), refresh(unknown))
		return err
	}
	for network := range 5 {
		require.Equal(t, domain.ErrRefreshToken(), refreshFrom(networkOf(site, network)))
	}
	assert.Equal(t, time.Minute, waitOf(refreshFrom(networkOf(site, 5))))
	assert.Equal(t, domain.ErrRefreshToken(), refreshFrom(networkOf(otherSite, 1)))
}

func TestTheNetworkLimitWorksWithoutTheOtherLimits(t *testing.T) {
	c := clinicWithLimit(t, application.Limits{LoginNetwork: domain.Limit{Max: 3, Window: 15 * time.Minute}})
	c.register("ada@example.com", domain.Staff)
	for i := range 3 {
		c.failTimes(1, here, fmt.Sprintf("nurse%d@example.com", i))
	}
	assert.Equal(t, 15*time.Minute/16, waitOf(c.loginFrom(here, "ada@example.com", goodPassword)))
	assert.NoError(t, c.loginFrom(elsewhere, "ada@example.com", goodPassword))
}

// Many users share a network. A login of one of them must not make the others wait.
func TestOnlyAFailedLoginLocksTheCountOfTheNetwork(t *testing.T) {
	limits := loginLimits
	limits.LoginNetwork = domain.Limit{Max: 1, Window: 15 * time.Minute}
	for name, tt := range map[string]struct {
		limits   application.Limits
		password string
		locks    int
	}{
		"right":            {limits, goodPassword, 2},
		"wrong":            {limits, "wrong", 3},
		"no network limit": {loginLimits, "wrong", 2},
		"no limits":        {application.Limits{}, "wrong", 0},
	} {
		c := clinicWithLimit(t, tt.limits)
		c.register("ada@example.com", domain.Staff)
		done := c.measure()
		_ = c.loginFrom(here, "ada@example.com", tt.password)
		assert.Equal(t, tt.locks, done.attemptsLocked, name)
		if tt.locks == 3 {
			done.attemptsLocked = 0
			assert.NotZero(t, waitOf(c.loginFrom(here, "ada@example.com", tt.password)))
			assert.Zero(t, done.attemptsLocked)
		}
	}
}

func TestEachLoginLimitCanBeTurnedOff(t *testing.T) {
	for name, tt := range map[string]struct {
		limits        application.Limits
		oneAddress    bool
		manyAddresses bool
	}{
		"both":    {loginLimits, true, true},
		"pair":    {application.Limits{LoginAccount: loginLimits.LoginAccount}, true, true},
		"account": {application.Limits{LoginPair: loginLimits.LoginPair}, true, false},
		"none":    {application.Limits{}, false, false},
	} {
		c := clinicWithLimit(t, tt.limits)
		c.register("ada@example.com", domain.Staff)
		c.register("eve@example.com", domain.Staff)
		for i := range 120 {
			_ = c.loginFrom(here, "ada@example.com", "wrong")
			_ = c.loginFrom(fmt.Sprintf("203.0.113.%d", i), "eve@example.com", "wrong")
		}
		assert.Equal(t, tt.oneAddress, waitOf(c.loginFrom(here, "ada@example.com", goodPassword)) > 0, name)
		assert.Equal(t, tt.manyAddresses, waitOf(c.loginFrom(elsewhere, "eve@example.com", goodPassword)) > 0, name)
	}
}

func TestDisablingLimitsEndsTheWait(t *testing.T) {
	c := clinicWithLimit(t, loginLimits)
	c.register("ada@example.com", domain.Staff)
	for i := range 100 {
		c.failTimes(1, fmt.Sprintf("203.0.113.%d", i/10), "ada@example.com")
	}
	for _, tt := range []struct {
		limits application.Limits
		waits  bool
	}{
		{application.Limits{LoginPair: loginLimits.LoginPair}, true},
		{application.Limits{LoginAccount: loginLimits.LoginAccount}, true},
		{application.Limits{}, false},
	} {
		c.use(withLimits(tt.limits))
		assert.Equal(t, tt.waits, waitOf(c.loginFrom("203.0.113.1", "ada@example.com", goodPassword)) > 0)
	}
}

func TestEachLimitHasItsOwnCount(t *testing.T) {
	once := domain.Limit{Max: 1, Window: time.Hour}
	c := clinicWithLimit(t, application.Limits{LoginPair: once, LoginAccount: once, LoginNetwork: once, Register: once, Refresh: once})
	c.register("ada@example.com", domain.Staff)
	grant, err := c.Sessions.Login(c.ctx, from(here), credentials("ada@example.com", goodPassword))
	require.NoError(t, err)
	_, err = c.Users.Register(c.ctx, from(here), registration("eve@example.com", domain.Staff))
	require.NoError(t, err)
	_, err = c.Sessions.Refresh(c.ctx, from(here), refresh(grant.Refresh))
	require.NoError(t, err)
	c.failTimes(1, here, "eve@example.com")
	c.failTimes(1, here, "ada@example.com")
}

// together blocks every verification until all callers have arrived, so that all of them are
// admitted before the first failure is counted. It verifies the right password last.
type together struct {
	ports.Passwords
	arrived, others sync.WaitGroup
}

func (p *together) Verify(ctx context.Context, caller ports.Caller, password domain.Password, hash domain.PasswordHash) (bool, error) {
	p.arrived.Done()
	p.arrived.Wait()
	if password.Reveal() == goodPassword {
		p.others.Wait()
	}
	return p.Passwords.Verify(ctx, caller, password, hash)
}

func TestSixtyConcurrentGuessesGetTenAnswers(t *testing.T) {
	c := clinicWithLimit(t, loginLimits)
	c.register("ada@example.com", domain.Staff)
	passwords := &together{Passwords: c.Ports.Passwords}
	c.use(withPasswords(passwords))
	const guesses = 60
	passwords.arrived.Add(guesses)
	passwords.others.Add(guesses - 1)
	answers := make(chan error, guesses-1)
	var group sync.WaitGroup
	for range guesses - 1 {
		group.Go(func() {
			defer passwords.others.Done()
			answers <- c.loginFrom(here, "ada@example.com", "wrong")
		})
	}
	var right error
	group.Go(func() { right = c.loginFrom(here, "ada@example.com", goodPassword) })
	group.Wait()

	wrong := 0
	for range guesses - 1 {
		if err := <-answers; waitOf(err) == 0 {
			assert.Equal(t, domain.ErrCredentials(), err)
			wrong++
		}
	}
	assert.Equal(t, loginLimits.LoginPair.Max, wrong, "at most as many as the limit get an answer")
	assert.NotZero(t, waitOf(right), "no login succeeds after that")
}

func TestRegistrationsFromOneNetworkAreLimited(t *testing.T) {
	for _, mode := range []application.RegistrationMode{application.RegistrationOpen, application.RegistrationApproval} {
		c := newClinic(t, withRegistration(mode), withLimits(application.Limits{Register: domain.Limit{Max: 3, Window: time.Hour}}))
		admin := c.SignUp("admin@example.com", domain.Admin)
		admin.Origin = from("2001:db8::1").Origin
		n := 0
		register := func(by domain.Actor) error {
			n++
			_, err := c.Users.Register(c.ctx, by, registration(fmt.Sprintf("user%d@example.com", n), domain.Staff))
			return err
		}
		require.NoError(t, register(from("2001:db8::1")))
		c.Advance(time.Minute)
		_, err := c.Users.Register(c.ctx, from("2001:db8::ffff"), domain.Registration{})
		assertKind(t, domain.Invalid, err) // An invalid registration is counted too.
		require.NoError(t, register(from("2001:db8:0:0:1::")))
		assert.Equal(t, 59*time.Minute, waitOf(register(from("2001:db8::2"))), "the same site")
		assert.NoError(t, register(from("2001:db8:0:1::1")), "another one")
		for range 5 {
			assert.NoError(t, register(admin), "administrators")
			_, err := c.Users.Create(c.ctx, admin, registration(fmt.Sprintf("created%d@example.com", n), domain.Staff))
			assert.NoError(t, err)
		}
		c.Advance(59 * time.Minute)
		assert.NoError(t, register(from("2001:db8::2")))
	}
}

func TestBadRefreshesFromOneNetworkAreLimitedAndGoodOnesAreNot(t *testing.T) {
	c := clinicWithLimit(t, application.Limits{Refresh: domain.Limit{Max: 3, Window: time.Minute}})
	c.register("ada@example.com", domain.Staff)
	grant := c.login("ada@example.com")
	refreshFrom := func(address string, token domain.RefreshToken) error {
		next, err := c.Sessions.Refresh(c.ctx, from(address), refresh(token))
		if err == nil {
			grant = next
		}
		return err
	}
	unknown := domain.NewRefreshToken(domain.RefreshSelector{1}, domain.RefreshSecret{1})
	for range 3 {
		assert.Equal(t, domain.ErrRefreshToken(), refreshFrom(here, unknown))
		require.NoError(t, refreshFrom(here, grant.Refresh), "good tokens are not counted")
	}
	assert.Equal(t, time.Minute, waitOf(refreshFrom(here, unknown)))
	require.NoError(t, refreshFrom(here, grant.Refresh), "bad tokens of others do not affect a good one")
	assert.Equal(t, domain.ErrRefreshToken(), refreshFrom(elsewhere, unknown), "each network has its own count")
	c.Advance(time.Minute)
	assert.Equal(t, domain.ErrRefreshToken(), refreshFrom(here, unknown))
}
