package httpapi_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

// badTexts are invalid values of most fields; acceptsBadText has the exceptions.
var badTexts = []string{
	`""`, `" "`, `"\t\n"`, `"\u0000"`, `"a\u0000b"`, `"\u200b"`, `"\u001b[31m"`, `"\u2028"`, `"\ud83d"`, "\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"",
	`"` + strings.Repeat("x", 5000) + `"`, `"` + strings.Repeat("é", 300) + `"`, `"` + strings.Repeat("\\u0301", 400) + `"`,
	`null`, `true`, `0`, `-1`, `1e400`, `1.5`, `[]`, `{}`, `["x"]`, `{"$ne":null}`, `[[[[]]]]`,
}

// oddTexts are values that break careless programs: SQL, templates, odd Unicode. The service
// can accept or refuse them.
var oddTexts = []string{
	`"' OR '1'='1"`, `"'; DROP TABLE patients; --"`, `"\" OR \"\"=\""`, `"\\"`, `"%"`, `"_"`, `"%s%n%x"`, `"{{7*7}}"`, `"${jndi:ldap://x}"`, `"<script>alert(1)</script>"`,
	`"../../etc/passwd"`, `"$1"`, `":name"`, `"?"`, `"::text"`, `"\u202e"`, `"\ufeff"`, `"\ufffd"`, `"\uffff"`, `"😀"`, `"👨‍👩‍👧"`, `"ﷺ"`, `"İ"`, `"ǅ"`, `"e\u0301"`, `"ＡＢ"`, `"１２３"`,
	`"NaN"`, `"Infinity"`, `"-0"`, `"1e999999999"`, `"0x10"`, `"1_000"`, `"9999999999999999999999"`, `"true"`, `"null"`,
	`"2026-02-30"`, `"0000-00-00"`, `"9999-12-31"`, `"-0001-01-01"`, `"+10000-01-01"`, `"1850-01-01T00:00:00Z"`, `"infinity"`, `"now"`, `"epoch"`,
}

// badBodies are refused by every endpoint that reads a body.
var badBodies = []string{
	``, ` `, `null`, `[]`, `"x"`, `7`, `{`, `}`, `{]`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{a:1}`, `{'a':1}`, `{"a":1}{"a":1}`, `{"a":1}garbage`, `{"a":1,"a":1}`,
	`{"name":"x","name":"y"}`, `{"":1}`, "{\"\x00\":1}", "\x00", "\xff\xfe{\x00}\x00", "\ufeff{}", `<xml/>`, `name=x`, `--boundary`,
	`{"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`, strings.Repeat(`{"a":`, 3_000), strings.Repeat("[", 16_000),
	`{"__proto__":{}}`, `{"constructor":{"prototype":{}}}`, `{"NAME":"x"}`, `{"unknown":1}`,
}

// badQueries are refused by every list.
var badQueries = []string{
	"limit=0", "limit=-1", "limit=1001", "limit=abc", "limit=", "limit=1.5", "limit=1e2", "limit=99999999999999999999", "limit=%31%00", "limit=1&limit=2", "limit=٣", "limit=+5", "limit=0x10",
	"cursor=0", "cursor=-1", "cursor=abc", "cursor=", "cursor=99999999999999999999", "cursor=1&cursor=2", "cursor=%00", "cursor=1%20OR%201=1", "cursor=%ff",
	"%zz=1", "limit=%", "limit=1;cursor=2", "limit=1" + strings.Repeat("&x=1", 100), "limit=1" + strings.Repeat("&", 20_000),
}

var badMappingFilters = []string{
	"patient_id=0", "patient_id=-1", "patient_id=abc", "patient_id=", "patient_id=1&patient_id=1", "patient_id=99999999999999999999", "doctor_id=1.0", "doctor_id=%00", "doctor_id=1'",
}

var badUserFilters = []string{
	"role=", "role=admin", "role=OPERATOR", "role=STAFF&role=ADMIN", "role=%00", "is_active=", "is_active=1", "is_active=TRUE", "is_active=null", "is_active=true&is_active=false",
	"search=" + strings.Repeat("x", 255), "search=a&search=b",
}

var badEventFilters = []string{
	"actor=0", "actor=", "actor=me", "actor=1&actor=1", "patient=-1", "patient=%00", "doctor=1.0", "doctor=9223372036854775808", "patient=1&doctor=1",
	"action=", "action=patient", "action=PATIENT:READ", "action=patient:read'", "action=patient:read&action=patient:read", "outcome=", "outcome=ALLOWED", "outcome=true",
	"from=", "from=yesterday", "from=2026-01-01", "from=2026-01-01T00:00:00", "from=2026-13-01T00:00:00Z", "from=1767225600", "to=0000-01-01T00:00:00Z", "to=+10000-01-01T00:00:00Z",
	"to=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", "to=2026-01-01T00:00:00%00Z",
}

// badIDs are ids of no record.
var badIDs = []string{
	"0", "-1", "+1", "01", "1.0", "1e3", "abc", "9223372036854775807", "9223372036854775808", "99999999999999999999", "%00", "1%00", "%20", "1%20", "%31%2f", "..", "%2e%2e", "%2e%2e%2fpatients",
	"null", "undefined", "NaN", "1;drop", "1'", "%ff", "%c0%80", "١", "１", "1,2", "*", "{id}", ":id", "true", strings.Repeat("9", 3000), "",
}

type field struct{ method, path, body string }

// fields are bodies with a %s in place of one value.
var fields = []field{
	{"POST", "/api/auth/register/", `{"password":"` + goodPassword + `","email":%s}`},
	{"POST", "/api/auth/register/", `{"email":"e@example.com","password":%s}`},
	{"POST", "/api/auth/register/", `{"email":"f@example.com","password":"` + goodPassword + `","role":%s}`},
	{"POST", "/api/auth/login/", `{"username":%s,"password":"x"}`},
	{"POST", "/api/auth/login/", `{"username":"x@example.com","password":%s}`},
	{"POST", "/api/auth/login/", `{"username":"admin@example.com","password":"` + goodPassword + `","otp":%s}`},
	{"POST", "/api/auth/login/refresh/", `{"refresh":%s}`},
	{"POST", "/api/auth/password/", `{"new_password":"` + otherPassword + `","current_password":%s}`},
	{"POST", "/api/auth/password/", `{"current_password":"` + goodPassword + `","new_password":%s}`},
	{"POST", "/api/auth/mfa/", `{"password":%s}`},
	{"POST", "/api/auth/mfa/confirm/", `{"otp":%s}`},
	{"POST", "/api/auth/mfa/disable/", `{"password":%s}`},
	{"POST", "/api/users/", `{"password":"` + goodPassword + `","email":%s}`},
	{"POST", "/api/users/", `{"email":"g@example.com","password":"` + goodPassword + `","role":%s}`},
	{"PATCH", "/api/users/2/", `{"first_name":%s}`},
	{"PATCH", "/api/users/2/", `{"phone_number":%s}`},
	{"PATCH", "/api/users/2/", `{"role":%s}`},
	{"PATCH", "/api/users/2/", `{"is_active":%s}`},
	{"POST", "/api/users/2/password/", `{"password":%s}`},
	{"POST", "/api/doctors/", `{"specialization":"x","license_number":"x1","salary":1,"name":%s}`},
	{"POST", "/api/doctors/", `{"name":"x","license_number":"x2","salary":1,"specialization":%s}`},
	{"POST", "/api/doctors/", `{"name":"x","specialization":"x","salary":1,"license_number":%s}`},
	{"POST", "/api/doctors/", `{"name":"x","specialization":"x","license_number":"x3","salary":%s}`},
	{"POST", "/api/patients/", `{"name":%s}`},
	{"POST", "/api/patients/", `{"name":"x","date_of_birth":%s}`},
	{"POST", "/api/patients/", `{"name":"x","phone_number":%s}`},
	{"POST", "/api/patients/", `{"name":"x","gender":%s}`},
	{"POST", "/api/patients/", `{"name":"x","address":%s}`},
	{"POST", "/api/patients/", `{"name":"x","medical_record":%s}`},
	{"POST", "/api/mappings/", `{"doctor":1,"patient":%s}`},
	{"POST", "/api/mappings/", `{"patient":1,"doctor":%s}`},
	{"PATCH", "/api/auth/me/", `{"first_name":%s}`},
	{"PATCH", "/api/auth/me/", `{"phone_number":%s}`},
	{"PATCH", "/api/patients/1/", `{"name":%s}`},
	{"PATCH", "/api/doctors/1/", `{"salary":%s}`},
	{"PUT", "/api/mappings/1/", `{"patient":1,"doctor":%s}`},
}

// acceptsEmpty reports whether the field accepts an empty string.
func acceptsEmpty(body string) bool {
	for _, name := range []string{"first_name", "phone_number", "address", "medical_record"} {
		if strings.Contains(body, `"`+name+`":%s`) {
			return true
		}
	}
	return false
}

// TestBadInputNeverCausesAServerError sends every bad value to every field, list and path. No
// answer is a 5xx, invalid values are refused, and the service works afterwards.
func TestBadInputNeverCausesAServerError(t *testing.T) {
	require.GreaterOrEqual(t, len(badTexts)+len(oddTexts)+len(badBodies)+len(badQueries)+len(badMappingFilters)+len(badUserFilters)+len(badEventFilters)+len(badIDs), 150)
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		api.signUp("staff@example.com", domain.Staff)
		api.populate(admin)

		for _, f := range fields {
			for _, value := range badTexts {
				got := api.do(f.method, f.path, admin, fmt.Sprintf(f.body, value))
				if !acceptsEmpty(f.body) && !acceptsBadText(f.body, value) {
					assert.True(t, 400 <= got.StatusCode && got.StatusCode < 500, "%s %s took %.60s: %d", f.method, f.path, fmt.Sprintf(f.body, value), got.StatusCode)
				}
				assert.Less(t, got.StatusCode, 500, "%s %s %.60s", f.method, f.path, value)
			}
			for _, value := range oddTexts {
				got := api.do(f.method, f.path, admin, fmt.Sprintf(f.body, value))
				assert.Less(t, got.StatusCode, 500, "%s %s %s", f.method, f.path, value)
			}
		}
		for _, endpoint := range endpoints {
			if endpoint.body == "" {
				continue
			}
			for _, body := range badBodies {
				got := api.do(endpoint.method, endpoint.path, admin, body, "Content-Type", "application/json")
				assert.Equal(t, 400, got.StatusCode, "%s %s %.60q", endpoint.method, endpoint.path, body)
			}
			for _, contentType := range []string{"", "text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonx", "json", ";;", "application/json, text/html"} {
				got := api.do(endpoint.method, endpoint.path, admin, endpoint.body, "Content-Type", contentType)
				assert.Equal(t, 415, got.StatusCode, "%s %s %s", endpoint.method, endpoint.path, contentType)
			}
			got := api.do(endpoint.method, endpoint.path, admin, endpoint.body, "Content-Encoding", "gzip")
			assert.Equal(t, 415, got.StatusCode)
			limit := 1 << 20
			if strings.HasSuffix(endpoint.path, "bulk/") {
				limit = 8 << 20
			}
			got = api.do(endpoint.method, endpoint.path, admin, `{"name":"`+strings.Repeat("x", limit)+`"}`)
			assert.Equal(t, 413, got.StatusCode, "%s %s", endpoint.method, endpoint.path)
		}
		for _, list := range []string{"/api/doctors/", "/api/patients/", "/api/mappings/", "/api/doctors/2/patients/", "/api/patients/2/doctors/", "/api/mappings/2/", "/api/users/", "/api/auth/sessions/", "/api/users/2/sessions/", "/api/audit/", "/api/patients/1/accesses/"} {
			for _, query := range badQueries {
				assert.Equal(t, 400, api.do("GET", list+"?"+query, admin, "").StatusCode, "%s?%s", list, query)
			}
		}
		for _, query := range badMappingFilters {
			assert.Equal(t, 400, api.do("GET", "/api/mappings/?"+query, admin, "").StatusCode, query)
		}
		for _, query := range badUserFilters {
			assert.Equal(t, 400, api.do("GET", "/api/users/?"+query, admin, "").StatusCode, query)
		}
		for _, format := range []string{"application/json", "text/csv", "application/x-ndjson"} {
			for _, query := range append(badEventFilters, badQueries...) {
				assert.Equal(t, 400, api.do("GET", "/api/audit/?"+query, admin, "", "Accept", format).StatusCode, "%s as %s", query, format)
			}
		}
		for _, id := range badIDs {
			if _, err := domain.ParseID(id); err != nil && id != "" {
				assert.Equal(t, 404, api.doRaw("GET", "/api/patients/"+id+"/accesses/", admin, "").StatusCode, id)
				assert.Equal(t, 404, api.doRaw("GET", "/api/users/"+id+"/sessions/", admin, "").StatusCode, id)
			}
			assert.Contains(t, []int{404, 405}, api.doRaw("POST", "/api/users/"+id+"/password/", admin, `{"password":"`+otherPassword+`"}`).StatusCode, id)
			assert.Contains(t, []int{404, 405}, api.doRaw("DELETE", "/api/users/"+id+"/sessions/", admin, "").StatusCode, id)
			if id != "" {
				assert.Contains(t, []int{404, 405}, api.doRaw("DELETE", "/api/auth/sessions/"+id+"/", admin, "").StatusCode, id)
			}
		}
		for _, collection := range []string{"/api/doctors/", "/api/patients/", "/api/mappings/", "/api/users/"} {
			for _, id := range badIDs {
				for _, method := range []string{"GET", "PUT", "PATCH", "DELETE"} {
					if id == "" && method == "GET" {
						continue
					}
					body := map[string]string{"PUT": fmt.Sprintf(houseJSON, "x9"), "PATCH": `{}`}[method]
					if collection == "/api/patients/" && method == "PUT" {
						body = adaJSON
					}
					if collection == "/api/mappings/" && method == "PUT" {
						body = `{"patient":2,"doctor":2}`
					}
					got := api.doRaw(method, collection+id+"/", admin, body)
					assert.Contains(t, []int{404, 405}, got.StatusCode, "%s %s%s", method, collection, id)
				}
			}
		}

		for _, path := range []string{"/api/users/", "/api/users/2/", "/api/auth/sessions/", "/api/users/2/sessions/", "/api/doctors/", "/api/patients/", "/api/mappings/", "/api/doctors/1/", "/api/patients/1/", "/api/patients/1/doctors/", "/api/doctors/1/patients/", "/api/mappings/1/", "/api/mappings/?patient_id=1", "/api/audit/", "/api/patients/1/accesses/", "/readyz"} {
			api.want(200, "GET", path, admin, "")
		}
		log := api.log.String()
		assert.NotContains(t, log, "status=5")
		assert.Contains(t, log, "user=1 session=1")
		for _, sent := range []string{"Lovelace", "House", "admin@", goodPassword, "jndi", "DROP TABLE", "drop", "etc/passwd", "garbage", "patient_id", "cursor", "undefined"} {
			assert.NotContains(t, log, sent, "the log has a submitted value")
		}
	})
}

// acceptsBadText reports whether the field accepts one of badTexts.
func acceptsBadText(body, value string) bool {
	holds := func(names ...string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return strings.Contains(body, `"`+name+`":%s`) })
	}
	null := (value == "null" || value == `""`) && holds("date_of_birth", "gender")
	number := slices.Contains([]string{"0", "-1", "1e400", "1.5"}, value) && holds("name", "specialization", "license_number")
	amount := holds("salary") && (value == "0" || value == "1.5")
	flag := holds("is_active") && value == "true"
	code := strings.Contains(body, `"username":"admin@example.com"`) && (value == "null" || value == `""`)
	return null || number || amount || flag || code
}

// doRaw sends a request with the path exactly as given, without the encoding of net/url.
func (a *api) doRaw(method, path, token, body string) answer {
	a.t.Helper()
	req, err := http.NewRequestWithContext(a.t.Context(), method, a.url, strings.NewReader(body))
	require.NoError(a.t, err)
	target, err := url.Parse(a.url)
	require.NoError(a.t, err)
	req.URL = &url.URL{Scheme: target.Scheme, Host: target.Host, Opaque: path}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	return a.send(req)
}

func TestBadAuthorizationHeadersAreRefused(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	admin := api.signUp("admin@example.com", domain.Admin)
	for _, header := range []string{
		"Bearer", "Bearer ", "bearer x", "Bearer " + admin + "x", "Bearer " + admin[:len(admin)-1], "Bearer null", "Bearer ..",
		"Bearer " + strings.Repeat("x", 8000), "Bearer a.b.c", "Token " + admin, "Basic YWRtaW46YWRtaW4=", admin, "Bearer," + admin, "Bearer \xff\xfe", "Bearer " + strings.ToUpper(admin),
	} {
		got := api.do("GET", "/api/doctors/", "", "", "Authorization", header)
		assert.Equal(t, 401, got.StatusCode, header)
	}
	api.want(200, "GET", "/api/doctors/", "", "", "Authorization", "bearer "+admin)
	api.want(401, "GET", "/api/doctors/?token="+admin+"&access_token="+admin, "", "")

	req, err := http.NewRequestWithContext(t.Context(), "GET", api.url+"/api/doctors/", nil)
	require.NoError(t, err)
	req.Header["Authorization"] = []string{"Bearer " + admin, "Bearer x"}
	assert.Equal(t, 401, api.send(req).StatusCode, "two tokens are ambiguous")

	api.want(200, "GET", "/api/doctors/", admin, "", "X-HTTP-Method-Override", "DELETE")
}

func TestOtherMethodsAreRefusedWithAllow(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	admin := api.signUp("admin@example.com", domain.Admin)
	api.populate(admin)
	for path, allow := range map[string]string{
		"/api/doctors/": "OPTIONS, GET, HEAD, POST", "/api/doctors/1/": "OPTIONS, DELETE, GET, HEAD, PATCH, PUT", "/api/auth/login/": "OPTIONS, POST", "/livez": "OPTIONS, GET, HEAD",
		"/api/doctors/1/history/": "OPTIONS, GET, HEAD", "/api/doctors/1/history/1/": "OPTIONS, GET, HEAD", "/api/doctors/1/restore/": "OPTIONS, POST",
	} {
		for _, method := range []string{"TRACE", "PROPFIND", "BREW"} {
			got := api.want(405, method, path, admin, "")
			assert.ElementsMatch(t, strings.Split(allow, ", "), strings.Split(got.Header.Get("Allow"), ", "), path)
		}
	}
	assert.Equal(t, `Method "POST" not allowed.`, api.want(405, "POST", "/api/doctors/1/", admin, "{}").object(t)["detail"])
	assert.Equal(t, `Method "other" not allowed.`, api.want(405, "BREW", "/api/doctors/1/", admin, "").object(t)["detail"])
	head := api.want(200, "HEAD", "/api/doctors/1/", admin, "")
	assert.Empty(t, head.body)
	full := api.want(200, "GET", "/api/doctors/1/", admin, "")
	assert.Equal(t, full.Header.Get("Content-Length"), head.Header.Get("Content-Length"))
	api.want(404, "GET", "/api/nothing/", admin, "")
	api.want(200, "GET", "/", "", "")
	api.want(404, "GET", "/api/doctors/1/salary/", admin, "")
}
