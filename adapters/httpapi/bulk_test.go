package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/domain"
)

// itemsOf returns the body of a bulk request with n items.
func itemsOf(n int, item func(i int) string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = item(i)
	}
	return `{"items":[` + strings.Join(items, ",") + `]}`
}

// items returns the member items of the answer.
func (a answer) items(t testing.TB) []map[string]any {
	t.Helper()
	var body struct{ Items []map[string]any }
	a.decode(t, &body)
	return body.Items
}

// fieldErrors returns the member errors of the answer, with the first message of each field.
func (a answer) fieldErrors(t testing.TB) map[string]string {
	t.Helper()
	var body struct{ Errors map[string][]string }
	a.decode(t, &body)
	first := map[string]string{}
	for field, messages := range body.Errors {
		first[field] = messages[0]
	}
	return first
}

// verifyTrail checks that the trail has no faults.
func (a *api) verifyTrail() {
	a.t.Helper()
	_, err := a.Sealer.Seal(a.t.Context())
	require.NoError(a.t, err)
	found, err := a.Verifier.Verify(a.t.Context(), domain.Head{})
	require.NoError(a.t, err)
	require.Empty(a.t, found.Faults)
}

func doctorItem(i int) string { return fmt.Sprintf(houseJSON, fmt.Sprint("L-", i)) }

func patientItem(i int) string {
	return fmt.Sprintf(`{"name":"Patient %d","external_id":"MRN-%d","medical_record":"Record %d."}`, i, i, i)
}

// mappingItem assigns doctor i to patient i.
func mappingItem(i int) string { return fmt.Sprintf(`{"patient":%d,"doctor":%d}`, i+1, i+1) }

func TestAThousandRecordsAreAddedByOneRequest(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin, staff := api.signUp("admin@example.com", domain.Admin), api.signUp("staff@example.com", domain.Staff)
		for _, kind := range []struct {
			path string
			item func(int) string
			by   string
		}{{"/api/doctors/", doctorItem, admin}, {"/api/patients/", patientItem, staff}, {"/api/mappings/", mappingItem, staff}} {
			got := api.want(201, "POST", kind.path+"bulk/", kind.by, itemsOf(1000, kind.item))
			assert.Empty(t, got.Header.Values("Location"))
			items := got.items(t)
			require.Len(t, items, 1000)
			list := api.want(200, "GET", kind.path+"?limit=1000", kind.by, "").objects(t)
			for i, item := range items {
				require.Equal(t, float64(i+1), item["id"])
				if kind.path != "/api/mappings/" { // Their list shows names.
					require.Equal(t, item, list[i])
				}
			}
			event := api.lastCreation(kind.path)
			assert.Len(t, event.Subject.Shown, 1000)
			assert.Len(t, event.Commitments, 1000)
			for _, id := range []string{"1", "64", "65", "1000"} {
				versions := api.want(200, "GET", kind.path+id+"/history/", kind.by, "").objects(t)
				require.Len(t, versions, 1)
				assert.Equal(t, "created", versions[0]["change"])
			}
		}
		assert.Equal(t, "Patient 70", api.want(200, "GET", "/api/patients/71/", staff, "").object(t)["name"])
		assert.Equal(t, []any{71.0}, api.want(200, "GET", "/api/patients/71/", staff, "").object(t)["assigned_doctors"])

		var actions []string
		for _, event := range api.want(200, "GET", "/api/patients/71/accesses/", admin, "").objects(t) {
			actions = append(actions, event["action"].(string))
		}
		assert.Equal(t, []string{"patient:create", "patient:read", "mapping:create", "mapping:read", "patient:read", "patient:read"}, actions)
		assert.Len(t, api.want(200, "GET", "/api/audit/?action=doctor:create&doctor=71", admin, "").objects(t), 1)
		assert.Len(t, api.want(200, "GET", "/api/audit/?action=mapping:create&doctor=71", admin, "").objects(t), 1)
		api.verifyTrail()

		api.want(204, "DELETE", "/api/patients/71/", staff, "")
		_, err := api.Retention.Purge(t.Context(), clinictest.Operator, domain.SubjectPatient, api.Now().Add(time.Hour))
		require.NoError(t, err)
		api.verifyTrail()
		assert.NotEmpty(t, api.want(200, "GET", "/api/patients/71/accesses/", admin, "").objects(t))
	})
}

// lastCreation returns the last event of adding records to the list with the path.
func (a *api) lastCreation(path string) (last domain.AuditEvent) {
	a.t.Helper()
	for _, event := range a.Events() {
		if strings.HasPrefix(path, "/api/"+string(event.Subject.Kind)) && strings.HasSuffix(string(event.Action), ":create") {
			last = event
		}
	}
	return last
}

func TestABulkRequestMakesTheRecordsThatSingleRequestsMake(t *testing.T) {
	patients := []string{
		adaJSON, `{"name":" Ada  Lovelace ","date_of_birth":"1915-12-10","gender":"F"}`, patientItem(1), `{"name":"x","phone_number":"+1 555 0100","email":"X@Example.COM"}`,
		`{"name":"x","id":99,"created_by":98,"created_at":"x","version":7,"assigned_doctors":[5]}`, `{"name":"Zo\u00eb","address":"4 Elm St\nPrinceton","gender":null,"external_id":""}`,
	}
	doctors := []string{doctorItem(0), doctorItem(1), `{"name":"x","specialization":"y","license_number":7,"salary":12.5,"joined_at":"1999-01-01"}`}
	mappings := []string{mappingItem(0), `{"patient":"1","doctor":{"id":2,"name":"x"}}`, `{"patient":2,"doctor":1}`}
	for name := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			once, singly := newAPI(t, stores[name](t)), newAPI(t, stores[name](t))
			once.SetTime(clinictest.Start)
			singly.SetTime(clinictest.Start)
			admin, singleAdmin := once.signUp("admin@example.com", domain.Admin), singly.signUp("admin@example.com", domain.Admin)
			for _, kind := range []struct {
				path  string
				items []string
			}{{"/api/doctors/", doctors}, {"/api/patients/", patients}, {"/api/mappings/", mappings}} {
				items := once.want(201, "POST", kind.path+"bulk/", admin, `{"items":[`+strings.Join(kind.items, ",")+`]}`).items(t)
				for i, item := range kind.items {
					assert.Equal(t, singly.want(201, "POST", kind.path, singleAdmin, item).object(t), items[i])
				}
				list := once.want(200, "GET", kind.path, admin, "")
				assert.JSONEq(t, string(singly.want(200, "GET", kind.path, singleAdmin, "").body), string(list.body))
				for i := range kind.items {
					history := fmt.Sprintf("%s%d/history/", kind.path, i+1)
					assert.JSONEq(t, string(singly.want(200, "GET", history, singleAdmin, "").body), string(once.want(200, "GET", history, admin, "").body))
				}
			}
			search := "/api/patients/?search=lovelace&ordering=-name"
			assert.JSONEq(t, string(singly.want(200, "GET", search, singleAdmin, "").body), string(once.want(200, "GET", search, admin, "").body))
		})
	}
}

func TestEveryBadItemIsNamed(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		api.populate(admin) // doctors L-1 and L-2, two patients, and the first assigned to the first
		api.want(201, "POST", "/api/patients/", admin, patientItem(7))
		const (
			required = "This field is required."
			missing  = "Object does not exist."
			license  = "doctor with this license number already exists."
		)
		for _, tt := range []struct {
			kind, body string
			want       map[string]string
		}{
			{"doctors", `{}`, map[string]string{"items": required}},
			{"doctors", `{"items":null}`, map[string]string{"items": "This field may not be null."}},
			{"doctors", `{"items":{}}`, map[string]string{"items": "Expected a list of items."}},
			{"doctors", `{"items":"[]"}`, map[string]string{"items": "Expected a list of items."}},
			{"doctors", `{"items":[]}`, map[string]string{"items": "This list may not be empty."}},
			{"doctors", itemsOf(1001, doctorItem), map[string]string{"items": "Ensure this field has no more than 1000 elements."}},
			{"doctors", `{"items":[7,` + doctorItem(9) + `,[],null,{}],"item":[]}`, map[string]string{
				"item": "Unknown field.", "items[0]": "Expected an object.", "items[2]": "Expected an object.", "items[3]": "Expected an object.",
				"items[4].name": required, "items[4].specialization": required, "items[4].license_number": required, "items[4].salary": required,
			}},
			{"patients", `{"items":[` + adaJSON + `,{"name":["x"],"gender":"female"},{"name":"x","nmae":"y","date_of_birth":"31.12.1990"}]}`, map[string]string{
				"items[1].name": "Not a valid string.", "items[1].gender": "Not a valid choice: use M, F or O.", "items[2].nmae": "Unknown field.",
				"items[2].date_of_birth": "Date has wrong format. Use YYYY-MM-DD.",
			}},
			{"patients", `{"items":[` + patientItem(1) + `,` + patientItem(2) + `,` + patientItem(1) + `,{"name":"","external_id":"MRN-2"},` + patientItem(1) + `]}`, map[string]string{
				"items[2].external_id": "The same as in items[0].", "items[3].name": "This field may not be blank.", "items[4].external_id": "The same as in items[0].",
			}},
			{"doctors", `{"items":[` + doctorItem(1) + `,` + doctorItem(3) + `,` + strings.ReplaceAll(doctorItem(2), "L-", "l-") + `]}`, map[string]string{
				"items[0].license_number": license, "items[2].license_number": license,
			}},
			{"patients", `{"items":[` + adaJSON + `,` + patientItem(8) + `,` + patientItem(7) + `]}`, map[string]string{
				"items[2].external_id": "patient with this external id already exists.",
			}},
			{"mappings", `{"items":[{"patient":1,"doctor":99},{"patient":1,"doctor":1},{"patient":98,"doctor":99},{"patient":2,"doctor":2},{"patient":98,"doctor":1}]}`, map[string]string{
				"items[0].doctor": missing, "items[1].non_field_errors": "The fields patient, doctor must make a unique set.",
				"items[2].patient": missing, "items[2].doctor": missing, "items[4].patient": missing,
			}},
			{"mappings", `{"items":[{"patient":2,"doctor":2},{"doctor":2,"patient":2}]}`, map[string]string{"items[1].non_field_errors": "The same as in items[0]."}},
		} {
			before := api.want(200, "GET", "/api/"+tt.kind+"/", admin, "").body
			got := api.want(400, "POST", "/api/"+tt.kind+"/bulk/", admin, tt.body)
			assert.Equal(t, tt.want, got.fieldErrors(t), "%.200s", tt.body)
			assert.Equal(t, string(before), string(api.want(200, "GET", "/api/"+tt.kind+"/", admin, "").body), "nothing is added")
		}
		api.verifyTrail()
	})
}

func TestOneOfSeveralBulkRequestsAtOnceAddsTheRecords(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		staff := api.signUp("staff@example.com", domain.Staff)
		const clients = 8
		answers := make([]answer, clients)
		var sent sync.WaitGroup
		for n := range clients {
			// Each list has a patient of its own and 99 that all have.
			sent.Go(func() {
				answers[n] = api.doUntilServed("POST", "/api/patients/bulk/", staff, itemsOf(100, func(i int) string {
					if i == 0 {
						i = 1000 + n
					}
					return patientItem(i)
				}))
			})
		}
		sent.Wait()
		added := 0
		for _, got := range answers {
			if got.StatusCode == http.StatusCreated {
				added++
				continue
			}
			require.Equal(t, 400, got.StatusCode, "%s", got.body)
			assert.Len(t, got.fieldErrors(t), 99)
			assert.NotContains(t, got.fieldErrors(t), "items[0].external_id")
		}
		assert.Equal(t, 1, added)
		assert.Len(t, api.want(200, "GET", "/api/patients/?limit=1000", staff, "").objects(t), 100)
	})
}

func TestABulkRequestThatIsSentAgainIsDoneOnce(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		for _, kind := range []struct {
			name string
			item func(int) string
		}{{"doctor", doctorItem}, {"patient", patientItem}, {"mapping", mappingItem}} {
			path := "/api/" + kind.name + "s/bulk/"
			body := itemsOf(70, kind.item)
			first := api.want(201, "POST", path, admin, body, "Idempotency-Key", "k")
			assertReplay(t, first, api.do("POST", path, admin, body, "Idempotency-Key", "k"))
			event := api.LastEvent()
			assert.Equal(t, kind.name+":replay", string(event.Action))
			assert.Len(t, event.Subject.Shown, 70)
			assert.Equal(t, "idempotency_key_reused", api.want(422, "POST", path, admin, itemsOf(69, kind.item), "Idempotency-Key", "k").code(t))
			assert.Len(t, api.want(200, "GET", "/api/"+kind.name+"s/", admin, "").objects(t), 70)
			api.want(204, "DELETE", "/api/"+kind.name+"s/70/", admin, "")
			api.want(404, "POST", path, admin, body, "Idempotency-Key", "k")
			api.want(200, "POST", "/api/"+kind.name+"s/70/restore/", admin, "")
		}
		api.verifyTrail()
	})
}
