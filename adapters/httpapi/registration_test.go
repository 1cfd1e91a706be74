package httpapi_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

func registration(email string) string {
	return fmt.Sprintf(`{"email":%q,"password":%q}`, email, goodPassword)
}

func TestARegistrationAnswersWithTheLocationOfTheAccount(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		for i, token := range []string{"", api.signUp("staff@example.com", domain.Staff)} {
			registered := api.want(201, "POST", "/api/auth/register/", token, registration(fmt.Sprintf("ada%d@example.com", i)))
			assert.Equal(t, "/api/auth/me/", registered.Header.Get("Location"))
		}
	})
}

func TestRegistrationByApproval(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		staff := api.signUp("staff@example.com", domain.Staff)
		free := api.want(202, "POST", "/api/auth/register/", "", registration("new@example.com"))
		assert.JSONEq(t, `{"detail":"Registration received. An administrator must activate the account before you can sign in."}`, string(free.body))
		assert.Empty(t, free.Header.Get("Location"))
		for _, taken := range []answer{
			api.want(202, "POST", "/api/auth/register/", "", registration("NEW@example.com")),
			api.want(202, "POST", "/api/auth/register/", "", fmt.Sprintf(`{"email":"admin@example.com","password":%q,"first_name":"Eve"}`, otherPassword)),
			api.want(202, "POST", "/api/auth/register/", staff, registration("staff@example.com")),
		} {
			assert.Equal(t, string(free.body), string(taken.body), "the answer does not show whether the address has an account")
			for _, headers := range []answer{free, taken} {
				headers.Header.Del("X-Request-Id")
				headers.Header.Del("Date")
			}
			assert.Equal(t, free.Header, taken.Header)
		}
		assert.Equal(t, []any{"admin@example.com", "staff@example.com", "new@example.com"}, api.emails("/api/users/", admin))
		assert.Equal(t, []any{"new@example.com"}, api.emails("/api/users/?is_active=false", admin))
		me := api.want(200, "GET", "/api/auth/me/", admin, "").object(t)
		assert.Equal(t, "", me["first_name"], "the existing account is unchanged")
		api.login("admin@example.com")

		assert.Equal(t, "no_active_account", api.want(401, "POST", "/api/auth/login/", "", credentials("new@example.com", goodPassword)).code(t))
		api.want(200, "PATCH", "/api/users/3/", admin, `{"is_active":true}`)
		api.login("new@example.com")

		api.want(403, "POST", "/api/auth/register/", "", `{"email":"eve@example.com","password":"`+goodPassword+`","role":"ADMIN"}`)
		api.want(400, "POST", "/api/auth/register/", "", `{"email":"admin@example.com","password":"password"}`)
		byAdmin := api.want(201, "POST", "/api/auth/register/", admin, registration("by-admin@example.com"))
		assert.Equal(t, fmt.Sprintf("/api/users/%v/", byAdmin.object(t)["id"]), byAdmin.Header.Get("Location"))
		api.login("by-admin@example.com")
	}, func(_ *application.Ports, r *application.Rules) { r.Registration = application.RegistrationApproval })
}

func TestRegistrationCanBeClosed(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		staff := api.signUp("staff@example.com", domain.Staff)
		for _, token := range []string{"", staff} {
			api.want(403, "POST", "/api/auth/register/", token, registration("new@example.com"))
		}
		api.want(201, "POST", "/api/users/", admin, registration("new@example.com"))
		api.want(201, "POST", "/api/auth/register/", admin, registration("newer@example.com"))
	}, func(_ *application.Ports, r *application.Rules) { r.Registration = application.RegistrationClosed })
}

func TestRegistrationsAreRateLimited(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		register := func(status int, email, token, address string) answer {
			return api.want(status, "POST", "/api/auth/register/", token, registration(email), "X-Forwarded-For", address)
		}
		for i := range 3 {
			register(201, fmt.Sprintf("new%d@example.com", i), "", elsewhere)
		}
		limited := register(429, "new3@example.com", "", elsewhere)
		assert.Equal(t, time.Hour, limited.wait(t))
		assert.Equal(t, "throttled", limited.code(t))
		register(201, "new4@example.com", "", home)
		register(201, "new5@example.com", admin, elsewhere)
		api.Advance(limited.wait(t))
		register(201, "new3@example.com", "", elsewhere)
	}, func(_ *application.Ports, r *application.Rules) {
		r.Limits.Register = domain.Limit{Max: 3, Window: time.Hour}
	})
}
