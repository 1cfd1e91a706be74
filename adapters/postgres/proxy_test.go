package postgres_test

import (
	"bytes"
	"context"
	"math"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// proxy forwards connections to a server. It can close them, and delay or block the data in
// either direction.
type proxy struct {
	server, address string
	// toServer and fromServer delay each direction.
	toServer, fromServer delay
	// commitHook is what atCommit was given.
	commitHook atomic.Pointer[func() cut]

	mu          sync.Mutex
	listener    net.Listener // nil while connections are refused
	cut         context.CancelFunc
	connections sync.WaitGroup
}

// cut is when a proxy cuts a connection.
type cut uint8

const (
	never cut = iota
	// beforeCommit cuts the connection before the server gets the COMMIT.
	beforeCommit
	// afterCommit cuts the connection when the server has answered the COMMIT, before the
	// client gets the answer.
	afterCommit
)

// delay is how long the proxy holds back data, in nanoseconds.
type delay struct {
	atomic.Int64
	messages atomic.Int64 // how many chunks of data have arrived
}

// hang blocks all data until end.
func (d *delay) hang() { d.Store(math.MaxInt64) }

func (d *delay) end() { d.Store(0) }

// startProxy returns a proxy of the server that dsn names, and a DSN that connects through it.
func startProxy(t *testing.T, dsn string) (*proxy, string) {
	t.Helper()
	address, err := url.Parse(dsn)
	require.NoError(t, err)
	p := &proxy{server: address.Host, address: "127.0.0.1:0"}
	p.start(t)
	t.Cleanup(p.stop)
	address.Host = p.address
	return p, address.String()
}

// start accepts connections. After stop, it uses the same address again.
func (p *proxy) start(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", p.address)
	require.NoError(t, err)
	ctx, cut := context.WithCancel(context.Background())
	p.mu.Lock()
	defer p.mu.Unlock()
	p.listener, p.cut, p.address = listener, cut, listener.Addr().String()
	p.connections.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			p.connections.Go(func() { p.serve(ctx, client) })
		}
	})
}

// stop closes all connections and refuses new ones.
func (p *proxy) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener == nil {
		return
	}
	p.listener.Close()
	p.listener = nil
	p.cut()
	p.connections.Wait()
}

// atCommit makes the proxy run hook when a COMMIT arrives, before the server gets it. Then it
// cuts the connection as hook returns.
func (p *proxy) atCommit(hook func() cut) { p.commitHook.Store(&hook) }

// restore ends all failures.
func (p *proxy) restore(t *testing.T) {
	t.Helper()
	p.commitHook.Store(nil)
	p.toServer.end()
	p.fromServer.end()
	p.mu.Lock()
	stopped := p.listener == nil
	p.mu.Unlock()
	if stopped {
		p.start(t)
	}
}

// serve forwards one connection until either end closes it or ctx is done.
func (p *proxy) serve(ctx context.Context, client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.server)
	if err != nil {
		return
	}
	defer server.Close()
	ctx, end := context.WithCancel(ctx)
	var directions sync.WaitGroup
	var at atomic.Value
	at.Store(never)
	directions.Go(func() {
		defer end()
		forward(ctx, server, client, &p.toServer, func(query []byte) bool {
			if hook := p.commitHook.Load(); hook != nil && bytes.Contains(query, []byte("COMMIT\x00")) {
				at.Store((*hook)())
			}
			return at.Load() != beforeCommit
		})
	})
	directions.Go(func() {
		defer end()
		forward(ctx, client, server, &p.fromServer, func([]byte) bool { return at.Load() == never })
	})
	<-ctx.Done()
	client.Close()
	server.Close()
	directions.Wait()
}

// chunk holds bytes and the time at which they were read. Without bytes, it is the end of the
// connection.
type chunk struct {
	at    time.Time
	bytes []byte
}

// forward copies data with a delay until the connection ends or ctx is done. The delay counts
// from the time at which each chunk was read. If pass returns false for a chunk, forward returns
// without writing it.
func forward(ctx context.Context, to, from net.Conn, delay *delay, pass func([]byte) bool) {
	chunks := make(chan chunk, 1024)
	var reading sync.WaitGroup
	defer reading.Wait()
	defer from.Close() // This ends the reading goroutine.
	reading.Go(func() {
		defer close(chunks)
		for {
			buffer := make([]byte, 4096)
			n, err := from.Read(buffer)
			delay.messages.Add(1)
			select {
			case chunks <- chunk{time.Now(), buffer[:n]}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	})
	for c := range chunks {
		if !pass(c.bytes) {
			return
		}
		for time.Since(c.at) < time.Duration(delay.Load()) {
			select {
			case <-time.After(time.Millisecond):
			case <-ctx.Done():
				return
			}
		}
		if _, err := to.Write(c.bytes); err != nil {
			return
		}
	}
}
