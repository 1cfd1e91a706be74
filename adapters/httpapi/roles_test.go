package httpapi_test

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

// escalation is a request with which a caller who is not an administrator tries to become
// one, and the expected status.
type escalation struct {
	name                string
	status              int
	method, path, token string
	body                string
	headers             []string
}

// escalations are requests without a token and with a token of Staff, who is user 2. %s stands
// for a new e-mail address.
func escalations(staff, refresh string) []escalation {
	const register, me, own, password, mfa = "/api/auth/register/", "/api/auth/me/", "/api/users/2/", "/api/auth/password/", "/api/auth/mfa/"
	const merge, form = "application/merge-patch+json", "application/x-www-form-urlencoded"
	registrationWith := func(members string) string {
		return strings.TrimSuffix(`{"email":"%s","password":"`+goodPassword+`",`+members, ",") + "}"
	}
	loginWith := func(members string) string {
		return `{"username":"staff@example.com","password":"` + goodPassword + `",` + members + "}"
	}
	passwordWith := func(members string) string {
		return `{"current_password":"` + goodPassword + `","new_password":"` + otherPassword + `",` + members + "}"
	}
	multipart := "--x\r\nContent-Disposition: form-data; name=\"role\"\r\n\r\nADMIN\r\n--x--\r\n"
	return []escalation{
		{"role", 403, "POST", register, "", registrationWith(`"role":"ADMIN"`), nil},
		{"role, by Staff", 403, "POST", register, staff, registrationWith(`"role":"ADMIN"`), nil},
		{"escaped role", 403, "POST", register, "", registrationWith(`"role":"\u0041DMIN"`), nil},
		{"escaped name", 403, "POST", register, "", registrationWith(`"\u0072ole":"ADMIN"`), nil},
		{"role in lower case", 400, "POST", register, "", registrationWith(`"role":"admin"`), nil},
		{"role in mixed case", 400, "POST", register, "", registrationWith(`"role":"Admin"`), nil},
		{"role with space", 400, "POST", register, "", registrationWith(`"role":" ADMIN"`), nil},
		{"role with a line feed", 400, "POST", register, "", registrationWith(`"role":"ADMIN\n"`), nil},
		{"role in full width", 400, "POST", register, "", registrationWith(`"role":"ＡＤＭＩＮ"`), nil},
		{"role with a Cyrillic letter", 400, "POST", register, "", registrationWith(`"role":"АDMIN"`), nil},
		{"role with a zero-width space", 400, "POST", register, "", registrationWith(`"role":"ADMIN\u200b"`), nil},
		{"role with NUL", 400, "POST", register, "", registrationWith(`"role":"ADMIN\u0000"`), nil},
		{"operator", 400, "POST", register, "", registrationWith(`"role":"OPERATOR"`), nil},
		{"null role", 400, "POST", register, "", registrationWith(`"role":null`), nil},
		{"empty role", 400, "POST", register, "", registrationWith(`"role":""`), nil},
		{"array", 400, "POST", register, "", registrationWith(`"role":["ADMIN"]`), nil},
		{"object", 400, "POST", register, "", registrationWith(`"role":{"$eq":"ADMIN"}`), nil},
		{"number", 400, "POST", register, "", registrationWith(`"role":1`), nil},
		{"two roles", 400, "POST", register, "", registrationWith(`"role":"STAFF","role":"ADMIN"`), nil},
		{"two roles, one escaped", 400, "POST", register, "", registrationWith(`"role":"STAFF","\u0072ole":"ADMIN"`), nil},
		{"name in capitals", 400, "POST", register, "", registrationWith(`"ROLE":"ADMIN"`), nil},
		{"name in mixed case", 400, "POST", register, "", registrationWith(`"Role":"ADMIN"`), nil},
		{"name with space", 400, "POST", register, "", registrationWith(`"role ":"ADMIN"`), nil},
		{"nested", 400, "POST", register, "", registrationWith(`"user":{"role":"ADMIN"}`), nil},
		{"dotted path as a name", 400, "POST", register, "", registrationWith(`"user.role":"ADMIN"`), nil},
		{"is_superuser", 400, "POST", register, "", registrationWith(`"is_superuser":true`), nil},
		{"is_staff", 400, "POST", register, "", registrationWith(`"is_staff":true`), nil},
		{"is_admin", 400, "POST", register, "", registrationWith(`"is_admin":true`), nil},
		{"permissions", 400, "POST", register, "", registrationWith(`"permissions":["user:create"]`), nil},
		{"groups", 400, "POST", register, "", registrationWith(`"groups":["ADMIN"]`), nil},
		{"prototype", 400, "POST", register, "", registrationWith(`"__proto__":{"role":"ADMIN"}`), nil},
		{"id of the administrator", 201, "POST", register, "", registrationWith(`"id":1`), nil},
		{"query", 201, "POST", register + "?role=ADMIN", "", registrationWith(``), nil},
		{"header", 201, "POST", register, "", registrationWith(``), []string{"X-Role", "ADMIN", "X-User-Id", "1", "X-Forwarded-User", "admin@example.com"}},
		{"form", 415, "POST", register, "", "email=a%40example.com&password=" + goodPassword + "&role=ADMIN", []string{"Content-Type", form}},
		{"multipart", 415, "POST", register, "", multipart, []string{"Content-Type", "multipart/form-data; boundary=x"}},
		{"XML", 415, "POST", register, "", "<user><role>ADMIN</role></user>", []string{"Content-Type", "application/xml"}},
		{"merge patch as a POST", 415, "POST", register, "", registrationWith(`"role":"ADMIN"`), []string{"Content-Type", merge}},
		{"user created as an administrator does", 401, "POST", "/api/users/", "", registrationWith(`"role":"ADMIN"`), nil},
		{"user created as an administrator does, by Staff", 403, "POST", "/api/users/", staff, registrationWith(`"role":"ADMIN"`), nil},

		{"me", 200, "PATCH", me, staff, `{"role":"ADMIN"}`, nil},
		{"me, as a merge patch", 200, "PATCH", me, staff, `{"role":"ADMIN"}`, []string{"Content-Type", merge}},
		{"me, as a JSON patch", 415, "PATCH", me, staff, `[{"op":"replace","path":"/role","value":"ADMIN"}]`, []string{"Content-Type", "application/json-patch+json"}},
		{"me, two roles", 400, "PATCH", me, staff, `{"role":"STAFF","role":"ADMIN"}`, nil},
		{"me, capitals", 400, "PATCH", me, staff, `{"Role":"ADMIN"}`, nil},
		{"me, nested", 400, "PATCH", me, staff, `{"user":{"role":"ADMIN"}}`, nil},
		{"me, superuser", 400, "PATCH", me, staff, `{"is_superuser":true,"is_staff":true,"permissions":["*"]}`, nil},
		{"me, id and address of an administrator", 200, "PATCH", me, staff, `{"id":1,"email":"admin@example.com"}`, nil},
		{"me, query", 200, "PATCH", me + "?role=ADMIN&id=1", staff, `{}`, nil},
		{"me, PUT", 405, "PUT", me, staff, `{"role":"ADMIN"}`, nil},
		{"me, form", 415, "PATCH", me, staff, "role=ADMIN", []string{"Content-Type", form}},
		{"own record", 403, "PATCH", own, staff, `{"role":"ADMIN"}`, nil},
		{"own record, PUT", 405, "PUT", own, staff, `{"role":"ADMIN"}`, nil},
		{"own record, without a token", 401, "PATCH", own, "", `{"role":"ADMIN"}`, nil},
		{"own record, overridden method", 403, "GET", own, staff, "", []string{"X-HTTP-Method-Override", "PATCH", "X-Role", "ADMIN"}},
		{"own record, another path", 404, "PATCH", "/api/auth/me/../../users/2/", staff, `{"role":"ADMIN"}`, nil},
		{"own record, rewritten URL", 200, "GET", me, staff, "", []string{"X-Original-URL", own, "X-Rewrite-URL", own}},
		{"others' passwords", 403, "POST", "/api/users/1/password/", staff, `{"password":"` + otherPassword + `"}`, nil},
		{"login", 400, "POST", "/api/auth/login/", "", loginWith(`"role":"ADMIN"`), nil},
		{"login, nested", 400, "POST", "/api/auth/login/", "", loginWith(`"user":{"role":"ADMIN"}`), nil},
		{"login, query and header", 200, "POST", "/api/auth/login/?role=ADMIN", "", loginWith(`"otp":null`), []string{"X-Role", "ADMIN"}},
		{"refresh", 400, "POST", "/api/auth/login/refresh/", "", `{"refresh":"` + refresh + `","role":"ADMIN"}`, nil},
		{"password", 400, "POST", password, staff, passwordWith(`"role":"ADMIN"`), nil},
		{"password, id of another user", 400, "POST", password, staff, passwordWith(`"id":1`), nil},
		{"second factor", 400, "POST", mfa, staff, `{"password":"` + goodPassword + `","role":"ADMIN"}`, nil},
		{"second factor, confirmed", 400, "POST", mfa + "confirm/", staff, `{"otp":"123456","role":"ADMIN"}`, nil},
		{"sessions", 400, "GET", "/api/auth/sessions/?role=ADMIN&user_id=1", staff, "", nil},
		{"sessions, with a body", 204, "DELETE", "/api/auth/sessions/", staff, `{"role":"ADMIN","user_id":1}`, nil},

		{"token with another role", 401, "PATCH", own, alterClaims(staff, `"STAFF"`, `"ADMIN"`), `{"role":"ADMIN"}`, nil},
		{"token with the id of another user", 401, "PATCH", own, alterClaims(staff, `"sub":"2"`, `"sub":"1"`), `{"role":"ADMIN"}`, nil},
		{"registration with an altered token", 401, "POST", register, alterClaims(staff, `"STAFF"`, `"ADMIN"`), registrationWith(`"role":"ADMIN"`), nil},
		{"two tokens in one", 401, "PATCH", own, staff + "," + alterClaims(staff, `"STAFF"`, `"ADMIN"`), `{"role":"ADMIN"}`, nil},
	}
}

// alterClaims replaces a text in the claims of a token and keeps its signature.
func alterClaims(token, from, to string) string {
	parts := strings.Split(token, ".")
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || !strings.Contains(string(claims), from) {
		panic("the token does not say " + from)
	}
	parts[1] = base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(claims), from, to, 1)))
	return strings.Join(parts, ".")
}

func TestNoRequestMakesStaffAnAdmin(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		staff := api.signUp("staff@example.com", domain.Staff)
		refresh := api.login("staff@example.com")["refresh"].(string)
		table := escalations(staff, refresh)
		require.GreaterOrEqual(t, len(table), 40)
		registered := 0
		for i, s := range table {
			body := strings.Replace(s.body, "%s", fmt.Sprintf("new%d@example.com", i), 1)
			headers := append([]string{"Content-Type", "application/json"}, s.headers...)
			got := api.do(s.method, s.path, s.token, body, headers...)
			assert.Equal(t, s.status, got.StatusCode, "%s: %s", s.name, got.body)
			if got.StatusCode == 201 {
				registered++
			}
			assert.Equal(t, "STAFF", api.want(200, "GET", "/api/auth/me/", staff, "").object(t)["role"], s.name)
		}
		assert.Equal(t, []any{"admin@example.com"}, api.emails("/api/users/?role=ADMIN", admin))
		assert.Len(t, api.emails("/api/users/?role=STAFF", admin), registered+1)
		for _, user := range api.want(200, "GET", "/api/users/?search="+url.QueryEscape("new"), admin, "").objects(t) {
			access := api.login(user["email"].(string))["access"].(string)
			api.want(403, "GET", "/api/users/", access, "")
		}
		me := api.want(200, "GET", "/api/auth/me/", admin, "").object(t)
		assert.Equal(t, map[string]any{"id": 1.0, "first_name": "", "last_name": "", "email": "admin@example.com", "phone_number": "", "role": "ADMIN", "version": 1.0}, me)
	})
}
