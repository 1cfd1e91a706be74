package httpapi_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

// The expression is the one for fail2ban in docs/operations.md.
func TestAFailedLoginIsOneLogLineForFail2ban(t *testing.T) {
	failed := regexp.MustCompile(`status=(401|429) took=\S+ code=(no_active_account|otp_invalid|throttled|token_not_valid) client=(\S+)`)
	forEachStore(t, func(t *testing.T, api *api) {
		access := api.signUp("staff@example.com", domain.Staff)
		lines := func() int { return strings.Count(api.log.String(), "\n") }
		last := func() string {
			all := strings.Split(strings.TrimSpace(api.log.String()), "\n")
			return all[len(all)-1]
		}
		for path, body := range map[string]string{
			"/api/auth/login/":         credentials("staff@example.com", "wrong"),
			"/api/auth/login/refresh/": `{"refresh": "` + strings.Repeat("A", 64) + `"}`,
		} {
			before := lines()
			api.want(401, "POST", path, "", body, "X-Forwarded-For", "203.0.113.77")
			require.Equal(t, before+1, lines())
			found := failed.FindStringSubmatch(last())
			require.NotNil(t, found, last())
			require.Equal(t, "203.0.113.77", found[3])
		}
		api.want(401, "POST", "/api/auth/login/", "expired", credentials("nobody@example.com", "wrong"), "X-Forwarded-For", "2001:db8::1")
		require.Regexp(t, `code=no_active_account client=2001:db8::1$`, last())
		api.want(200, "POST", "/api/auth/login/", "", credentials("staff@example.com", goodPassword), "X-Forwarded-For", "203.0.113.77")
		require.NotContains(t, last(), "client=")
		api.want(401, "GET", "/api/auth/me/", access+"x", "", "X-Forwarded-For", "203.0.113.77")
		require.Contains(t, last(), "code=token_not_valid")
		require.NotContains(t, last(), "client=", "an expired token is not a guess")
		require.NotContains(t, api.log.String(), "@")
	})
}
