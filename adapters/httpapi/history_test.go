package httpapi_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// tick advances the clock by a second and returns the time in the format of answers.
func (a *api) tick() string {
	a.Advance(time.Second)
	return a.Now().UTC().Format("2006-01-02T15:04:05.000000Z")
}

var (
	versionMember   = regexp.MustCompile(`"version":[0-9]+`)
	updatedAtMember = regexp.MustCompile(`"updated_at":"[^"]*"`)
)

// moved is a record as a later change of nothing but its version left it.
func moved(record string, version int, updatedAt string) string {
	record = versionMember.ReplaceAllString(record, fmt.Sprintf(`"version":%d`, version))
	return updatedAtMember.ReplaceAllString(record, `"updated_at":"`+updatedAt+`"`)
}

// wantJSON requires an answer with status 200 and this JSON.
func (a *api) wantJSON(want, method, path, token string) {
	a.t.Helper()
	assert.JSONEq(a.t, want, string(a.want(200, method, path, token, "").body), path)
}

func TestTheHistoryOfADoctor(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		staff := api.signUp("staff@example.com", domain.Staff)
		const path = "/api/doctors/1/"
		created := api.tick()
		joined := created[:len("2006-01-02")]
		api.want(201, "POST", "/api/doctors/", admin, fmt.Sprintf(houseJSON, "L-1"))
		changed := api.tick()
		api.want(200, "PATCH", path, admin, `{"salary":"1300","specialization":"Nephrology"}`)
		api.want(200, "PATCH", path, admin, `{}`)
		api.want(400, "PATCH", path, admin, `{"salary":"-1"}`)
		api.want(403, "PATCH", path, staff, `{"name":"x"}`)
		live := string(api.want(200, "GET", path, admin, "").body)
		versions := func(salaries ...string) string {
			history := `{"version":1,"at":"` + created + `","by":{"user":1,"role":"ADMIN"},"change":"created","changed":[
				{"field":"joined_at","before":null,"after":"` + joined + `"},
				{"field":"license_number","before":null,"after":"L-1"},
				{"field":"name","before":null,"after":"Gregory House"},` + salaries[0] + `
				{"field":"specialization","before":null,"after":"Diagnostics"}]},
				{"version":2,"at":"` + changed + `","by":{"user":1,"role":"ADMIN"},"change":"updated","changed":[` + salaries[1] + `
				{"field":"specialization","before":"Diagnostics","after":"Nephrology"}]}`
			return history
		}
		asStaff := versions("", "")
		asAdmin := versions(`{"field":"salary","before":null,"after":"1234.50"},`, `{"field":"salary","before":"1234.50","after":"1300.00"},`)
		api.wantJSON("["+asStaff+"]", "GET", path+"history/", staff)
		api.wantJSON("["+asAdmin+"]", "GET", path+"history/", admin)
		for version, was := range map[string][3]string{"1": {"Diagnostics", "1234.50", created}, "2": {"Nephrology", "1300.00", changed}} {
			got := api.want(200, "GET", path+"history/"+version+"/", admin, "")
			assert.Equal(t, map[string]any{
				"id": 1.0, "name": "Gregory House", "joined_at": joined, "specialization": was[0], "license_number": "L-1", "salary": was[1],
				"created_at": created, "updated_at": was[2], "version": float64(version[0] - '0'),
			}, got.object(t)["record"])
			assert.NotContains(t, string(api.want(200, "GET", path+"history/"+version+"/", staff, "").body), "salary")
		}

		deleted := api.tick()
		api.want(204, "DELETE", path, admin, "")
		api.want(404, "GET", path, admin, "")
		api.wantJSON("[]", "GET", "/api/doctors/", admin)
		api.wantJSON("[]", "GET", "/api/doctors/?deleted=false", staff)
		api.wantJSON("["+strings.TrimSuffix(moved(live, 3, deleted), "}")+`,"deleted_at":"`+deleted+`","deleted_by":1}]`, "GET", "/api/doctors/?deleted=true", admin)
		asAdmin += `,{"version":3,"at":"` + deleted + `","by":{"user":1,"role":"ADMIN"},"change":"deleted","changed":[]}`
		api.wantJSON("["+asAdmin+"]", "GET", path+"history/", admin)
		assert.JSONEq(t, moved(live, 3, deleted), record(t, api.want(200, "GET", path+"history/3/", admin, "")), "the version of the deletion has the doctor as it was before")
		api.want(404, "GET", path+"history/", staff, "")
		api.want(404, "GET", path+"history/1/", staff, "")
		api.want(403, "GET", "/api/doctors/?deleted=true", staff, "")
		api.want(403, "POST", path+"restore/", staff, "")

		restored := api.tick()
		api.wantJSON(moved(live, 4, restored), "POST", path+"restore/", admin)
		api.wantJSON(moved(live, 4, restored), "GET", path, admin)
		api.wantJSON("[]", "GET", "/api/doctors/?deleted=true", admin)
		api.want(404, "POST", path+"restore/", admin, "")
		again := `,{"version":4,"at":"` + restored + `","by":{"user":1,"role":"ADMIN"},"change":"restored","changed":[]}`
		api.wantJSON("["+asAdmin+again+"]", "GET", path+"history/", admin)
		assert.Len(t, api.want(200, "GET", path+"history/", staff, "").objects(t), 4)
		assert.NotContains(t, string(api.want(200, "GET", path+"history/", staff, "").body), "salary")
		events := api.allPages("/api/audit/?action=doctor:restore&outcome=allowed", admin)
		require.Len(t, events, 1)
		assert.Equal(t, 4.0, events[0]["version"], "the event has the version that the change made")
	})
}

// record returns the JSON of the record in a version.
func record(t *testing.T, got answer) string {
	t.Helper()
	_, record, found := strings.Cut(string(got.body), `"record":`)
	require.True(t, found)
	return strings.TrimSuffix(strings.TrimSpace(record), "}")
}

func TestTheHistoryOfAPatient(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		staff := api.signUp("staff@example.com", domain.Staff)
		other := api.signUp("other@example.com", domain.Staff)
		const path = "/api/patients/1/"
		created := api.tick()
		api.want(201, "POST", "/api/patients/", admin, adaJSON)
		at := api.tick()
		stamp := func(version int) string {
			return fmt.Sprintf(`"email":"","external_id":null,"created_at":"%s","updated_at":"%s","version":%d`, created, at, version)
		}
		api.want(200, "PATCH", path, staff, `{"gender":"F","date_of_birth":"1915-12-10","medical_record":"\u2028 Allergic\n\"<&>\" 😀"}`)
		api.wantJSON(`{"version":2,"at":"`+at+`","by":{"user":2,"role":"STAFF"},"change":"updated","changed":[
			{"field":"date_of_birth","before":null,"after":"1915-12-10"},
			{"field":"gender","before":null,"after":"F"},
			{"field":"medical_record","before":"","after":"Allergic\n\"<&>\" 😀"}],
			"record":{"id":1,"created_by":1,"name":"Ada Lovelace","date_of_birth":"1915-12-10","phone_number":"","gender":"F",
			"address":"","medical_record":"Allergic\n\"<&>\" 😀",`+stamp(2)+`}}`, "GET", path+"history/2/", staff)
		api.want(200, "PATCH", path, staff, `{"gender":null}`)
		third := api.want(200, "GET", path+"history/3/", staff, "").object(t)
		assert.Equal(t, []any{map[string]any{"field": "gender", "before": "F", "after": nil}}, third["changed"])

		live := string(api.want(200, "GET", path, staff, "").body)
		at = api.tick()
		api.want(204, "DELETE", path, staff, "")
		api.wantJSON(`[{"id":1,"created_by":1,"name":"Ada Lovelace","date_of_birth":"1915-12-10","phone_number":"","gender":null,
			"address":"","medical_record":"Allergic\n\"<&>\" 😀",`+stamp(4)+`,"deleted_at":"`+at+`","deleted_by":2}]`, "GET", "/api/patients/?deleted=true", admin)
		api.want(404, "GET", path+"history/", staff, "")
		refused := api.want(403, "POST", path+"restore/", other, "").object(t)
		assert.Equal(t, "Somebody else deleted this. Only an administrator can restore it.", refused["detail"])
		at = api.tick()
		api.wantJSON(moved(live, 5, at), "POST", path+"restore/", admin)
		api.wantJSON(moved(live, 5, at), "GET", path, staff)
		var changes []any
		for _, version := range api.allPages(path+"history/?limit=2", staff) {
			changes = append(changes, version["version"], version["change"])
		}
		assert.Equal(t, []any{1.0, "created", 2.0, "updated", 3.0, "updated", 4.0, "deleted", 5.0, "restored"}, changes)
	})
}

func TestRecordsOlderThanTheirHistory(t *testing.T) {
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := open(t)
			api := newAPI(t, store)
			staff := api.signUp("staff@example.com", domain.Staff)
			patient, err := domain.NewPatient(domain.PatientInput{Name: domain.Given("Ada")}, domain.Actor{UserID: 1}, api.Now())
			require.NoError(t, err)
			require.NoError(t, store.Update(t.Context(), func(tx ports.Tx) error {
				_, err := tx.Patients().Add(t.Context(), domain.FirstVersion(patient, api.Now()))
				return err
			}))
			found := api.want(200, "GET", "/api/patients/1/history/1/", staff, "").object(t)
			assert.Equal(t, "found", found["change"])
			assert.Nil(t, found["by"], "the author is unknown")
			assert.Contains(t, found, "by")
			assert.Len(t, found["changed"], 9, "all members except the id")
			api.want(404, "GET", "/api/patients/1/history/2/", staff, "")

			api.want(200, "PATCH", "/api/patients/1/", staff, `{"name":"Ada Lovelace"}`)
			history := api.want(200, "GET", "/api/patients/1/history/", staff, "").objects(t)
			require.Len(t, history, 2)
			assert.Equal(t, "found", history[0]["change"])
			assert.Equal(t, map[string]any{"user": 1.0, "role": "STAFF"}, history[1]["by"])
			assert.Equal(t, []any{map[string]any{"field": "name", "before": "Ada", "after": "Ada Lovelace"}}, history[1]["changed"])
		})
	}
}

// The versions have more text than a page can hold.
func TestLongVersionsAreAllShown(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		staff := api.signUp("staff@example.com", domain.Staff)
		api.transport = http.DefaultTransport // checking so much text against openapi.yaml is slow
		text := func(version int) string { return strings.Repeat(fmt.Sprintf("%09d ", version), 100_000)[:999_999] }
		const count = 11
		api.want(201, "POST", "/api/patients/", staff, `{"name":"Ada","medical_record":"`+text(1)+`"}`)
		for version := 2; version <= count; version++ {
			api.want(200, "PATCH", "/api/patients/1/", staff, `{"medical_record":"`+text(version)+`"}`)
		}
		first := api.want(200, "GET", "/api/patients/1/history/", staff, "")
		next := strings.TrimSuffix(strings.TrimPrefix(first.Header.Get("Link"), "<"), `>; rel="next"`)
		require.NotEmpty(t, next)
		versions := append(first.objects(t), api.allPages(next, staff)...)
		require.Len(t, versions, count)
		for i, version := range versions {
			require.Equal(t, float64(i+1), version["version"])
			for _, change := range version["changed"].([]any) {
				change := change.(map[string]any)
				if change["field"] != "medical_record" {
					continue
				}
				assert.True(t, change["after"] == text(i+1), "version %d", i+1)
				assert.True(t, i == 0 && change["before"] == nil || change["before"] == text(i), "version %d", i+1)
			}
		}
		last := api.want(200, "GET", fmt.Sprintf("/api/patients/1/history/%d/", count), staff, "").object(t)
		assert.True(t, last["record"].(map[string]any)["medical_record"] == text(count))
	})
}
