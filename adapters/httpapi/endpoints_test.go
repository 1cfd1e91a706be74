package httpapi_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/httpapi"
	"example.com/healthcare/domain"
)

const (
	houseJSON  = `{"name":"Gregory House","specialization":"Diagnostics","license_number":"%s","salary":"1234.50"}`
	adaJSON    = `{"name":"Ada Lovelace"}`
	wilsonPath = "/api/doctors/2/"
)

// endpoints has the status that every endpoint answers to each role. User 1 is the Admin.
// User 2 is Staff, and has a session 3 other than that of the request. Mapping 1 assigns
// doctor 1 to patient 1; doctor 2 and patient 2 are not assigned. Records to restore are
// deleted first, by Staff if Staff can.
var endpoints = []struct {
	method, path, body        string
	noToken, asStaff, asAdmin int
}{
	{"POST", "/api/auth/register/", `{"email":"new@example.com","password":"` + goodPassword + `"}`, 201, 201, 201},
	{"POST", "/api/auth/register/", `{"email":"new@example.com","password":"` + goodPassword + `","role":"ADMIN"}`, 403, 403, 201},
	{"POST", "/api/auth/login/", `{"username":"staff@example.com","password":"` + goodPassword + `"}`, 200, 200, 200},
	{"POST", "/api/auth/login/", `{"email":"staff@example.com","password":"` + goodPassword + `"}`, 200, 200, 200},
	{"POST", "/api/auth/login/refresh/", `{"refresh":"REFRESH"}`, 200, 200, 200},
	{"POST", "/api/auth/logout/", ``, 401, 204, 204},
	{"GET", "/api/auth/me/", ``, 401, 200, 200},
	{"GET", "/api/auth/sessions/", ``, 401, 200, 200},
	{"DELETE", "/api/auth/sessions/", ``, 401, 204, 204},
	{"DELETE", "/api/auth/sessions/3/", ``, 401, 204, 404},
	{"PATCH", "/api/auth/me/", `{"first_name":"Ada"}`, 401, 200, 200},
	{"GET", "/api/auth/permissions/", ``, 401, 200, 200},
	{"POST", "/api/auth/password/", `{"current_password":"` + goodPassword + `","new_password":"` + otherPassword + `"}`, 401, 204, 204},
	{"GET", "/api/auth/mfa/", ``, 401, 200, 200},
	{"POST", "/api/auth/mfa/", `{"password":"` + goodPassword + `"}`, 401, 201, 201},
	{"POST", "/api/auth/mfa/confirm/", `{"otp":"123456"}`, 401, 400, 400},
	{"POST", "/api/auth/mfa/disable/", `{"password":"` + goodPassword + `"}`, 401, 204, 204},

	{"GET", "/api/users/", ``, 401, 403, 200},
	{"POST", "/api/users/", `{"email":"new@example.com","password":"` + goodPassword + `","role":"ADMIN"}`, 401, 403, 201},
	{"GET", "/api/users/names/?id=1", ``, 401, 200, 200},
	{"GET", "/api/users/2/", ``, 401, 403, 200},
	{"PATCH", "/api/users/2/", `{"role":"ADMIN"}`, 401, 403, 200},
	{"DELETE", "/api/users/2/", ``, 401, 403, 204},
	{"POST", "/api/users/2/password/", `{"password":"` + otherPassword + `"}`, 401, 403, 204},
	{"GET", "/api/users/2/sessions/", ``, 401, 403, 200},
	{"DELETE", "/api/users/2/sessions/", ``, 401, 403, 204},

	{"GET", "/api/doctors/", ``, 401, 200, 200},
	{"POST", "/api/doctors/", fmt.Sprintf(houseJSON, "new"), 401, 403, 201},
	{"POST", "/api/doctors/bulk/", `{"items":[` + fmt.Sprintf(houseJSON, "new") + `]}`, 401, 403, 201},
	{"GET", "/api/doctors/1/", ``, 401, 200, 200},
	{"PUT", "/api/doctors/1/", fmt.Sprintf(houseJSON, "new"), 401, 403, 200},
	{"PATCH", "/api/doctors/1/", `{"salary":5}`, 401, 403, 200},
	{"DELETE", "/api/doctors/1/", ``, 401, 403, 204},
	{"GET", "/api/doctors/deleted/", ``, 401, 403, 200},
	{"GET", "/api/doctors/?deleted=true", ``, 401, 403, 200},
	{"GET", "/api/doctors/1/history/", ``, 401, 200, 200},
	{"GET", "/api/doctors/1/history/1/", ``, 401, 200, 200},
	{"POST", "/api/doctors/1/restore/", ``, 401, 403, 200},
	{"GET", "/api/doctors/1/patients/", ``, 401, 200, 200},

	{"GET", "/api/patients/", ``, 401, 200, 200},
	{"POST", "/api/patients/", adaJSON, 401, 201, 201},
	{"POST", "/api/patients/bulk/", `{"items":[` + adaJSON + `]}`, 401, 201, 201},
	{"POST", "/api/patients/search/", `{"search":"ada"}`, 401, 200, 200},
	{"GET", "/api/patients/1/", ``, 401, 200, 200},
	{"PUT", "/api/patients/1/", adaJSON, 401, 200, 200},
	{"PATCH", "/api/patients/1/", `{"gender":"F"}`, 401, 200, 200},
	{"DELETE", "/api/patients/1/", ``, 401, 204, 204},
	{"GET", "/api/patients/deleted/", ``, 401, 403, 200},
	{"GET", "/api/patients/?deleted=true", ``, 401, 403, 200},
	{"GET", "/api/patients/1/history/", ``, 401, 200, 200},
	{"GET", "/api/patients/1/history/1/", ``, 401, 200, 200},
	{"POST", "/api/patients/1/restore/", ``, 401, 200, 200},
	{"GET", "/api/patients/1/doctors/", ``, 401, 200, 200},
	{"GET", "/api/patients/1/accesses/", ``, 401, 403, 200},
	{"GET", "/api/patients/1/accesses/report/", ``, 401, 403, 200},

	{"GET", "/api/mappings/", ``, 401, 200, 200},
	{"POST", "/api/mappings/", `{"patient":2,"doctor":2}`, 401, 201, 201},
	{"POST", "/api/mappings/bulk/", `{"items":[{"patient":2,"doctor":2}]}`, 401, 201, 201},
	{"GET", "/api/mappings/1/", ``, 401, 200, 200},
	{"PUT", "/api/mappings/1/", `{"patient":2,"doctor":1}`, 401, 200, 200},
	{"PATCH", "/api/mappings/1/", `{"doctor":2}`, 401, 200, 200},
	{"DELETE", "/api/mappings/1/", ``, 401, 204, 204},
	{"GET", "/api/mappings/deleted/", ``, 401, 403, 200},
	{"GET", "/api/mappings/?deleted=true", ``, 401, 403, 200},
	{"GET", "/api/mappings/1/history/", ``, 401, 200, 200},
	{"GET", "/api/mappings/1/history/1/", ``, 401, 200, 200},
	{"POST", "/api/mappings/1/restore/", ``, 401, 200, 200},

	{"GET", "/api/audit/", ``, 401, 403, 200},

	{"GET", "/api/", ``, 401, 200, 200},
	{"GET", "/", ``, 200, 200, 200},
	{"GET", "/openapi.yaml", ``, 200, 200, 200},
	{"GET", "/openapi.json", ``, 200, 200, 200},
	{"GET", "/docs", ``, 200, 200, 200},
	{"GET", "/docs/page.js", ``, 200, 200, 200},
	{"GET", "/livez", ``, 200, 200, 200},
	{"GET", "/readyz", ``, 200, 200, 200},
}

// populate creates the records that the endpoints table refers to.
func (a *api) populate(admin string) {
	a.t.Helper()
	a.want(201, "POST", "/api/doctors/", admin, fmt.Sprintf(houseJSON, "L-1"))
	a.want(201, "POST", "/api/doctors/", admin, fmt.Sprintf(houseJSON, "L-2"))
	a.want(201, "POST", "/api/patients/", admin, adaJSON)
	a.want(201, "POST", "/api/patients/", admin, adaJSON)
	a.want(201, "POST", "/api/mappings/", admin, `{"patient":1,"doctor":1}`)
}

func TestTheTableHasEveryEndpointAndMatchesThePolicy(t *testing.T) {
	spec, err := openapi3.NewLoader().LoadFromData(httpapi.OpenAPI())
	require.NoError(t, err)
	want, got := map[string]bool{}, map[string]bool{}
	for path, item := range spec.Paths.Map() {
		for method := range item.Operations() {
			want[method+" "+path] = true
		}
	}
	for _, endpoint := range endpoints {
		path := strings.Replace(endpoint.path, "?deleted=true", "deleted/", 1)
		path = strings.TrimSuffix(path, "?id=1")
		path = regexp.MustCompile(`/history/[0-9]+/`).ReplaceAllString(path, "/history/{version}/")
		path = strings.Replace(path, "/docs/page.js", "/docs/{file}", 1)
		path = regexp.MustCompile(`/[0-9]+/`).ReplaceAllString(path, "/{id}/")
		got[endpoint.method+" "+path] = true
		name, named := spec.Paths.Find(path).GetOperation(endpoint.method).Extensions["x-permission"].(string)
		if permission := domain.Permission(name); named && permission != domain.UserRegister {
			assert.Equal(t, domain.Can(domain.Anonymous, permission), endpoint.noToken != 401, "%s %s", endpoint.method, path)
			assert.Equal(t, domain.Can(domain.Staff, permission), endpoint.asStaff != 403, "%s %s", endpoint.method, path)
			assert.Equal(t, domain.Can(domain.Admin, permission), endpoint.asAdmin != 403, "%s %s", endpoint.method, path)
		}
	}
	assert.Equal(t, want, got)
}

func TestEveryEndpointByRole(t *testing.T) {
	for _, tt := range endpoints {
		for who, want := range map[string]int{"no token": tt.noToken, "Staff": tt.asStaff, "Admin": tt.asAdmin} {
			t.Run(tt.method+tt.path+" "+who, func(t *testing.T) {
				t.Parallel()
				for _, path := range []string{tt.path, strings.TrimSuffix(tt.path, "/")} {
					api := newAPI(t, stores["memory"](t))
					admin := api.signUp("admin@example.com", domain.Admin)
					staff := api.signUp("staff@example.com", domain.Staff)
					api.populate(admin)
					body := strings.ReplaceAll(tt.body, "REFRESH", api.login("staff@example.com")["refresh"].(string))
					if record, restores := strings.CutSuffix(tt.path, "restore/"); restores {
						deleter := admin
						if tt.asStaff == 200 {
							deleter = staff
						}
						api.want(204, "DELETE", record, deleter, "")
					}
					token := map[string]string{"no token": "", "Staff": staff, "Admin": admin}[who]
					got := api.want(want, tt.method, path, token, body)
					if want == 201 && !strings.HasSuffix(tt.path, "bulk/") {
						assert.Regexp(t, `^/api/(auth/me|auth/mfa|users/3|doctors/3|patients/3|mappings/2)/$`, got.Header.Get("Location"))
					}
					if want == 401 {
						assert.Equal(t, "Bearer", got.Header.Get("WWW-Authenticate"))
					}
					assert.NotContains(t, string(got.body), goodPassword)
				}
			})
		}
	}
}

func TestADayAtTheClinicOverHTTP(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		user := api.want(201, "POST", "/api/auth/register/", "", `{"email":"Staff@Example.com","password":"`+goodPassword+`","first_name":"Sam"}`).object(t)
		assert.Equal(t, map[string]any{
			"id": 2.0, "first_name": "Sam", "last_name": "", "email": "staff@example.com", "phone_number": "", "role": "STAFF", "version": 1.0,
		}, user)
		tokens := api.login("STAFF@example.com")
		assert.Equal(t, "Bearer", tokens["token_type"])
		assert.Equal(t, 900.0, tokens["expires_in"])
		staff := tokens["access"].(string)

		api.populate(admin)
		assert.Equal(t, "1234.50", api.want(200, "GET", "/api/doctors/1/", admin, "").object(t)["salary"])
		for _, path := range []string{"/api/doctors/1/", "/api/doctors/", "/api/patients/1/doctors/", "/api/mappings/1/", "/api/mappings/"} {
			assert.NotContains(t, string(api.want(200, "GET", path, staff, "").body), "salary", path)
			assert.Contains(t, string(api.want(200, "GET", path, admin, "").body), `"salary":"1234.50"`, path)
		}

		patient := api.want(200, "PATCH", "/api/patients/1/", staff,
			`{"date_of_birth":"1915-12-10","gender":"F","medical_record":"Allergic\nto penicillin","phone_number":"+44 20 7946"}`,
			"Content-Type", "application/merge-patch+json").object(t)
		assert.Equal(t, map[string]any{
			"id": 1.0, "created_by": 1.0, "name": "Ada Lovelace", "date_of_birth": "1915-12-10", "phone_number": "+44 20 7946",
			"gender": "F", "address": "", "medical_record": "Allergic\nto penicillin", "email": "", "external_id": nil,
			"created_at": patient["created_at"], "updated_at": patient["updated_at"], "version": 2.0, "assigned_doctors": []any{1.0},
		}, patient)

		t.Run("an answer can be edited and sent back", func(t *testing.T) {
			body := string(api.want(200, "GET", "/api/patients/1/", staff, "").body)
			assert.Equal(t, body, string(api.want(200, "PUT", "/api/patients/1/", staff, body).body))
			body = string(api.want(200, "GET", wilsonPath, admin, "").body)
			assert.Equal(t, body, string(api.want(200, "PUT", wilsonPath, admin, body).body))
			body = string(api.want(200, "GET", "/api/auth/me/", staff, "").body)
			assert.Equal(t, body, string(api.want(200, "PATCH", "/api/auth/me/", staff, body).body))
		})
		t.Run("null clears nullable members", func(t *testing.T) {
			cleared := api.want(200, "PATCH", "/api/patients/1/", staff, `{"gender":null,"date_of_birth":null}`).object(t)
			assert.Nil(t, cleared["gender"])
			assert.Nil(t, cleared["date_of_birth"])
			api.want(400, "PATCH", "/api/patients/1/", staff, `{"name":null}`)
		})
		t.Run("all bad fields are named, and nothing changes", func(t *testing.T) {
			before := string(api.want(200, "GET", "/api/doctors/1/", admin, "").body)
			problem := api.want(400, "PATCH", "/api/doctors/1/", admin, `{"name":" ","license_number":" l-2 ","salary":"-1","nmae":1,"specialization":true}`).object(t)
			assert.Equal(t, map[string]any{
				"name":           []any{"This field may not be blank."},
				"salary":         []any{"Ensure this value is greater than or equal to 0."},
				"nmae":           []any{"Unknown field."},
				"specialization": []any{"Not a valid string."},
			}, problem["errors"])
			assert.Equal(t, map[string]any{"license_number": []any{"doctor with this license number already exists."}},
				api.want(400, "PATCH", "/api/doctors/1/", admin, `{"license_number":" l-2 "}`).object(t)["errors"])
			assert.Equal(t, before, string(api.want(200, "GET", "/api/doctors/1/", admin, "").body))
			assert.Equal(t, map[string]any{"email": []any{"user with this email already exists."}},
				api.want(400, "POST", "/api/auth/register/", "", `{"email":"STAFF@example.com","password":"`+goodPassword+`"}`).object(t)["errors"])
		})
		t.Run("mappings", func(t *testing.T) {
			assert.Equal(t, map[string]any{"non_field_errors": []any{"The fields patient, doctor must make a unique set."}},
				api.want(400, "POST", "/api/mappings/", staff, `{"patient":1,"doctor":"1"}`).object(t)["errors"])
			assert.Equal(t, map[string]any{"patient": []any{"Object does not exist."}, "doctor": []any{"Object does not exist."}},
				api.want(400, "POST", "/api/mappings/", staff, `{"patient":98,"doctor":99}`).object(t)["errors"])
			created := api.want(201, "POST", "/api/mappings/", staff, `{"patient":2,"doctor":1}`)
			assert.Equal(t, fmt.Sprintf("/api/mappings/%v/", created.object(t)["id"]), created.Header.Get("Location"))
			assert.Len(t, api.want(200, "GET", "/api/mappings/?patient_id=2", staff, "").objects(t), 1)
			assert.Len(t, api.want(200, "GET", "/api/mappings/?doctor_id=1", staff, "").objects(t), 2)
			assert.Len(t, api.want(200, "GET", "/api/doctors/1/patients/", staff, "").objects(t), 2)
			listed := api.want(200, "GET", "/api/mappings/?patient_id=2", staff, "")
			edited := strings.TrimSuffix(strings.TrimPrefix(string(listed.body), "["), "]")
			sentBack := api.want(200, "PUT", created.Header.Get("Location"), staff, edited).object(t)
			assert.Equal(t, created.object(t), sentBack, "an element of the list can be sent back")
			api.want(400, "PUT", created.Header.Get("Location"), staff, `{"patient":{"id":"2"},"doctor":{"name":"x"}}`)
			api.want(400, "PATCH", created.Header.Get("Location"), staff, `{"patient":{}}`)
			api.want(404, "GET", "/api/mappings/99/", staff, "")
			api.want(404, "GET", "/api/patients/99/doctors/", staff, "")
			api.want(204, "DELETE", "/api/doctors/1/", admin, "")
			assert.Empty(t, api.want(200, "GET", "/api/mappings/", staff, "").objects(t), "deleting a doctor deletes the mappings")
			assert.Equal(t, []any{}, api.want(200, "GET", "/api/patients/1/", staff, "").object(t)["assigned_doctors"])
		})
		t.Run("sessions", func(t *testing.T) {
			next := api.want(200, "POST", "/api/auth/login/refresh/", "garbage", `{"refresh":"`+tokens["refresh"].(string)+`"}`).object(t)
			staff := next["access"].(string)
			api.want(200, "GET", "/api/auth/me/", staff, "")
			again := api.want(401, "POST", "/api/auth/login/refresh/", "", `{"refresh":"`+tokens["refresh"].(string)+`"}`).object(t)
			assert.Equal(t, "token_not_valid", again["code"])
			api.want(401, "GET", "/api/auth/me/", staff, "")
			api.want(401, "POST", "/api/auth/login/refresh/", "", `{"refresh":"`+next["refresh"].(string)+`"}`)
			api.want(204, "POST", "/api/auth/logout/", admin, "")
			api.want(401, "GET", "/api/doctors/", admin, "")
			refused := api.want(401, "POST", "/api/auth/login/", "", `{"username":"staff@example.com","password":"wrong"}`).object(t)
			assert.Equal(t, "No active account found with the given credentials", refused["detail"])
		})
	})
}

func TestListsArePaged(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		staff := api.signUp("staff@example.com", domain.Staff)
		for i := range 7 {
			api.want(201, "POST", "/api/patients/", staff, fmt.Sprintf(`{"name":"Patient %d"}`, i))
		}
		var seen []any
		next, pages := "/api/patients/?limit=3&format=json", 0
		for next != "" {
			got := api.want(200, "GET", next, staff, "")
			for _, patient := range got.objects(t) {
				seen = append(seen, patient["id"])
			}
			assert.Contains(t, got.Header.Get("Link"), `</api/patients/?format=json&limit=3>; rel="first"`)
			if next = nextPage(got); next != "" {
				assert.Contains(t, next, "format=json")
			}
			pages++
		}
		assert.Equal(t, []any{1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0}, seen)
		assert.Equal(t, 3, pages)
		assert.Empty(t, nextPage(api.want(200, "GET", "/api/patients/?limit=7", staff, "")), "no link to a next page on the last page")
		assert.Equal(t, "[]", string(api.want(200, "GET", "/api/doctors/", staff, "").body))
	})
}
