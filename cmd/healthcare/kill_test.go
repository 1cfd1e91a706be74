package main_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/httpapi/client"
	"example.com/healthcare/adapters/postgres/pgtest"
	healthcare "example.com/healthcare/cmd/healthcare"
)

// life is the requests about one patient, by request ID.
type life struct {
	name                         string
	create, change, read, remove string
	// acknowledged are the requests that were answered with success.
	acknowledged []string
}

// lives collects the requests of many clients.
type lives struct {
	mutex sync.Mutex
	all   []*life
	// answered counts the acknowledged requests.
	answered atomic.Int64
}

// lead creates, updates and reads a patient, and deletes every third one, until a request
// fails.
func (l *lives) lead(ctx context.Context, api *client.ClientWithResponses, round, of, n int) {
	id := func(what string) string { return fmt.Sprintf("%s-%d-%d-%d", what, round, of, n) }
	one := &life{name: fmt.Sprintf("Patient %d %d %d", round, of, n)}
	l.mutex.Lock()
	l.all = append(l.all, one)
	l.mutex.Unlock()
	named := func(id string) client.RequestEditorFn {
		return func(_ context.Context, req *http.Request) error {
			req.Header.Set("X-Request-Id", id)
			return nil
		}
	}
	// acknowledge reports whether the request succeeded.
	acknowledge := func(id string, good bool) bool {
		if good {
			one.acknowledged = append(one.acknowledged, id)
			l.answered.Add(1)
		}
		return good
	}

	one.create = id("create")
	created, err := api.CreatePatientWithResponse(ctx, nil, client.CreatePatientJSONRequestBody{Name: one.name}, named(one.create))
	if !acknowledge(one.create, err == nil && created.JSON201 != nil) {
		return
	}
	one.change = id("change")
	another := one.name + " changed"
	changed, err := api.ChangePatientWithResponse(ctx, created.JSON201.ID, nil, client.ChangePatientJSONRequestBody{Name: &another}, named(one.change))
	if !acknowledge(one.change, err == nil && changed.JSON200 != nil) {
		return
	}
	one.read = id("read")
	read, err := api.GetPatientWithResponse(ctx, created.JSON201.ID, nil, named(one.read))
	if !acknowledge(one.read, err == nil && read.JSON200 != nil) || n%3 > 0 {
		return
	}
	one.remove = id("remove")
	removed, err := api.DeletePatientWithResponse(ctx, created.JSON201.ID, nil, named(one.remove))
	acknowledge(one.remove, err == nil && removed.StatusCode() == http.StatusNoContent)
}

// examine compares the stored records with the audit trail and with the acknowledged
// requests.
func (l *lives) examine(t *testing.T, env []string) {
	t.Helper()
	db := openDatabase(t, env)
	// A single statement reads a single snapshot.
	rows, err := db.QueryContext(t.Context(), `SELECT 'a record', name FROM patients
		UNION ALL SELECT data ->> 'action', data ->> 'request_id' FROM audit_events
		WHERE data ->> 'outcome' = 'allowed' AND data ->> 'action' IN ('patient:create', 'patient:update', 'patient:read', 'patient:delete')`)
	require.NoError(t, err)
	defer rows.Close()
	stored, done, changes := map[string]bool{}, map[string]int{}, 0
	for rows.Next() {
		var what, which string
		require.NoError(t, rows.Scan(&what, &which))
		if what == "a record" {
			stored[which] = true
			continue
		}
		done[which]++
		if what != "patient:read" {
			changes++
		}
	}
	require.NoError(t, rows.Err())

	records := 0
	for _, one := range l.all {
		for _, id := range []string{one.create, one.change, one.read, one.remove} {
			if slices.Contains(one.acknowledged, id) {
				assert.Equal(t, 1, done[id], "%s was acknowledged", id)
			}
			assert.LessOrEqual(t, done[id], 1, id)
		}
		changes -= done[one.create] + done[one.change] + done[one.remove]
		original := done[one.create] == 1 && done[one.change] == 0 && done[one.remove] == 0
		changed := done[one.change] == 1 && done[one.remove] == 0
		assert.Equal(t, original, stored[one.name], one.name)
		assert.Equal(t, changed, stored[one.name+" changed"], one.name)
		if original || changed {
			records++
		}
	}
	assert.Len(t, stored, records)
	assert.Zero(t, changes, "events of changes that no client requested")
	code, stdout, stderr := healthcare.Run(t.Context(), env, "audit", "verify")
	assert.Zero(t, code, stdout+stderr)
}

// TestKillingTheProcessLosesNothing kills the program with SIGKILL while eight clients write
// and read. With PostgreSQL, every second kill is of the server instead. After each kill,
// every acknowledged change must be stored and have its event, and every event must have its
// change.
func TestKillingTheProcessLosesNothing(t *testing.T) {
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		killAgainAndAgain(t, engines["embedded"](t), nil)
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		server := pgtest.Start(t)
		killAgainAndAgain(t, []string{"DATA_DIR=" + t.TempDir(), "DATABASE_URL=" + server.DSN()}, server)
	})
}

// watchedForRaces returns the program with the race detector if the tests run with it: this
// test has the most concurrency.
var watchedForRaces = sync.OnceValues(func() (program, error) {
	return build("watched", append(raceFlags(), "-tags=cheaphashing")...)
})

// killAgainAndAgain kills the program ten times. server is nil for the embedded store.
func killAgainAndAgain(t *testing.T, env []string, server *pgtest.Server) {
	const (
		kills   = 10
		writers = 8
		// enough is the number of acknowledged requests before each kill.
		enough = 100
	)
	createSuperuserOn(t, env)
	watched, err := watchedForRaces()
	require.NoError(t, err)
	s := watched.serve(t, env)
	token := s.login("admin@example.com")
	var all lives
	for round := range kills {
		api := s.api(token)
		var writing sync.WaitGroup
		var killed atomic.Bool
		target := all.answered.Load() + enough
		for writer := range writers {
			writing.Go(func() {
				for n := 0; !killed.Load(); n++ {
					all.lead(t.Context(), api, round, writer, n)
				}
			})
		}
		assert.Eventually(t, func() bool { return all.answered.Load() >= target }, time.Minute, time.Millisecond, "%s", s.log)
		if server != nil && round%2 == 1 {
			server.Kill(t)
			killed.Store(true)
			writing.Wait()
			server.Restart(t)
		} else {
			s.kill()
			killed.Store(true)
			writing.Wait()
			s = watched.serve(t, env)
		}
		all.examine(t, env)
	}
	s.stop()
	all.examine(t, env)
}
