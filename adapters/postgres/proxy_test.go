package postgres_test

import (
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

// proxy forwards connections to a server. It can cut them, and delay or hold back
// what passes in either direction.
type proxy struct {
	server, address string
	// toServer and fromServer delay each direction.
	toServer, fromServer delay

	mu          sync.Mutex
	listener    net.Listener // nil while connections are refused
	cut         context.CancelFunc
	connections sync.WaitGroup
}

// delay is how long bytes are on their way, in nanoseconds.
type delay struct {
	atomic.Int64
	messages atomic.Int64 // how often some came
}

// hang holds everything back until the delay is ended.
func (d *delay) hang() { d.Store(math.MaxInt64) }

func (d *delay) end() { d.Store(0) }

// startProxy returns a proxy of the server that dsn names, and the dsn that leads
// through it.
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

// start accepts connections, after stop at the same address as before.
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

// stop cuts all connections and refuses new ones.
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

// restore ends every failure.
func (p *proxy) restore(t *testing.T) {
	t.Helper()
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
	directions.Go(func() { defer end(); forward(ctx, server, client, &p.toServer) })
	directions.Go(func() { defer end(); forward(ctx, client, server, &p.fromServer) })
	<-ctx.Done()
	client.Close()
	server.Close()
	directions.Wait()
}

// chunk is bytes and the time at which they were read; without bytes, it is the
// end of the connection.
type chunk struct {
	at    time.Time
	bytes []byte
}

// forward writes what it reads, delayed, until the connection ends or ctx is done.
// Bytes do not wait for those before them to arrive, only for their own time.
func forward(ctx context.Context, to, from net.Conn, delay *delay) {
	chunks := make(chan chunk, 1024)
	var reading sync.WaitGroup
	defer reading.Wait()
	defer from.Close() // Reading ends with it.
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
