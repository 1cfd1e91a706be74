package httpapi_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/domain"
)

// Scripts that read spreadsheets send phone and licence numbers as JSON numbers.
func TestNumbersAreAcceptedAsStrings(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		patient := api.want(201, "POST", "/api/patients/", admin, `{"name":7,"phone_number":5550100,"address":1.50,"medical_record":1e3}`).object(t)
		assert.Equal(t, []any{"7", "5550100", "1.50", "1e3"}, []any{patient["name"], patient["phone_number"], patient["address"], patient["medical_record"]})
		doctor := api.want(201, "POST", "/api/doctors/", admin, `{"name":7,"specialization":1,"license_number":12345678901234567890,"salary":1e3}`).object(t)
		assert.Equal(t, []any{"7", "1", "12345678901234567890", "1000.00"}, []any{doctor["name"], doctor["specialization"], doctor["license_number"], doctor["salary"]})
		assert.Equal(t, "5.00", api.want(200, "PATCH", "/api/doctors/1/", admin, `{"salary":"+5"}`).object(t)["salary"])
		user := api.want(200, "PATCH", "/api/auth/me/", admin, `{"first_name":1,"last_name":2,"phone_number":112}`).object(t)
		assert.Equal(t, []any{"1", "2", "112"}, []any{user["first_name"], user["last_name"], user["phone_number"]})

		for _, body := range []string{`{"patient":1.0,"doctor":1.00}`, `{"patient":{"id":1.0,"name":"x"},"doctor":"1"}`} {
			mapping := api.want(201, "POST", "/api/mappings/", admin, body).object(t)
			assert.Equal(t, []any{1.0, 1.0}, []any{mapping["patient"], mapping["doctor"]})
			api.want(204, "DELETE", "/api/mappings/"+domain.ID(mapping["id"].(float64)).String()+"/", admin, "")
		}
		for _, id := range []string{`1.5`, `1.`, `1.01`, `-1.0`, `0.0`, `1e0`, `"1.0"`, `true`} {
			api.want(400, "POST", "/api/mappings/", admin, `{"patient":`+id+`,"doctor":1}`)
		}
	})
}

func TestNumbersAreNotAcceptedAsSecrets(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	admin := api.signUp("admin@example.com", domain.Admin)
	for _, f := range []field{
		{"POST", "/api/auth/register/", `{"email":"x@example.com","password":%s}`},
		{"POST", "/api/auth/login/", `{"username":"x@example.com","password":%s}`},
		{"POST", "/api/auth/login/", `{"username":"admin@example.com","password":"` + goodPassword + `","otp":%s}`},
		{"POST", "/api/auth/login/refresh/", `{"refresh":%s}`},
		{"POST", "/api/auth/password/", `{"new_password":"` + otherPassword + `","current_password":%s}`},
		{"POST", "/api/auth/password/", `{"current_password":"` + goodPassword + `","new_password":%s}`},
		{"POST", "/api/auth/mfa/", `{"password":%s}`},
		{"POST", "/api/auth/mfa/confirm/", `{"otp":%s}`},
		{"POST", "/api/auth/mfa/disable/", `{"password":%s}`},
		{"POST", "/api/users/", `{"email":"x@example.com","password":%s}`},
		{"POST", "/api/users/1/password/", `{"password":%s}`},
	} {
		if f.path == "/api/users/1/password/" {
			api.signUp("staff@example.com", domain.Staff)
			f.path = "/api/users/2/password/"
		}
		got := api.want(400, f.method, f.path, admin, strings.Replace(f.body, "%s", "123456789012", 1))
		assert.Contains(t, string(got.body), "Not a valid string.", f.path)
	}
}

func TestMediaTypeParametersOfJSONAreIgnored(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	admin := api.signUp("admin@example.com", domain.Admin)
	for _, contentType := range []string{
		"application/json; charset=UTF-8", `application/json; charset="utf-8"`, "application/json;charset=utf8", "application/json; charset=iso-8859-1",
		"APPLICATION/JSON; charset=us-ascii; version=1", "application/json; charset=", "application/json;", "application/json; odata=verbose",
	} {
		got := api.want(201, "POST", "/api/patients/", admin, `{"name":"Zoë"}`, "Content-Type", contentType)
		assert.Equal(t, "Zoë", got.object(t)["name"], contentType)
	}
	latin := api.want(400, "POST", "/api/patients/", admin, "{\"name\":\"Zo\xeb\"}", "Content-Type", "application/json; charset=iso-8859-1")
	assert.Equal(t, "JSON parse error - the body is not in UTF-8.", latin.object(t)["detail"])
	for _, encoding := range []string{"identity", "Identity"} {
		api.want(201, "POST", "/api/patients/", admin, `{"name":"Zoë"}`, "Content-Encoding", encoding)
	}
	for _, encoding := range []string{"gzip", "identity, gzip", "br", "utf-8"} {
		api.want(415, "POST", "/api/patients/", admin, `{"name":"Zoë"}`, "Content-Encoding", encoding)
	}
}

func TestEncodedPathsFindTheirRoute(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	admin := api.signUp("admin@example.com", domain.Admin)
	api.populate(admin)
	for _, path := range []string{"/api/patients/%31/", "/%61pi/%70atients/%31/history/%31/", "/api/patients/%31", "/api/mappings/%31/history/"} {
		api.want(200, "GET", path, admin, "")
	}
	for _, path := range []string{"/api/patients%2f1/", "/api/patients/%2531/", "/api/patients/%2e%2e/patients/", "/api/patients/1%2fhistory/", "/api/patients/%EF%BC%91/"} {
		assert.Equal(t, 404, api.doRaw("GET", path, admin, "").StatusCode, path)
	}
}

func TestATokenCanFollowSeveralSpaces(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	admin := api.signUp("admin@example.com", domain.Admin)
	for _, between := range []string{"  ", "\t", " \t  "} {
		api.want(200, "GET", "/api/doctors/", "", "", "Authorization", "Bearer"+between+admin)
	}
	for _, header := range []string{"Bearer\u00a0" + admin, "Bearer x " + admin, "Bearer " + admin + " x", "Bearer\t"} {
		api.want(401, "GET", "/api/doctors/", "", "", "Authorization", header)
	}
}

func TestAnEmptyDateOrGenderIsNull(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		staff := api.signUp("staff@example.com", domain.Staff)
		patient := api.want(201, "POST", "/api/patients/", staff, `{"name":"Ada","date_of_birth":"","gender":""}`).object(t)
		assert.Nil(t, patient["date_of_birth"])
		assert.Nil(t, patient["gender"])
		api.want(200, "PATCH", "/api/patients/1/", staff, `{"date_of_birth":"1915-12-10","gender":"F"}`)
		patient = api.want(200, "PATCH", "/api/patients/1/", staff, `{"date_of_birth":"","gender":""}`).object(t)
		assert.Nil(t, patient["date_of_birth"])
		assert.Nil(t, patient["gender"])
	})
}
