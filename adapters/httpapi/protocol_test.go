package httpapi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

// serveOne runs a service that has one route.
func serveOne(log io.Writer, handle handler) http.Handler {
	e := newEcho(slog.New(slog.NewTextHandler(log, nil)))
	register(e, nil, []route{{http.MethodGet, "/", anonymous, handle}, {http.MethodPost, "/closed/", signedIn, handle}})
	return e
}

func get1(handler http.Handler, headers ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, req)
	return recorder
}

func TestAPanicIsACleanError(t *testing.T) {
	const record = "Ada Lovelace, allergic to penicillin"
	for name, thrown := range map[string]any{"text": record, "error": errors.New(record), "value": struct{ s string }{record}} {
		var log bytes.Buffer
		service := serveOne(&log, func(echo.Context, domain.Actor) error { panic(thrown) })
		got := get1(service)
		assert.Equal(t, 500, got.Code, name)
		assert.JSONEq(t, `{"type":"about:blank","title":"Internal Server Error","status":500,"detail":"A server error occurred.","code":"error"}`, got.Body.String())
		assert.Contains(t, log.String(), "protocol_test.go", "the log says where")
		assert.NotContains(t, log.String(), "Lovelace", name)
		assert.Equal(t, 500, get1(service).Code, "the service lives on")
	}
	var log bytes.Buffer
	get1(serveOne(&log, func(echo.Context, domain.Actor) error {
		return echo.NewHTTPError([]int{1}[log.Len()+1])
	}))
	assert.Contains(t, log.String(), "index out of range")
}

func TestErrorsShowNothingInternal(t *testing.T) {
	for _, err := range []error{
		errors.New("pq: relation \"patients\" does not exist"),
		&domain.Error{Kind: domain.Internal, Message: "secret", Fields: domain.FieldErrors{"secret": {"secret"}}},
		&domain.Error{Kind: domain.Unavailable, Err: errors.New("pq: secret")},
		echo.NewHTTPError(http.StatusTeapot, "secret"),
	} {
		got := get1(serveOne(io.Discard, func(echo.Context, domain.Actor) error { return err }))
		assert.NotContains(t, got.Body.String(), "secret")
		assert.NotContains(t, got.Body.String(), "pq")
		assert.GreaterOrEqual(t, got.Code, 500)
		assert.Equal(t, got.Code == 503, got.Header().Get("Retry-After") != "")
	}
}

func TestRequestIDs(t *testing.T) {
	service := serveOne(io.Discard, live)
	for _, id := range []string{"abc-123_X.y", "0"} {
		assert.Equal(t, id, get1(service, "X-Request-Id", id).Header().Get("X-Request-Id"))
	}
	for _, id := range []string{"", "a b", "a\tb", "<script>", "é", "a=b", `a"b`, string(bytes.Repeat([]byte("x"), 65))} {
		got := get1(service, "X-Request-Id", id).Header().Get("X-Request-Id")
		assert.NotEqual(t, id, got)
		assert.Regexp(t, `^[A-Z2-7]{26}$`, got)
	}
}

func TestServerTimeouts(t *testing.T) {
	server := newServer(nil, slog.New(slog.DiscardHandler))
	assert.Equal(t, 5*time.Second, server.ReadHeaderTimeout)
	assert.Equal(t, 15*time.Second, server.ReadTimeout)
	assert.Equal(t, 30*time.Second, server.WriteTimeout)
	assert.Equal(t, 60*time.Second, server.IdleTimeout)
	assert.Equal(t, 64<<10, server.MaxHeaderBytes)
	assert.Less(t, requestTimeout, server.WriteTimeout, "there is time to say so")
}

func TestReadinessIsToldSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		leave := make(chan struct{})
		defer close(leave)
		got := get1(serveOne(io.Discard, readiness(func(context.Context) error { <-leave; return nil }).handle))
		assert.Equal(t, 503, got.Code)
		assert.Equal(t, readyTimeout, time.Since(start))
	})
}

func TestARequestIsToldWhenItTookTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		got := get1(serveOne(io.Discard, func(c echo.Context, _ domain.Actor) error {
			<-c.Request().Context().Done()
			return domain.ErrUnavailable(c.Request().Context().Err())
		}))
		assert.Equal(t, 503, got.Code)
		assert.Equal(t, requestTimeout, time.Since(start))
	})
}

// TestServeFinishesWhatIsInFlight stops a service while it is answering.
func TestServeFinishesWhatIsInFlight(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	entered, leave := make(chan struct{}), make(chan struct{})
	service := serveOne(io.Discard, func(c echo.Context, actor domain.Actor) error {
		close(entered)
		<-leave
		return live(c, actor)
	})
	stopped := make(chan error)
	go func() { stopped <- Serve(ctx, listener, service, slog.New(slog.DiscardHandler)) }()

	answered := make(chan int)
	go func() {
		resp, err := http.Get("http://" + listener.Addr().String())
		if err != nil {
			answered <- 0
			return
		}
		defer resp.Body.Close()
		answered <- resp.StatusCode
	}()
	<-entered
	stop()
	// Nobody gets in any more, while the one who is in is being served.
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err == nil {
			conn.Close()
		}
		return err != nil
	}, 10*time.Second, time.Millisecond)
	close(leave)
	assert.Equal(t, 200, <-answered)
	assert.NoError(t, <-stopped)
}
