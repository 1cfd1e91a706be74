package httpapi_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

func TestARestoredDoctorRestoresItsMappings(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		staff := api.signUp("staff@example.com", domain.Staff)
		api.populate(admin) // patient 1 has doctor 1
		second := string(api.want(201, "POST", "/api/mappings/", staff, `{"patient":2,"doctor":1}`).body)
		api.want(204, "DELETE", "/api/mappings/2/", staff, "")
		assigned := api.want(200, "GET", "/api/mappings/", staff, "").objects(t)[0]["assigned_at"].(string)
		first := `{"id":1,"patient":1,"doctor":1,"assigned_at":"` + assigned + `","version":1}`

		ended := api.Now().UTC().Format("2006-01-02T15:04:05.000000Z")
		at := api.tick()
		api.want(204, "DELETE", "/api/doctors/1/", admin, "")
		api.wantJSON(`[`+strings.TrimSuffix(moved(first, 2, ""), "}")+`,"deleted_at":"`+at+`","deleted_by":1,"ended_with":{"kind":"doctor","id":1}},`+
			strings.TrimSuffix(moved(second, 2, ""), "}")+`,"deleted_at":"`+ended+`","deleted_by":2,"ended_with":null}]`, "GET", "/api/mappings/?deleted=true", admin)
		problem := api.want(400, "POST", "/api/mappings/1/restore/", admin, "").object(t)
		assert.Equal(t, map[string]any{"doctor": []any{"The doctor was deleted. Restore the doctor first."}}, problem["errors"])
		assert.Equal(t, "conflict", problem["code"])

		api.tick()
		api.want(200, "POST", "/api/doctors/1/restore/", admin, "")
		assert.Equal(t, []any{1.0}, api.want(200, "GET", "/api/patients/1/", staff, "").object(t)["assigned_doctors"])
		history := api.want(200, "GET", "/api/mappings/1/history/", staff, "").objects(t)
		require.Len(t, history, 3)
		with := map[string]any{"kind": "doctor", "id": 1.0}
		assert.Equal(t, []any{nil, with, with}, []any{history[0]["with"], history[1]["with"], history[2]["with"]})
		assert.Equal(t, []any{"created", "deleted", "restored"}, []any{history[0]["change"], history[1]["change"], history[2]["change"]})
		assert.Equal(t, []any{
			map[string]any{"field": "assigned_at", "before": nil, "after": assigned},
			map[string]any{"field": "doctor", "before": nil, "after": 1.0},
			map[string]any{"field": "patient", "before": nil, "after": 1.0},
		}, history[0]["changed"])
		assert.JSONEq(t, moved(first, 3, ""), record(t, api.want(200, "GET", "/api/mappings/1/history/3/", staff, "")))

		api.want(404, "GET", "/api/mappings/2/history/", staff, "")
		api.wantJSON(moved(second, 3, ""), "POST", "/api/mappings/2/restore/", admin)
		api.want(404, "POST", "/api/mappings/2/restore/", admin, "")
		api.want(200, "PATCH", "/api/mappings/2/", staff, `{"doctor":2}`)
		moved := api.want(200, "GET", "/api/mappings/2/history/4/", staff, "").object(t)
		assert.Contains(t, moved["changed"], map[string]any{"field": "doctor", "before": 1.0, "after": 2.0})
	})
}

func TestARestoreThatViolatesAUniqueConstraintIsRefused(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		api.populate(admin)
		api.want(204, "DELETE", "/api/mappings/1/", admin, "")
		api.want(201, "POST", "/api/mappings/", admin, `{"patient":1,"doctor":1}`)
		problem := api.want(400, "POST", "/api/mappings/1/restore/", admin, "").object(t)
		assert.Equal(t, map[string]any{"non_field_errors": []any{"The fields patient, doctor must make a unique set."}}, problem["errors"])

		api.want(204, "DELETE", "/api/doctors/1/", admin, "")
		api.want(201, "POST", "/api/doctors/", admin, fmt.Sprintf(houseJSON, " l-1 "))
		problem = api.want(400, "POST", "/api/doctors/1/restore/", admin, "").object(t)
		assert.Equal(t, "conflict", problem["code"])
		assert.Equal(t, map[string]any{"license_number": []any{"doctor with this license number already exists."}}, problem["errors"])
		assert.Len(t, api.want(200, "GET", "/api/doctors/?deleted=true", admin, "").objects(t), 1, "the doctor is still deleted")
		assert.Len(t, api.want(200, "GET", "/api/doctors/1/history/", admin, "").objects(t), 2, "no version was added")
		api.want(204, "DELETE", "/api/doctors/3/", admin, "")
		api.want(200, "POST", "/api/doctors/1/restore/", admin, "")
	})
}

func TestRestoringNeedsNoBody(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	admin := api.signUp("admin@example.com", domain.Admin)
	api.populate(admin)
	const path = "/api/doctors/1/restore/"
	api.want(204, "DELETE", "/api/doctors/1/", admin, "")
	api.want(403, "POST", path, api.signUp("staff@example.com", domain.Staff), `{"name":"x"}`)
	api.want(200, "POST", path, admin, `{"ignored": 1}`)
	api.want(204, "DELETE", "/api/doctors/1/", admin, "")
	api.want(200, "POST", path, admin, "", "Content-Type", "")
}

func TestAllBadParametersOfADeletedListAreNamed(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	admin := api.signUp("admin@example.com", domain.Admin)
	for query, want := range map[string]map[string]any{
		"deleted=maybe&limit=0": {"deleted": []any{"Must be true or false, once."}, "limit": []any{"An integer from 1 to 1000 is required."}},
		"deleted=true&patient_id=1&doctor_id=x&cursor=0": {
			"patient_id": []any{"Unknown parameter. Allowed: limit, cursor, count, fields."},
			"doctor_id":  []any{"Unknown parameter. Allowed: limit, cursor, count, fields."},
			"cursor":     []any{"Invalid cursor: follow the link to the next page as it was given. A cursor belongs to the search, filters and ordering of its list."},
		},
	} {
		problem := api.want(400, "GET", "/api/mappings/?"+query, admin, "").object(t)
		assert.Equal(t, want, problem["errors"], query)
		assert.Equal(t, "Invalid input.", problem["detail"])
	}
	api.want(200, "GET", "/api/mappings/?deleted=false&patient_id=1", admin, "")
}

func TestDeletedRecordsArePaged(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		for id := 1; id <= 5; id++ {
			api.want(201, "POST", "/api/patients/", admin, adaJSON)
			api.want(204, "DELETE", fmt.Sprintf("/api/patients/%d/", id), admin, "")
		}
		for _, path := range []string{"/api/patients/deleted/?limit=2", "/api/patients/?deleted=true&limit=2"} {
			page := api.want(200, "GET", path+"&count=true&fields=name,deleted_by", admin, "")
			assert.Equal(t, "5", page.Header.Get("X-Total-Count"))
			assert.Equal(t, []map[string]any{{"name": "Ada Lovelace", "deleted_by": 1.0}, {"name": "Ada Lovelace", "deleted_by": 1.0}}, page.objects(t))
			assert.Contains(t, page.Header.Get("Link"), `rel="first"`)
			var ids []any
			for _, patient := range api.allPages(path, admin) {
				ids = append(ids, patient["id"])
			}
			assert.Equal(t, []any{1.0, 2.0, 3.0, 4.0, 5.0}, ids, path)
		}
	})
}

func TestTheOldDeletedParameterAnswersAsThePathOfDeletedRecords(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		staff := api.signUp("staff@example.com", domain.Staff)
		api.populate(admin)
		for _, list := range []string{"/api/mappings/", "/api/patients/", "/api/doctors/"} {
			api.want(204, "DELETE", list+"1/", admin, "")
			var answers []string
			var events []domain.AuditEvent
			for _, path := range []string{list + "?deleted=true", list + "deleted/", list + "deleted"} {
				answers = append(answers, string(api.want(200, "GET", path, admin, "").body))
				event := api.LastEvent()
				events = append(events, domain.AuditEvent{Action: event.Action, Subject: event.Subject, Outcome: event.Outcome})
				api.want(403, "GET", path, staff, "")
				assert.Equal(t, domain.Denied, api.LastEvent().Outcome, path)
			}
			assert.Contains(t, answers[0], `"deleted_by":1`, list)
			for i := range answers {
				assert.Equal(t, answers[0], answers[i], list)
				assert.Equal(t, events[0], events[i], list)
			}
			refused := api.want(400, "GET", list+"deleted/?deleted=true", admin, "").object(t)
			assert.Equal(t, map[string]any{"deleted": []any{"Unknown parameter. Allowed: limit, cursor, count, fields."}}, refused["errors"])
		}
	})
}

// badDeleted are invalid values of the parameter.
var badDeleted = []string{
	"deleted=", "deleted=maybe", "deleted=TRUE", "deleted=1", "deleted=null", "deleted=%00", "deleted=true&deleted=true", "deleted=true&deleted=false", "deleted=true%20",
}

func TestBadInputOfHistoriesNeverCausesAServerError(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		api.populate(admin)
		for _, collection := range []string{"/api/doctors/", "/api/patients/", "/api/mappings/"} {
			for _, query := range badQueries {
				assert.Equal(t, 400, api.do("GET", collection+"?deleted=true&"+query, admin, "").StatusCode, "%s %s", collection, query)
				assert.Equal(t, 400, api.do("GET", collection+"2/history/?"+query, admin, "").StatusCode, "%s %s", collection, query)
			}
			for _, query := range badDeleted {
				assert.Equal(t, 400, api.do("GET", collection+"?"+query, admin, "").StatusCode, "%s %s", collection, query)
			}
			for _, bad := range badIDs {
				if bad == "" {
					continue
				}
				assert.Equal(t, 404, api.doRaw("GET", collection+bad+"/history/", admin, "").StatusCode, bad)
				assert.Equal(t, 404, api.doRaw("GET", collection+bad+"/history/1/", admin, "").StatusCode, bad)
				assert.Equal(t, 404, api.doRaw("GET", collection+"2/history/"+bad+"/", admin, "").StatusCode, bad)
				assert.Equal(t, 404, api.doRaw("POST", collection+bad+"/restore/", admin, "").StatusCode, bad)
			}
		}
		assert.NotContains(t, api.log.String(), "status=5")
	})
}
