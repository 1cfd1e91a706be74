package pgtest

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
)

// Proxy forwards connections to a server. It can close them, and delay or block the data in
// either direction.
type Proxy struct {
	server string
	// Address is the host and port of the proxy.
	Address string
	// ToServer and FromServer delay each direction.
	ToServer, FromServer Delay
	// commitHook is what AtCommit was given.
	commitHook atomic.Pointer[func() Cut]

	mu          sync.Mutex
	listener    net.Listener // nil while connections are refused
	cut         context.CancelFunc
	connections sync.WaitGroup
}

// Cut is when a proxy cuts a connection.
type Cut uint8

// The times of a cut.
const (
	Never Cut = iota
	// BeforeCommit cuts the connection before the server gets the COMMIT.
	BeforeCommit
	// AfterCommit cuts the connection when the server has answered the COMMIT, before the
	// client gets the answer.
	AfterCommit
)

// Delay is how long the proxy holds back data, in nanoseconds.
type Delay struct {
	atomic.Int64
	// Messages counts the chunks of data that have arrived.
	Messages atomic.Int64
}

// Hang blocks all data until End.
func (d *Delay) Hang() { d.Store(math.MaxInt64) }

// End ends every delay.
func (d *Delay) End() { d.Store(0) }

// StartProxy returns a proxy of the server that dsn names, and a DSN that connects through it.
func StartProxy(t testing.TB, dsn string) (*Proxy, string) {
	t.Helper()
	address, err := url.Parse(dsn)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	p := &Proxy{server: address.Host, Address: "127.0.0.1:0"}
	p.Start(t)
	t.Cleanup(p.Stop)
	address.Host = p.Address
	return p, address.String()
}

// Start accepts connections. After Stop, it uses the same address again.
func (p *Proxy) Start(t testing.TB) {
	t.Helper()
	listener, err := net.Listen("tcp", p.Address)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	ctx, cut := context.WithCancel(context.Background())
	p.mu.Lock()
	defer p.mu.Unlock()
	p.listener, p.cut, p.Address = listener, cut, listener.Addr().String()
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

// Stop closes all connections and refuses new ones.
func (p *Proxy) Stop() {
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

// AtCommit makes the proxy run hook when a COMMIT arrives, before the server gets it. Then it
// cuts the connection as hook returns.
func (p *Proxy) AtCommit(hook func() Cut) { p.commitHook.Store(&hook) }

// Restore ends all failures.
func (p *Proxy) Restore(t testing.TB) {
	t.Helper()
	p.commitHook.Store(nil)
	p.ToServer.End()
	p.FromServer.End()
	p.mu.Lock()
	stopped := p.listener == nil
	p.mu.Unlock()
	if stopped {
		p.Start(t)
	}
}

// serve forwards one connection until either end closes it or ctx is done.
func (p *Proxy) serve(ctx context.Context, client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.server)
	if err != nil {
		return
	}
	defer server.Close()
	ctx, end := context.WithCancel(ctx)
	var directions sync.WaitGroup
	var at atomic.Value
	at.Store(Never)
	directions.Go(func() {
		defer end()
		forward(ctx, server, client, &p.ToServer, func(query []byte) bool {
			if hook := p.commitHook.Load(); hook != nil && bytes.Contains(query, []byte("COMMIT\x00")) {
				at.Store((*hook)())
			}
			return at.Load() != BeforeCommit
		})
	})
	directions.Go(func() {
		defer end()
		forward(ctx, client, server, &p.FromServer, func([]byte) bool { return at.Load() == Never })
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
func forward(ctx context.Context, to, from net.Conn, delay *Delay, pass func([]byte) bool) {
	chunks := make(chan chunk, 1024)
	var reading sync.WaitGroup
	defer reading.Wait()
	defer from.Close() // This ends the reading goroutine.
	reading.Go(func() {
		defer close(chunks)
		for {
			buffer := make([]byte, 4096)
			n, err := from.Read(buffer)
			delay.Messages.Add(1)
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
