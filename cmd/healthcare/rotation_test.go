package main_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestReplacingTheSecretKeyKeepsSessions replaces SECRET_KEY in two steps, with
// a signed-in user who has a second factor.
func TestReplacingTheSecretKeyKeepsSessions(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		const next = "quite another key also of many different bytes"
		migrate(t, env)
		createSuperuser(t, env, "ada@example.com")

		s := serve(t, append(env, "SECRET_KEY="+secretKey))
		granted := home.login(s, "ada@example.com", goodPassword)
		access, refresh := granted.member(s, "access"), granted.member(s, "refresh")
		key := enrol(t, s, access)
		s.stop()

		s = serve(t, append(env, "SECRET_KEY="+next, "SECRET_KEY_FALLBACKS="+secretKey))
		assert.Equal(t, http.StatusOK, home.request(s, http.MethodGet, "/api/auth/me/", access, "").status, "a token signed with the old key")
		granted = home.request(s, http.MethodPost, "/api/auth/login/refresh/", "", `{"refresh": "`+refresh+`"}`)
		require.Equal(t, http.StatusOK, granted.status, granted.body)
		renewed, refresh := granted.member(s, "access"), granted.member(s, "refresh")
		s.stop()

		s = serve(t, append(env, "SECRET_KEY="+next))
		assert.Equal(t, http.StatusUnauthorized, home.request(s, http.MethodGet, "/api/auth/me/", access, "").status, "a token signed with a removed key")
		assert.Equal(t, http.StatusOK, home.request(s, http.MethodGet, "/api/auth/me/", renewed, "").status)
		assert.Equal(t, http.StatusOK, home.request(s, http.MethodPost, "/api/auth/login/refresh/", "", `{"refresh": "`+refresh+`"}`).status)
		// The code that confirmed the factor is used up, so the code of the next step is used.
		code, err := totp.GenerateCode(key, time.Now().Add(30*time.Second))
		require.NoError(t, err)
		got := home.request(s, http.MethodPost, "/api/auth/login/", "",
			`{"username": "ada@example.com", "password": "`+goodPassword+`", "otp": "`+code+`"}`)
		assert.Equal(t, http.StatusOK, got.status, got.body)
	})
}

// enrol sets up a second factor for the token's user and returns its key.
func enrol(t *testing.T, s *service, token string) (key string) {
	t.Helper()
	return enrolWith(t, s, token, goodPassword)
}

func enrolWith(t *testing.T, s *service, token, password string) (key string) {
	t.Helper()
	enrolled := home.request(s, http.MethodPost, "/api/auth/mfa/", token, `{"password": "`+password+`"}`)
	require.Equal(t, http.StatusCreated, enrolled.status, enrolled.body)
	uri, err := url.Parse(enrolled.member(s, "otpauth_uri"))
	require.NoError(t, err)
	key = uri.Query().Get("secret")
	code, err := totp.GenerateCode(key, time.Now())
	require.NoError(t, err)
	confirmed := home.request(s, http.MethodPost, "/api/auth/mfa/confirm/", token, `{"otp": "`+code+`"}`)
	require.Equal(t, http.StatusOK, confirmed.status, confirmed.body)
	return key
}
