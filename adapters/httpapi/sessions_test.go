package httpapi_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// loginFrom logs in from an address with a device and returns the tokens.
func (a *api) loginFrom(email, address, device string) (access, refresh string) {
	a.t.Helper()
	grant := a.want(200, "POST", "/api/auth/login/", "", credentials(email, goodPassword),
		"X-Forwarded-For", address, "User-Agent", device).object(a.t)
	return grant["access"].(string), grant["refresh"].(string)
}

// wantRevoked requires that both tokens of a session are refused.
func (a *api) wantRevoked(access, refresh string) {
	a.t.Helper()
	assert.Equal(a.t, "token_not_valid", a.want(401, "GET", "/api/patients/", access, "").code(a.t))
	assert.Equal(a.t, "token_not_valid", a.want(401, "POST", "/api/auth/login/refresh/", "", `{"refresh":"`+refresh+`"}`).code(a.t))
}

func TestUsersListAndRevokeTheirSessions(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		api.signUp("other@example.com", domain.Staff)
		api.signUp("staff@example.com", domain.Staff)
		began := api.Now()
		api.Advance(time.Minute)
		phone, phoneRefresh := api.loginFrom("staff@example.com", "203.0.113.7", "Phone/1.0 (β)")
		desk, deskRefresh := api.loginFrom("staff@example.com", "2001:db8::7", "")
		api.Advance(time.Minute)
		grant := api.want(200, "POST", "/api/auth/login/refresh/", "", `{"refresh":"`+deskRefresh+`"}`, "X-Forwarded-For", "198.51.100.1").object(t)
		deskRefresh = grant["refresh"].(string)

		at := func(after time.Duration) string { return began.Add(after).UTC().Format("2006-01-02T15:04:05.000000Z") }
		sessions := api.want(200, "GET", "/api/auth/sessions/", phone, "").objects(t)
		require.Len(t, sessions, 3, "users see only their own sessions")
		assert.Equal(t, "127.0.0.1", sessions[0]["address"])
		assert.Equal(t, []map[string]any{
			{
				"id": 3.0, "created_at": at(time.Minute), "last_used_at": at(time.Minute), "expires_at": at(time.Minute + 24*time.Hour),
				"address": "203.0.113.7", "device": "Phone/1.0 (β)", "current": true,
			},
			{
				"id": 4.0, "created_at": at(time.Minute), "last_used_at": at(2 * time.Minute), "expires_at": at(time.Minute + 24*time.Hour),
				"address": "2001:db8::7", "device": "", "current": false,
			},
		}, sessions[1:])
		assert.Equal(t, true, api.want(200, "GET", "/api/auth/sessions/?limit=1&cursor=3", desk, "").objects(t)[0]["current"])

		api.want(404, "DELETE", "/api/auth/sessions/1/", phone, "") // the session of another user
		api.want(404, "DELETE", "/api/auth/sessions/99/", phone, "")
		api.want(204, "DELETE", "/api/auth/sessions/4/", phone, "")
		api.wantRevoked(desk, deskRefresh)
		api.wantRevoked(grant["access"].(string), deskRefresh)
		api.want(404, "DELETE", "/api/auth/sessions/4/", phone, "")

		desk, deskRefresh = api.loginFrom("staff@example.com", "2001:db8::7", "Desk")
		api.want(204, "DELETE", "/api/auth/sessions/", phone, "")
		api.wantRevoked(desk, deskRefresh)
		assert.Len(t, api.want(200, "GET", "/api/auth/sessions/", phone, "").objects(t), 1)
		api.want(204, "DELETE", "/api/auth/sessions/3/", phone, "")
		api.wantRevoked(phone, phoneRefresh)
		assert.Len(t, api.want(200, "GET", "/api/users/", api.signUp("admin@example.com", domain.Admin), "").objects(t), 3)
	})
}

func TestAdministratorsSeeWhereUsersAreSignedIn(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		staff := api.signUp("staff@example.com", domain.Staff)
		api.loginFrom("staff@example.com", "203.0.113.7", "Phone/1.0 (β)")
		const theirs = "/api/users/2/sessions/"

		sessions := api.want(200, "GET", theirs, admin, "").objects(t)
		require.Len(t, sessions, 2)
		assert.Equal(t, "203.0.113.7", sessions[1]["address"])
		assert.Equal(t, "Phone/1.0 (β)", sessions[1]["device"])
		event := api.LastEvent()
		assert.Equal(t, domain.SessionRead, event.Action)
		assert.Equal(t, domain.Subject{Kind: domain.SubjectUser, ID: 2}, event.Subject)
		assert.Equal(t, domain.ID(1), event.Actor.UserID)

		own := api.want(200, "GET", "/api/auth/sessions/", staff, "").objects(t)
		assert.Equal(t, true, own[0]["current"])
		own[0]["current"] = false
		assert.Equal(t, own, sessions, "the user's own list, but for the request's session")
		assert.Equal(t, true, api.want(200, "GET", "/api/users/1/sessions/", admin, "").objects(t)[0]["current"])

		first := api.want(200, "GET", theirs+"?limit=1", admin, "")
		assert.Equal(t, sessions[:1], first.objects(t))
		assert.Contains(t, first.Header.Get("Link"), `rel="next"`)
		assert.Equal(t, sessions[1:], api.want(200, "GET", theirs+"?limit=1&cursor=2", admin, "").objects(t))

		api.want(401, "GET", theirs, "", "")
		api.want(403, "GET", theirs, staff, "")
		assert.Equal(t, domain.Denied, api.LastEvent().Outcome)
		api.want(404, "GET", "/api/users/99/sessions/", admin, "")
		api.want(204, "DELETE", theirs, admin, "")
		assert.Empty(t, api.want(200, "GET", theirs, admin, "").objects(t))
	})
}

func TestPermissionsMatchTheRole(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	for role, count := range map[domain.Role]int{domain.Admin: 0, domain.Staff: 0} {
		var names []string
		api.want(200, "GET", "/api/auth/permissions/", api.signUp(string(role)+"@example.com", role), "").decode(t, &names)
		for _, rule := range domain.Policy() {
			if domain.Can(role, rule.Permission) {
				assert.Contains(t, names, string(rule.Permission))
				count++
			}
		}
		assert.Len(t, names, count)
	}
}

func TestAPasswordChangeRevokesTheOtherSessions(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		this := api.signUp("staff@example.com", domain.Staff)
		other, otherRefresh := api.loginFrom("staff@example.com", "203.0.113.7", "")
		change := func(status int, current, changed string) answer {
			return api.want(status, "POST", "/api/auth/password/", this, fmt.Sprintf(`{"current_password":%q,"new_password":%q}`, current, changed))
		}
		assert.Contains(t, change(400, goodPassword, "password").object(t)["errors"], "new_password")
		assert.Contains(t, change(400, goodPassword, goodPassword).object(t)["errors"], "new_password")
		assert.Equal(t, map[string]any{"current_password": []any{"This is not the current password."}},
			change(400, "wrong", otherPassword).object(t)["errors"])
		api.want(200, "GET", "/api/patients/", other, "")

		change(204, goodPassword, otherPassword)
		api.want(200, "GET", "/api/patients/", this, "")
		api.wantRevoked(other, otherRefresh)
		api.want(401, "POST", "/api/auth/login/", "", credentials("staff@example.com", goodPassword))
		api.want(200, "POST", "/api/auth/login/", "", credentials("staff@example.com", otherPassword))
	})
}

func TestGuessesOfTheCurrentPasswordAreRateLimited(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		staff := api.signUp("staff@example.com", domain.Staff)
		guess := `{"current_password":"guess","new_password":"` + otherPassword + `"}`
		for range 9 {
			api.want(400, "POST", "/api/auth/password/", staff, guess)
		}
		// All operations that need the password have one common limit.
		api.want(400, "POST", "/api/auth/mfa/", staff, `{"password":"guess"}`)
		for path, body := range map[string]string{
			"/api/auth/password/": `{"current_password":"` + goodPassword + `","new_password":"` + otherPassword + `"}`,
			"/api/auth/mfa/":      `{"password":"` + goodPassword + `"}`, "/api/auth/mfa/disable/": `{"password":"` + goodPassword + `"}`,
		} {
			got := api.want(429, "POST", path, staff, body)
			assert.Equal(t, "throttled", got.code(t))
			assert.NotEmpty(t, got.Header.Get("Retry-After"))
		}
		api.want(200, "GET", "/api/patients/", staff, "")
		again := api.login("staff@example.com")["access"].(string)
		api.want(204, "POST", "/api/auth/password/", again, `{"current_password":"`+goodPassword+`","new_password":"`+otherPassword+`"}`)
	}, func(_ *application.Ports, r *application.Rules) {
		r.Limits.LoginPair = domain.Limit{Max: 10, Window: 15 * time.Minute}
	})
}

func TestSessionsExpire(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		staff := api.signUp("staff@example.com", domain.Staff)
		grant := api.login("staff@example.com")
		api.Advance(15*time.Minute + 10*time.Second)
		api.want(401, "GET", "/api/patients/", staff, "")
		grant = api.want(200, "POST", "/api/auth/login/refresh/", "", `{"refresh":"`+grant["refresh"].(string)+`"}`).object(t)
		api.want(200, "GET", "/api/patients/", grant["access"].(string), "")
		api.Advance(time.Hour)
		api.wantRevoked(grant["access"].(string), grant["refresh"].(string))
	}, func(_ *application.Ports, r *application.Rules) {
		r.Sessions = application.SessionRules{Access: 15 * time.Minute, Session: time.Hour}
	})
}

func TestParallelRefreshesOverHTTPGetOneSuccessor(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		api.signUp("staff@example.com", domain.Staff)
		refresh := api.login("staff@example.com")["refresh"].(string)
		grants := make([]map[string]any, 20)
		var group sync.WaitGroup
		for i := range grants {
			group.Go(func() {
				got := api.doUntilServed("POST", "/api/auth/login/refresh/", "", `{"refresh":"`+refresh+`"}`)
				if assert.Equal(t, 200, got.StatusCode, "%s", got.body) {
					grants[i] = got.object(t)
				}
			})
		}
		group.Wait()
		for _, grant := range grants {
			assert.Equal(t, grants[0]["refresh"], grant["refresh"])
		}
		api.want(200, "GET", "/api/patients/", grants[19]["access"].(string), "")
		api.Advance(31 * time.Second)
		api.want(401, "POST", "/api/auth/login/refresh/", "", `{"refresh":"`+refresh+`"}`)
		api.wantRevoked(grants[0]["access"].(string), grants[0]["refresh"].(string))
	}, func(_ *application.Ports, r *application.Rules) { r.Sessions.RefreshGrace = 30 * time.Second })
}
