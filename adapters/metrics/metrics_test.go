package metrics_test

import (
	"bufio"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/adapters/httpapi"
	"example.com/healthcare/adapters/metrics"
	"example.com/healthcare/adapters/passwords"
	"example.com/healthcare/adapters/revocations"
	"example.com/healthcare/adapters/sqlite"
	"example.com/healthcare/adapters/sqlite/sqlitetest"
	"example.com/healthcare/application"
)

var discard = slog.New(slog.DiscardHandler)

// service is an API over the embedded store, and its metrics.
type service struct {
	t    testing.TB
	api  http.Handler
	seen *metrics.Metrics
}

// newService returns a service whose requests are observed or not.
func newService(t testing.TB, observed bool) *service {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlitetest.New(t), sqlite.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	feed := revocations.New(store, time.Hour)
	clinic := clinictest.New(t, func(p *application.Ports, _ *application.Rules) { p.Store, p.Revocations = store, feed })
	seen := metrics.New(metrics.Sources{
		Trail: clinic.Trail, Store: store, Passwords: clinic.Ports.Passwords.(*passwords.Passwords), Revocations: feed,
	}, "v1")
	var options httpapi.Options
	if observed {
		options.Observer = seen
	}
	return &service{t: t, seen: seen, api: httpapi.NewHandler(clinic.UseCases, store, options, discard)}
}

func (s *service) send(method, path string) {
	s.t.Helper()
	request := httptest.NewRequestWithContext(s.t.Context(), http.MethodGet, "/", nil)
	request.Method, request.URL = method, &url.URL{Path: path}
	s.api.ServeHTTP(httptest.NewRecorder(), request)
}

// scrape returns the text of the metrics.
func (s *service) scrape() string {
	s.t.Helper()
	return get(s.t, s.seen.Handler(false, discard), "/metrics", http.StatusOK)
}

func get(t testing.TB, handler http.Handler, path string, status int) string {
	t.Helper()
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	require.Equal(t, status, recorder.Code, path)
	return recorder.Body.String()
}

// series returns the value of each series whose name begins with prefix.
func series(t *testing.T, text, prefix string) map[string]float64 {
	t.Helper()
	values := map[string]float64{}
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		line := lines.Text()
		if at := strings.LastIndexByte(line, ' '); strings.HasPrefix(line, prefix) {
			value, err := strconv.ParseFloat(line[at+1:], 64)
			require.NoError(t, err, line)
			values[line[:at]] = value
		}
	}
	return values
}

func TestTheNamesFollowPrometheusConventions(t *testing.T) {
	s := newService(t, true)
	s.send(http.MethodGet, "/livez")
	problems, err := promlint.New(strings.NewReader(s.scrape())).Lint()
	require.NoError(t, err)
	assert.Empty(t, problems)
}

// methods are those of HTTP that the service tells apart, and one that it does not know.
var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"}

// routes returns a path for each route of openapi.yaml, and one without a route.
func routes(t *testing.T) []string {
	t.Helper()
	spec, err := os.ReadFile("../httpapi/openapi.yaml")
	require.NoError(t, err)
	paths := []string{"/", "/docs/", "/nowhere"}
	for _, path := range regexp.MustCompile(`(?m)^  (/.*):$`).FindAllStringSubmatch(string(spec), -1) {
		paths = append(paths, regexp.MustCompile(`{\w+}`).ReplaceAllString(path[1], "1"))
	}
	require.Greater(t, len(paths), 40)
	return paths
}

// TestAFloodOfInventedRequestsAddsNoSeries sends every method to every route, and after that
// a thousand paths and methods that nobody has sent before.
func TestAFloodOfInventedRequestsAddsNoSeries(t *testing.T) {
	s := newService(t, true)
	for _, path := range routes(t) {
		for _, method := range methods {
			s.send(method, path)
		}
	}
	before := s.scrape()
	known := series(t, before, "healthcare_")
	for i := range 1000 {
		invented := strconv.FormatUint(rand.Uint64(), 36)
		paths := []string{
			"/" + invented, "/api/" + invented + "/", "/api/patients/" + invented + "/", "/api/patients/" + invented + "/" + invented + "/",
			"/api/audit/" + invented, "/docs/" + invented, "/metrics/" + invented, fmt.Sprintf("/api/doctors/%d/history/%d/", rand.Int64(), rand.Int64()),
		}
		method := methods[i%len(methods)]
		if i%2 == 0 {
			method = strings.ToUpper(invented)
		}
		s.send(method, paths[i%len(paths)])
	}
	after := series(t, s.scrape(), "healthcare_")
	for name := range after {
		assert.Contains(t, known, name)
	}
	assert.Equal(t, 1000.0, sum(after, "healthcare_http_requests_total{")-sum(known, "healthcare_http_requests_total{"))
	assert.Less(t, len(known), 3500, "as docs/reference.md says")
}

// sum adds the values of the series whose name begins with prefix.
func sum(series map[string]float64, prefix string) (total float64) {
	for name, value := range series {
		if strings.HasPrefix(name, prefix) {
			total += value
		}
	}
	return total
}

func TestOnlyTheMetricsAreServed(t *testing.T) {
	s := newService(t, true)
	handler := s.seen.Handler(false, discard)
	for _, path := range []string{"/", "/metrics/", "/metrics/x", "/livez", "/api/patients/", "/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/profile", "/debug/vars"} {
		get(t, handler, path, http.StatusNotFound)
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/metrics", http.NoBody))
	assert.Equal(t, http.StatusMethodNotAllowed, recorder.Code)
	s.send(http.MethodGet, "/metrics")
	assert.Contains(t, s.scrape(), `healthcare_http_requests_total{method="GET",route="unknown",status="404"} 1`, "the API has no such path")
}

func TestProfilesAreServedWhenAskedFor(t *testing.T) {
	handler := newService(t, true).seen.Handler(true, discard)
	assert.Contains(t, get(t, handler, "/debug/pprof/", http.StatusOK), "goroutine")
	assert.NotEmpty(t, get(t, handler, "/debug/pprof/heap", http.StatusOK))
	assert.NotContains(t, get(t, handler, "/debug/pprof/cmdline", http.StatusNotFound), os.Args[0], "arguments can be secret")
	assert.Contains(t, get(t, handler, "/metrics", http.StatusOK), `healthcare_build_info{go_version="`+runtime.Version()+`",version="v1"} 1`)
}
