package httpapi_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/domain"
)

func TestStaffSeeTheNamesOfColleaguesAndNothingElse(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		staff := api.signUp("staff@example.com", domain.Staff)
		api.want(200, "PATCH", "/api/users/1/", admin, `{"first_name":"Olga","last_name":"Petrov","phone_number":"112"}`)
		api.want(200, "PATCH", "/api/users/2/", admin, `{"first_name":"Sam"}`)
		api.signUp("gone@example.com", domain.Staff)
		api.want(204, "DELETE", "/api/users/3/", admin, "")

		api.wantJSON(`[{"id":1,"name":"Olga Petrov"},{"id":2,"name":"Sam"},{"id":3,"name":""}]`, "GET", "/api/users/names/?id=3&id=1&id=99&id=2&id=1&format=json", staff)
		api.wantJSON(`[]`, "GET", "/api/users/names/", staff)
		events := api.allPages("/api/audit/?action=user:read_names&outcome=allowed", admin)
		assert.Equal(t, []any{1.0, 2.0, 3.0}, events[0]["subject"].(map[string]any)["ids"], "%v", events[0])

		hundred := strings.Repeat("&id=1", 100)[1:]
		api.wantJSON(`[{"id":1,"name":"Olga Petrov"}]`, "GET", "/api/users/names/?"+hundred, staff)
		api.want(400, "GET", "/api/users/names/?id=1&"+hundred, staff, "")
		for _, bad := range []string{"", "0", "-1", "x", "1,2", "99999999999999999999"} {
			problem := api.want(400, "GET", "/api/users/names/?id=1&id="+bad, staff, "").object(t)
			assert.Equal(t, map[string]any{"id": []any{"A valid id (a positive integer) is required."}}, problem["errors"], bad)
		}
	})
}
