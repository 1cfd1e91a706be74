package httpserver

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/domain"
)

// lineOf sends a request to handler and returns its log line without the time.
func lineOf(log *bytes.Buffer, handler http.Handler, r *http.Request) string {
	log.Reset()
	handler.ServeHTTP(httptest.NewRecorder(), r)
	_, line, _ := strings.Cut(strings.TrimSpace(log.String()), " ")
	return line
}

func TestTheLogNamesRefusedClientsOfRoutesWithoutAToken(t *testing.T) {
	for status, named := range map[int]bool{200: false, 400: false, 401: true, 403: true, 404: false, 429: true, 500: false} {
		for _, wanted := range []bool{true, false} {
			var log bytes.Buffer
			transport := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if wanted {
					RequestFrom(r.Context()).NameClient()
				}
				if status != 200 {
					RequestFrom(r.Context()).Fail(domain.ErrNotFound())
				}
			})
			answer := func(w http.ResponseWriter, r *http.Request, _ error) {
				RequestFrom(r.Context()).SetCode("a_code")
				w.WriteHeader(status)
			}
			line := lineOf(&log, Wrap(Transport{Handler: transport, Answer: answer}, Options{}, slog.New(slog.NewTextHandler(&log, nil))), forwarded("203.0.113.9:1"))
			assert.Equal(t, named && wanted, strings.Contains(line, " code=a_code client=203.0.113.9"), line)
			assert.Equal(t, named && wanted, strings.Contains(line, "203.0.113.9"), line)
			assert.Equal(t, status != 200, strings.Contains(line, " code=a_code"), line)
		}
	}
}

func TestAPathWithoutARouteIsLoggedAsUnknown(t *testing.T) {
	var log bytes.Buffer
	transport := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) })
	line := lineOf(&log, Wrap(Transport{Handler: transport}, Options{}, slog.New(slog.NewTextHandler(&log, nil))), httptest.NewRequest(http.MethodGet, "/ada-lovelace/", nil))
	assert.Contains(t, line, "method=GET route=unknown status=404")
	assert.NotContains(t, line, "lovelace")
}

func TestARefusedPreflightIsLoggedWithItsOrigin(t *testing.T) {
	for _, allowed := range [][]string{nil, {"https://app.example.com"}} {
		var log bytes.Buffer
		service := Wrap(Transport{Handler: http.NotFoundHandler()}, Options{AllowedOrigins: allowed}, slog.New(slog.NewTextHandler(&log, nil)))
		ask := func(method, origin, wants string) string {
			req := httptest.NewRequest(method, "/", nil)
			req.Header.Set("Origin", origin)
			req.Header.Set("Access-Control-Request-Method", wants)
			return lineOf(&log, service, req)
		}
		assert.Contains(t, ask(http.MethodOptions, "https://evil.example:8443", "GET"), `reason="preflight refused: the origin https://evil.example:8443 is not allowed"`)
		for _, odd := range []string{"null", "https://a\" level=ERROR", "https://evil.example/Ada", "https://" + strings.Repeat("a", 100)} {
			assert.Contains(t, ask(http.MethodOptions, odd, "GET"), `reason="preflight refused: the origin is not allowed"`, odd)
		}
		for _, line := range []string{
			ask(http.MethodOptions, "", "GET"), ask(http.MethodOptions, "https://evil.example", ""), ask(http.MethodGet, "https://evil.example", "GET"),
		} {
			assert.NotContains(t, line, "reason", "it is no preflight")
		}
		if allowed != nil {
			assert.NotContains(t, ask(http.MethodOptions, allowed[0], "GET"), "reason")
		}
	}
}

func TestAnUntrustedProxyIsLoggedOnceAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		service := serve(&log, Options{TrustedProxies: proxies}, live)
		told := func(peer string, headers ...string) int {
			log.Reset()
			for i := range 3 {
				service.ServeHTTP(httptest.NewRecorder(), forwarded(fmt.Sprintf("%s:%d", peer, i+1), headers...))
			}
			return strings.Count(log.String(), "X-Forwarded-For ignored")
		}
		assert.Zero(t, told("203.0.113.9"), "there is no X-Forwarded-For")
		assert.Zero(t, told("10.0.0.1", "203.0.113.9"), "it is trusted")
		assert.Equal(t, 1, told("192.0.2.7", "203.0.113.9"))
		assert.Contains(t, log.String(), "level=WARN")
		assert.Contains(t, log.String(), "peer=192.0.2.7")
		assert.NotContains(t, log.String(), "203.0.113.9")
		assert.Zero(t, told("192.0.2.7", "203.0.113.9"))
		time.Sleep(time.Hour)
		assert.Equal(t, 1, told("192.0.2.7", "203.0.113.9"))
	})
}
