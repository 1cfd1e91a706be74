package main_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/httpapi/client"
	healthcare "example.com/healthcare/cmd/healthcare"
)

// TestOperatorsManageUsersBesideARunningService runs each command while the service runs. The
// service must apply it within a second.
func TestOperatorsManageUsersBesideARunningService(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		env = append(env, "SECRET_KEY="+secretKey, "USER_PASSWORD="+goodPassword)
		s := serve(t, append(env, noLimits...))
		users := func(args ...string) string {
			t.Helper()
			code, out, stderr := healthcare.Run(t.Context(), env, append([]string{"users"}, args...)...)
			require.Zero(t, code, stderr)
			return out
		}
		refused := func(why string, args ...string) {
			t.Helper()
			code, _, stderr := healthcare.Run(t.Context(), env, append([]string{"users"}, args...)...)
			assert.Equal(t, 1, code)
			assert.Contains(t, stderr, why)
		}
		out := func(token string) func() bool {
			return func() bool {
				return home.request(s, http.MethodGet, "/api/auth/me/", token, "").status == http.StatusUnauthorized
			}
		}

		createSuperuser(t, env, "admin@example.com")
		users("create", "--noinput", "--email", "sam@example.com")
		granted := home.login(s, "sam@example.com", goodPassword)
		assert.Equal(t, "change_password", granted.member(s, "duty"), "another person knows the password")
		const own = "kettle-meadow-40-harbor"
		changed := home.request(s, http.MethodPost, "/api/auth/password/", granted.member(s, "access"), `{"current_password": "`+goodPassword+`", "new_password": "`+own+`"}`)
		require.Equal(t, http.StatusNoContent, changed.status, changed.body)
		users("create", "--noinput", "--email", "eve@example.com", "--role", "ADMIN")
		users("deactivate", "--email", "eve@example.com")
		refused("email: user with this email already exists.", "create", "--noinput", "--email", "SAM@example.com")
		refused("no user has this email address", "deactivate", "--email", "nobody@example.com")
		refused("last active administrator", "deactivate", "--email", "admin@example.com")
		refused("last active administrator", "set-role", "--email", "admin@example.com", "--role", "STAFF")
		assert.Regexp(t, `sam@example\.com .* STAFF +yes +no `, users("list"))
		assert.NotContains(t, users("list", "--search", "SAM@"), "admin@example.com")

		token := s.loginWith("sam@example.com", own)
		users("set-role", "--email", "sam@example.com", "--role", "ADMIN")
		require.Eventually(t, out(token), time.Second, 10*time.Millisecond)
		assert.Equal(t, http.StatusOK, home.request(s, http.MethodGet, "/api/users/", s.loginWith("sam@example.com", own), "").status)

		token = s.loginWith("sam@example.com", own)
		users("deactivate", "--email", "sam@example.com")
		require.Eventually(t, out(token), time.Second, 10*time.Millisecond)
		assert.Regexp(t, `sam@example\.com .* ADMIN +no +no `, users("list"))
		assert.Equal(t, http.StatusUnauthorized, home.login(s, "sam@example.com", own).status)
		users("activate", "--email", "sam@example.com")

		enrolWith(t, s, s.loginWith("sam@example.com", own), own)
		assert.Equal(t, "otp_required", home.login(s, "sam@example.com", own).member(s, "code"))
		users("reset-mfa", "--email", "sam@example.com")
		token = s.loginWith("sam@example.com", own)

		env = append(env, "USER_PASSWORD=another-"+goodPassword)
		users("set-password", "--noinput", "--email", "sam@example.com")
		require.Eventually(t, out(token), time.Second, 10*time.Millisecond)
		granted = home.login(s, "sam@example.com", "another-"+goodPassword)
		assert.Equal(t, "change_password", granted.member(s, "duty"))
	})
}

func TestCommandsAreInTheAuditTrail(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		migrate(t, env)
		createSuperuser(t, env, "admin@example.com")
		for _, args := range [][]string{
			{"create", "--noinput", "--email", "sam@example.com"},
			{"deactivate", "--email", "nobody@example.com"},
			{"deactivate", "--email", "sam@example.com"},
			{"list"},
		} {
			healthcare.Run(t.Context(), append(env, "USER_PASSWORD="+goodPassword), append([]string{"users"}, args...)...)
		}
		s := serve(t, env)
		var told []string
		for _, event := range trail(t, s.api(s.login("admin@example.com")), client.ListEventsParams{}) {
			if event.Actor.Role == "OPERATOR" {
				assert.Nil(t, event.Actor.User)
				assert.Nil(t, event.Actor.Session)
				assert.Empty(t, event.Address+event.RequestID)
				subject := fmt.Sprint(event.Subject.IDs)
				if event.Subject.ID != nil {
					subject = fmt.Sprint(*event.Subject.ID)
				}
				told = append(told, fmt.Sprintf("%s %s %s", event.Action, subject, event.Outcome))
			}
		}
		assert.Equal(t, []string{
			"user:register 1 allowed",
			"user:create 2 allowed",
			"user:read [] failed",
			"user:read 2 allowed", "user:deactivate 2 allowed",
			"user:read [1 2] allowed",
		}, told)
		s.stop()
	})
}
