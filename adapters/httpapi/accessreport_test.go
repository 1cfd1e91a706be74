package httpapi_test

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

func TestTheAccessReportCountsUsesPerDayAndUser(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		beforeMidnight := api.Now().Truncate(24 * time.Hour).Add(24*time.Hour - time.Minute)
		api.SetTime(beforeMidnight)
		admin := api.signUp("admin@example.com", domain.Admin)
		staff := api.signUp("staff@example.com", domain.Staff)
		api.want(200, "PATCH", "/api/auth/me/", staff, `{"first_name":"=1+1","last_name":"Lee"}`)
		api.want(201, "POST", "/api/patients/", staff, adaJSON)
		api.want(201, "POST", "/api/patients/", staff, adaJSON)
		for range 3 {
			api.want(200, "GET", "/api/patients/1/", staff, "")
		}
		api.want(200, "GET", "/api/patients/", staff, "")
		api.Advance(2 * time.Minute)
		api.want(200, "GET", "/api/patients/1/", admin, "")
		api.want(204, "DELETE", "/api/patients/1/", staff, "")

		const path = "/api/patients/1/accesses/report/"
		got := api.want(200, "GET", path, admin, "")
		assert.Equal(t, "text/csv; charset=utf-8; header=present", got.Header.Get("Content-Type"))
		rows, err := csv.NewReader(strings.NewReader(string(got.body))).ReadAll()
		require.NoError(t, err)
		first, second := beforeMidnight.UTC().Format(time.DateOnly), api.Now().UTC().Format(time.DateOnly)
		assert.Equal(t, [][]string{
			{"date", "user", "name", "role", "action", "about", "outcome", "times"},
			{first, "2", "'=1+1 Lee", "STAFF", "patient:create", "add patients", "allowed", "1"},
			{first, "2", "'=1+1 Lee", "STAFF", "patient:read", "see patients", "allowed", "4"},
			{second, "1", "", "ADMIN", "patient:read", "see patients", "allowed", "1"},
			{second, "2", "'=1+1 Lee", "STAFF", "patient:delete", "delete patients", "allowed", "1"},
		}, rows)
		assert.Equal(t, "ADMIN 1 in 1: audit:read audit - allowed", eventLine(api.allPages("/api/patients/1/accesses/?ordering=-id", admin)[0]))
		assert.Equal(t, "date,user,name,role,action,about,outcome,times\r\n", string(api.want(200, "GET", "/api/patients/99/accesses/report/", admin, "").body))
		report := api.want(200, "GET", "/api/patients/98/accesses/", admin, "", "Accept", "text/csv")
		assert.Equal(t, "date,user,name,role,action,about,outcome,times\r\n", string(report.body))
		assert.Contains(t, report.Header.Values("Vary"), "Accept")
		api.want(400, "GET", "/api/patients/98/accesses/?limit=5", admin, "", "Accept", "text/csv")
		assert.Empty(t, api.want(200, "HEAD", path, admin, "").body)
		assert.Equal(t, "application/problem+json", api.want(403, "GET", path, staff, "").Header.Get("Content-Type"))
		api.want(401, "GET", path, "", "")
		api.want(404, "GET", "/api/patients/x/accesses/report/", admin, "")
	})
}

func TestTheAuditTrailCanBeListedNewestFirst(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		start := api.Now()
		api.Advance(time.Second)
		api.simulateDay(admin, api.signUp("staff@example.com", domain.Staff))
		end := "to=" + api.Now().Add(time.Second).UTC().Format(time.RFC3339Nano)
		api.Advance(time.Minute) // the events of these requests come later
		for _, query := range []string{end, end + "&patient=2", end + "&actor=2", end + "&outcome=failed", end + "&action=patient:read", end + "&from=" + start.UTC().Format(time.RFC3339Nano)} {
			want := api.allPages("/api/audit/?"+query, admin)
			require.NotEmpty(t, want)
			slices.Reverse(want)
			assert.Equal(t, want, api.allPages("/api/audit/?limit=2&ordering=-id&"+query, admin), query)
			assert.Equal(t, want, parseCSVEvents(t, api.exportAudit("text/csv", "?ordering=-id&"+query, admin)), query)
		}
		newest := api.want(200, "GET", "/api/audit/?ordering=-id&limit=1", admin, "").objects(t)
		assert.Equal(t, "audit:read", newest[0]["action"])
		older := api.want(200, "GET", "/api/audit/?ordering=-id&limit=1&cursor=5", admin, "").objects(t)
		assert.Equal(t, 4.0, older[0]["id"], "a cursor is the id of an event")
		for _, bad := range []string{"at", "", "-at", "id,-id", "-ID"} {
			api.want(400, "GET", "/api/audit/?ordering="+bad, admin, "")
			api.want(400, "GET", "/api/patients/1/accesses/?ordering="+bad, admin, "")
		}
	})
}

func TestTheAuditTrailShowsNamesOfActors(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		staff := api.signUp("staff@example.com", domain.Staff)
		api.want(200, "PATCH", "/api/auth/me/", staff, `{"first_name":"Sam","last_name":"Lee"}`)
		api.want(201, "POST", "/api/patients/", staff, adaJSON)
		api.want(204, "DELETE", "/api/users/2/", admin, "")
		for _, list := range []string{"/api/audit/?action=patient:create", "/api/patients/1/accesses/?limit=1"} {
			event := api.want(200, "GET", list, admin, "").objects(t)[0]
			assert.Equal(t, map[string]any{"user": 2.0, "name": "Sam Lee", "role": "STAFF", "session": 2.0}, event["actor"])
		}
		assert.Contains(t, api.exportAudit("text/csv", "?action=patient:create", admin), ",Sam Lee\r\n")
		assert.Contains(t, api.exportAudit("application/x-ndjson", "?action=patient:create", admin), `"name":"Sam Lee"`)
		unnamed := api.want(200, "GET", "/api/audit/?actor=1&limit=1", admin, "").objects(t)[0]
		assert.Nil(t, unnamed["actor"].(map[string]any)["name"])
	})
}
