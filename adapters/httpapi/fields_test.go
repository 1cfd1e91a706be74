package httpapi_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/domain"
)

func TestFieldsShowsTheAskedMembersInTheirUsualOrder(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin, staff := api.findable()
		for path, want := range map[string]string{
			"/api/patients/8/?fields=name,id":                                                    `{"id":8,"name":"Zoe Zzz"}`,
			"/api/patients/8/?fields=name":                                                       `{"name":"Zoe Zzz"}`,
			"/api/patients/8/?fields=%20name%20,%09id,name,name":                                 `{"id":8,"name":"Zoe Zzz"}`,
			"/api/patients/8?fields=assigned_doctors,medical_record,address,phone_number,gender": `{"phone_number":"","gender":null,"address":"4 Elm Street","medical_record":"confidential","assigned_doctors":[]}`,
			"/api/patients/?search=picard&fields=assigned_doctors,email":                         `[{"email":"jl@mail.example","assigned_doctors":[1,2]}]`,
			"/api/patients/?search=zzz&fields=address,id":                                        `[{"id":8,"address":"4 Elm Street"}]`,
			"/api/patients/?search=nobody&fields=id":                                             `[]`,
			"/api/doctors/1/?fields=license_number,name":                                         `{"name":"Zoë Ångström","license_number":"LIC-7"}`,
			"/api/doctors/?ordering=-id&limit=1&fields=version,id":                               `[{"id":3,"version":1}]`,
			"/api/doctors/2/patients/?fields=id":                                                 `[{"id":1}]`,
			"/api/patients/2/doctors/?fields=name":                                               `[{"name":"Zoë Ångström"}]`,
			"/api/mappings/2/?fields=name":                                                       `[{"name":"Zoë Ångström"}]`,
			"/api/mappings/?patient_id=2&fields=patient,id":                                      `[{"id":3,"patient":{"id":2,"name":"Søren Łukasiewicz","external_id":"mrn 1"}}]`,
		} {
			assert.Equal(t, want, strings.TrimSpace(string(api.want(200, "GET", path, staff, "").body)), path)
		}
		for path, want := range map[string]string{
			"/api/doctors/1/?fields=salary,id":           `{"id":1,"salary":"300.00"}`,
			"/api/users/?fields=email,id&ordering=-id":   `[{"id":2,"email":"staff@clinic.example"},{"id":1,"email":"admin@clinic.example"}]`,
			"/api/users/2/?fields=mfa_enabled,is_active": `{"is_active":true,"mfa_enabled":false}`,
		} {
			assert.Equal(t, want, strings.TrimSpace(string(api.want(200, "GET", path, admin, "").body)), path)
		}
		whole := api.want(200, "GET", "/api/patients/8/?fields="+strings.Join(domain.PatientList.Members(domain.Actor{Role: domain.Staff}), ","), staff, "")
		assert.Equal(t, string(api.want(200, "GET", "/api/patients/8/", staff, "").body), string(whole.body))
		head := api.want(200, "HEAD", "/api/patients/8/?fields=id", staff, "")
		assert.Empty(t, head.body)
		assert.Equal(t, api.want(200, "GET", "/api/patients/8/?fields=id", staff, "").Header.Get("Content-Length"), head.Header.Get("Content-Length"))
	})
}

func TestUnknownFieldsAreRefused(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin, staff := api.findable()
		allowed := func(members []string) string {
			return "Give names separated by commas. Allowed: " + strings.Join(members, ", ") + "."
		}
		for _, path := range []string{"/api/patients/", "/api/patients/1/", "/api/doctors/1/patients/"} {
			for _, bad := range []string{"", ",", "id,", ",id", "id,,name", "nme", "ID", "id;name", "id name", "*", "id,password", "search_text", "name_folded", "salary", "deleted_at", "\x00", "\xff", "id\x00", "😀"} {
				got := api.want(400, "GET", path+"?fields="+url.QueryEscape(bad), staff, "").object(t)
				assert.Equal(t, map[string]any{"fields": []any{allowed(domain.PatientList.Members(domain.Actor{Role: domain.Staff}))}}, got["errors"], "%q", bad)
			}
			tooLong := api.want(400, "GET", path+"?fields=id"+strings.Repeat(",id", 10_000), staff, "").object(t)
			assert.Equal(t, map[string]any{"fields": []any{"Ensure this field has no more than 400 characters."}}, tooLong["errors"])
			api.want(400, "GET", path+"?fields=id&fields=name", staff, "")
			api.want(404, "GET", "/api/patients/99/?fields=id", staff, "")
		}
		for _, path := range []string{"/api/doctors/", "/api/doctors/1/", "/api/patients/1/doctors/", "/api/mappings/1/"} {
			withoutSalary := domain.DoctorList.Members(domain.Actor{Role: domain.Staff})
			assert.Contains(t, domain.DoctorList.Members(domain.Actor{Role: domain.Admin}), "salary")
			assert.False(t, slices.Contains(withoutSalary, "salary"))
			for _, bad := range []string{"salary", "id,salary", " salary", "SALARY"} {
				got := api.want(400, "GET", path+"?fields="+url.QueryEscape(bad), staff, "")
				assert.Equal(t, map[string]any{"fields": []any{allowed(withoutSalary)}}, got.object(t)["errors"], path)
			}
			api.want(200, "GET", path+"?fields=salary", admin, "")
		}
	})
}

// To filter or order by it would tell a salary to a user who may not see it.
func TestSalariesCannotBeFoundOrOrdered(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin, staff := api.findable()
		for _, token := range []string{admin, staff} {
			for _, path := range []string{"/api/doctors/", "/api/patients/1/doctors/", "/api/mappings/1/"} {
				for _, query := range []string{"salary=300.00", "salary__gte=1", "salary__lt=1", "ordering=salary", "ordering=-salary"} {
					name, _, _ := strings.Cut(query, "=")
					assert.Contains(t, api.want(400, "GET", path+"?"+query, token, "").object(t)["errors"], name, path)
				}
				for _, words := range []string{"300", "300.00", "salary"} {
					assert.Empty(t, api.found(path+"?search="+words, token), words)
				}
			}
		}
	})
}
