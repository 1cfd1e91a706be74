package application_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func TestEveryLoginCostsTheSameWork(t *testing.T) {
	for limits, locked := range map[application.Limits]int{{}: 0, loginLimits: 2} {
		c := clinicWithLimit(t, limits)
		c.register("ada@example.com", domain.Staff)
		require.NoError(t, c.Users.Deactivate(c.ctx, operator, c.register("gone@example.com", domain.Staff).ID, unconditional))
		c.setHash(c.register("locked@example.com", domain.Staff).ID, "!no password")
		c.register("guessed@example.com", domain.Staff)
		c.failTimes(10, elsewhere, "guessed@example.com")
		for _, in := range []domain.Credentials{
			credentials("ada@example.com", goodPassword),
			credentials("ada@example.com", "wrong"),
			credentials("ada@example.com", strings.Repeat("x", domain.MaxPasswordLength)),
			credentials("nobody@example.com", "wrong"),
			credentials("no address", "wrong"),
			credentials("gone@example.com", "wrong"),
			credentials("gone@example.com", goodPassword),
			credentials("locked@example.com", "wrong"),
			credentials("guessed@example.com", "wrong"), // locked for another network
		} {
			measured := *c
			done := measured.measure()
			_, _ = measured.Sessions.Login(c.ctx, domain.Actor{}, in)
			assert.Equal(t, workCounts{views: 1, updates: 1, attemptsLocked: locked, verified: 1}, *done)
		}
	}
}

func TestATooLongPasswordIsRefusedLikeAWrongOne(t *testing.T) {
	c := newClinic(t)
	c.register("ada@example.com", domain.Staff)
	done := c.measure()
	for _, length := range []int{domain.MaxPasswordLength + 1, 1 << 20} {
		err := c.loginFrom(here, "ada@example.com", strings.Repeat("x", length))
		assert.Equal(t, domain.ErrCredentials(), err, length)
	}
	assert.Equal(t, 2, done.verified, "the same work as for any wrong password")
}

func TestALockedLoginVerifiesNoPassword(t *testing.T) {
	c := clinicWithLimit(t, loginLimits)
	c.failTimes(10, here, "nobody@example.com")
	done := c.measure()
	assert.NotZero(t, waitOf(c.loginFrom(here, "nobody@example.com", "wrong")))
	assert.Equal(t, workCounts{views: 1, updates: 1}, *done, "the Update adds the event")
}

// busyPasswords is a ports.Passwords whose queue is full.
type busyPasswords struct{ ports.Passwords }

func (busyPasswords) Verify(context.Context, ports.Caller, domain.Password, domain.PasswordHash) (bool, error) {
	return false, domain.ErrBusy("password hashing queue full", time.Second)
}

func TestARefusedLoginNamesItsAccount(t *testing.T) {
	for name, tt := range map[string]struct {
		refuse func(c *clinic)
		want   domain.Kind
	}{
		"limited":    {func(c *clinic) { c.failTimes(10, here, "ada@example.com"); c.failTimes(10, here, "nobody@example.com") }, domain.TooMany},
		"full queue": {func(c *clinic) { c.use(withPasswords(busyPasswords{c.Ports.Passwords})) }, domain.Unavailable},
	} {
		c := clinicWithLimit(t, loginLimits)
		ada := c.register("ada@example.com", domain.Staff)
		tt.refuse(c)
		for email, subject := range map[string]domain.ID{"ada@example.com": ada.ID, "nobody@example.com": 0} {
			measured := *c
			done := measured.measure()
			assertKind(t, tt.want, measured.loginFrom(here, email, goodPassword))
			events := c.Events()
			assert.Equal(t, domain.Subject{Kind: domain.SubjectUser, ID: subject}, events[len(events)-1].Subject, name)
			done.verified = 0
			assert.Equal(t, workCounts{views: 1, updates: 1}, *done, "%s: the same work, whether the account exists or not", name)
		}
	}
}

func TestALockedPasswordChangeComputesNoHash(t *testing.T) {
	c := clinicWithLimit(t, loginLimits)
	ada := c.SignUp("ada@example.com", domain.Staff)
	done := c.measure()
	for range loginLimits.LoginPair.Max {
		require.Error(t, c.Account.ChangePassword(c.ctx, ada, passwordChange("wrong", otherPassword)))
	}
	assert.Equal(t, done.verified, done.hashed, "the time does not tell whether the password was right")
	*done = workCounts{}
	assertKind(t, domain.TooMany, c.Account.ChangePassword(c.ctx, ada, passwordChange(goodPassword, otherPassword)))
	_, err := c.SecondFactor.Enrol(c.ctx, ada, check(goodPassword))
	assertKind(t, domain.TooMany, err)
	assert.Zero(t, done.verified+done.hashed)
}

func TestAWrongCurrentPasswordCountsAgainstTheSession(t *testing.T) {
	for name, tt := range map[string]struct {
		field string
		try   func(c *clinic, by domain.Actor, password string) error
	}{
		"another password": {"current_password", func(c *clinic, by domain.Actor, password string) error {
			return c.Account.ChangePassword(c.ctx, by, passwordChange(password, otherPassword))
		}},
		"enrol": {"password", func(c *clinic, by domain.Actor, password string) error {
			_, err := c.SecondFactor.Enrol(c.ctx, by, check(password))
			return err
		}},
		"disable": {"password", func(c *clinic, by domain.Actor, password string) error {
			return c.SecondFactor.Disable(c.ctx, by, check(password))
		}},
	} {
		c := clinicWithLimit(t, loginLimits)
		ada := c.SignUp("ada@example.com", domain.Staff)
		ada.Origin = from(here).Origin
		for range 10 {
			err := tt.try(c, ada, "wrong")
			assertKind(t, domain.Invalid, err)
			assertFields(t, err, tt.field)
		}
		assert.NotZero(t, waitOf(tt.try(c, ada, goodPassword)), name)
		assert.NoError(t, c.loginFrom(here, "ada@example.com", goodPassword), name)
		assert.NoError(t, c.loginFrom(elsewhere, "ada@example.com", goodPassword), name)
	}
}

func TestAnInactiveUserCannotConfirmThePassword(t *testing.T) {
	c := newClinic(t)
	ada := c.SignUp("ada@example.com", domain.Staff)
	c.setUser(ada.UserID, func(user *domain.User) { user.Active = false })
	before := c.user(ada.UserID)
	assertFields(t, c.Account.ChangePassword(c.ctx, ada, passwordChange(goodPassword, otherPassword)), "current_password")
	assert.Equal(t, before, c.user(ada.UserID))
}

func TestAnErrorOfTheStoreIsNotCountedAsAWrongPassword(t *testing.T) {
	c := newClinic(t)
	c.register("ada@example.com", domain.Staff)
	for failing := range 2 {
		measured := *c
		measured.use(onStore(brokenStore{c.Ports.Store, failing == 0}))
		_, err := measured.Sessions.Login(c.ctx, domain.Actor{}, credentials("ada@example.com", goodPassword))
		assertKind(t, domain.Unavailable, err)
		assert.NotContains(t, fmt.Sprint(err), "ada")
	}
}

func TestGuessesOfTheFirstCodeAreLimited(t *testing.T) {
	c := newClinic(t, withLimits(application.Limits{LoginPair: domain.Limit{Max: 10, Window: 15 * time.Minute}}))
	ada := c.SignUp("ada@example.com", domain.Staff)
	device := c.enrol(ada)
	for range 10 {
		_, err := c.SecondFactor.Confirm(c.ctx, ada, domain.CodeCheck{Code: device.wrong(c.Now())})
		assert.Equal(t, domain.ErrCodeField(), err)
	}
	_, err := c.SecondFactor.Confirm(c.ctx, ada, domain.CodeCheck{Code: device.code(c.Now())})
	assertKind(t, domain.TooMany, err)
}
