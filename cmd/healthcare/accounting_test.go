package main_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/httpapi/client"
	"example.com/healthcare/adapters/postgres/pgtest"
)

// exchange is a request and its response.
type exchange struct {
	id, what string
	answer   answer
}

// The phases of traffic.
const (
	_ = iota
	revoking
	revoked
	granting
	_
	phases
)

// traffic is the requests of several clients, in phases.
type traffic struct {
	mutex     sync.Mutex
	phase     int
	ended     bool
	exchanges [phases][][]exchange // by the phase in which they began, and by client
	clients   sync.WaitGroup
}

// trafficOf starts clients. Each of them calls request again and again to send one request.
func trafficOf(clients int, request func(client, n int, id string) (what string, got answer)) *traffic {
	traffic := &traffic{}
	for phase := range traffic.exchanges {
		traffic.exchanges[phase] = make([][]exchange, clients)
	}
	for client := range clients {
		traffic.clients.Go(func() {
			for n := 0; ; n++ {
				traffic.mutex.Lock()
				phase, ended := traffic.phase, traffic.ended
				traffic.mutex.Unlock()
				if ended {
					return
				}
				id := fmt.Sprintf("client-%d-request-%d", client, n)
				what, got := request(client, n, id)
				traffic.mutex.Lock()
				traffic.exchanges[phase][client] = append(traffic.exchanges[phase][client], exchange{id, what, got})
				traffic.mutex.Unlock()
			}
		})
	}
	return traffic
}

// await waits until every client has received count responses in this phase.
func (tr *traffic) await(t *testing.T, count int) {
	t.Helper()
	require.Eventually(t, func() bool {
		tr.mutex.Lock()
		defer tr.mutex.Unlock()
		for _, answers := range tr.exchanges[tr.phase] {
			if len(answers) < count {
				return false
			}
		}
		return true
	}, time.Minute, time.Millisecond)
}

// next begins the next phase and waits until all requests of the previous phase are answered.
func (tr *traffic) next(t *testing.T) {
	t.Helper()
	tr.mutex.Lock()
	tr.phase++
	tr.mutex.Unlock()
	tr.await(t, 1)
}

func (tr *traffic) end() {
	tr.mutex.Lock()
	tr.ended = true
	tr.mutex.Unlock()
	tr.clients.Wait()
}

// contents returns all data that the service stores, as text.
func contents(t *testing.T, dsn string) string {
	t.Helper()
	db, err := sql.Open("postgres", dsn)
	require.NoError(t, err)
	defer db.Close()
	var all string
	for _, table := range []string{"users", "sessions", "attempts", "doctors", "patients", "mappings", "versions", "deletions", "audit_events", "audit_about"} {
		var rows sql.NullString
		require.NoError(t, db.QueryRowContext(t.Context(), "SELECT string_agg(r::text, E'\n' ORDER BY r::text) FROM "+table+" AS r").Scan(&rows))
		all += table + "\n" + rows.String + "\n"
	}
	return all
}

// TestWithoutAnAuditTrailNoRequestReadsOrWritesRecords revokes the service's privilege to
// write the trail while eight clients read and write records, and then grants it again.
func TestWithoutAnAuditTrailNoRequestReadsOrWritesRecords(t *testing.T) {
	dsn := pgtest.New(t)
	env := append([]string{"DATABASE_URL=" + leastPrivileged(t, dsn), "DATA_DIR=" + t.TempDir(), "SECRET_KEY=" + secretKey}, noLimits...)
	createSuperuser(t, env, "admin@example.com")
	s := serve(t, env)
	token := s.login("admin@example.com")
	doctor := home.request(s, http.MethodPost, "/api/doctors/", token, `{"name": "Gregory House", "specialization": "Diagnostics", "license_number": "NJ-1", "salary": "1"}`)
	require.Equal(t, http.StatusCreated, doctor.status, doctor.body)
	patient := func(client, n int) string { return fmt.Sprintf(`{"name": "Ada %d %d"}`, client, n) }
	for client := range 8 {
		require.Equal(t, http.StatusCreated, home.request(s, http.MethodPost, "/api/patients/", token, patient(client, 0)).status)
	}

	traffic := trafficOf(8, func(client, n int, id string) (string, answer) {
		own := fmt.Sprintf("/api/patients/%d/", client+1)
		requests := []struct{ method, path, body string }{
			{http.MethodGet, own, ""},
			{http.MethodPatch, own, patient(client, n)},
			{http.MethodGet, "/api/patients/?limit=3", ""},
			{http.MethodPost, "/api/patients/", patient(client, n)},
			{http.MethodGet, "/api/doctors/1/", ""},
			{http.MethodGet, "/api/patients/999999/", ""},
			{http.MethodPost, "/api/patients/", `{"name": ""}`},
			{http.MethodGet, "/api/auth/me/", ""},
			{http.MethodGet, "/api/audit/?limit=3", ""},
			{http.MethodPatch, "/api/doctors/1/", `{"salary": "` + fmt.Sprint(n) + `"}`},
		}
		r := requests[n%len(requests)]
		if client == 0 && n%20 == 0 {
			return "login", home.request(s, http.MethodPost, "/api/auth/login/", "", `{"username": "admin@example.com", "password": "`+goodPassword+`"}`, "X-Request-Id", id)
		}
		return r.method + " " + r.path, home.request(s, r.method, r.path, token, r.body, "X-Request-Id", id)
	})
	traffic.await(t, 20)
	traffic.next(t) // revoking
	execute(t, dsn, "REVOKE INSERT ON audit_events FROM healthcare_app")
	traffic.next(t) // revoked
	before := contents(t, dsn)
	traffic.await(t, 40)
	assert.Equal(t, before, contents(t, dsn))
	traffic.next(t) // granting
	execute(t, dsn, "GRANT INSERT ON audit_events TO healthcare_app")
	traffic.next(t) // granted
	traffic.await(t, 20)
	traffic.end()

	accounted := map[string][]client.Outcome{}
	for _, event := range trail(t, s.api(token), client.ListEventsParams{}) {
		accounted[event.RequestID] = append(accounted[event.RequestID], event.Outcome)
	}
	for phase, exchanges := range traffic.exchanges {
		for _, got := range slices.Concat(exchanges...) {
			if got.answer.status != http.StatusServiceUnavailable {
				assert.NotEqual(t, revoked, phase, "%s answered %d", got.what, got.answer.status)
				assert.Len(t, accounted[got.id], 1, got.what)
				continue
			}
			assert.Contains(t, []int{revoking, revoked, granting}, phase, "%s is served", got.what)
			assert.NotContains(t, accounted[got.id], client.OutcomeAllowed, got.what)
			assert.NotEmpty(t, got.answer.header.Get("Retry-After"))
			assert.JSONEq(t, `{"type": "about:blank", "title": "Service Unavailable", "status": 503, "code": "unavailable",
				"detail": "The service cannot do this right now. Try again shortly."}`, got.answer.body, got.what)
		}
	}
	s.stop()
	assert.NotContains(t, s.log.String(), "Ada")
}
