package httpapi_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

func TestASessionRevokedWhileTheBodyArrivesIsRefused(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		for i, path := range []string{"/api/users/", "/api/auth/register/"} {
			revoked := api.signUp(fmt.Sprintf("revoked%d@example.com", i), domain.Admin)
			text := `{"email": "back-door@example.com", "password": "` + otherPassword + `", "role": "ADMIN"}`
			body, rest := io.Pipe()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, api.url+path, body)
			require.NoError(t, err)
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Authorization", "Bearer "+revoked)
			// The service sends 100 Continue after it has authenticated the caller.
			req.Header.Set("Expect", "100-continue")
			answered := make(chan answer, 1)
			go func() { answered <- api.send(req) }()
			_, err = io.WriteString(rest, text[:5])
			require.NoError(t, err)
			api.want(http.StatusNoContent, http.MethodPost, "/api/auth/logout/", revoked, "")
			_, err = io.WriteString(rest, text[5:])
			require.NoError(t, err)
			require.NoError(t, rest.Close())
			got := <-answered
			assert.Equal(t, http.StatusUnauthorized, got.StatusCode, "%s", got.body)
			assert.Equal(t, "token_not_valid", got.code(t))
			assert.Equal(t, `Bearer error="invalid_token"`, got.Header.Get("WWW-Authenticate"))
		}
		assert.NotContains(t, api.emails("/api/users/", admin), "back-door@example.com")
	})
}

func TestAnonymousBodiesHaveALowerLimit(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		staff := api.signUp("staff@example.com", domain.Staff)
		long := func(length int) string { return `{"x": "` + strings.Repeat("x", length-len(`{"x": ""}`)) + `"}` }
		for _, path := range []string{"/api/auth/login/", "/api/auth/login/refresh/", "/api/auth/register/"} {
			api.want(http.StatusBadRequest, http.MethodPost, path, "", long(16<<10))
			got := api.want(http.StatusRequestEntityTooLarge, http.MethodPost, path, "", long(16<<10+1))
			assert.Contains(t, string(got.body), "at most 16 KiB")
		}
		api.want(http.StatusBadRequest, http.MethodPost, "/api/patients/", staff, long(1<<20))
		api.want(http.StatusRequestEntityTooLarge, http.MethodPost, "/api/patients/", staff, long(1<<20+1))
	})
}

func TestTwoAuthorizationHeadersAreRefused(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		staff := api.signUp("staff@example.com", domain.Staff)
		for _, path := range []string{"/api/patients/", "/api/auth/register/"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, api.url+path, http.NoBody)
			require.NoError(t, err)
			req.Header["Authorization"] = []string{"Bearer " + staff, "Bearer " + staff}
			assert.Equal(t, http.StatusUnauthorized, api.send(req).StatusCode, path)
		}
	})
}

// WWW-Authenticate has no error if the request has no access token (RFC 6750, 3.1).
func TestOnlyARefusedTokenIsCalledInvalid(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	staff := api.signUp("staff@example.com", domain.Staff)
	for _, headers := range [][]string{nil, {"Authorization", "Basic YTpi"}} {
		got := api.want(401, "GET", "/api/patients/", "", "", headers...)
		assert.Equal(t, "Bearer", got.Header.Get("WWW-Authenticate"))
	}
	for path, body := range map[string]string{
		"/api/auth/login/":         credentials("staff@example.com", "wrong"),
		"/api/auth/login/refresh/": `{"refresh":"x"}`,
	} {
		assert.Equal(t, "Bearer", api.want(401, "POST", path, staff, body).Header.Get("WWW-Authenticate"), path)
	}
	for _, path := range []string{"/api/patients/", "/api/auth/register/"} {
		got := api.want(401, "POST", path, staff+"x", `{}`)
		assert.Equal(t, `Bearer error="invalid_token"`, got.Header.Get("WWW-Authenticate"), path)
	}
}
