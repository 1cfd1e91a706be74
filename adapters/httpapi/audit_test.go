package httpapi_test

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

// allPages returns the records of all pages of a list.
func (a *api) allPages(path, token string) (events []map[string]any) {
	a.t.Helper()
	for path != "" {
		page := a.want(200, "GET", path, token, "")
		events = append(events, page.objects(a.t)...)
		path = nextPage(page)
	}
	return events
}

// nextPage returns the path of the page after the one that was answered, empty if it is the
// last one.
func nextPage(page answer) string {
	if found := nextLink.FindStringSubmatch(page.Header.Get("Link")); found != nil {
		return found[1]
	}
	return ""
}

var nextLink = regexp.MustCompile(`<([^<>]*)>; rel="next"`)

// eventLine returns an event as one line of text.
func eventLine(event map[string]any) string {
	actorText := "nobody"
	if actor, ok := event["actor"].(map[string]any); ok {
		actorText = fmt.Sprintf("%v %v in %v", actor["role"], orDash(actor["user"]), orDash(actor["session"]))
	}
	subject := event["subject"].(map[string]any)
	subjectText := orDash(subject["id"])
	if ids, listed := subject["ids"]; listed {
		subjectText = fmt.Sprint(ids)
	}
	return fmt.Sprintf("%s: %s %s %s %s", actorText, event["action"], subject["kind"], subjectText, event["outcome"])
}

func orDash(value any) string {
	if value == nil {
		return "-"
	}
	return fmt.Sprint(value)
}

// simulateDay sends the requests of a day at a clinic, and returns the lines of their events.
// The caller has signed up two users, which is four events.
func (a *api) simulateDay(admin, staff string) (want []string) {
	a.t.Helper()
	for _, step := range []struct {
		status                    int
		method, path, token, body string
		want                      string
	}{
		{201, "POST", "/api/doctors/", admin, fmt.Sprintf(houseJSON, "L-1"), "ADMIN 1 in 1: doctor:create doctor 1 allowed"},
		{403, "POST", "/api/doctors/", staff, fmt.Sprintf(houseJSON, "L-2"), "STAFF 2 in 2: doctor:create doctor - denied"},
		{400, "POST", "/api/doctors/", admin, fmt.Sprintf(houseJSON, "l-1"), "ADMIN 1 in 1: doctor:create doctor - failed"},
		{201, "POST", "/api/patients/", staff, adaJSON, "STAFF 2 in 2: patient:create patient 1 allowed"},
		{201, "POST", "/api/patients/", staff, adaJSON, "STAFF 2 in 2: patient:create patient 2 allowed"},
		{200, "GET", "/api/patients/1/", staff, "", "STAFF 2 in 2: patient:read patient 1 allowed"},
		{200, "GET", "/api/patients/", staff, "", "STAFF 2 in 2: patient:read patient [1 2] allowed"},
		{404, "GET", "/api/patients/9/", staff, "", "STAFF 2 in 2: patient:read patient 9 failed"},
		{201, "POST", "/api/mappings/", staff, `{"patient":2,"doctor":1}`, "STAFF 2 in 2: mapping:create mapping 1 allowed"},
		{200, "GET", "/api/mappings/", staff, "", "STAFF 2 in 2: mapping:read mapping [1] allowed"},
		{200, "GET", "/api/doctors/1/patients/", staff, "", "STAFF 2 in 2: patient:read patient [2] allowed"},
		{200, "GET", "/api/mappings/?patient_id=1", staff, "", "STAFF 2 in 2: mapping:read mapping [] allowed"},
		{204, "DELETE", "/api/patients/2/", staff, "", "STAFF 2 in 2: patient:delete patient 2 allowed"},
		{401, "POST", "/api/auth/login/", "", credentials("staff@example.com", "not "+goodPassword), "nobody: session:create user 2 failed"},
		{401, "POST", "/api/auth/login/", "", credentials("nobody@example.com", goodPassword), "nobody: session:create user - failed"},
		{200, "POST", "/api/auth/login/", "", credentials("staff@example.com", goodPassword), "STAFF 2 in 3: session:create session 3 allowed"},
		{403, "GET", "/api/audit/", staff, "", "STAFF 2 in 2: audit:read audit - denied"},
		{403, "GET", "/api/patients/1/accesses/", staff, "", "STAFF 2 in 2: audit:read audit - denied"},
		// These are refused before a use-case is called.
		{401, "GET", "/api/patients/1/", "", "", ""},
		{400, "POST", "/api/patients/", staff, "{", ""},
		{404, "GET", "/api/patients/x/", staff, "", ""},
	} {
		a.want(step.status, step.method, step.path, step.token, step.body, "X-Request-Id", fmt.Sprintf("step-%d", len(want)), "X-Forwarded-For", home)
		if step.want != "" {
			want = append(want, step.want)
		}
	}
	return want
}

func TestTheAuditTrailHasWhoDidWhat(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		staff := api.signUp("staff@example.com", domain.Staff)
		want := append([]string{
			"OPERATOR - in -: user:register user 1 allowed", "ADMIN 1 in 1: session:create session 1 allowed",
			"OPERATOR - in -: user:register user 2 allowed", "STAFF 2 in 2: session:create session 2 allowed",
		}, api.simulateDay(admin, staff)...)

		got := api.want(200, "GET", "/api/audit/?limit=1000", admin, "")
		var lines []string
		for i, event := range got.objects(t) {
			lines = append(lines, eventLine(event))
			require.EqualValues(t, i+1, event["id"])
			if at := event["at"].(string); assert.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$`, at) {
				parsed, err := time.Parse(time.RFC3339Nano, at)
				require.NoError(t, err)
				assert.WithinDuration(t, api.Now(), parsed, 0)
			}
			if i >= 4 {
				assert.Equal(t, home, event["address"])
				assert.Equal(t, fmt.Sprintf("step-%d", i-4), event["request_id"])
			}
		}
		assert.Equal(t, want, lines)
		assert.Contains(t, string(got.body), `{"id":1,"at":"`+api.Now().UTC().Format("2006-01-02T15:04:05.000000Z")+
			`","actor":{"user":null,"name":null,"role":"OPERATOR","session":null},"action":"user:register","subject":{"kind":"user","id":1},"outcome":"allowed","request_id":"","address":""}`)

		all := string(got.body) + api.exportAudit("text/csv", "", admin) + api.exportAudit("application/x-ndjson", "", admin)
		for _, personal := range []string{"Ada", "Lovelace", "House", "Diagnostics", "L-1", "1234", "example.com", "staff@", goodPassword, "eyJ", staff} {
			assert.NotContains(t, all, personal)
		}
	})
}

// If the trail ignored an unknown filter, it would show all events.
func TestTheAuditTrailRefusesUnknownFilters(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		got := api.want(400, "GET", "/api/audit/?patient_id=1&Actor=2&actor=x&limit=5", admin, "")
		unknown := []any{"Unknown parameter. Allowed: action, actor, cursor, doctor, from, limit, ordering, outcome, patient, to."}
		assert.Equal(t, map[string]any{
			"Actor": unknown, "patient_id": unknown, "actor": []any{"A valid id (a positive integer) is required."},
		}, got.object(t)["errors"])
	})
}

func TestReadingTheAuditTrailIsRecorded(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		api.want(200, "GET", "/api/audit/", admin, "")
		api.want(400, "GET", "/api/audit/?limit=x", admin, "")
		api.want(200, "GET", "/api/patients/7/accesses/", admin, "")
		api.exportAudit("text/csv", "?limit=5", "")
		api.exportAudit("text/csv", "?actor=1&action=session:create", admin)
		var lines []string
		for _, event := range api.allPages("/api/audit/?action=audit:read", admin) {
			lines = append(lines, eventLine(event))
		}
		assert.Equal(t, []string{
			"ADMIN 1 in 1: audit:read audit [1 2] allowed",
			"ADMIN 1 in 1: audit:read audit - failed",
			"ADMIN 1 in 1: audit:read audit [] allowed",
			"ADMIN 1 in 1: audit:read audit [2] allowed",
		}, lines)
		accesses := api.allPages("/api/patients/7/accesses/", admin)
		assert.Len(t, accesses, 1, "the request for the accesses is one of them")
	})
}

func TestTheAuditTrailIsFiltered(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		staff := api.signUp("staff@example.com", domain.Staff)
		start := api.Now()
		api.Advance(time.Second)
		api.simulateDay(admin, staff)
		later := api.Now()
		api.Advance(time.Second)
		end := api.Now()
		api.want(200, "GET", "/api/patients/1/", admin, "")

		everything := api.allPages("/api/audit/", admin)
		at := func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
		actor := func(e map[string]any) any { a, _ := e["actor"].(map[string]any); return a["user"] }
		for query, keep := range map[string]func(map[string]any) bool{
			"actor=2":                               func(e map[string]any) bool { return actor(e) == 2.0 },
			"actor=7":                               func(map[string]any) bool { return false },
			"action=patient:read":                   func(e map[string]any) bool { return e["action"] == "patient:read" },
			"outcome=denied":                        func(e map[string]any) bool { return e["outcome"] == "denied" },
			"outcome=failed&actor=1":                func(e map[string]any) bool { return e["outcome"] == "failed" && actor(e) == 1.0 },
			"from=" + at(later) + "&to=" + at(end):  func(e map[string]any) bool { return 4 < e["id"].(float64) && e["id"].(float64) < 23 },
			"to=" + at(start):                       func(map[string]any) bool { return false },
			"to=" + at(later):                       func(e map[string]any) bool { return isIn(e, 1, 2, 3, 4) },
			"from=" + at(end):                       func(e map[string]any) bool { return isIn(e, 23) },
			"patient=2":                             func(e map[string]any) bool { return isIn(e, 9, 11, 13, 14, 15, 17) },
			"doctor=1":                              func(e map[string]any) bool { return isIn(e, 5, 13, 14, 15, 17) },
			"patient=1&action=patient:read&limit=1": func(e map[string]any) bool { return isIn(e, 10, 11, 23) },
			"patient=1&action=patient:read&actor=1": func(e map[string]any) bool { return isIn(e, 23) },
			"doctor=1&outcome=allowed&action=mapping:create": func(e map[string]any) bool { return isIn(e, 13) },
		} {
			want := []any{}
			for _, event := range everything {
				if keep(event) {
					want = append(want, event["id"])
				}
			}
			got := []any{}
			for _, event := range api.allPages("/api/audit/?"+query, admin) {
				if event["id"].(float64) <= 23 {
					got = append(got, event["id"])
				}
			}
			assert.Equal(t, want, got, query)
		}
		var accesses []any
		for _, event := range api.allPages("/api/patients/2/accesses/?limit=2", admin)[:6] {
			accesses = append(accesses, event["id"])
		}
		assert.Equal(t, []any{9.0, 11.0, 13.0, 14.0, 15.0, 17.0}, accesses, "accesses of a deleted patient")
	})
}

func isIn(event map[string]any, ids ...float64) bool {
	for _, id := range ids {
		if event["id"] == id {
			return true
		}
	}
	return false
}
