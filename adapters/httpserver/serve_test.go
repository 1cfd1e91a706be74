package httpserver

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// start serves until stop is called. stopped receives the result.
func start(t *testing.T, handler http.Handler, certificate *Certificate, delay time.Duration) (address string, stop context.CancelFunc, stopped <-chan error) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	end := make(chan error, 1)
	go func() {
		end <- Serve(ctx, listener, handler, ServeOptions{Certificate: certificate, ShutdownDelay: delay}, discard)
	}()
	return listener.Addr().String(), stop, end
}

// TestServeFinishesRequestsInFlight stops a service during a request.
func TestServeFinishesRequestsInFlight(t *testing.T) {
	for name, tt := range map[string]struct {
		scheme      string
		certificate *Certificate
	}{"plain": {"http", nil}, "TLS": {"https", newCertificate(t, t.TempDir())}} {
		t.Run(name, func(t *testing.T) {
			entered, leave := make(chan struct{}), make(chan struct{})
			address, stop, stopped := start(t, serve(io.Discard, Options{}, func(w http.ResponseWriter, r *http.Request) error {
				close(entered)
				<-leave
				return live(w, r)
			}), tt.certificate, 0)
			answered := make(chan int)
			go func() {
				resp, err := browser(tt.certificate).Get(tt.scheme + "://" + address)
				if err != nil {
					answered <- 0
					return
				}
				defer resp.Body.Close()
				answered <- resp.StatusCode
			}()
			<-entered
			stop()
			// New connections are refused while the request is being served.
			require.Eventually(t, func() bool {
				conn, err := net.Dial("tcp", address)
				if err == nil {
					conn.Close()
				}
				return err != nil
			}, 10*time.Second, time.Millisecond)
			close(leave)
			assert.Equal(t, 200, <-answered)
			assert.NoError(t, <-stopped)
		})
	}
}

// endless is a body without an end that counts the bytes read.
type endless struct{ read atomic.Int64 }

func (e *endless) Read(into []byte) (int, error) {
	e.read.Add(int64(len(into)))
	return len(into), nil
}

// TestUnreadHTTP2BodiesAreBounded sends requests to a handler that waits before it reads
// their bodies.
func TestUnreadHTTP2BodiesAreBounded(t *testing.T) {
	certificate := newCertificate(t, t.TempDir())
	entered, leave := make(chan string), make(chan struct{})
	address, stop, stopped := start(t, serve(io.Discard, Options{}, func(_ http.ResponseWriter, r *http.Request) error {
		entered <- r.Proto
		<-leave
		return nil
	}), certificate, 0)
	client := browser(certificate)
	var body endless
	var clients sync.WaitGroup
	const connections = 4
	for range connections {
		clients.Go(func() {
			resp, err := client.Post("https://"+address, "application/json", &body)
			if err == nil {
				_ = resp.Body.Close()
			}
		})
		assert.Equal(t, "HTTP/2.0", <-entered)
	}
	time.Sleep(200 * time.Millisecond) // The clients send as much as they can.
	assert.Less(t, body.read.Load(), int64(connections*2*maxUnreadBytes), "including the buffers of the client")
	close(leave)
	clients.Wait()
	stop()
	assert.NoError(t, <-stopped)
}

func TestTheServerHasTimeouts(t *testing.T) {
	server := NewServer(nil, discard)
	assert.Equal(t, 5*time.Second, server.ReadHeaderTimeout)
	assert.Equal(t, 15*time.Second, server.ReadTimeout)
	assert.Equal(t, 30*time.Second, server.WriteTimeout)
	assert.Greater(t, server.IdleTimeout, 75*time.Second, "nginx closes first")
	assert.Equal(t, 64<<10, server.MaxHeaderBytes)
	assert.Less(t, RequestTimeout, server.WriteTimeout, "a timeout can be answered")
}

// TestAnIdleConnectionIsClosedAfterIdleTimeout reads from a connection until the service
// closes it.
func TestAnIdleConnectionIsClosedAfterIdleTimeout(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() {
		stopped <- Serve(ctx, listener, serve(io.Discard, Options{}, live), ServeOptions{IdleTimeout: 100 * time.Millisecond}, discard)
	}()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(ReadTimeout)))
	_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	require.NoError(t, err)
	answer, err := io.ReadAll(conn)
	require.NoError(t, err, "closed long before the default time")
	assert.Contains(t, string(answer), "HTTP/1.1 200 OK")
	stop()
	assert.NoError(t, <-stopped)
}
