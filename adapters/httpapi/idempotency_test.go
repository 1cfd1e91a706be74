package httpapi_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/memory"
	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/postgres/pgtest"
	"example.com/healthcare/adapters/sqlite"
	"example.com/healthcare/adapters/sqlite/sqlitetest"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// assertReplay checks that got is the first answer again.
func assertReplay(t testing.TB, first, got answer) {
	t.Helper()
	assert.Equal(t, first.StatusCode, got.StatusCode)
	assert.Equal(t, string(first.body), string(got.body))
	for _, name := range []string{"ETag", "Location", "Content-Type"} {
		assert.Equal(t, first.Header.Values(name), got.Header.Values(name))
	}
	assert.Empty(t, first.Header.Values("Idempotent-Replayed"))
	assert.Equal(t, []string{"true"}, got.Header.Values("Idempotent-Replayed"))
}

// onceWrites create one record of each kind, with the event of a replay.
var onceWrites = []struct{ path, body, event string }{
	{"/api/doctors/", fmt.Sprintf(houseJSON, "L-1"), "doctor:replay doctor 1"},
	{"/api/patients/", adaJSON, "patient:replay patient 1"},
	{"/api/mappings/", `{"patient":1,"doctor":1}`, "mapping:replay mapping 1"},
}

func TestARequestThatIsSentAgainIsDoneOnce(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		for _, write := range onceWrites {
			// The key is the same, but the paths differ.
			first := api.want(201, "POST", write.path, admin, write.body, "Idempotency-Key", "5f0c1d86")
			for _, key := range []string{"5f0c1d86", `"5f0c1d86"`} {
				assertReplay(t, first, api.do("POST", write.path, admin, write.body, "Idempotency-Key", key))
				event := api.LastEvent()
				assert.Equal(t, write.event+" allowed", fmt.Sprintf("%s %s %d %s", event.Action, event.Subject.Kind, event.Subject.ID, event.Outcome))
				assert.Zero(t, event.Version)
			}
			assert.Len(t, api.want(200, "GET", write.path, admin, "").objects(t), 1)
			assert.Len(t, api.want(200, "GET", write.path+"1/history/", admin, "").objects(t), 1)
		}
		for _, path := range []string{"/api/mappings/1/", "/api/patients/1/", "/api/doctors/1/"} {
			api.want(204, "DELETE", path, admin, "")
		}
		for _, path := range []string{"/api/doctors/1/restore/", "/api/patients/1/restore/"} {
			first := api.want(200, "POST", path, admin, "", "Idempotency-Key", "5f0c1d86")
			assertReplay(t, first, api.do("POST", path, admin, `{"ignored":true}`, "Idempotency-Key", "5f0c1d86"))
		}
		first := api.want(200, "POST", "/api/mappings/1/restore/", admin, "", "Idempotency-Key", "5f0c1d86")
		assertReplay(t, first, api.do("POST", "/api/mappings/1/restore/", admin, "", "Idempotency-Key", "5f0c1d86"))
	})
}

func TestAReplayShowsTheRecordAsItWasThen(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		for n := range 3 {
			api.want(201, "POST", "/api/doctors/", admin, fmt.Sprintf(houseJSON, fmt.Sprint("L-", n)))
		}
		created := api.want(201, "POST", "/api/patients/", admin, adaJSON, "Idempotency-Key", "k")
		for _, doctor := range []string{"3", "1"} {
			api.want(201, "POST", "/api/mappings/", admin, `{"patient":1,"doctor":`+doctor+`}`)
		}
		api.want(200, "PATCH", "/api/patients/1/", admin, `{"name":"Grace"}`)
		assertReplay(t, created, api.do("POST", "/api/patients/", admin, adaJSON, "Idempotency-Key", "k"))

		api.want(204, "DELETE", "/api/patients/1/", admin, "")
		gone := api.want(404, "POST", "/api/patients/", admin, adaJSON, "Idempotency-Key", "k")
		assert.Equal(t, "not_found", gone.code(t))
		assert.Empty(t, gone.Header.Values("Idempotent-Replayed"))
		event := api.LastEvent()
		assert.Equal(t, domain.PatientReplay, event.Action)
		assert.Equal(t, domain.Subject{Kind: domain.SubjectPatient, ID: 1}, event.Subject)
		assert.Equal(t, domain.Failed, event.Outcome)

		api.want(204, "DELETE", "/api/doctors/3/", admin, "")
		restored := api.want(200, "POST", "/api/patients/1/restore/", admin, "", "Idempotency-Key", "k")
		assert.Equal(t, []any{1.0}, restored.object(t)["assigned_doctors"], "doctor 3 is deleted")
		api.want(200, "POST", "/api/doctors/3/restore/", admin, "")
		api.want(201, "POST", "/api/mappings/", admin, `{"patient":1,"doctor":2}`)
		assert.Len(t, api.want(200, "GET", "/api/patients/1/", admin, "").object(t)["assigned_doctors"], 3)
		assertReplay(t, restored, api.do("POST", "/api/patients/1/restore/", admin, "", "Idempotency-Key", "k"))
		assertReplay(t, created, api.do("POST", "/api/patients/", admin, adaJSON, "Idempotency-Key", "k"))
	})
}

func TestAKeyBelongsToOneUserAndOneBody(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin, staff := api.signUp("admin@example.com", domain.Admin), api.signUp("staff@example.com", domain.Staff)
		first := api.want(201, "POST", "/api/patients/", staff, `{"name":"Ada","phone_number":"+15550142"}`, "Idempotency-Key", "k")
		for _, body := range []string{
			`{ "phone_number" : "+15550142", "name":"\u0041da" }`, `{"name":"Ada","phone_number":"+15550142","id":7}`,
		} {
			assertReplay(t, first, api.do("POST", "/api/patients/", staff, body, "Idempotency-Key", "k"))
		}
		for _, body := range []string{
			`{"name":"Ada"}`, `{"name":"Ada","phone_number":""}`,
			`{"name":"Ada","phone_number":"+15550142","gender":null}`, `{"name":"Ada","phone_number":"+15550142","email":""}`,
		} {
			got := api.do("POST", "/api/patients/", staff, body, "Idempotency-Key", "k")
			require.Equal(t, 422, got.StatusCode, body)
			assert.Equal(t, "idempotency_key_reused", got.code(t))
		}
		api.want(400, "POST", "/api/patients/", staff, `{"name":""}`, "Idempotency-Key", "k")
		assertReplay(t, first, api.do("POST", "/api/patients/", staff, `{"name":"Ada","phone_number":"+15550142"}`, "Idempotency-Key", "k"))

		other := api.want(201, "POST", "/api/patients/", admin, `{"name":"Grace"}`, "Idempotency-Key", "k")
		assertReplay(t, other, api.do("POST", "/api/patients/", admin, `{"name":"Grace"}`, "Idempotency-Key", "k"))
		api.want(201, "POST", "/api/patients/", staff, `{"name":"Ada","phone_number":"+15550142"}`, "Idempotency-Key", "K")
		api.want(201, "POST", "/api/patients/", staff, `{"name":"Ada","phone_number":"+15550142"}`)
		assert.Len(t, api.want(200, "GET", "/api/patients/", staff, "").objects(t), 4)
	})
}

func TestRefusedRequestsAreNotRemembered(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin, staff := api.signUp("admin@example.com", domain.Admin), api.signUp("staff@example.com", domain.Staff)
		house := fmt.Sprintf(houseJSON, "L-1")
		api.want(201, "POST", "/api/doctors/", admin, house)
		api.want(403, "POST", "/api/doctors/", staff, house, "Idempotency-Key", "k")
		api.want(400, "POST", "/api/doctors/", admin, `{}`, "Idempotency-Key", "k")
		api.want(400, "POST", "/api/doctors/", admin, house, "Idempotency-Key", "k") // The licence number is taken.
		api.want(404, "POST", "/api/doctors/1/restore/", admin, "", "Idempotency-Key", "k")
		api.want(204, "DELETE", "/api/doctors/1/", admin, "")
		got := api.want(201, "POST", "/api/doctors/", admin, house, "Idempotency-Key", "k")
		assert.Empty(t, got.Header.Values("Idempotent-Replayed"))
		api.want(204, "DELETE", got.Header.Get("Location"), admin, "")
		got = api.want(200, "POST", "/api/doctors/1/restore/", admin, "", "Idempotency-Key", "k")
		assert.Empty(t, got.Header.Values("Idempotent-Replayed"))
	})
}

func TestAReplayFollowsTodaysPolicy(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin, other := api.signUp("admin@example.com", domain.Admin), api.signUp("other@example.com", domain.Admin)
		house := fmt.Sprintf(houseJSON, "L-1")
		api.want(201, "POST", "/api/doctors/", other, house, "Idempotency-Key", "k")
		patient := api.want(201, "POST", "/api/patients/", other, adaJSON, "Idempotency-Key", "k")
		api.want(200, "PATCH", "/api/users/2/", admin, `{"role":"STAFF"}`)
		other = api.login("other@example.com")["access"].(string)
		api.want(403, "POST", "/api/doctors/", other, house, "Idempotency-Key", "k")
		assertReplay(t, patient, api.do("POST", "/api/patients/", other, adaJSON, "Idempotency-Key", "k"))
	})
}

func TestMalformedIdempotencyKeys(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	staff := api.signUp("staff@example.com", domain.Staff)
	post := func(path string, keys ...string) answer {
		req, err := http.NewRequestWithContext(t.Context(), "POST", api.url+path, strings.NewReader(adaJSON))
		require.NoError(t, err)
		req.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + staff}, "Idempotency-Key": keys}
		resp, err := http.DefaultTransport.RoundTrip(req) // openapi.yaml does not describe these requests.
		require.NoError(t, err)
		defer resp.Body.Close()
		return answer{Response: resp}
	}
	long := strings.Repeat("k", 256)
	for _, keys := range [][]string{
		{""}, {`""`}, {`"`}, {`"k`}, {"a b"}, {"a\tb"}, {`"a b"`}, {"kä"}, {long}, {`"` + long + `"`}, {"k", "k"}, {"k", ""}, {"k, k"},
	} {
		assert.Equal(t, 400, post("/api/patients/", keys...).StatusCode, "%q", keys)
		assert.Equal(t, 400, post("/api/patients/1/restore/", keys...).StatusCode, "%q", keys)
	}
	for _, key := range []string{"k", `"quoted"`, ` k2 `, "!#$%&'*+-.^_`|~,;\\", long[:255], `"` + long[:255] + `"`} {
		assert.Equal(t, 201, post("/api/patients/", key).StatusCode, key)
	}
}

func TestIdempotencyKeysAreIgnoredElsewhere(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	admin := api.signUp("admin@example.com", domain.Admin)
	const user = `{"email":"%s@example.com","password":"` + goodPassword + `"}`
	for _, name := range []string{"a", "b"} {
		got := api.want(201, "POST", "/api/users/", admin, fmt.Sprintf(user, name), "Idempotency-Key", "k")
		assert.Empty(t, got.Header.Values("Idempotent-Replayed"))
		api.want(200, "POST", "/api/auth/login/", "", credentials(name+"@example.com", goodPassword), "Idempotency-Key", "k")
	}
}

func TestIdempotencyKeysExpireAfterADay(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		api.signUp("staff@example.com", domain.Staff)
		post := func() answer {
			staff := api.login("staff@example.com")["access"].(string)
			return api.want(201, "POST", "/api/patients/", staff, adaJSON, "Idempotency-Key", "k")
		}
		first := post()
		api.Advance(24 * time.Hour)
		assertReplay(t, first, post())
		api.Advance(time.Microsecond)
		second := post()
		assert.EqualValues(t, 2, second.object(t)["id"])
		api.Advance(24 * time.Hour)
		assertReplay(t, second, post())
	})
}

// TestOneOfManyRequestsWithTheSameKeyIsDone sends 50 requests at the same moment.
func TestOneOfManyRequestsWithTheSameKeyIsDone(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		assertDoneOnce(t, api.signUp("admin@example.com", domain.Admin), api)
	})
	for name, open := range map[string]func(t *testing.T) func() (ports.Store, error){
		"two instances on PostgreSQL": func(t *testing.T) func() (ports.Store, error) {
			database := pgtest.New(t)
			return func() (ports.Store, error) { return postgres.Open(t.Context(), database, postgres.Options{}) }
		},
		"two instances on one SQLite file": func(t *testing.T) func() (ports.Store, error) {
			file := sqlitetest.New(t)
			return func() (ports.Store, error) { return sqlite.Open(t.Context(), file, sqlite.Options{}) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			open := open(t)
			var instances []*api
			for range 2 {
				store, err := open()
				require.NoError(t, err)
				t.Cleanup(func() { assert.NoError(t, store.(interface{ Close() error }).Close()) })
				instances = append(instances, newAPI(t, store))
			}
			assertDoneOnce(t, instances[0].signUp("admin@example.com", domain.Admin), instances...)
		})
	}
}

// assertDoneOnce sends 50 requests with the same key to the instances in turn.
func assertDoneOnce(t *testing.T, token string, instances ...*api) {
	t.Helper()
	for _, write := range onceWrites {
		answers := make(chan answer)
		for i := range 50 {
			go func() {
				answers <- instances[i%len(instances)].do("POST", write.path, token, write.body, "Idempotency-Key", "k")
			}()
		}
		bodies, replays := map[string]int{}, 0
		for range 50 {
			got := <-answers
			if got.StatusCode == 409 {
				assert.Equal(t, "idempotency_in_progress", got.code(t))
				assert.NotEmpty(t, got.Header.Get("Retry-After"))
				continue
			}
			require.Equal(t, 201, got.StatusCode, "%s", got.body)
			bodies[got.Header.Get("ETag")+string(got.body)]++
			if got.Header.Get("Idempotent-Replayed") == "" {
				replays--
			}
			replays++
		}
		require.Len(t, bodies, 1)
		for _, n := range bodies {
			assert.Equal(t, n-1, replays)
		}
		assert.Len(t, instances[0].want(200, "GET", write.path, token, "").objects(t), 1)
	}
}

// TestARequestThatIsStillBeingDone holds the lock of a key as the first request does, for longer than
// the database waits.
func TestARequestThatIsStillBeingDone(t *testing.T) {
	database, err := url.Parse(pgtest.New(t))
	require.NoError(t, err)
	query := database.Query()
	query.Set("lock_timeout", "100ms")
	database.RawQuery = query.Encode()
	store, err := postgres.Open(t.Context(), database.String(), postgres.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, store.Close()) })
	api := newAPI(t, store)
	staff := api.signUp("staff@example.com", domain.Staff)

	key, err := domain.ParseIdempotencyKey("k")
	require.NoError(t, err)
	id := domain.NewRequestID(1, domain.SubjectPatient, "create", 0, key)
	require.ErrorIs(t, store.Update(t.Context(), func(tx ports.Tx) error {
		_, err := tx.IdempotencyKeys().Get(t.Context(), id, time.Now())
		require.Equal(t, domain.NotFound, domain.KindOf(err))
		got := api.want(409, "POST", "/api/patients/", staff, adaJSON, "Idempotency-Key", "k")
		assert.Equal(t, "idempotency_in_progress", got.code(t))
		assert.Equal(t, "1", got.Header.Get("Retry-After"))
		api.want(201, "POST", "/api/patients/", staff, adaJSON, "Idempotency-Key", "another")
		return io.EOF
	}), io.EOF)
	api.want(201, "POST", "/api/patients/", staff, adaJSON, "Idempotency-Key", "k")
}

// unsureStore commits changes, and then cannot tell whether it did.
type unsureStore struct{ *memory.Store }

func (s unsureStore) Update(ctx context.Context, fn func(ports.Tx) error) error {
	if err := s.Store.Update(ctx, fn); err != nil {
		return err
	}
	return domain.ErrOutcomeUnknown(io.EOF)
}

func TestAnUnknownOutcomeHasItsOwnCode(t *testing.T) {
	store := memory.New()
	api, unsure := newAPI(t, store), newAPI(t, unsureStore{store})
	staff := api.signUp("staff@example.com", domain.Staff)
	for _, change := range [][2]string{{"POST", "/api/patients/"}, {"PUT", "/api/patients/1/"}} {
		got := unsure.want(503, change[0], change[1], staff, adaJSON, "Idempotency-Key", "k")
		assert.Equal(t, "outcome_unknown", got.code(t))
		assert.Contains(t, got.object(t)["detail"], "same Idempotency-Key")
		assert.NotEmpty(t, got.Header.Get("Retry-After"))
	}
	got := api.want(201, "POST", "/api/patients/", staff, adaJSON, "Idempotency-Key", "k")
	assert.Equal(t, "true", got.Header.Get("Idempotent-Replayed"))
}
