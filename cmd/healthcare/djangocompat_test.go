package main_test

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	healthcare "example.com/healthcare/cmd/healthcare"
)

// oldClient is a client that was written for the old backend: it sends forms, and keeps the
// refresh token of its login.
type oldClient struct {
	t               *testing.T
	s               *service
	access, refresh string
}

const oldForm = "application/x-www-form-urlencoded"

func (c *oldClient) want(status int, method, path, body string, header ...string) answer {
	c.t.Helper()
	got := home.request(c.s, method, path, c.access, body, header...)
	require.Equal(c.t, status, got.status, "%s %s: %s", method, path, got.body)
	return got
}

func (c *oldClient) post(status int, path string, fields url.Values) answer {
	c.t.Helper()
	return c.want(status, http.MethodPost, path, fields.Encode(), "Content-Type", oldForm)
}

func (c *oldClient) login(username, password string) {
	c.t.Helper()
	got := c.post(200, "/api/auth/login/", url.Values{"username": {username}, "password": {password}})
	c.access, c.refresh = got.member(c.s, "access"), got.member(c.s, "refresh")
}

// renew gets another access token and keeps the same refresh token.
func (c *oldClient) renew() {
	c.t.Helper()
	c.access = c.want(200, http.MethodPost, "/api/auth/login/refresh/", fmt.Sprintf(`{"refresh":%q}`, c.refresh)).member(c.s, "access")
}

func (c *oldClient) list(path string) (entries []map[string]any) {
	c.t.Helper()
	got := c.want(200, http.MethodGet, path, "")
	assert.NotContains(c.t, got.header.Get("Link"), `rel="next"`)
	require.NoError(c.t, json.Unmarshal([]byte(got.body), &entries))
	return entries
}

// fromTheOldBackend stores the hash that Django created of a user's password.
func fromTheOldBackend(t *testing.T, env []string, email, password string) {
	t.Helper()
	key, err := pbkdf2.Key(sha256.New, password, []byte("salt"), 1000, sha256.Size)
	require.NoError(t, err)
	_, err = openDatabase(t, env).Exec("UPDATE users SET password_hash = 'pbkdf2_sha256$1000$salt$" + base64.StdEncoding.EncodeToString(key) + "' WHERE email = '" + email + "'")
	require.NoError(t, err)
}

// TestAClientOfTheOldBackendWorksWithDjangoCompat also shows what is refused without DJANGO_COMPAT.
func TestAClientOfTheOldBackendWorksWithDjangoCompat(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		env = append(env, "SECRET_KEY="+secretKey)
		migrate(t, env)
		createSuperuser(t, env, "admin@example.com")
		fromTheOldBackend(t, env, "admin@example.com", "from the old backend")
		s := serve(t, append(env, "DJANGO_COMPAT=true"))

		admin := &oldClient{t: t, s: s}
		admin.login("admin@example.com", " from the old backend ")
		admin.post(201, "/api/doctors/", url.Values{"name": {"Gregory House"}, "specialization": {"Diagnostics"}, "license_number": {"NJ-1"}, "salary": {"1234.5"}})

		sam := &oldClient{t: t, s: s}
		sam.post(201, "/api/auth/register/", url.Values{"email": {"sam@example.com"}, "password": {goodPassword}, "role": {"STAFF"}})
		sam.login("sam@example.com", goodPassword)
		for i := range 150 {
			sam.want(201, http.MethodPost, "/api/patients/", fmt.Sprintf(`{"name":"Patient %d","date_of_birth":"1990-1-5","age":36}`, i))
			if i%50 == 0 {
				sam.renew()
			}
		}
		patients := sam.list("/api/patients/")
		assert.Len(t, patients, 150)
		assert.Equal(t, "1990-01-05", patients[149]["date_of_birth"])
		sam.renew()
		sam.post(201, "/api/mappings/", url.Values{"patient": {"150"}, "doctor": {"1"}})
		assert.Len(t, sam.list("/api/mappings/?format=json"), 1)
		assert.Len(t, sam.list("/api/mappings/150/"), 1)
		shown := sam.want(200, http.MethodGet, "/api/patients/150/", "").body
		sam.want(200, http.MethodPut, "/api/patients/150/", shown)
		sam.want(204, http.MethodDelete, "/api/mappings/1/", "")
		sam.renew()
		sam.want(204, http.MethodPost, "/api/auth/logout/", "")
		sam.want(401, http.MethodGet, "/api/patients/", "")
		sam.want(401, http.MethodPost, "/api/auth/login/refresh/", fmt.Sprintf(`{"refresh":%q}`, sam.refresh))
		s.stop()
		code, stdout, stderr := healthcare.Run(t.Context(), env, "audit", "verify")
		assert.Zero(t, code, stdout+stderr)

		strict := &oldClient{t: t, s: serve(t, env)}
		strict.post(415, "/api/auth/login/", url.Values{"username": {"sam@example.com"}, "password": {goodPassword}})
		assert.Equal(t, 401, home.login(strict.s, "admin@example.com", " from the old backend ").status)
		granted := home.login(strict.s, "sam@example.com", goodPassword)
		strict.access, strict.refresh = granted.member(strict.s, "access"), granted.member(strict.s, "refresh")
		strict.want(400, http.MethodPost, "/api/patients/", `{"name":"Ada","age":36}`)
		strict.want(400, http.MethodPost, "/api/patients/", `{"name":"Ada","date_of_birth":"1990-1-5"}`)
		page := strict.want(200, http.MethodGet, "/api/patients/", "")
		assert.NotEmpty(t, page.header.Get("Link"))
		renewed := strict.want(200, http.MethodPost, "/api/auth/login/refresh/", fmt.Sprintf(`{"refresh":%q}`, strict.refresh))
		assert.NotEqual(t, strict.refresh, renewed.member(strict.s, "refresh"))
	})
}
