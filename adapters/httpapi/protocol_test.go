package httpapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/httpserver"
	"example.com/healthcare/domain"
)

var discard = slog.New(slog.DiscardHandler)

// serveOne returns a service whose route / is handle.
func serveOne(log io.Writer, handle handler) http.Handler {
	return serveWith(log, httpserver.Options{}, handle)
}

func serveWith(log io.Writer, options httpserver.Options, handle handler) http.Handler {
	routes := []route{{http.MethodGet, "/", tokenIgnored, lenientHandler(handle)}, {http.MethodPost, "/closed/", tokenRequired, handle}}
	logger := slog.New(slog.NewTextHandler(log, nil))
	return httpserver.Wrap(newTransport(nil, routes, Options{Options: options}, logger), options, logger)
}

func getRoot(handler http.Handler, headers ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, req)
	return recorder
}

func TestAPanicIsAnErrorWithoutDetails(t *testing.T) {
	const record = "Ada Lovelace, allergic to penicillin"
	for name, thrown := range map[string]any{"text": record, "error": errors.New(record), "value": struct{ s string }{record}} {
		var log bytes.Buffer
		service := serveOne(&log, func(echo.Context, domain.Actor) error { panic(thrown) })
		got := getRoot(service)
		assert.Equal(t, 500, got.Code, name)
		assert.JSONEq(t, `{"type":"about:blank","title":"Internal Server Error","status":500,"detail":"A server error occurred.","code":"error"}`, got.Body.String())
		assert.Contains(t, log.String(), "protocol_test.go", "the log has the stack")
		assert.NotContains(t, log.String(), "Lovelace", name)
		assert.Equal(t, 500, getRoot(service).Code, "the service keeps running")
	}
	var log bytes.Buffer
	getRoot(serveOne(&log, func(echo.Context, domain.Actor) error {
		return echo.NewHTTPError([]int{1}[log.Len()+1])
	}))
	assert.Contains(t, log.String(), "index out of range")
}

func TestErrorsShowNoInternals(t *testing.T) {
	for _, err := range []error{
		errors.New("pq: relation \"patients\" does not exist"),
		&domain.Error{Kind: domain.Internal, Message: "secret", Fields: domain.FieldErrors{"secret": {"secret"}}},
		&domain.Error{Kind: domain.Unavailable, Err: errors.New("pq: secret")},
		echo.NewHTTPError(http.StatusTeapot, "secret"),
	} {
		got := getRoot(serveOne(io.Discard, func(echo.Context, domain.Actor) error { return err }))
		assert.NotContains(t, got.Body.String(), "secret")
		assert.NotContains(t, got.Body.String(), "pq")
		assert.GreaterOrEqual(t, got.Code, 500)
		assert.Equal(t, got.Code == 503, got.Header().Get("Retry-After") != "")
	}
}

func TestTemporaryErrorsHaveRetryAfter(t *testing.T) {
	for _, tt := range []struct {
		err    error
		status int
		code   string
		want   string
	}{
		{domain.ErrTooMany(time.Minute), 429, "throttled", "60"},
		{domain.ErrTooMany(time.Minute + 1), 429, "throttled", "61"},
		{domain.ErrTooMany(time.Nanosecond), 429, "throttled", "1"},
		{domain.ErrTooMany(math.MaxInt64), 429, "throttled", "9223372037"},
		{&domain.Error{Kind: domain.TooMany}, 429, "throttled", "2"},
		{domain.ErrTooMany(-time.Second), 429, "throttled", "2"},
		{domain.ErrBusy("a queue is full", 1500*time.Millisecond), 503, "busy", "2"},
		{domain.ErrBusy("a queue is full", time.Second), 503, "busy", "1"},
		{domain.ErrUnavailable(errors.New("x")), 503, "unavailable", "2"},
		{fmt.Errorf("wrapped: %w", domain.ErrTooMany(time.Hour)), 429, "throttled", "3600"},
		{&domain.Error{Kind: domain.Forbidden, RetryAfter: time.Hour}, 403, "permission_denied", ""},
		{errors.New("x"), 500, "error", ""},
	} {
		got := getRoot(serveOne(io.Discard, func(echo.Context, domain.Actor) error { return tt.err }))
		assert.Equal(t, tt.status, got.Code)
		assert.Contains(t, got.Body.String(), `"code":"`+tt.code+`"`)
		assert.NotContains(t, got.Body.String(), `"detail":""`)
		assert.Equal(t, tt.want, got.Header().Get("Retry-After"), tt.err)
	}
}

func TestEveryAnswerHasTheSecurityHeaders(t *testing.T) {
	service := serveWith(io.Discard, httpserver.Options{AllowedOrigins: []string{appOrigin}}, func(c echo.Context, actor domain.Actor) error {
		if c.QueryParams().Has("panic") {
			panic("x")
		}
		return liveness(c, actor)
	})
	for _, tt := range []struct{ method, path, status string }{
		{"GET", "/", "OK"},
		{"HEAD", "/", "OK"},
		{"GET", "/?panic", "Internal Server Error"},
		{"GET", "/nothing", "Not Found"},
		{"POST", "/", "Method Not Allowed"},
		{"POST", "/closed/", "Unauthorized"},
		{"OPTIONS", "/", "No Content"},
	} {
		for _, origin := range []string{"", appOrigin, "https://evil.example"} {
			got := corsRequest(service, tt.method, tt.path, origin, "Access-Control-Request-Method", "GET")
			assert.Equal(t, tt.status, got.Get("status"))
			for name, want := range map[string]string{
				"Cache-Control":                "no-store",
				"X-Content-Type-Options":       "nosniff",
				"Content-Security-Policy":      "default-src 'none'; frame-ancestors 'none'",
				"X-Frame-Options":              "DENY",
				"Referrer-Policy":              "no-referrer",
				"Cross-Origin-Resource-Policy": "same-origin",
			} {
				assert.Equal(t, []string{want}, got.Values(name), "%s %s from %q", tt.method, tt.path, origin)
			}
			assert.NotEmpty(t, got.Get("X-Request-Id"))
			assert.Empty(t, got.Get("Strict-Transport-Security"), "the request came over plain HTTP")
		}
	}
}

func TestReadinessAnswersWithinItsTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		leave := make(chan struct{})
		defer close(leave)
		got := getRoot(serveOne(io.Discard, readiness(func(context.Context) error { <-leave; return nil }).handle))
		assert.Equal(t, 503, got.Code)
		assert.Equal(t, readyTimeout, time.Since(start))
	})
}

func TestAStoppingServiceIsNotReady(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	var log bytes.Buffer
	service := serveOne(&log, readiness(func(context.Context) error { return nil }).handle)
	go func() {
		stopped <- httpserver.Serve(ctx, listener, service, httpserver.ServeOptions{ShutdownDelay: time.Second}, discard)
	}()
	readiness := func() *http.Response {
		resp, err := http.Get("http://" + listener.Addr().String())
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return resp
	}
	resp := readiness()
	assert.Equal(t, 200, resp.StatusCode)
	assert.False(t, resp.Close)
	stop()
	resp = readiness()
	assert.Equal(t, 503, resp.StatusCode)
	assert.True(t, resp.Close)
	assert.NoError(t, <-stopped)
	assert.Contains(t, log.String(), `level=WARN msg=request`)
	assert.Contains(t, log.String(), `error="The service is stopping."`)
}

func TestAClientThatHangsUpIsLoggedAsSuch(t *testing.T) {
	ctx, hangUp := context.WithCancel(t.Context())
	var log bytes.Buffer
	service := serveOne(&log, func(c echo.Context, _ domain.Actor) error {
		hangUp()
		<-c.Request().Context().Done()
		return domain.ErrUnavailable(c.Request().Context().Err())
	})
	service.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
	assert.Contains(t, log.String(), "level=INFO")
	assert.Contains(t, log.String(), "route=/ status=499")
}
