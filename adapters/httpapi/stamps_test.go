package httpapi_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/domain"
)

// TestVersionAndUpdatedAtMoveWithEveryChangeAndNothingElse goes through doctors, patients,
// mappings and accounts.
func TestVersionAndUpdatedAtMoveWithEveryChangeAndNothingElse(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		staff := api.signUp("staff@example.com", domain.Staff)
		added := api.tick()
		api.want(201, "POST", "/api/doctors/", admin, fmt.Sprintf(houseJSON, "L-1"))
		api.want(201, "POST", "/api/patients/", staff, adaJSON)
		const doctor, patient, account = "/api/doctors/1/", "/api/patients/1/", "/api/users/2/"
		requireStamp := func(path string, version int, updated string) {
			t.Helper()
			got := api.want(200, "GET", path, admin, "").object(t)
			assert.InDelta(t, version, got["version"], 0, path)
			assert.Equal(t, updated, got["updated_at"], path)
			if path != account {
				assert.Equal(t, added, got["created_at"], path)
			}
		}
		requireStamp(doctor, 1, added)
		requireStamp(patient, 1, added)
		registered := api.want(200, "GET", account, admin, "").object(t)["updated_at"].(string)

		// Nobody changes: an assignment, and what is sent back as it was read.
		api.tick()
		assert.InDelta(t, 1, api.want(201, "POST", "/api/mappings/", staff, `{"patient":1,"doctor":1}`).object(t)["version"], 0)
		for _, path := range []string{doctor, patient} {
			read := string(api.want(200, "GET", path, admin, "").body)
			assert.JSONEq(t, read, string(api.want(200, "PUT", path, admin, read).body))
			assert.JSONEq(t, read, string(api.want(200, "PATCH", path, admin, `{}`).body))
		}
		api.want(200, "PATCH", doctor, admin, `{"name":"  Gregory House "}`)
		api.want(200, "PATCH", "/api/mappings/1/", staff, `{"doctor":1}`)
		api.want(200, "PATCH", account, admin, `{"is_active":true}`)
		api.want(200, "PATCH", "/api/auth/me/", staff, `{}`)
		requireStamp(doctor, 1, added)
		requireStamp(patient, 1, added)
		requireStamp(account, 1, registered)
		assert.Len(t, api.want(200, "GET", doctor+"history/", staff, "").objects(t), 1)
		assert.Len(t, api.want(200, "GET", "/api/mappings/1/history/", staff, "").objects(t), 1)

		changed := api.tick()
		api.want(200, "PATCH", doctor, admin, `{"salary":"1.00"}`)
		api.want(200, "PATCH", patient, staff, `{"email":"Ada@Example.com"}`)
		api.want(200, "PATCH", "/api/auth/me/", staff, `{"first_name":"Eric"}`)
		requireStamp(doctor, 2, changed)
		requireStamp(patient, 2, changed)
		requireStamp(account, 2, changed)
		asStaff := api.want(200, "GET", doctor, staff, "").object(t)
		assert.InDelta(t, 2, asStaff["version"], 0, "a salary that is not shown moves it, too")

		api.tick()
		api.want(204, "DELETE", patient, staff, "")
		restored := api.tick()
		api.want(200, "POST", patient+"restore/", admin, "")
		requireStamp(patient, 4, restored)
		assert.InDelta(t, 3, api.want(200, "GET", "/api/mappings/", staff, "").objects(t)[0]["version"], 0)
	})
}

func TestPatientsHaveAnAddressAndTheNumberOfAnotherSystem(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		staff := api.signUp("staff@example.com", domain.Staff)
		add := func(status int, externalID string) answer {
			return api.want(status, "POST", "/api/patients/", staff, `{"name":"Ada","email":" Ada@Example.com ","external_id":`+externalID+`}`)
		}
		first := add(201, `" MRN 7 "`).object(t)
		assert.Equal(t, []any{"ada@example.com", "MRN 7"}, []any{first["email"], first["external_id"]})
		for _, none := range []string{"null", `""`, `"  "`} {
			assert.Nil(t, add(201, none).object(t)["external_id"])
		}
		taken := map[string]any{"external_id": []any{"patient with this external id already exists."}}
		assert.Equal(t, taken, add(400, `"MRN 7"`).object(t)["errors"])
		assert.Equal(t, taken, api.want(400, "PATCH", "/api/patients/2/", staff, `{"external_id":"MRN 7"}`).object(t)["errors"])
		add(201, `"mrn 7"`)
		bad := api.want(400, "PATCH", "/api/patients/2/", staff, `{"email":"ada","external_id":"a\nb"}`).object(t)["errors"]
		assert.Len(t, bad, 2)
		api.want(400, "PATCH", "/api/patients/2/", staff, `{"email":null}`)

		api.want(200, "PATCH", "/api/patients/1/", staff, `{"email":"","external_id":"MRN 8"}`)
		changed := api.want(200, "GET", "/api/patients/1/history/2/", staff, "").object(t)["changed"]
		assert.Equal(t, []any{
			map[string]any{"field": "email", "before": "ada@example.com", "after": ""},
			map[string]any{"field": "external_id", "before": "MRN 7", "after": "MRN 8"},
		}, changed)
		api.want(204, "DELETE", "/api/patients/1/", staff, "")
		add(201, `"MRN 8"`)
		assert.Equal(t, taken, api.want(400, "POST", "/api/patients/1/restore/", admin, "").object(t)["errors"])
	})
}
