package httpserver

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rawClient is a client with one connection.
type rawClient struct {
	t    *testing.T
	conn net.Conn
	read *bufio.Reader
}

func connect(t *testing.T, address string) *rawClient {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	return &rawClient{t, conn, bufio.NewReader(conn)}
}

func (p *rawClient) ask(path string) {
	_, err := io.WriteString(p.conn, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n")
	require.NoError(p.t, err)
}

func (p *rawClient) requireAnswer() {
	p.t.Helper()
	answer, err := http.ReadResponse(p.read, nil)
	require.NoError(p.t, err)
	require.NoError(p.t, answer.Body.Close())
}

func (p *rawClient) requireClosed() {
	p.t.Helper()
	_, err := p.read.ReadByte()
	require.ErrorIs(p.t, err, io.EOF)
}

// TestTheConnectionThatHasWaitedLongestIsClosed opens more connections than the bound of 4.
func TestTheConnectionThatHasWaitedLongestIsClosed(t *testing.T) {
	began, release := make(chan struct{}), make(chan struct{})
	server := NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(began)
			<-release
		}
	}), slog.New(slog.DiscardHandler))
	connections := newConnections(4)
	server.ConnState = connections.changed
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	stopped := make(chan error)
	go func() { stopped <- server.Serve(listener) }()
	requireCounts := func(open, waiting int) {
		t.Helper()
		require.Eventually(t, func() bool {
			connections.mutex.Lock()
			defer connections.mutex.Unlock()
			assert.Len(t, connections.at, connections.waiting.Len())
			return connections.open == open && connections.waiting.Len() == waiting
		}, 10*time.Second, time.Millisecond)
	}
	address := listener.Addr().String()

	busy := connect(t, address)
	busy.ask("/slow")
	<-began
	idle := connect(t, address)
	idle.ask("/")
	idle.requireAnswer()
	requireCounts(2, 1)
	silent := connect(t, address)
	requireCounts(3, 2)
	used := connect(t, address)
	for range 2 {
		used.ask("/")
		used.requireAnswer()
	}
	requireCounts(4, 3)
	check := func() {
		health := connect(t, address)
		health.ask("/livez")
		health.requireAnswer()
		requireCounts(4, 3)
	}
	check()
	idle.requireClosed()
	check()
	silent.requireClosed()
	check()
	used.requireClosed()
	close(release)
	busy.requireAnswer()
	requireCounts(4, 4)
	require.NoError(t, server.Close())
	require.ErrorIs(t, <-stopped, http.ErrServerClosed)
	requireCounts(0, 0)
}
