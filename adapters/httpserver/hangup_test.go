package httpserver

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

// pipes are connections in memory, which synctest can wait for.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	conn, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}
func (p pipes) Close() error   { return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// waitUntilOver is a use-case that waits until its context ends.
func waitUntilOver(ctx context.Context) error {
	<-ctx.Done()
	return domain.ErrUnavailable(ctx.Err())
}

// overEachVersion serves handler over each version of HTTP, with the timeouts of the
// service and a fake clock.
func overEachVersion(t *testing.T, handler func() http.Handler, test func(t *testing.T, client *http.Transport)) {
	t.Helper()
	for _, version := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := NewServer(handler(), discard)
				protocols := new(http.Protocols)
				protocols.SetHTTP1(version == "HTTP/1.1")
				protocols.SetUnencryptedHTTP2(version == "HTTP/2.0")
				server.Protocols = protocols
				connections, stopped := make(pipes), make(chan struct{})
				go func() {
					defer close(stopped)
					_ = server.Serve(connections)
				}()
				client := &http.Transport{Protocols: protocols, DialContext: func(context.Context, string, string) (net.Conn, error) {
					here, there := net.Pipe()
					connections <- there
					return here, nil
				}}
				test(t, client)
				client.CloseIdleConnections()
				close(connections)
				<-stopped
				assert.NoError(t, server.Close())
			})
		})
	}
}

// hangUp sends a request over each version of HTTP, waits for the headers of the
// answer or until abandon has passed, hangs up, and returns what was logged.
func hangUp(t *testing.T, abandon time.Duration, do func(http.ResponseWriter, *http.Request) error, check func(t *testing.T, log string)) {
	t.Helper()
	var log *bytes.Buffer
	service := func() http.Handler {
		log = new(bytes.Buffer)
		return serve(log, Options{}, do)
	}
	overEachVersion(t, service, func(t *testing.T, client *http.Transport) {
		ctx, cancel := context.WithTimeout(t.Context(), abandon)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://clinic.example/", nil)
		require.NoError(t, err)
		if resp, err := client.RoundTrip(req); err == nil {
			cancel()
			resp.Body.Close()
		}
		time.Sleep(RequestTimeout + WriteTimeout)
		synctest.Wait()
		check(t, log.String())
	})
}

func TestAClientThatDisconnectsIsLoggedAtInfo(t *testing.T) {
	for name, do := range map[string]func(http.ResponseWriter, *http.Request) error{
		"the request": func(_ http.ResponseWriter, r *http.Request) error { return waitUntilOver(r.Context()) },
		"a part of an answer": func(w http.ResponseWriter, r *http.Request) error {
			_, err := WithExtraTime(w, r, func(ctx context.Context) (int, error) { return 0, waitUntilOver(ctx) })
			return err
		},
		"a shorter wait": func(_ http.ResponseWriter, r *http.Request) error {
			ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
			defer cancel()
			return waitUntilOver(ctx)
		},
	} {
		t.Run(name, func(t *testing.T) {
			hangUp(t, time.Second, do, func(t *testing.T, log string) {
				assert.Contains(t, log, "level=INFO")
				assert.Contains(t, log, "status=499 took=1s")
				assert.Contains(t, log, `error="client disconnected before the response"`)
			})
		})
	}
}

// TestAClientThatDisconnectsDuringTheResponseIsLoggedAtInfo is about answers that are
// streamed, after the status was sent.
func TestAClientThatDisconnectsDuringTheResponseIsLoggedAtInfo(t *testing.T) {
	for name, then := range map[string]func(http.ResponseWriter, *http.Request) error{
		"while the next part is made": func(_ http.ResponseWriter, r *http.Request) error { return waitUntilOver(r.Context()) },
		"while the next part is sent": func(w http.ResponseWriter, _ *http.Request) error {
			time.Sleep(time.Second)
			_, err := w.Write(make([]byte, 1<<20))
			return errors.Join(err, http.NewResponseController(w).Flush())
		},
	} {
		t.Run(name, func(t *testing.T) {
			hangUp(t, time.Minute, func(w http.ResponseWriter, r *http.Request) error {
				if err := http.NewResponseController(w).Flush(); err != nil {
					return err
				}
				return then(w, r)
			}, func(t *testing.T, log string) {
				assert.Contains(t, log, "level=INFO")
				assert.Contains(t, log, "status=200")
				assert.Contains(t, log, `error="client disconnected during the response"`)
			})
		})
	}
}

func TestAFailureOfTheServiceIsAnErrorEvenIfTheClientDisconnects(t *testing.T) {
	broken := errors.New("broken")
	for name, tt := range map[string]struct {
		abandon time.Duration
		do      func(http.ResponseWriter, *http.Request) error
		want    string
	}{
		"the client disconnects after the deadline": {RequestTimeout + time.Second, func(_ http.ResponseWriter, r *http.Request) error {
			err := waitUntilOver(r.Context())
			time.Sleep(2 * time.Second)
			return err
		}, "status=503"},
		"the client stays until the deadline": {time.Minute, func(_ http.ResponseWriter, r *http.Request) error { return waitUntilOver(r.Context()) }, "status=503 took=24s"},
		"an error before the response": {time.Second, func(_ http.ResponseWriter, r *http.Request) error {
			<-r.Context().Done()
			return broken
		}, "status=500"},
		"an error during the response": {time.Minute, func(w http.ResponseWriter, r *http.Request) error {
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
			return broken
		}, "error=broken"},
		"a panic": {time.Second, func(_ http.ResponseWriter, r *http.Request) error {
			<-r.Context().Done()
			panic("x")
		}, "status=500"},
		"another context was canceled": {time.Minute, func(http.ResponseWriter, *http.Request) error {
			return domain.ErrUnavailable(context.Canceled)
		}, "status=503"},
	} {
		t.Run(name, func(t *testing.T) {
			hangUp(t, tt.abandon, tt.do, func(t *testing.T, log string) {
				assert.Contains(t, log, "level=ERROR")
				assert.Contains(t, log, tt.want)
			})
		})
	}
}
