package main_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	healthcare "example.com/healthcare/cmd/healthcare"
)

// write is a request that adds a patient, and its answer.
type write struct {
	name       string
	begun      time.Time
	took       time.Duration
	status     int
	retryAfter string
	id         int64 // of the patient, if the status is 201
	err        error
}

// writer sends 50 writes a second, whatever becomes of the earlier ones.
type writer struct {
	url, token string
	client     *http.Client
	cancel     context.CancelFunc
	unanswered sync.WaitGroup

	mutex  sync.Mutex
	writes []write
}

// startWriter starts a writer, whose patients have the ID of the request as their name.
func startWriter(t *testing.T, s *service, token string) *writer {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	name := rand.Text()[:6]
	w := &writer{url: s.url, token: token, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1000}, Timeout: time.Minute}, cancel: cancel}
	w.unanswered.Go(func() {
		ticker := time.NewTicker(20 * time.Millisecond)
		defer ticker.Stop()
		for n := 0; ; n++ {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			w.unanswered.Go(func() {
				done := w.write(context.WithoutCancel(ctx), fmt.Sprintf("write-%s-%d", name, n))
				w.mutex.Lock()
				defer w.mutex.Unlock()
				w.writes = append(w.writes, done)
			})
		}
	})
	return w
}

func (w *writer) write(ctx context.Context, name string) (done write) {
	done = write{name: name, begun: time.Now()}
	defer func() { done.took = time.Since(done.begun) }()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url+"/api/patients/", strings.NewReader(`{"name": "`+name+`"}`))
	if err != nil {
		done.err = err
		return done
	}
	req.Header.Set("Authorization", "Bearer "+w.token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Request-Id", name)
	resp, err := w.client.Do(req)
	if err != nil {
		done.err = err
		return done
	}
	defer resp.Body.Close()
	done.status, done.retryAfter = resp.StatusCode, resp.Header.Get("Retry-After")
	var patient struct{ ID int64 }
	done.err = json.NewDecoder(resp.Body).Decode(&patient)
	done.id = patient.ID
	return done
}

// stop waits for the last answers and returns all writes.
func (w *writer) stop() []write {
	w.cancel()
	w.unanswered.Wait()
	w.client.CloseIdleConnections()
	return w.writes
}

// requireSuccess waits for a write that begins after since and succeeds, and requires that it
// is answered within the time.
func (w *writer) requireSuccess(t *testing.T, since time.Time, within time.Duration) {
	t.Helper()
	var first time.Duration
	require.Eventually(t, func() bool {
		w.mutex.Lock()
		defer w.mutex.Unlock()
		at := slices.IndexFunc(w.writes, func(one write) bool { return one.status == http.StatusCreated && one.begun.After(since) })
		if at >= 0 {
			first = w.writes[at].begun.Add(w.writes[at].took).Sub(since)
		}
		return at >= 0
	}, time.Minute, time.Millisecond)
	t.Logf("the first success came after %s", first.Round(time.Millisecond))
	assert.Less(t, first, within)
}

// requireWrites requires that each write was answered within the time, with success or 503,
// and that each success is kept, once, in the database that env names: the patient, the
// version and the event.
func requireWrites(t *testing.T, env []string, writes []write, within time.Duration) {
	t.Helper()
	counts := map[int]int{}
	slowest := time.Duration(0)
	for _, one := range writes {
		counts[one.status]++
		slowest = max(slowest, one.took)
		require.NoError(t, one.err, "%s after %s", one.name, one.took)
		require.Contains(t, []int{http.StatusCreated, http.StatusServiceUnavailable}, one.status, one.name)
		if one.status == http.StatusServiceUnavailable {
			require.Regexp(t, `^[12]$`, one.retryAfter, one.name)
		}
	}
	t.Logf("answers by status: %v, the slowest took %s", counts, slowest.Round(time.Millisecond))
	assert.Less(t, slowest, within)

	// Each event is read once: the request id has no index.
	rows, err := openDatabase(t, env).QueryContext(t.Context(), `
		WITH created AS (
			SELECT data ->> 'request_id' AS request_id, count(*) AS events
			FROM audit_events
			WHERE data ->> 'action' = 'patient:create' AND data ->> 'outcome' = 'allowed'
			GROUP BY data ->> 'request_id'
		)
		SELECT id, name, (SELECT count(*) FROM versions WHERE kind = 'patient' AND record_id = patients.id), COALESCE(events, 0)
		FROM patients LEFT JOIN created ON request_id = name
		WHERE name LIKE 'write-%'`)
	require.NoError(t, err)
	defer rows.Close()
	kept := map[string]int64{}
	for rows.Next() {
		var name string
		var id int64
		var versions, events int
		require.NoError(t, rows.Scan(&id, &name, &versions, &events))
		if _, isKept := kept[name]; isKept || versions != 1 || events != 1 { // NotContains reads the whole map.
			require.Fail(t, "not kept once", "%s has %d versions and %d events, and is kept before: %t", name, versions, events, isKept)
		}
		kept[name] = id
	}
	require.NoError(t, rows.Err())
	for _, one := range writes {
		if one.status == http.StatusCreated {
			require.Equal(t, one.id, kept[one.name], "%s was acknowledged as", one.name)
		}
	}
	code, stdout, stderr := healthcare.Run(t.Context(), env, "audit", "verify")
	assert.Zero(t, code, stdout+stderr)
}
