package httpserver

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/domain"
)

var discard = slog.New(slog.DiscardHandler)

// serve returns a transport with one route, which do handles.
func serve(log io.Writer, options Options, do func(http.ResponseWriter, *http.Request) error) http.Handler {
	transport := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		request := RequestFrom(r.Context())
		request.SetRoute("/{id}")
		if err := do(w, r); err != nil {
			request.Fail(err)
		}
	})
	answer := func(w http.ResponseWriter, _ *http.Request, err error) {
		status := http.StatusInternalServerError
		switch domain.KindOf(err) {
		case domain.Unavailable:
			status = http.StatusServiceUnavailable
		case domain.NotFound:
			status = http.StatusNotFound
		}
		http.Error(w, "failed", status)
	}
	return Wrap(Transport{Handler: transport, Answer: answer}, options, slog.New(slog.NewTextHandler(log, nil)))
}

func live(w http.ResponseWriter, _ *http.Request) error {
	_, err := io.WriteString(w, "ok")
	return err
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

func TestAPanicIsAnsweredAndLoggedWithoutItsValue(t *testing.T) {
	const record = "Ada Lovelace, allergic to penicillin"
	for name, thrown := range map[string]any{"text": record, "error": errors.New(record), "value": struct{ s string }{record}} {
		var log bytes.Buffer
		service := serve(&log, Options{}, func(http.ResponseWriter, *http.Request) error { panic(thrown) })
		got := get1(service)
		assert.Equal(t, 500, got.Code, name)
		assert.Equal(t, "failed\n", got.Body.String(), "the transport's error text")
		assert.Contains(t, log.String(), "wrap_test.go", "the log says where")
		assert.NotContains(t, log.String(), "Lovelace", name)
		assert.Equal(t, 500, get1(service).Code, "the service still answers")
	}
}

func TestEveryResponseHasTheSecurityHeaders(t *testing.T) {
	for status, do := range map[int]func(http.ResponseWriter, *http.Request) error{
		200: live,
		404: func(http.ResponseWriter, *http.Request) error { return domain.ErrNotFound() },
		500: func(http.ResponseWriter, *http.Request) error { panic("x") },
	} {
		got := get1(serve(io.Discard, Options{}, do))
		assert.Equal(t, status, got.Code)
		for name, want := range map[string]string{
			"Cache-Control":                "no-store",
			"X-Content-Type-Options":       "nosniff",
			"Content-Security-Policy":      "default-src 'none'; frame-ancestors 'none'",
			"X-Frame-Options":              "DENY",
			"Referrer-Policy":              "no-referrer",
			"Cross-Origin-Resource-Policy": "same-origin",
		} {
			assert.Equal(t, []string{want}, got.Header().Values(name))
		}
		assert.NotEmpty(t, got.Header().Get("X-Request-Id"))
	}
}

func TestEachRequestIsOneLineInTheLog(t *testing.T) {
	actor := domain.Actor{UserID: 7, SessionID: 8}
	for name, tt := range map[string]struct {
		do   func(http.ResponseWriter, *http.Request) error
		want string
	}{
		"nothing written": {
			func(http.ResponseWriter, *http.Request) error { return nil },
			`level=INFO msg=request request_id=a method=GET route=/{id} status=200 took=0s`,
		},
		"a status without a body": {
			func(w http.ResponseWriter, _ *http.Request) error { w.WriteHeader(204); return nil },
			`level=INFO msg=request request_id=a method=GET route=/{id} status=204 took=0s`,
		},
		"hints before the answer": {
			func(w http.ResponseWriter, _ *http.Request) error {
				w.WriteHeader(http.StatusEarlyHints)
				return domain.ErrNotFound()
			},
			`level=INFO msg=request request_id=a method=GET route=/{id} status=404 took=0s`,
		},
		"flushed first": {
			func(w http.ResponseWriter, _ *http.Request) error { return http.NewResponseController(w).Flush() },
			`level=INFO msg=request request_id=a method=GET route=/{id} status=200 took=0s`,
		},
		"an actor, refused": {
			func(_ http.ResponseWriter, r *http.Request) error {
				RequestFrom(r.Context()).SetActor(actor)
				return domain.ErrNotFound()
			},
			`level=INFO msg=request request_id=a method=GET route=/{id} status=404 took=0s user=7 session=8`,
		},
		"an error": {
			func(http.ResponseWriter, *http.Request) error { return errors.New("broken") },
			`level=ERROR msg=request request_id=a method=GET route=/{id} status=500 took=0s error=broken`,
		},
		"busy": {
			func(http.ResponseWriter, *http.Request) error { return domain.ErrBusy("a queue is full", time.Second) },
			`level=WARN msg=request request_id=a method=GET route=/{id} status=503 took=0s error="The service is busy. Try again shortly.: a queue is full"`,
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			var log bytes.Buffer
			get1(serve(&log, Options{}, tt.do), "X-Request-Id", "a")
			_, line, _ := strings.Cut(strings.TrimSuffix(log.String(), "\n"), " ")
			assert.Equal(t, tt.want, line, name)
		})
	}
}

func TestAnErrorDuringTheResponseClosesTheConnection(t *testing.T) {
	for name, begin := range map[string]func(http.ResponseWriter) error{
		"a status": func(w http.ResponseWriter) error { w.WriteHeader(200); return nil },
		"a part":   func(w http.ResponseWriter) error { _, err := io.WriteString(w, "{"); return err },
		"a flush":  func(w http.ResponseWriter) error { return http.NewResponseController(w).Flush() },
	} {
		var log bytes.Buffer
		service := serve(&log, Options{}, func(w http.ResponseWriter, _ *http.Request) error {
			return errors.Join(begin(w), errors.New("broken"))
		})
		assert.PanicsWithValue(t, http.ErrAbortHandler, func() { get1(service) }, name)
		assert.Contains(t, log.String(), "level=ERROR", name)
		assert.Contains(t, log.String(), "status=200", name)
	}
}

func TestTheLogDoesNotContainTheAddressOfADisconnectedClient(t *testing.T) {
	var log bytes.Buffer
	handler := serve(&log, Options{}, func(w http.ResponseWriter, _ *http.Request) error {
		_, err := w.Write([]byte("{"))
		peer := &net.TCPAddr{IP: net.IPv4(203, 0, 113, 7), Port: 4711}
		return errors.Join(err, &net.OpError{Op: "write", Net: "tcp", Addr: peer, Err: net.ErrClosed})
	})
	request := httptest.NewRequest(http.MethodGet, "http://clinic.example/", nil)
	assert.PanicsWithValue(t, http.ErrAbortHandler, func() { handler.ServeHTTP(httptest.NewRecorder(), request) }, "the response is not completed")
	assert.Contains(t, log.String(), "client disconnected during the response")
	assert.NotContains(t, log.String(), "203.0.113.7")
	assert.NotContains(t, log.String(), "level=ERROR")
}

func TestStrictTransportSecurityIsSentOverTLSOnly(t *testing.T) {
	service := serve(io.Discard, Options{TrustedProxies: proxies}, live)
	for _, tt := range []struct {
		peer, proto string
		direct      bool
		want        bool
	}{
		{"203.0.113.9:1", "", true, true},
		{"203.0.113.9:1", "http", true, true},
		{"203.0.113.9:1", "https", false, false},
		{"10.0.0.1:1", "https", false, true},
		{"10.0.0.1:1", "HTTPS", false, true},
		{"10.0.0.1:1", "https, http", false, true},
		{"10.0.0.1:1", "https,http", false, true},
		{"10.0.0.1:1", "http, https", false, false},
		{"10.0.0.1:1", ", https", false, false},
		{"203.0.113.9:1", "https, http", false, false},
		{"10.0.0.1:1", "http", false, false},
		{"10.0.0.1:1", "", false, false},
	} {
		req := forwarded(tt.peer)
		req.Header.Set("X-Forwarded-Proto", tt.proto)
		if tt.direct {
			req.TLS = &tls.ConnectionState{}
		}
		recorder := httptest.NewRecorder()
		service.ServeHTTP(recorder, req)
		want := ""
		if tt.want {
			want = "max-age=63072000"
		}
		assert.Equal(t, want, recorder.Header().Get("Strict-Transport-Security"), tt)
	}
}

func TestValidRequestIDsAreKept(t *testing.T) {
	service := serve(io.Discard, Options{}, live)
	for _, id := range []string{"abc-123_X.y", "0"} {
		assert.Equal(t, id, get1(service, "X-Request-Id", id).Header().Get("X-Request-Id"))
	}
	for _, id := range []string{"", "a b", "a\tb", "<script>", "é", "a=b", `a"b`, "-1", "+1", "@x", string(bytes.Repeat([]byte("x"), 65))} {
		got := get1(service, "X-Request-Id", id).Header().Get("X-Request-Id")
		assert.NotEqual(t, id, got)
		assert.Regexp(t, `^[A-Z2-7]{26}$`, got)
	}
}

func TestTheContextOfARequestEndsAtItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		got := get1(serve(io.Discard, Options{}, func(_ http.ResponseWriter, r *http.Request) error {
			<-r.Context().Done()
			return domain.ErrUnavailable(r.Context().Err())
		}))
		assert.Equal(t, 503, got.Code)
		assert.Equal(t, RequestTimeout, time.Since(start))
	})
}
