package httpapi_test

import (
	"bytes"
	"encoding/base64"
	"image/png"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// device is an authenticator app.
type device struct {
	api    *api
	secret string
}

// code returns the code that the device shows when the time after has passed.
func (d device) code(after time.Duration) string {
	code, err := totp.GenerateCode(d.secret, d.api.Now().Add(after))
	require.NoError(d.api.t, err)
	return code
}

// wrong returns a code that the device does not show at about this time.
func (d device) wrong() string {
	near := []string{d.code(-30 * time.Second), d.code(0), d.code(30 * time.Second)}
	return slices.DeleteFunc([]string{"000000", "111111", "222222", "333333"}, func(code string) bool { return slices.Contains(near, code) })[0]
}

// enrol enrols a second factor and returns a device with its key.
func (a *api) enrol(token string) device {
	a.t.Helper()
	enrolment := a.want(201, "POST", "/api/auth/mfa/", token, `{"password":"`+goodPassword+`"}`).object(a.t)
	return device{a, enrolment["secret"].(string)}
}

// confirm confirms the second factor and returns the recovery codes.
func (a *api) confirm(token, code string) []any {
	a.t.Helper()
	return a.want(200, "POST", "/api/auth/mfa/confirm/", token, `{"otp":"`+code+`"}`).object(a.t)["recovery_codes"].([]any)
}

// loginWithCode logs in with a code and requires the status.
func (a *api) loginWithCode(status int, email, password, code string) answer {
	a.t.Helper()
	return a.want(status, "POST", "/api/auth/login/", "", `{"email":"`+email+`","password":"`+password+`","otp":"`+code+`"}`)
}

func TestEnrolASecondFactor(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		staff := api.signUp("staff@example.com", domain.Staff)
		other, otherRefresh := api.loginFrom("staff@example.com", "203.0.113.7", "")
		assert.JSONEq(t, `{"enabled":false,"recovery_codes_left":0}`, string(api.want(200, "GET", "/api/auth/mfa/", staff, "").body))
		assert.Contains(t, api.want(400, "POST", "/api/auth/mfa/", staff, `{"password":"wrong"}`).object(t)["errors"], "password")
		assert.Equal(t, "mfa_not_enrolled", api.want(400, "POST", "/api/auth/mfa/confirm/", staff, `{"otp":"123456"}`).code(t))

		first := api.enrol(staff)
		enrolment := api.want(201, "POST", "/api/auth/mfa/", staff, `{"password":"`+goodPassword+`"}`).object(t)
		phone := device{api, enrolment["secret"].(string)}
		assert.NotEqual(t, first.secret, phone.secret)
		uri, err := url.Parse(enrolment["otpauth_uri"].(string))
		require.NoError(t, err)
		assert.Equal(t, phone.secret, uri.Query().Get("secret"))
		image, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(enrolment["qr_code"].(string), "data:image/png;base64,"))
		require.NoError(t, err)
		_, err = png.Decode(bytes.NewReader(image))
		require.NoError(t, err)

		api.login("staff@example.com") // needs no code yet
		assert.Contains(t, api.want(400, "POST", "/api/auth/mfa/confirm/", staff, `{"otp":"`+phone.wrong()+`"}`).object(t)["errors"], "otp")
		assert.Len(t, api.confirm(staff, phone.code(0)), domain.RecoveryCodeCount)
		assert.JSONEq(t, `{"enabled":true,"recovery_codes_left":10}`, string(api.want(200, "GET", "/api/auth/mfa/", staff, "").body))
		api.wantRevoked(other, otherRefresh)
		assert.Equal(t, "mfa_enabled", api.want(400, "POST", "/api/auth/mfa/", staff, `{"password":"`+goodPassword+`"}`).code(t))
		assert.Equal(t, "mfa_not_enrolled", api.want(400, "POST", "/api/auth/mfa/confirm/", staff, `{"otp":"`+phone.code(30*time.Second)+`"}`).code(t))
		assert.NotContains(t, api.log.String(), phone.secret)
	})
}

func TestLoginWithASecondFactor(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		const email = "staff@example.com"
		staff := api.signUp(email, domain.Staff)
		phone := api.enrol(staff)
		recovery := api.confirm(staff, phone.code(0))

		for _, none := range []string{``, `,"otp":""`, `,"otp":null`} {
			got := api.want(401, "POST", "/api/auth/login/", "", `{"email":"`+email+`","password":"`+goodPassword+`"`+none+`}`)
			assert.Equal(t, "otp_required", got.code(t))
		}
		assert.Equal(t, "no_active_account", api.want(401, "POST", "/api/auth/login/", "", credentials(email, "wrong")).code(t), "a wrong password is refused before the code is asked for")
		assert.Equal(t, "no_active_account", api.loginWithCode(401, email, "wrong", phone.code(30*time.Second)).code(t))
		assert.Equal(t, "otp_invalid", api.loginWithCode(401, email, goodPassword, phone.code(0)).code(t), "the code was used to confirm")
		assert.Equal(t, "otp_invalid", api.loginWithCode(401, email, goodPassword, phone.wrong()).code(t))

		api.Advance(30 * time.Second)
		api.loginWithCode(200, email, goodPassword, phone.code(0))
		assert.Equal(t, "otp_invalid", api.loginWithCode(401, email, goodPassword, phone.code(0)).code(t), "a code works once")
		assert.Equal(t, "otp_invalid", api.loginWithCode(401, email, goodPassword, phone.code(-30*time.Second)).code(t), "codes before a used one are refused")
		api.Advance(5 * time.Minute)
		assert.Equal(t, "otp_invalid", api.loginWithCode(401, email, goodPassword, phone.code(-time.Minute)).code(t), "too old")

		code := strings.ToLower(recovery[3].(string))
		api.loginWithCode(200, email, goodPassword, code)
		assert.Equal(t, "otp_invalid", api.loginWithCode(401, email, goodPassword, code).code(t), "a recovery code works once")
		assert.JSONEq(t, `{"enabled":true,"recovery_codes_left":9}`, string(api.want(200, "GET", "/api/auth/mfa/", staff, "").body))

		assert.Contains(t, api.want(400, "POST", "/api/auth/mfa/disable/", staff, `{"password":"wrong"}`).object(t)["errors"], "password")
		api.want(204, "POST", "/api/auth/mfa/disable/", staff, `{"password":"`+goodPassword+`"}`)
		api.login(email)
		log := api.log.String()
		for _, secret := range []string{phone.secret, code, recovery[0].(string), goodPassword} {
			assert.NotContains(t, log, secret)
		}
	})
}

func TestGuessesOfCodesAreRateLimited(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		staff := api.signUp("staff@example.com", domain.Staff)
		phone := api.enrol(staff)
		api.confirm(staff, phone.code(0))
		for range 10 {
			api.loginWithCode(401, "staff@example.com", goodPassword, phone.wrong())
		}
		assert.Equal(t, "throttled", api.loginWithCode(429, "staff@example.com", goodPassword, phone.code(30*time.Second)).code(t))
	}, func(_ *application.Ports, r *application.Rules) {
		r.Limits.LoginPair = domain.Limit{Max: 10, Window: 15 * time.Minute}
	})
}

func TestAdministratorsEnrolASecondFactorFirst(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		staff := api.signUp("staff@example.com", domain.Staff)
		api.want(200, "GET", "/api/patients/", staff, "")
		api.signUp("admin@example.com", domain.Admin)
		grant := api.login("admin@example.com")
		assert.Equal(t, "enrol_mfa", grant["duty"])
		admin := grant["access"].(string)
		for _, request := range [][2]string{
			{"GET", "/api/users/"},
			{"GET", "/api/patients/"},
			{"POST", "/api/doctors/"},
			{"PATCH", "/api/auth/me/"},
			{"POST", "/api/auth/password/"},
			{"GET", "/api/auth/sessions/"},
			{"DELETE", "/api/users/1/"},
			{"PATCH", "/api/users/1/"},
			{"POST", "/api/users/1/password/"},
			{"DELETE", "/api/users/1/sessions/"},
		} {
			body := ""
			if request[0] == "POST" || request[0] == "PATCH" {
				body = "{}"
			}
			assert.Equal(t, "mfa_required", api.want(403, request[0], request[1], admin, body).code(t), request)
		}
		assert.Equal(t, "mfa_required", api.want(403, "POST", "/api/auth/register/", admin,
			`{"email":"more@example.com","password":"`+goodPassword+`","role":"ADMIN"}`).code(t))

		phone := api.enrol(admin)
		api.want(403, "GET", "/api/users/", admin, "")
		api.confirm(admin, phone.code(0))
		api.want(200, "GET", "/api/users/", admin, "")
		assert.Equal(t, "permission_denied", api.want(403, "POST", "/api/auth/mfa/disable/", admin, `{"password":"`+goodPassword+`"}`).code(t))
		api.Advance(30 * time.Second)
		assert.NotContains(t, api.loginWithCode(200, "admin@example.com", goodPassword, phone.code(0)).object(t), "duty")
	}, func(_ *application.Ports, r *application.Rules) { r.Sessions.AdminsNeedSecondFactor = true })
}
