package console_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

const (
	secondFactorPath = "/console/account/second-factor/"
	confirmPath      = secondFactorPath + "confirm/"
	disablePath      = secondFactorPath + "disable/"
)

// device is an authenticator app.
type device struct {
	*desk
	key string
}

// code returns the code that the device shows when the time after has passed.
func (d device) code(after time.Duration) string {
	code, err := totp.GenerateCode(d.key, d.Now().Add(after))
	require.NoError(d.t, err)
	return code
}

// wrong returns a code that the device does not show at about this time.
func (d device) wrong() string {
	near := []string{d.code(-30 * time.Second), d.code(0), d.code(30 * time.Second)}
	return slices.DeleteFunc([]string{"000000", "111111", "222222", "333333"}, func(code string) bool { return slices.Contains(near, code) })[0]
}

var (
	shownKey  = regexp.MustCompile(`<code>([A-Z2-7 ]+)</code>`)
	shownCode = regexp.MustCompile(`<code>([A-Z2-7-]+)</code>`)
	shownPath = regexp.MustCompile(`<path fill="#000" d="([^"]+)"`)
)

// device returns a device with the key that the page shows.
func (a answer) device() device {
	a.b.t.Helper()
	found := shownKey.FindStringSubmatch(a.body)
	require.NotNil(a.b.t, found, a.body)
	return device{a.b.desk, strings.ReplaceAll(found[1], " ", "")}
}

// recoveryCodes returns the recovery codes that the page shows.
func (a answer) recoveryCodes() (codes []string) {
	a.b.t.Helper()
	for _, found := range shownCode.FindAllStringSubmatch(a.body, -1) {
		codes = append(codes, found[1])
	}
	require.Len(a.b.t, codes, domain.RecoveryCodeCount, a.body)
	return codes
}

// protect sets up a second factor.
func (b *browser) protect() (device, []string) {
	b.t.Helper()
	shown := b.get(secondFactorPath).submit(secondFactorPath, "password", clinictest.Password)
	phone := shown.device()
	return phone, shown.submit(confirmPath, "otp", phone.code(0)).recoveryCodes()
}

func TestAWrongCodeShowsTheSameKeyAgain(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("ada@clinic.example", domain.Staff)
	elsewhere := d.browser()
	elsewhere.signIn("ada@clinic.example")

	wrong := b.get(secondFactorPath).submit(secondFactorPath, "password", "not it")
	assert.Equal(t, http.StatusUnprocessableEntity, wrong.StatusCode)
	assert.Contains(t, wrong.text(), "This is not the current password.")
	shown := wrong.submit(secondFactorPath, "password", clinictest.Password)
	phone := shown.device()
	picture := shownPath.FindStringSubmatch(shown.body)
	require.NotNil(t, picture)
	for _, code := range []string{phone.wrong(), "12", ""} {
		again := shown.submit(confirmPath, "otp", code)
		assert.Equal(t, http.StatusUnprocessableEntity, again.StatusCode, code)
		assert.Equal(t, phone.key, again.device().key)
		assert.Equal(t, picture, shownPath.FindStringSubmatch(again.body))
		shown = again
	}
	assert.Equal(t, http.StatusOK, elsewhere.get("/console/").StatusCode, "nothing has changed yet")

	codes := shown.submit(confirmPath, "otp", phone.code(0))
	assert.Equal(t, http.StatusOK, codes.StatusCode)
	assert.NotEqual(t, codes.recoveryCodes()[0], codes.recoveryCodes()[1])
	assert.Equal(t, http.StatusUnauthorized, elsewhere.get("/console/").StatusCode, "the other session began without a second factor")
	assert.Equal(t, secondFactorPath, b.get(confirmPath).path(), "the codes are shown only once")
	assert.Contains(t, b.get(secondFactorPath).text(), "You have 10 recovery codes left.")
	assert.NotContains(t, d.log.String(), phone.key)

	twice := shown.submit(confirmPath, "otp", phone.code(0))
	assert.Equal(t, secondFactorPath, twice.path())
	assert.Contains(t, twice.text(), "If you have not kept the recovery codes")
}

func TestAKeyIsNotShownAgainLater(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("ada@clinic.example", domain.Staff)
	shown := b.get(secondFactorPath).submit(secondFactorPath, "password", clinictest.Password)
	phone := shown.device()

	other := d.signedIn("eve@clinic.example", domain.Staff)
	other.get(secondFactorPath).submit(secondFactorPath, "password", clinictest.Password)
	stolen := other.post(confirmPath, pairs("otp", phone.wrong(), "enrolment", shown.form(confirmPath).Get("enrolment")))
	assert.NotContains(t, stolen.body, "<code>", "the sealed key belongs to one session")

	d.Advance(10*time.Minute + time.Second)
	late := shown.submit(confirmPath, "otp", phone.wrong())
	assert.Equal(t, http.StatusUnprocessableEntity, late.StatusCode)
	assert.Contains(t, late.text(), "The key was shown too long ago.")
	assert.NotContains(t, late.body, "<code>")
	late.submit(secondFactorPath, "password", clinictest.Password).device()
}

func TestSignInWithASecondFactor(t *testing.T) {
	d := newDesk(t, func(_ *application.Ports, r *application.Rules) {
		r.Limits.LoginPair = domain.Limit{Max: 5, Window: 15 * time.Minute}
	})
	phone, recovery := d.signedIn("ada@clinic.example", domain.Staff).protect()
	const signInPath = "/console/sign-in/"

	d.Advance(30 * time.Second)
	b := d.browser()
	asked := b.signIn("ada@clinic.example")
	assert.Equal(t, http.StatusUnauthorized, asked.StatusCode)
	assert.NotContains(t, asked.body, clinictest.Password)
	wrong := asked.submit(signInPath, "otp", phone.wrong())
	assert.Equal(t, http.StatusUnauthorized, wrong.StatusCode)
	assert.Contains(t, wrong.text(), "This one-time code is wrong")
	in := wrong.submit(signInPath, "otp", phone.code(0))
	assert.Equal(t, http.StatusOK, in.StatusCode)
	assert.Equal(t, "/console/", in.path())

	again := d.browser().signIn("ada@clinic.example")
	assert.Equal(t, http.StatusUnauthorized, again.submit(signInPath, "otp", phone.code(0)).StatusCode, "a code works once")
	assert.Equal(t, http.StatusOK, again.submit(signInPath, "otp", strings.ToLower(recovery[3])).StatusCode)
	assert.Equal(t, http.StatusUnauthorized, again.submit(signInPath, "otp", recovery[3]).StatusCode, "a recovery code works once")
	assert.Contains(t, b.get(secondFactorPath).text(), "You have 9 recovery codes left.")

	for range 5 {
		again.submit(signInPath, "otp", phone.wrong())
	}
	d.Advance(30 * time.Second)
	throttled := again.submit(signInPath, "otp", phone.code(0))
	assert.Equal(t, http.StatusTooManyRequests, throttled.StatusCode)
	assert.Contains(t, throttled.text(), "Too many attempts.")
}

func TestTheSecondFactorIsSwitchedOffWithThePassword(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("ada@clinic.example", domain.Staff)
	b.protect()
	wrong := b.get(secondFactorPath).submit(disablePath, "password", "not it")
	assert.Equal(t, http.StatusUnprocessableEntity, wrong.StatusCode)
	assert.Equal(t, http.StatusUnauthorized, d.browser().signIn("ada@clinic.example").StatusCode)

	off := wrong.submit(disablePath, "password", clinictest.Password)
	assert.Contains(t, off.text(), "The second factor is off.")
	assert.Equal(t, http.StatusOK, d.browser().signIn("ada@clinic.example").StatusCode)
}

func TestAdministratorsSetUpARequiredSecondFactorFirst(t *testing.T) {
	d := newDesk(t, func(_ *application.Ports, r *application.Rules) { r.Sessions.AdminsNeedSecondFactor = true })
	d.SignUp("admin@clinic.example", domain.Admin)
	b := d.browser()
	in := b.signIn("admin@clinic.example")
	assert.Equal(t, secondFactorPath, in.path())
	assert.Contains(t, in.text(), "Administrators need a second factor here.")
	for _, path := range []string{"/console/", "/console/account/password/", "/console/account/"} {
		assert.Equal(t, secondFactorPath, b.get(path).path(), path)
	}

	shown := in.submit(secondFactorPath, "password", clinictest.Password)
	shown.submit(confirmPath, "otp", shown.device().code(0)).recoveryCodes()
	first := b.get("/console/")
	assert.Equal(t, "/console/", first.path())
	assert.Equal(t, http.StatusOK, first.StatusCode)

	refused := b.get(secondFactorPath).submit(disablePath, "password", clinictest.Password)
	assert.Equal(t, http.StatusConflict, refused.StatusCode)
	assert.Contains(t, refused.text(), "Administrators need a second factor here.")
}

// Two duties are done one after the other.
func TestATemporaryPasswordIsChangedBeforeASecondFactorIsSetUp(t *testing.T) {
	d := newDesk(t, func(_ *application.Ports, r *application.Rules) { r.Sessions.AdminsNeedSecondFactor = true })
	_, err := d.Users.Create(t.Context(), clinictest.Operator, domain.Registration{
		Email: domain.Given("admin@clinic.example"), Password: domain.Given(otherPassword), Role: domain.Given(string(domain.Admin)),
	})
	require.NoError(t, err)
	b := d.browser()
	in := b.get("/console/sign-in/").submit("/console/sign-in/", "username", "admin@clinic.example", "password", otherPassword)
	assert.Equal(t, "/console/account/password/", in.path())
	assert.Equal(t, "/console/account/password/", b.get(secondFactorPath).path())
	next := in.submit("/console/account/password/", "current_password", otherPassword, "new_password", clinictest.Password, "new_password_again", clinictest.Password)
	assert.Equal(t, secondFactorPath, next.path())
	b.protect()
	assert.Equal(t, "/console/", b.get("/console/").path())
}
