package application_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

const step = 30 * time.Second

// loginWith tries to sign in with a code of the second factor.
func (c *clinic) loginWith(email string, code domain.Input) error {
	in := credentials(email, goodPassword)
	in.Code = code
	_, err := c.Sessions.Login(c.ctx, from(here), in)
	return err
}

// protected returns a new account with a second factor, its device and its recovery codes. No
// code of the device's current step is spent.
func (c *clinic) protected(email string) (domain.Actor, device, domain.RecoveryCodes) {
	c.t.Helper()
	actor := c.SignUp(email, domain.Staff)
	device := c.enrol(actor)
	codes := c.confirm(actor, device)
	c.Advance(step)
	return actor, device, codes
}

func TestEnrolAndConfirm(t *testing.T) {
	c := newClinic(t)
	ada := c.SignUp("ada@example.com", domain.Staff)
	_, err := c.SecondFactor.Confirm(c.ctx, ada, domain.CodeCheck{Code: domain.Given("123456")})
	assert.Equal(t, domain.ErrNothingToConfirm(), err)
	_, err = c.SecondFactor.Enrol(c.ctx, ada, check("wrong"))
	assertFields(t, err, "password")
	_, err = c.SecondFactor.Enrol(c.ctx, ada, domain.PasswordCheck{})
	assertFields(t, err, "password")
	assert.Zero(t, c.user(ada.UserID).SecondFactor)

	forgotten, device := c.enrol(ada), c.enrol(ada)
	assert.NotEqual(t, forgotten, device)
	factor, err := c.SecondFactor.Get(c.ctx, ada)
	require.NoError(t, err)
	assert.False(t, factor.Confirmed)
	assert.NoError(t, c.loginFrom(here, "ada@example.com", goodPassword), "an unconfirmed factor is not asked for")
	for _, wrong := range []domain.Input{device.wrong(c.Now()), forgotten.code(c.Now()), device.code(c.Now().Add(-2 * step)), domain.Given("AAAA-AAAA-AAAA-AAAA-AAAA-AAAA")} {
		_, err = c.SecondFactor.Confirm(c.ctx, ada, domain.CodeCheck{Code: wrong})
		assert.Equal(t, domain.ErrCodeField(), err)
	}
	_, err = c.SecondFactor.Confirm(c.ctx, ada, domain.CodeCheck{Code: domain.Given("x")})
	assertFields(t, err, "otp")

	codes := c.confirm(ada, device)
	seen := map[string]bool{}
	for _, code := range codes {
		seen[code.Reveal()] = true
	}
	assert.Len(t, seen, domain.RecoveryCodeCount)
	factor, err = c.SecondFactor.Get(c.ctx, ada)
	require.NoError(t, err)
	assert.True(t, factor.Confirmed)
	assert.Equal(t, domain.RecoveryCodeCount, factor.RecoveryCodesLeft())

	_, err = c.SecondFactor.Confirm(c.ctx, ada, domain.CodeCheck{Code: device.code(c.Now().Add(step))})
	assert.Equal(t, domain.ErrNothingToConfirm(), err, "the recovery codes cannot be replaced")
	_, err = c.SecondFactor.Enrol(c.ctx, ada, check(goodPassword))
	assert.Equal(t, domain.ErrSecondFactorExists(), err)
	stored, err := c.SecondFactor.Get(c.ctx, ada)
	require.NoError(t, err)
	assert.Equal(t, factor, stored)
}

func TestLoginAsksForTheCode(t *testing.T) {
	c := clinicWithLimit(t, loginLimits)
	_, device, codes := c.protected("ada@example.com")
	for range 20 {
		for _, none := range []domain.Input{{}, domain.Null(), domain.Given("")} {
			assert.Equal(t, domain.ErrOneTimeCodeRequired(), c.loginWith("ada@example.com", none), "a missing code is not counted as a failure")
		}
	}
	wrong := credentials("ada@example.com", "wrong")
	wrong.Code = device.code(c.Now())
	_, err := c.Sessions.Login(c.ctx, from(elsewhere), wrong)
	assert.Equal(t, domain.ErrCredentials(), err, "with a wrong password the answer does not tell whether the code is right")
	wrong.Code = domain.Given(codes[0].Formatted())
	_, err = c.Sessions.Login(c.ctx, from(elsewhere), wrong)
	assert.Equal(t, domain.ErrCredentials(), err)

	require.NoError(t, c.loginWith("ada@example.com", device.code(c.Now())), "the refused login spent no code")
	assert.Equal(t, domain.ErrOneTimeCode(), c.loginWith("ada@example.com", device.code(c.Now())), "the code is spent")
	assert.Equal(t, domain.ErrOneTimeCode(), c.loginWith("ada@example.com", device.code(c.Now().Add(-step))), "a code before a spent one is refused")
	require.NoError(t, c.loginWith("ada@example.com", device.code(c.Now().Add(step))), "a code of a clock that is fast")
	assert.Equal(t, domain.ErrOneTimeCode(), c.loginWith("ada@example.com", device.code(c.Now())), "setting the clock back does not make a spent code valid")
	c.Advance(3 * step)
	require.NoError(t, c.loginWith("ada@example.com", device.code(c.Now().Add(-step))), "a code of a clock that is slow")
	require.NoError(t, c.loginWith("ada@example.com", domain.Given(codes[0].Formatted())))
}

func TestTheCodeThatConfirmedTheFactorIsSpent(t *testing.T) {
	c := newClinic(t)
	_, device, _ := c.protected("ada@example.com")
	assert.Equal(t, domain.ErrOneTimeCode(), c.loginWith("ada@example.com", device.code(c.Now().Add(-step))))
}

func TestAWrongCodeCountsLikeAWrongPassword(t *testing.T) {
	c := clinicWithLimit(t, loginLimits)
	_, device, codes := c.protected("ada@example.com")
	for i := range loginLimits.LoginPair.Max {
		wrong := device.wrong(c.Now())
		if i%2 == 0 {
			wrong = domain.Given("AAAA-AAAA-AAAA-AAAA-AAAA-AAAA")
		}
		assert.Equal(t, domain.ErrOneTimeCode(), c.loginWith("ada@example.com", wrong))
	}
	for _, right := range []domain.Input{device.code(c.Now()), domain.Given(codes[0].Formatted())} {
		assert.NotZero(t, waitOf(c.loginWith("ada@example.com", right)))
	}
}

func TestEachRecoveryCodeIsGoodForOneLogin(t *testing.T) {
	c := newClinic(t)
	ada, _, codes := c.protected("ada@example.com")
	for i, code := range codes {
		require.NoError(t, c.loginWith("ada@example.com", domain.Given(code.Formatted())))
		assert.Equal(t, domain.ErrOneTimeCode(), c.loginWith("ada@example.com", domain.Given(code.Formatted())))
		factor, err := c.SecondFactor.Get(c.ctx, ada)
		require.NoError(t, err)
		assert.Equal(t, domain.RecoveryCodeCount-1-i, factor.RecoveryCodesLeft())
	}
}

func TestOfConcurrentLoginsWithOneCodeOneSucceeds(t *testing.T) {
	c := newClinic(t)
	_, device, codes := c.protected("ada@example.com")
	for _, code := range []domain.Input{device.code(c.Now()), domain.Given(codes[3].Formatted())} {
		var in atomic.Int32
		var group sync.WaitGroup
		for range 20 {
			group.Go(func() {
				switch err := c.loginWith("ada@example.com", code); {
				case err == nil:
					in.Add(1)
				default:
					assert.Equal(t, domain.ErrOneTimeCode(), err)
				}
			})
		}
		group.Wait()
		assert.EqualValues(t, 1, in.Load())
	}
}

func TestALoginReplacesTheHashAndSpendsTheCodeTogether(t *testing.T) {
	c := newClinic(t)
	ada, device, _ := c.protected("ada@example.com")
	c.setDjangoPassword(ada.UserID, goodPassword)
	require.NoError(t, c.loginWith("ada@example.com", device.code(c.Now())))
	assert.False(t, c.Ports.Passwords.Outdated(domain.Password{}, c.user(ada.UserID).PasswordHash))
	assert.Equal(t, domain.ErrOneTimeCode(), c.loginWith("ada@example.com", device.code(c.Now())))
}

func TestDisable(t *testing.T) {
	c := newClinic(t)
	ada, _, _ := c.protected("ada@example.com")
	assertFields(t, c.SecondFactor.Disable(c.ctx, ada, check("wrong")), "password")
	assertFields(t, c.SecondFactor.Disable(c.ctx, ada, domain.PasswordCheck{}), "password")
	assert.True(t, c.user(ada.UserID).SecondFactor.Confirmed)
	require.NoError(t, c.SecondFactor.Disable(c.ctx, ada, check(goodPassword)))
	assert.Zero(t, c.user(ada.UserID).SecondFactor)
	assert.NoError(t, c.loginFrom(here, "ada@example.com", goodPassword))
	c.confirm(ada, c.enrol(ada))
}

func TestAdministratorsCanBeRequiredToHaveASecondFactor(t *testing.T) {
	c := newClinic(t, adminsNeedSecondFactor)
	staff, _, _ := c.protected("ada@example.com")
	assert.Equal(t, domain.NoDuty, staff.Duty)
	assert.NoError(t, c.SecondFactor.Disable(c.ctx, staff, check(goodPassword)), "Staff needs no second factor")
	admin := c.SignUp("admin@example.com", domain.Admin)
	require.Equal(t, domain.DutySecondFactor, admin.Duty)
	_, err := c.Doctors.Create(c.ctx, admin, noKey, doctorInput("L-1"))
	refusal, ok := errors.AsType[*domain.Error](err)
	require.True(t, ok)
	assert.Equal(t, domain.Forbidden, refusal.Kind)
	assert.Equal(t, "mfa_required", refusal.Code)

	device := c.enrol(admin)
	c.confirm(admin, device)
	c.Advance(step)
	in := credentials("admin@example.com", goodPassword)
	in.Code = device.code(c.Now())
	grant, err := c.Sessions.Login(c.ctx, domain.Actor{}, in)
	require.NoError(t, err)
	assert.Equal(t, domain.NoDuty, grant.Duty)
	admin = c.actor(grant)
	_, err = c.Doctors.Create(c.ctx, admin, noKey, doctorInput("L-1"))
	assert.NoError(t, err)
	assertKind(t, domain.Forbidden, c.SecondFactor.Disable(c.ctx, admin, check(goodPassword)))
	assert.True(t, c.user(admin.UserID).SecondFactor.Confirmed)
}

func TestResetSecondFactorLetsAUserWithoutDeviceSignIn(t *testing.T) {
	c := newClinic(t)
	ada, _, _ := c.protected("ada@example.com")
	require.NoError(t, c.Users.ResetSecondFactor(c.ctx, operator, ada.UserID))
	assert.Zero(t, c.user(ada.UserID).SecondFactor)
	assert.NoError(t, c.loginFrom(here, "ada@example.com", goodPassword))
}

func TestResealMovesAllKeysToTheCurrentSecret(t *testing.T) {
	c := newClinic(t)
	_, device, _ := c.protected("ada@example.com")
	c.enrol(c.SignUp("eve@example.com", domain.Staff)) // not confirmed yet
	c.register("none@example.com", domain.Staff)
	ada := c.find("ada@example.com")
	// More users than fit on one page.
	require.NoError(t, c.Ports.Store.Update(c.ctx, func(tx ports.Tx) error {
		for i := range domain.MaxPageLimit {
			user, _, err := domain.NewUser(registration("user"+domain.ID(i+1).String()+"@example.com", domain.Staff), c.Now(), weakEnough)
			if err != nil {
				return err
			}
			user.SecondFactor = ada.SecondFactor
			if _, err := tx.Users().Add(c.ctx, user); err != nil {
				return err
			}
		}
		return nil
	}))
	done, err := c.SecondFactor.Reseal(c.ctx, operator)
	require.NoError(t, err)
	assert.Zero(t, done, "nothing to do before the secret changes")

	c.use(withCodes(newCodes(t, newSecret, oldSecret)))
	require.NoError(t, c.loginWith("ada@example.com", device.code(c.Now())), "the fallback key decrypts them")
	done, err = c.SecondFactor.Reseal(c.ctx, operator)
	require.NoError(t, err)
	assert.Equal(t, application.ResealResult{Keys: domain.MaxPageLimit + 2}, done)
	done, err = c.SecondFactor.Reseal(c.ctx, operator)
	require.NoError(t, err)
	assert.Zero(t, done)

	c.use(withCodes(newCodes(t, newSecret)))
	assert.Equal(t, domain.ErrOneTimeCode(), c.loginWith("ada@example.com", device.code(c.Now())), "spent codes stay spent")
	c.Advance(step)
	assert.NoError(t, c.loginWith("ada@example.com", device.code(c.Now())), "the old secret is not needed")
}

func TestResealContinuesAfterAKeyThatCannotBeDecrypted(t *testing.T) {
	c := newClinic(t)
	lost, _, _ := c.protected("lost@example.com")
	c.setUser(lost.UserID, func(user *domain.User) { user.SecondFactor.Key = domain.StoredSealedKey("broken") })
	_, device, _ := c.protected("ada@example.com")
	c.use(withCodes(newCodes(t, newSecret, oldSecret)))
	done, err := c.SecondFactor.Reseal(c.ctx, operator)
	require.NoError(t, err)
	assert.Error(t, done.Failed)
	assert.Equal(t, 1, done.Keys)

	c.use(withCodes(newCodes(t, newSecret)))
	assert.NoError(t, c.loginWith("ada@example.com", device.code(c.Now())))
	assertKind(t, domain.Internal, c.loginWith("lost@example.com", device.code(c.Now())))
}

func TestResealKeepsConcurrentChanges(t *testing.T) {
	c := newClinic(t)
	ada, _, _ := c.protected("ada@example.com")
	c.use(withCodes(newCodes(t, newSecret, oldSecret)))
	wired := *c
	wired.use(onStore(&onceBeforeUpdate{Store: c.Ports.Store, happen: func() { require.NoError(t, c.SecondFactor.Disable(c.ctx, ada, check(goodPassword))) }}))
	_, err := wired.SecondFactor.Reseal(c.ctx, operator)
	require.NoError(t, err)
	assert.Zero(t, c.user(ada.UserID).SecondFactor)
}

func weakEnough(domain.Password, ...string) string { return "" }
