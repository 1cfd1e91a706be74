package httpapi_test

import (
	"context"
	"io"
	"net/url"
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
			go func() { answers <- instances[i%len(instances)].doOnce(write.path, token, write.body) }()
		}
		bodies, replays := map[string]int{}, 0
		for range 50 {
			got := <-answers
			assert.Equal(t, 201, got.StatusCode, "%s", got.body)
			bodies[got.Header.Get("ETag")+string(got.body)]++
			if got.Header.Get("Idempotent-Replayed") != "" {
				replays++
			}
		}
		require.Len(t, bodies, 1)
		assert.Equal(t, 49, replays)
		assert.Len(t, instances[0].want(200, "GET", write.path, token, "").objects(t), 1)
	}
}

// doOnce sends a POST with the Idempotency-Key "k" until the first such request is done.
func (a *api) doOnce(path, token, body string) answer {
	for {
		got := a.doUntilServed("POST", path, token, body, "Idempotency-Key", "k")
		if got.StatusCode != 409 {
			return got
		}
		assert.Equal(a.t, "idempotency_in_progress", got.code(a.t))
		assert.NotEmpty(a.t, got.Header.Get("Retry-After"))
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
