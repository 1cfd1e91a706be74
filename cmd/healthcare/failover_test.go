package main_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres/pgtest"
)

// inOutage is how long the database is away in these tests.
const inOutage = time.Second

// severalServers returns the URL of a database whose primary is one of the servers.
func severalServers(t *testing.T, servers ...*pgtest.Server) string {
	t.Helper()
	var hosts []string
	for _, server := range servers {
		address, err := url.Parse(server.DSN())
		require.NoError(t, err)
		hosts = append(hosts, address.Host)
	}
	return "postgres://postgres@" + strings.Join(hosts, ",") + "/postgres?sslmode=disable&target_session_attrs=read-write"
}

// TestAFailoverLosesNothing promotes a synchronous standby under 50 writes a second.
func TestAFailoverLosesNothing(t *testing.T) {
	for name, fail := range map[string]func(*pgtest.Server, testing.TB){
		"the primary is killed":  (*pgtest.Server).KillProcesses,
		"the primary is stopped": (*pgtest.Server).Stop,
		// It comes back as a second primary.
		"the primary is paused": (*pgtest.Server).Pause,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // It mostly waits.
			primary := pgtest.Start(t)
			standby := pgtest.StartStandby(t, primary)
			env := []string{"DATA_DIR=" + t.TempDir(), "SECRET_KEY=" + secretKey, "DATABASE_URL=" + severalServers(t, primary, standby)}
			createSuperuserOn(t, env)
			s := serve(t, env)
			t.Cleanup(func() {
				if t.Failed() {
					t.Log(s.log)
				}
			})
			w := startWriter(t, s, s.login("admin@example.com"))
			w.requireSuccess(t, time.Now(), 5*time.Second)

			fail(primary, t)
			time.Sleep(inOutage)
			standby.Promote(t)
			w.requireSuccess(t, time.Now(), 5*time.Second)
			if name == "the primary is paused" {
				primary.Resume(t)
				w.requireSuccess(t, time.Now().Add(inOutage), 2*inOutage)
			}
			env[2] = "DATABASE_URL=" + standby.DSN()
			requireWrites(t, env, w.stop(), 5*time.Second)

			assert.Equal(t, http.StatusOK, home.request(s, http.MethodGet, "/readyz", "", "").status)
			db := openDatabase(t, env)
			assert.Eventually(t, func() (hears bool) {
				return assert.NoError(t, db.QueryRowContext(t.Context(), `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE query ILIKE 'LISTEN %')`).Scan(&hears)) && hears
			}, 10*time.Second, 50*time.Millisecond, "revocations come from the new primary")
		})
	}
}

// TestAnOutageLosesNothing makes the server, or the network to it, fail in several ways under
// 50 writes a second.
func TestAnOutageLosesNothing(t *testing.T) {
	t.Parallel() // It mostly waits.
	server := pgtest.Start(t)
	proxy, proxied := pgtest.StartProxy(t, server.DSN())
	env := []string{"DATA_DIR=" + t.TempDir(), "SECRET_KEY=" + secretKey, "DATABASE_URL=" + proxied}
	createSuperuserOn(t, env)
	s := serve(t, env)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(s.log)
		}
	})
	w := startWriter(t, s, s.login("admin@example.com"))
	w.requireSuccess(t, time.Now(), 5*time.Second)
	hang := func(testing.TB) { proxy.ToServer.Hang(); proxy.FromServer.Hang() }
	for _, outage := range []struct {
		name       string
		begin, end func(testing.TB)
	}{
		{"the server is stopped", server.Stop, server.Restart},
		{"the server is killed", server.KillProcesses, server.Restart},
		{"the server is paused", server.Pause, server.Resume},
		{"connections are cut", func(testing.TB) { proxy.Stop() }, proxy.Start},
		{"the network hangs", hang, proxy.Restore},
		{"the network hangs and loses the connections", hang, func(t testing.TB) { proxy.Stop(); proxy.Restore(t) }},
	} {
		t.Run(outage.name, func(t *testing.T) {
			outage.begin(t)
			time.Sleep(inOutage)
			health := time.Now()
			assert.Equal(t, http.StatusOK, home.request(s, http.MethodGet, "/livez", "", "").status)
			assert.Less(t, time.Since(health), time.Second)
			outage.end(t)
			w.requireSuccess(t, time.Now(), 5*time.Second)
		})
	}
	env[2] = "DATABASE_URL=" + server.DSN()
	requireWrites(t, env, w.stop(), 5*time.Second)
	assert.NotContains(t, s.log.String(), "status=500")
}
