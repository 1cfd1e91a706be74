package httpapi

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/assert"

	"example.com/healthcare/adapters/httpserver"
	"example.com/healthcare/domain"
)

const appOrigin = "https://app.example.com"

// corsRequest sends a request of a script from origin, or without an Origin header if origin is
// empty, and returns the headers of the answer.
func corsRequest(service http.Handler, method, path, origin string, headers ...string) http.Header {
	req := httptest.NewRequest(method, path, nil)
	if origin != "" {
		req.Header.Set("Origin", origin)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	recorder := httptest.NewRecorder()
	service.ServeHTTP(recorder, req)
	header := recorder.Result().Header
	header.Set("status", http.StatusText(recorder.Code))
	return header
}

// corsHeaders returns the CORS headers of an answer.
func corsHeaders(header http.Header) map[string]string {
	found := map[string]string{}
	for name := range header {
		if len(name) > 15 && name[:15] == "Access-Control-" {
			found[name] = header.Get(name)
		}
	}
	return found
}

func TestAllowedOriginsCanReadAnswers(t *testing.T) {
	service := serveWith(io.Discard, httpserver.Options{AllowedOrigins: []string{"http://localhost:3000", appOrigin}}, liveness)
	for path, status := range map[string]string{"/": "OK", "/nothing/": "Not Found", "/closed/": "Method Not Allowed"} {
		got := corsRequest(service, http.MethodGet, path, appOrigin)
		assert.Equal(t, status, got.Get("status"))
		assert.Equal(t, map[string]string{
			"Access-Control-Allow-Origin":   appOrigin,
			"Access-Control-Expose-Headers": "Deprecation, ETag, Idempotent-Replayed, Link, Location, Retry-After, WWW-Authenticate, X-Next-Cursor, X-Request-ID, X-Total-Count",
		}, corsHeaders(got), path)
		assert.Equal(t, []string{"Origin"}, got.Values("Vary"))
	}
	assert.Equal(t, "http://localhost:3000", corsRequest(service, http.MethodGet, "/", "http://localhost:3000").Get("Access-Control-Allow-Origin"))
	assert.Equal(t, appOrigin, corsRequest(service, http.MethodPost, "/closed/", appOrigin).Get("Access-Control-Allow-Origin"), "an error without a token")

	broken := serveWith(io.Discard, httpserver.Options{AllowedOrigins: []string{appOrigin}}, func(echo.Context, domain.Actor) error { panic("x") })
	got := corsRequest(broken, http.MethodGet, "/", appOrigin)
	assert.Equal(t, "Internal Server Error", got.Get("status"))
	assert.Equal(t, appOrigin, got.Get("Access-Control-Allow-Origin"))
}

func TestPreflights(t *testing.T) {
	service := serveWith(io.Discard, httpserver.Options{AllowedOrigins: []string{appOrigin}}, liveness)
	for _, path := range []string{"/", "/closed/", "/nothing/"} {
		got := corsRequest(service, http.MethodOptions, path, appOrigin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization")
		assert.Equal(t, "No Content", got.Get("status"))
		assert.Equal(t, map[string]string{
			"Access-Control-Allow-Origin":  appOrigin,
			"Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
			"Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-ID, traceparent, tracestate, baggage",
			"Access-Control-Max-Age":       "600",
		}, corsHeaders(got), path)
		assert.Equal(t, []string{"Origin"}, got.Values("Vary"))
	}
	assert.NotEmpty(t, corsRequest(service, http.MethodOptions, "/", appOrigin).Get("Allow"), "OPTIONS without a preflight's headers")
}

// ended keeps what its Observer is told.
type ended struct {
	mutex    sync.Mutex
	requests []httpserver.EndedRequest
}

func (*ended) RequestBegan() {}

func (e *ended) RequestEnded(request httpserver.EndedRequest) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	request.Took = 0
	e.requests = append(e.requests, request)
}

// TestScriptsCanReadTheAnswerOfABusyService sends a request, and a preflight, while another
// request has the only place of the network, and lets that one exceed its time.
func TestScriptsCanReadTheAnswerOfABusyService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		observer := &ended{}
		options := httpserver.Options{AllowedOrigins: []string{appOrigin}, MaxInFlight: 1, Observer: observer}
		release := make(chan struct{})
		service := serveWith(io.Discard, options, func(echo.Context, domain.Actor) error { <-release; return nil })
		exceeded := make(chan http.Header)
		go func() { exceeded <- corsRequest(service, http.MethodGet, "/", appOrigin) }()
		synctest.Wait()

		req := httptest.NewRequest(http.MethodGet, "/", nil)
		req.Header.Set("Origin", appOrigin)
		recorder := httptest.NewRecorder()
		service.ServeHTTP(recorder, req)
		answer := recorder.Result()
		assert.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
		assert.Equal(t, appOrigin, answer.Header.Get("Access-Control-Allow-Origin"))
		assert.Contains(t, answer.Header.Get("Access-Control-Expose-Headers"), "Retry-After")
		assert.Equal(t, "1", answer.Header.Get("Retry-After"))
		assert.Equal(t, "application/problem+json", answer.Header.Get("Content-Type"))
		assert.NotEmpty(t, answer.Header.Get("X-Request-Id"))
		assert.JSONEq(t, `{"type": "about:blank", "title": "Service Unavailable", "status": 503, "code": "busy", "detail": "The service is busy. Try again shortly."}`, recorder.Body.String())
		assert.Equal(t, []httpserver.EndedRequest{{Route: "unknown", Method: "GET", Status: 503}}, observer.requests)
		assert.Equal(t, "No Content", corsRequest(service, http.MethodOptions, "/", appOrigin, "Access-Control-Request-Method", "GET").Get("status"))

		got := <-exceeded
		close(release)
		assert.Equal(t, "Service Unavailable", got.Get("status"))
		assert.Equal(t, appOrigin, got.Get("Access-Control-Allow-Origin"))
		assert.Equal(t, []string{"Origin"}, got.Values("Vary"))
	})
}

func TestOtherOriginsCannotReadAnswers(t *testing.T) {
	open := serveWith(io.Discard, httpserver.Options{AllowedOrigins: []string{appOrigin, "https://*.example.org", "https://a.b"}}, liveness)
	closed := serveWith(io.Discard, httpserver.Options{}, liveness)
	for _, origin := range []string{
		"", "null", "*", "https://evil.example", "https://app.example.com.evil.example", "https://evilapp.example.com", "https://x.app.example.com", "http://app.example.com",
		"https://app.example.com:8443", "https://app.example.com/", "https://APP.example.com", "https://appxexample.com", "https://x.example.org", "https://axb", "https://app.example.com, https://evil.example",
	} {
		for _, service := range []http.Handler{open, closed} {
			for _, preflight := range [][]string{nil, {"Access-Control-Request-Method", "GET"}} {
				for _, method := range []string{http.MethodGet, http.MethodOptions} {
					assert.Empty(t, corsHeaders(corsRequest(service, method, "/", origin, preflight...)), "%s from %q", method, origin)
				}
			}
		}
		assert.Equal(t, "Origin", corsRequest(open, http.MethodGet, "/", origin).Get("Vary"), "caches must not share answers between origins")
	}
	got := corsRequest(closed, http.MethodOptions, "/", appOrigin, "Access-Control-Request-Method", "GET")
	assert.Equal(t, "No Content", got.Get("status"))
	assert.Equal(t, "OPTIONS, GET, HEAD", got.Get("Allow"))
	assert.Empty(t, corsHeaders(got))
	assert.Empty(t, got.Get("Vary"))
	assert.Equal(t, "Not Found", corsRequest(closed, http.MethodOptions, "/nothing/", appOrigin).Get("status"))
}
