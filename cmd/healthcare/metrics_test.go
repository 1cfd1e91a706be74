package main_test

import (
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/httpapi/client"
	"example.com/healthcare/adapters/postgres/pgtest"
	healthcare "example.com/healthcare/cmd/healthcare"
)

// anyMetricsAddr serves the metrics on a free port.
const anyMetricsAddr = "METRICS_ADDR=127.0.0.1:0"

// metricsURL returns the URL that the log names.
func (s *service) metricsURL() string {
	s.t.Helper()
	var named []string
	require.Eventually(s.t, func() bool { // The log can arrive after the line on the standard output.
		named = regexp.MustCompile(`msg="serving metrics" url=(\S+)`).FindStringSubmatch(s.log.String())
		return named != nil
	}, 10*time.Second, time.Millisecond)
	return named[1]
}

// scrape returns the text of the metrics.
func (s *service) scrape() string {
	s.t.Helper()
	status, body := fetch(s.t, s.metricsURL())
	require.Equal(s.t, http.StatusOK, status, body)
	return body
}

func fetch(t *testing.T, url string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(text)
}

// metric returns the value of a series, 0 if it does not exist.
func metric(t *testing.T, scrape, series string) float64 {
	t.Helper()
	for line := range strings.Lines(scrape) {
		if text, found := strings.CutPrefix(line, series+" "); found {
			value, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
			require.NoError(t, err, line)
			return value
		}
	}
	return 0
}

func requestsTo(route, method string, status int) string {
	return fmt.Sprintf("healthcare_http_requests_total{method=%q,route=%q,status=\"%d\"}", method, route, status)
}

func TestTheMetricsCountWhatWasSent(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		migrate(t, env)
		createSuperuser(t, env, "admin@example.com")
		s := serve(t, append(env, anyMetricsAddr, "LIMIT_LOGIN_PAIR=2/15m"))
		token := s.login("admin@example.com")
		api := s.api(token)
		key := "a-key-of-the-client"
		for range 3 {
			created, err := api.CreatePatientWithResponse(t.Context(), &client.CreatePatientParams{IdempotencyKey: &key}, client.CreatePatientJSONRequestBody{Name: "Ada"})
			require.NoError(t, err)
			require.NotNil(t, created.JSON201, "%s", created.Body)
		}
		for id := range 5 { // Patient 1 exists.
			_, err := api.GetPatientWithResponse(t.Context(), int64(id+1), nil)
			require.NoError(t, err)
		}
		for range 4 {
			_, err := s.api("").LoginWithResponse(t.Context(), client.LoginJSONRequestBody{Username: "admin@example.com", Password: "wrong"})
			require.NoError(t, err)
		}
		fetch(t, s.url+"/api/patients/ada-lovelace")

		want := map[string]float64{
			requestsTo("/api/auth/login/", "POST", 200):                                                     1,
			requestsTo("/api/auth/login/", "POST", 401):                                                     2,
			requestsTo("/api/auth/login/", "POST", 429):                                                     2,
			requestsTo("/api/patients/", "POST", 201):                                                       3,
			requestsTo("/api/patients/:id/", "GET", 200):                                                    1,
			requestsTo("/api/patients/:id/", "GET", 404):                                                    4,
			requestsTo("/api/patients/:id/", "GET", 401):                                                    1,
			`healthcare_http_request_duration_seconds_count{method="GET",route="/api/patients/:id/"}`:       6,
			`healthcare_http_request_duration_seconds_bucket{method="POST",route="/api/patients/",le="25"}`: 3,
			`healthcare_http_requests_in_flight`:                                                            0,
			`healthcare_http_responses_cut_total`:                                                           0,
			`healthcare_idempotent_replays_total`:                                                           2,
			`healthcare_audit_events_failed_total`:                                                          0,
			`healthcare_audit_queue_events`:                                                                 0,
			`healthcare_audit_events_foreign`:                                                               0,
			`healthcare_password_hashing_occupied{queue="strangers"}`:                                       0,
		}
		got := map[string]float64{}
		if !assert.Eventually(t, func() bool { // A request is counted when its answer is on its way.
			scrape := s.scrape()
			for series := range want {
				got[series] = metric(t, scrape, series)
			}
			return assert.ObjectsAreEqual(want, got)
		}, 10*time.Second, 20*time.Millisecond) {
			assert.Equal(t, want, got)
		}
		scrape := s.scrape()
		// The refused login attempts after the first one of each kind are counted, not recorded.
		assert.GreaterOrEqual(t, metric(t, scrape, `healthcare_audit_events_recorded_total`), 10.0)
		hashed := metric(t, scrape, `healthcare_password_hashing_wait_seconds_count{queue="known"}`) + metric(t, scrape, `healthcare_password_hashing_wait_seconds_count{queue="strangers"}`)
		assert.Equal(t, 3.0, hashed, "a login beyond the limit hashes nothing")
		assert.Less(t, metric(t, scrape, `healthcare_audit_seal_age_seconds`), 60.0)
		for _, value := range []string{"lovelace", "example.com", token, key} {
			assert.False(t, strings.Contains(scrape, value), "no label has a value from a request: %s", value)
		}
		s.stop()
	})
}

func TestThereAreNoMetricsWithoutTheSetting(t *testing.T) {
	s := serve(t, engines["embedded"](t))
	status, _ := fetch(t, s.url+"/metrics")
	assert.Equal(t, http.StatusNotFound, status)
	s.stop()
	assert.NotContains(t, s.log.String(), "metrics")
}

func TestMetricsAndTheAPIHaveDifferentAddresses(t *testing.T) {
	s := serve(t, append(engines["embedded"](t), anyMetricsAddr))
	metrics, err := url.Parse(s.metricsURL())
	require.NoError(t, err)
	for _, path := range []string{"/", "/livez", "/api/", "/debug/pprof/", "/debug/pprof/heap"} {
		status, _ := fetch(t, metrics.ResolveReference(&url.URL{Path: path}).String())
		assert.Equal(t, http.StatusNotFound, status, path)
	}
	for _, path := range []string{"/metrics", "/debug/pprof/"} {
		status, _ := fetch(t, s.url+path)
		assert.Equal(t, http.StatusNotFound, status, path)
	}
	s.stop()
	assert.NotContains(t, s.log.String(), "other machines can read the metrics")
}

func TestAMetricsAddressThatIsInUseIsNamed(t *testing.T) {
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	code, _, stderr := healthcare.Run(t.Context(), append(engines["embedded"](t), "METRICS_ADDR="+taken.Addr().String()), "serve", "--addr", "127.0.0.1:0")
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr, "listen on "+taken.Addr().String()+": set METRICS_ADDR to another address")
	assert.Contains(t, stderr, "address already in use")
}

func TestMetricsSettingsThatAreUnsafeAreRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		env  []string
		want string
	}{
		"no port":                  {[]string{"METRICS_ADDR=localhost"}, "METRICS_ADDR must be host:port"},
		"profiles without address": {[]string{"METRICS_PPROF=true"}, "METRICS_PPROF must be false unless METRICS_ADDR is a loopback address"},
		"profiles for everybody":   {[]string{"METRICS_PPROF=true", "METRICS_ADDR=0.0.0.0:0"}, "METRICS_PPROF must be false unless METRICS_ADDR is a loopback address"},
	} {
		code, _, stderr := healthcare.Run(t.Context(), append(engines["embedded"](t), tt.env...), "serve", "--addr", "127.0.0.1:0")
		assert.Equal(t, 1, code, name)
		assert.Contains(t, stderr, tt.want, name)
	}
}

func TestMetricsForOtherMachinesAreWarnedOf(t *testing.T) {
	s := serve(t, append(engines["embedded"](t), "METRICS_ADDR=0.0.0.0:0"))
	assert.NotEmpty(t, s.scrape())
	s.stop()
	assert.Contains(t, s.log.String(), `level=WARN msg="other machines can read the metrics without signing in`)
}

func TestProfilesAreServedOnALoopbackAddress(t *testing.T) {
	s := serve(t, append(engines["embedded"](t), anyMetricsAddr, "METRICS_PPROF=true"))
	profiles := strings.TrimSuffix(s.metricsURL(), "/metrics") + "/debug/pprof/"
	status, _ := fetch(t, profiles+"heap")
	assert.Equal(t, http.StatusOK, status)
	status, _ = fetch(t, profiles+"cmdline")
	assert.Equal(t, http.StatusNotFound, status)
	s.stop()
}

func TestMetricsAreServedWhileTheServiceStops(t *testing.T) {
	s := serve(t, append(engines["embedded"](t), anyMetricsAddr, "SHUTDOWN_DELAY=20s"))
	s.scrape()
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGTERM))
	require.Eventually(t, func() bool { return strings.Contains(s.log.String(), "msg=stopping") }, 10*time.Second, 10*time.Millisecond)
	assert.NotEmpty(t, s.scrape())
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGTERM))
	_ = s.cmd.Wait() // The second signal ends the process at once.
}

// TestTheMetricsShowADatabaseThatHangs scrapes while more requests wait for a locked table than
// there are connections.
func TestTheMetricsShowADatabaseThatHangs(t *testing.T) {
	dsn := pgtest.NewEmpty(t, "")
	env := []string{"DATA_DIR=" + t.TempDir(), "DATABASE_URL=" + dsn}
	migrate(t, env)
	createSuperuser(t, env, "admin@example.com")
	s := serve(t, append(env, anyMetricsAddr, "GOMAXPROCS=1"))
	api := s.api(s.login("admin@example.com"))
	size := metric(t, s.scrape(), `healthcare_db_connections_max{pool="all"}`)
	require.Equal(t, 10.0, size)

	unlock := lockTable(t, dsn, "patients")
	const readers = 25
	var group sync.WaitGroup
	for range readers {
		group.Go(func() {
			response, err := api.GetPatientWithResponse(t.Context(), 1, nil)
			if assert.NoError(t, err) {
				assert.Contains(t, []int{http.StatusNotFound, http.StatusServiceUnavailable}, response.StatusCode())
			}
		})
	}
	var scrape string
	require.Eventually(t, func() bool {
		scrape = s.scrape()
		return metric(t, scrape, `healthcare_db_connections{pool="all",state="in_use"}`) == size &&
			metric(t, scrape, `healthcare_db_waiting{pool="all"}`) > 0 && metric(t, scrape, `healthcare_http_requests_in_flight`) > size
	}, 10*time.Second, 10*time.Millisecond, "a scrape while the requests wait")
	require.Eventually(t, func() bool {
		return metric(t, s.scrape(), `healthcare_db_refused_total{pool="all"}`) > 0
	}, 10*time.Second, 10*time.Millisecond, "the requests that found no connection in time")
	unlock()
	group.Wait()
	require.Eventually(t, func() bool {
		scrape = s.scrape()
		return metric(t, scrape, `healthcare_http_requests_in_flight`) == 0 && metric(t, scrape, `healthcare_db_waiting{pool="all"}`) == 0
	}, 10*time.Second, 10*time.Millisecond)
	refused := metric(t, scrape, `healthcare_db_refused_total{pool="all"}`)
	assert.GreaterOrEqual(t, metric(t, scrape, requestsTo("/api/patients/:id/", "GET", 503)), refused)
	s.stop()
}

// lockTable locks a table until unlock is called.
func lockTable(t *testing.T, dsn, table string) (unlock func()) {
	t.Helper()
	db, err := sql.Open("postgres", dsn)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(t.Context(), "LOCK TABLE "+table)
	require.NoError(t, err)
	return func() { require.NoError(t, tx.Rollback()) }
}
