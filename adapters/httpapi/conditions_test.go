package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/postgres/pgtest"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func requirePreconditions(_ *application.Ports, r *application.Rules) {
	r.Preconditions = application.PreconditionsRequired
}

// conditionsClinic has doctor 1, patient 1, their mapping 1 and the users 1 (Admin) and 2
// (Staff).
type conditionsClinic struct {
	*api
	admin, staff string
}

func newConditionsClinic(api *api) conditionsClinic {
	c := conditionsClinic{api: api, admin: api.signUp("admin@example.com", domain.Admin), staff: api.signUp("staff@example.com", domain.Staff)}
	c.want(201, "POST", "/api/doctors/", c.admin, fmt.Sprintf(houseJSON, "L-1"))
	c.want(201, "POST", "/api/patients/", c.staff, adaJSON)
	c.want(201, "POST", "/api/mappings/", c.staff, `{"patient":1,"doctor":1}`)
	return c
}

// etag returns the ETag of what a caller is shown now.
func (c conditionsClinic) etag(path, token string) string {
	c.t.Helper()
	if path == mappingPath { // No operation shows one mapping, but lists do.
		return fmt.Sprintf(`"%v"`, c.want(200, "GET", "/api/mappings/", token, "").objects(c.t)[0]["version"])
	}
	tag := c.want(200, "GET", path, token, "").Header.Get("ETag")
	require.NotEmpty(c.t, tag, path)
	return tag
}

const (
	doctorPath  = "/api/doctors/1/"
	patientPath = "/api/patients/1/"
	mappingPath = "/api/mappings/1/"
	staffPath   = "/api/users/2/"
	mePath      = "/api/auth/me/"
)

// changesOfOne has a change of each path of one record.
var changesOfOne = map[string][]string{
	doctorPath:  {`{"name":"Wilson"}`, `{"name":"Cuddy"}`},
	patientPath: {`{"name":"Grace"}`, `{"name":"Edsger"}`},
	mappingPath: {`{"doctor":2}`, `{"doctor":1}`},
	staffPath:   {`{"first_name":"Sam"}`, `{"first_name":"Tom"}`},
	mePath:      {`{"first_name":"Olga"}`, `{"first_name":"Nora"}`},
}

func TestAChangeWithAnOldETagChangesNothing(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		c := newConditionsClinic(api)
		c.want(201, "POST", "/api/doctors/", c.admin, fmt.Sprintf(houseJSON, "L-2"))
		for path, changes := range changesOfOne {
			old := c.etag(path, c.admin)
			got := c.want(200, "PATCH", path, c.admin, changes[0], "If-Match", old)
			current := c.etag(path, c.admin)
			assert.NotEqual(t, old, current, path)
			assert.Equal(t, current, got.Header.Get("ETag"), path)

			for _, header := range []string{old, "W/" + current, `"x", W/` + current, `""`, `"*"`} {
				got := c.want(412, "PATCH", path, c.admin, changes[1], "If-Match", header)
				assert.Equal(t, "precondition_failed", got.code(t), path)
				assert.Empty(t, got.Header.Get("ETag"))
			}
			assert.Equal(t, current, c.etag(path, c.admin), path)
			for _, header := range []string{"*", `"x" ,,` + old + "\t, W/\"y\"," + current, current} {
				same := c.want(200, "PATCH", path, c.admin, changes[0], "If-Match", header)
				assert.Equal(t, current, same.Header.Get("ETag"), "nothing has changed: %s", path)
			}
			c.want(200, "PATCH", path, c.admin, changes[1], "If-Match", current)
			if path != mePath {
				c.want(412, "DELETE", path, c.admin, "", "If-Match", current)
			}
		}
		// A mapping ends before its parents do.
		for _, path := range []string{mappingPath, patientPath, doctorPath, staffPath} {
			c.want(204, "DELETE", path, c.admin, "", "If-Match", c.etag(path, c.admin))
		}
		for _, path := range []string{mappingPath, patientPath, doctorPath} {
			for _, header := range []string{"*", `"1"`} {
				c.want(404, "PATCH", path, c.admin, `{}`, "If-Match", header)
				c.want(404, "DELETE", path, c.admin, "", "If-Match", header)
			}
		}
	})
}

// A PUT of what was read is refused if the record has changed since.
func TestAReplacementWithAnOldETagChangesNothing(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		c := newConditionsClinic(api)
		for path, body := range map[string]string{
			doctorPath: fmt.Sprintf(houseJSON, "L-9"), patientPath: `{"name":"Grace"}`, mappingPath: `{"patient":1,"doctor":1}`,
		} {
			c.want(412, "PUT", path, c.admin, body, "If-Match", `"9"`)
			got := c.want(200, "PUT", path, c.admin, body, "If-Match", c.etag(path, c.admin))
			assert.Equal(t, c.etag(path, c.admin), got.Header.Get("ETag"))
		}
	})
}

// TestTheETagChangesWithWhatTheReaderIsShown goes through all that changes a representation,
// and much that does not.
func TestTheETagChangesWithWhatTheReaderIsShown(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		c := newConditionsClinic(api)
		c.want(201, "POST", "/api/doctors/", c.admin, fmt.Sprintf(houseJSON, "L-2"))
		readers := []struct{ path, token string }{
			{doctorPath, c.admin}, {doctorPath, c.staff}, {patientPath, c.admin}, {patientPath, c.staff}, {staffPath, c.admin}, {mePath, c.staff},
		}
		type seen struct{ etag, body string }
		look := func() (all []seen) {
			for _, reader := range readers {
				got := c.want(200, "GET", reader.path, reader.token, "")
				some := c.want(200, "GET", strings.TrimSuffix(reader.path, "/"), reader.token, "")
				assert.Equal(t, got.Header.Get("ETag"), some.Header.Get("ETag"))
				if reader.path != mePath {
					some = c.want(200, "GET", reader.path+"?fields=id", reader.token, "")
					assert.Equal(t, got.Header.Get("ETag"), some.Header.Get("ETag"), "with fields")
				}
				all = append(all, seen{got.Header.Get("ETag"), string(got.body)})
			}
			return all
		}
		before := look()
		assert.NotEqual(t, before[0].etag, before[1].etag, "Staff are not shown the salary")
		moved := map[int]int{}
		for _, step := range []struct{ method, path, token, body string }{
			{"PATCH", doctorPath, c.admin, `{"salary":"7.00"}`},
			{"PATCH", doctorPath, c.admin, `{"salary":"7"}`},
			{"PATCH", patientPath, c.staff, `{"medical_record":"x"}`},
			{"PUT", patientPath, c.staff, `{"name":"Ada"}`},
			{"PUT", patientPath, c.staff, `{"name":"Ada"}`},
			{"POST", "/api/mappings/", c.staff, `{"patient":1,"doctor":2}`},
			{"PATCH", mappingPath, c.staff, `{"patient":1}`},
			{"DELETE", mappingPath, c.staff, ""},
			{"DELETE", "/api/doctors/2/", c.admin, ""},
			{"POST", "/api/doctors/2/restore/", c.admin, ""},
			{"PATCH", mePath, c.staff, `{"first_name":"Sam"}`},
			{"PATCH", staffPath, c.admin, `{"last_name":"Lee"}`},
			{"PATCH", staffPath, c.admin, `{"last_name":" Lee "}`},
			{"POST", "/api/auth/login/", "", credentials("staff@example.com", goodPassword)},
		} {
			got := c.do(step.method, step.path, step.token, step.body)
			require.Less(t, got.StatusCode, 300, "%s", got.body)
			after := look()
			for i, reader := range readers {
				assert.Equal(t, before[i].body == after[i].body, before[i].etag == after[i].etag, "%s as seen after %s %s %s", reader.path, step.method, step.path, step.body)
				if before[i].etag != after[i].etag {
					moved[i]++
				}
			}
			before = after
		}
		assert.Equal(t, map[int]int{0: 1, 1: 1, 2: 6, 3: 6, 4: 2, 5: 2}, moved)
	})
}

func TestNewAndRestoredRecordsAreSentWithTheirETag(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		c := newConditionsClinic(api)
		for path, body := range map[string]string{
			"/api/doctors/": fmt.Sprintf(houseJSON, "L-2"), "/api/patients/": adaJSON, "/api/users/": registration("new@example.com"), "/api/auth/register/": registration("newer@example.com"),
		} {
			made := c.want(201, "POST", path, c.admin, body)
			assert.Equal(t, c.etag(made.Header.Get("Location"), c.admin), made.Header.Get("ETag"), path)
		}
		assert.Equal(t, `"1"`, c.want(201, "POST", "/api/mappings/", c.staff, `{"patient":1,"doctor":2}`).Header.Get("ETag"))
		for _, path := range []string{mappingPath, doctorPath, patientPath} {
			c.want(204, "DELETE", path, c.admin, "")
			assert.Equal(t, c.want(200, "POST", path+"restore/", c.admin, "").Header.Get("ETag"), c.etag(path, c.admin), path)
		}
	})
}

func TestAReaderWhoKnowsTheStateGets304(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		c := newConditionsClinic(api)
		for _, path := range []string{doctorPath, patientPath, staffPath, mePath} {
			current := c.etag(path, c.admin)
			for _, header := range []string{current, "W/" + current, "*", `"x", "y,z" , W/` + current} {
				reads := len(api.Events())
				got := c.want(304, "GET", path, c.admin, "", "If-None-Match", header)
				assert.Equal(t, current, got.Header.Get("ETag"))
				assert.Empty(t, got.body)
				events := api.Events()
				require.Len(t, events, reads+1, "it counts as a read")
				assert.Equal(t, domain.Allowed, events[reads].Outcome)
				assert.NotZero(t, events[reads].Subject.ID)
				assert.Equal(t, 304, c.do("HEAD", path, c.admin, "", "If-None-Match", header).StatusCode)
			}
			for _, header := range []string{`"x"`, `W/"x", ""`, `"` + strings.Trim(current, `"`) + `x"`} {
				c.want(200, "GET", path, c.admin, "", "If-None-Match", header)
			}
			c.want(401, "GET", path, "", "", "If-None-Match", "*")
		}
		c.want(404, "GET", "/api/doctors/99/", c.admin, "", "If-None-Match", "*")
		c.want(403, "GET", staffPath, c.staff, "", "If-None-Match", "*")
		assert.Equal(t, 304, c.do("GET", patientPath+"?fields=id,name", c.staff, "", "If-None-Match", c.etag(patientPath, c.staff)).StatusCode)
	})
}

func TestAMalformedConditionIsRefusedByName(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		c := newConditionsClinic(api)
		for _, header := range []string{"1", `"1`, `1"`, `w/"1"`, `"1" "2"`, `"1", *`, `*, "1"`, `"a b"`, "W/", ",", " ", `"1";`, "'1'"} {
			for _, request := range []struct{ method, path, body, name string }{
				{"PATCH", patientPath, `{"name":"Grace"}`, "If-Match"},
				{"PUT", doctorPath, fmt.Sprintf(houseJSON, "L-3"), "If-Match"},
				{"DELETE", mappingPath, "", "If-Match"},
				{"GET", patientPath, "", "If-None-Match"},
				{"GET", mePath, "", "If-None-Match"},
			} {
				got := c.want(400, request.method, request.path, c.admin, request.body, request.name, header)
				assert.Contains(t, got.object(t)["detail"], request.name)
				assert.Contains(t, got.object(t)["detail"], `such as "3"`)
			}
		}
	})
}

func TestChangesNeedIfMatchIfTheSettingsSaySo(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		c := newConditionsClinic(api)
		for path, changes := range changesOfOne {
			for method, body := range map[string]string{"PATCH": changes[0], "PUT": `{}`, "DELETE": ""} {
				if method == "PUT" && (path == staffPath || path == mePath) || method == "DELETE" && path == mePath {
					continue
				}
				before := len(api.Events())
				got := c.want(428, method, path, c.admin, body)
				assert.Equal(t, "precondition_required", got.code(t))
				assert.Contains(t, got.object(t)["detail"], "If-Match")
				event := api.Events()[before]
				assert.Equal(t, domain.Failed, event.Outcome)
				assert.NotZero(t, event.Subject.ID, "the event names the record")
			}
			c.want(200, "PATCH", path, c.admin, `{}`, "If-Match", "*")
		}
		assert.Equal(t, 403, c.do("DELETE", doctorPath, c.staff, "").StatusCode)
		c.want(204, "DELETE", mappingPath, c.admin, "", "If-Match", `"1"`)
	}, requirePreconditions)
}

// TestOneOfManyChangesWithTheSameETagSucceeds sends 50 changes at the same moment.
func TestOneOfManyChangesWithTheSameETagSucceeds(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		assertOneWins(t, newConditionsClinic(api))
	})
	t.Run("two instances", func(t *testing.T) {
		t.Parallel()
		database := pgtest.New(t)
		instance := func() ports.Store {
			store, err := postgres.Open(t.Context(), database, postgres.Options{})
			require.NoError(t, err)
			t.Cleanup(func() { assert.NoError(t, store.Close()) })
			return store
		}
		first := newConditionsClinic(newAPI(t, instance()))
		assertOneWins(t, first, conditionsClinic{newAPI(t, instance()), first.admin, first.staff})
	})
}

// assertOneWins sends 50 changes with the same ETag to the instances in turn.
func assertOneWins(t *testing.T, instances ...conditionsClinic) {
	t.Helper()
	for path, body := range map[string]string{
		patientPath: `{"name":"Ada","medical_record":"%d"}`, doctorPath: `{"name":"House %d","specialization":"x","license_number":"L","salary":"1"}`,
	} {
		first := instances[0]
		old := first.etag(path, first.admin)
		answers := make(chan int)
		for i := range 50 {
			go func() {
				c := instances[i%len(instances)]
				answers <- c.doUntilServed("PUT", path, c.admin, fmt.Sprintf(body, i), "If-Match", old).StatusCode
			}()
		}
		counts := map[int]int{}
		for range 50 {
			counts[<-answers]++
		}
		assert.Equal(t, map[int]int{http.StatusOK: 1, http.StatusPreconditionFailed: 49}, counts, path)
		assert.Len(t, first.want(200, "GET", path+"history/", first.admin, "").objects(t), 2)
	}
}
