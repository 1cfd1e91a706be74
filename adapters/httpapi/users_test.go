package httpapi_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/domain"
)

// emails returns the e-mail addresses of a list of users.
func (a *api) emails(path, token string) []any {
	a.t.Helper()
	emails := []any{}
	for _, user := range a.want(200, "GET", path, token, "").objects(a.t) {
		emails = append(emails, user["email"])
	}
	return emails
}

func TestAdministratorsManageUsers(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		created := api.want(201, "POST", "/api/users/", admin,
			`{"email":"Sam@Example.com","password":"`+goodPassword+`","first_name":"Sam","last_name":"Łukasz","phone_number":"+15550100"}`)
		assert.Equal(t, "/api/users/2/", created.Header.Get("Location"))
		user := created.object(t)
		assert.NotEmpty(t, user["created_at"])
		assert.Equal(t, map[string]any{
			"id": 2.0, "first_name": "Sam", "last_name": "Łukasz", "email": "sam@example.com", "phone_number": "+15550100", "role": "STAFF",
			"is_active": true, "mfa_enabled": false, "password_temporary": true, "created_at": user["created_at"],
			"updated_at": user["created_at"], "version": 1.0,
		}, user)
		api.want(201, "POST", "/api/users/", admin, `{"email":"second@example.com","password":"`+goodPassword+`","role":"ADMIN"}`)
		assert.Equal(t, map[string]any{"email": []any{"user with this email already exists."}},
			api.want(400, "POST", "/api/users/", admin, `{"email":"SAM@example.com","password":"`+goodPassword+`"}`).object(t)["errors"])

		changed := api.want(200, "PATCH", "/api/users/2/", admin, `{"first_name":"Samuel","is_active":false}`).object(t)
		user["first_name"], user["is_active"], user["version"], user["updated_at"] = "Samuel", false, 2.0, changed["updated_at"]
		assert.Equal(t, user, changed)
		assert.Equal(t, user, api.want(200, "GET", "/api/users/2/", admin, "").object(t))
		asRead := string(api.want(200, "GET", "/api/users/2/", admin, "").body)
		assert.Equal(t, asRead, string(api.want(200, "PATCH", "/api/users/2/", admin, asRead).body), "an answer can be sent back")
		assert.Equal(t, map[string]any{
			"role": []any{"Not a valid choice: use ADMIN or STAFF."}, "is_active": []any{"Must be true or false."}, "password": []any{"Unknown field."},
		}, api.want(400, "PATCH", "/api/users/2/", admin, `{"role":"OPERATOR","is_active":"true","password":"x"}`).object(t)["errors"])

		all := []any{"admin@example.com", "sam@example.com", "second@example.com"}
		for query, want := range map[string][]any{
			"": all, "?role=ADMIN": {all[0], all[2]}, "?role=STAFF": {all[1]}, "?is_active=true": {all[0], all[2]}, "?is_active=false": {all[1]},
			"?role=ADMIN&is_active=false": {}, "?search=SAMUEL+%C5%81U": {all[1]}, "?search=%C5%82ukasz": {all[1]}, "?search=EXAMPLE.com": all, "?search=%25": {}, "?search=_": {}, "?search=": all,
			"?search=example&role=ADMIN&limit=1": {all[0]},
		} {
			assert.Equal(t, want, api.emails("/api/users/"+query, admin), query)
		}
		next := nextPage(api.want(200, "GET", "/api/users/?search=example&role=ADMIN&limit=1", admin, ""))
		assert.Equal(t, all[2:], api.emails(next, admin), "%s", next)
	})
}

func TestDeactivationRevokesAllSessionsOfTheUser(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		staff := api.signUp("staff@example.com", domain.Staff)
		refresh := `{"refresh":"` + api.login("staff@example.com")["refresh"].(string) + `"}`
		for _, way := range []func(){
			func() { api.want(204, "DELETE", "/api/users/2/", admin, "") },
			func() { api.want(200, "PATCH", "/api/users/2/", admin, `{"is_active":false}`) },
		} {
			api.want(200, "GET", "/api/auth/me/", staff, "")
			way()
			assert.Equal(t, "token_not_valid", api.want(401, "GET", "/api/auth/me/", staff, "").code(t))
			assert.Equal(t, "token_not_valid", api.want(401, "POST", "/api/auth/login/refresh/", "", refresh).code(t))
			right := api.want(401, "POST", "/api/auth/login/", "", credentials("staff@example.com", goodPassword))
			wrong := api.want(401, "POST", "/api/auth/login/", "", credentials("staff@example.com", otherPassword))
			nobody := api.want(401, "POST", "/api/auth/login/", "", credentials("nobody@example.com", otherPassword))
			assert.Equal(t, string(wrong.body), string(right.body), "the answer does not show that the password was right")
			assert.Equal(t, string(nobody.body), string(right.body))
			assert.Equal(t, false, api.want(200, "GET", "/api/users/2/", admin, "").object(t)["is_active"], "the account is not deleted")

			api.want(200, "PATCH", "/api/users/2/", admin, `{"is_active":true}`)
			api.want(401, "GET", "/api/auth/me/", staff, "")
			staff = api.login("staff@example.com")["access"].(string)
		}
	})
}

func TestARoleChangeRevokesAllSessionsOfTheUser(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		second := api.signUp("second@example.com", domain.Admin)
		api.want(200, "GET", "/api/users/", second, "")
		api.want(200, "PATCH", "/api/users/2/", admin, `{"role":"STAFF"}`)
		api.want(401, "GET", "/api/users/", second, "")
		second = api.login("second@example.com")["access"].(string)
		assert.Equal(t, "permission_denied", api.want(403, "GET", "/api/users/", second, "").code(t))

		api.want(204, "DELETE", "/api/users/2/sessions/", admin, "")
		api.want(401, "GET", "/api/doctors/", second, "")
		api.want(404, "DELETE", "/api/users/3/sessions/", admin, "")
		api.login("second@example.com")
	})
}

func TestTheLastAdministratorStays(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		api.signUp("second@example.com", domain.Admin)
		assert.Equal(t, "permission_denied", api.want(403, "PATCH", "/api/users/1/", admin, `{"role":"STAFF"}`).code(t), "users cannot change their own role")
		api.want(204, "DELETE", "/api/users/2/", admin, "")

		for _, got := range []answer{
			api.want(400, "DELETE", "/api/users/1/", admin, ""),
			api.want(400, "PATCH", "/api/users/1/", admin, `{"is_active":false}`),
		} {
			assert.Equal(t, "last_admin", got.code(t))
			assert.Contains(t, got.object(t)["errors"], "is_active")
		}
		api.want(403, "PATCH", "/api/users/1/", admin, `{"role":"STAFF"}`)
		assert.Equal(t, "ADMIN", api.want(200, "PATCH", "/api/users/1/", admin, `{"role":"ADMIN","first_name":"Ada"}`).object(t)["role"])
		api.want(200, "GET", "/api/users/", admin, "")
	})
}

func TestATemporaryPasswordHasToBeReplacedFirst(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		staff := api.signUp("staff@example.com", domain.Staff)
		api.populate(admin)
		api.want(403, "POST", "/api/users/1/password/", admin, `{"password":"`+otherPassword+`"}`)
		api.want(400, "POST", "/api/users/2/password/", admin, `{"password":"password"}`)
		api.want(204, "POST", "/api/users/2/password/", admin, `{"password":"`+otherPassword+`"}`)
		assert.Equal(t, true, api.want(200, "GET", "/api/users/2/", admin, "").object(t)["password_temporary"])
		api.want(401, "GET", "/api/auth/me/", staff, "")
		api.want(401, "POST", "/api/auth/login/", "", credentials("staff@example.com", goodPassword))

		grant := api.want(200, "POST", "/api/auth/login/", "", credentials("staff@example.com", otherPassword)).object(t)
		assert.Equal(t, "change_password", grant["duty"])
		staff = grant["access"].(string)
		for _, endpoint := range endpoints {
			if endpoint.noToken != 401 || endpoint.path == "/api/" {
				continue
			}
			switch endpoint.method + " " + endpoint.path {
			case "GET /api/auth/me/", "GET /api/auth/permissions/", "POST /api/auth/password/", "POST /api/auth/logout/", "DELETE /api/auth/sessions/", "DELETE /api/auth/sessions/3/":
				continue
			}
			got := api.want(403, endpoint.method, endpoint.path, staff, endpoint.body).code(t)
			if endpoint.asStaff != 403 {
				assert.Equal(t, "password_change_required", got, "%s %s", endpoint.method, endpoint.path)
			}
		}
		api.want(200, "GET", "/api/auth/me/", staff, "")
		assert.Equal(t, "{}", string(api.want(200, "GET", "/api/", staff, "").body), "the index is empty until the password is changed")
		var permissions []string
		api.want(200, "GET", "/api/auth/permissions/", staff, "").decode(t, &permissions)
		assert.Equal(t, []string{"session:revoke_self", "session:unlock_self", "user:read_self", "user:change_password"}, permissions)
		grant = api.want(200, "POST", "/api/auth/login/refresh/", "", `{"refresh":"`+grant["refresh"].(string)+`"}`).object(t)
		assert.Equal(t, "change_password", grant["duty"], "a refresh does not clear the duty")

		api.want(204, "POST", "/api/auth/password/", staff, fmt.Sprintf(`{"current_password":%q,"new_password":%q}`, otherPassword, goodPassword))
		api.want(200, "GET", "/api/patients/", staff, "")
		assert.Equal(t, map[string]any{"doctors": "/api/doctors/", "patients": "/api/patients/", "mappings": "/api/mappings/"},
			api.want(200, "GET", "/api/", staff, "").object(t))
		api.want(200, "GET", "/api/patients/", grant["access"].(string), "")
		assert.NotContains(t, api.login("staff@example.com"), "duty")
		assert.Equal(t, false, api.want(200, "GET", "/api/users/2/", admin, "").object(t)["password_temporary"])
	})
}
