package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lib/pq"
)

const (
	// headStart is how long servers waits for one server before it tries the next one, too. It
	// is much longer than connecting takes.
	headStart = time.Second
	// stallTime is how long a statement waits for its server before servers checks which one is
	// the primary. Few statements take as long.
	stallTime = time.Second
)

// servers connects to the primary of several servers, as target_session_attrs of read-write
// or primary asks for. lib/pq tries one after the other for each connection, and waits until
// connect_timeout for each one that does not answer. servers begins with the one that was
// the primary last, and does not wait for it for long.
//
// When another server has become the primary, connections to the one before are not used
// again, and statements that wait for it fail. Otherwise a server that was cut off or paused
// could come back as a second primary.
type servers struct {
	connectors []driver.Connector
	addresses  []string // host:port of each, as in calls of net.Dial
	primary    *primary
	log        *slog.Logger
}

// primary says which of the servers was the primary last.
type primary struct {
	index    atomic.Int32
	checking atomic.Bool
}

// primaries has the primary for each DSN. The store and the revocation feed of a process must
// agree on it: a feed of another server would miss revocations.
var primaries sync.Map // string -> *primary

// newServers returns servers for the hosts in config. newConnector makes the connector for
// one of them; its connections call isReplaced while they wait for the server.
func newServers(dsn string, config pq.Config, log *slog.Logger, newConnector func(config pq.Config, isReplaced func() bool) (driver.Connector, error)) (*servers, error) {
	kept, _ := primaries.LoadOrStore(dsn, new(primary))
	s := &servers{primary: kept.(*primary), log: log}
	first := pq.ConfigMultihost{Host: config.Host, Hostaddr: config.Hostaddr, Port: config.Port}
	for index, host := range append([]pq.ConfigMultihost{first}, config.Multi...) {
		one := config.Clone()
		one.Host, one.Hostaddr, one.Port, one.Multi = host.Host, host.Hostaddr, host.Port, nil
		connector, err := newConnector(one, func() bool { return s.isReplaced(index) })
		if err != nil {
			return nil, err
		}
		s.connectors = append(s.connectors, connector)
		name := host.Host
		if host.Hostaddr.IsValid() {
			name = host.Hostaddr.String()
		}
		s.addresses = append(s.addresses, net.JoinHostPort(name, strconv.Itoa(int(host.Port))))
	}
	return s, nil
}

// noPrimaryError is the error of servers of which none is a primary that can be reached.
type noPrimaryError struct{ error }

func (e *noPrimaryError) Unwrap() error { return e.error }

// attempt is the result of connecting to a server.
type attempt struct {
	index int
	conn  driver.Conn
	err   error
}

// Connect implements driver.Connector. Every headStart it tries one more server, again also one
// that has refused, which can be promoted meanwhile. It fails when all have failed.
func (s *servers) Connect(ctx context.Context) (driver.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	last := s.primary.index.Load()
	attempts := make(chan attempt)
	pending := map[int]bool{}
	failed := make([]error, len(s.connectors)) // nil for a server that has not failed
	defer func() { go closeRest(attempts, len(pending)) }()
	next := time.NewTimer(0)
	defer next.Stop()
	for index := int(last); ; {
		select {
		case <-next.C:
			if !pending[index] {
				pending[index] = true
				s.begin(ctx, index, attempts)
			}
			index = (index + 1) % len(s.connectors)
			next.Reset(headStart)
		case done := <-attempts:
			delete(pending, done.index)
			if done.err == nil && s.setPrimary(last, int32(done.index)) {
				return &serverConn{done.conn.(pqConn), s.primary, int32(done.index)}, nil
			}
			if done.err == nil {
				_ = done.conn.Close()
				done.err = errReplaced
			}
			failed[done.index] = fmt.Errorf("connecting to %s: %w", s.addresses[done.index], done.err)
			if slices.Contains(failed, nil) {
				next.Reset(0)
			} else if len(pending) == 0 {
				return nil, &noPrimaryError{fmt.Errorf("postgres: no primary among the servers: %w", errors.Join(failed...))}
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// begin connects to a server in the background. lib/pq does not stop at the end of ctx once it
// has reached the server.
func (s *servers) begin(ctx context.Context, index int, attempts chan<- attempt) {
	go func() {
		conn, err := s.connectors[index].Connect(ctx)
		attempts <- attempt{index, conn, err}
	}()
}

// closeRest closes the connections of attempts that come too late.
func closeRest(attempts <-chan attempt, pending int) {
	for range pending {
		if late := <-attempts; late.err == nil {
			_ = late.conn.Close()
		}
	}
}

// setPrimary sets the primary, if it is still the one that it was when the caller looked. If
// another caller has found another one meanwhile, it returns false: an attempt that began
// before a failover can end after it, with the server that was the primary before.
func (s *servers) setPrimary(last, index int32) bool {
	if last != index && s.primary.index.CompareAndSwap(last, index) {
		s.log.Warn("another PostgreSQL server is the primary now", "from", s.addresses[last], "to", s.addresses[index])
	}
	return s.primary.index.Load() == index
}

// isReplaced reports whether a server is no longer the primary, as far as it is known. It also
// checks that in the background.
func (s *servers) isReplaced(index int) bool {
	if int(s.primary.index.Load()) != index {
		return true
	}
	if s.primary.checking.CompareAndSwap(false, true) {
		go func() {
			defer s.primary.checking.Store(false)
			ctx, cancel := context.WithTimeout(context.Background(), connectTimeout)
			defer cancel()
			if conn, err := s.Connect(ctx); err == nil {
				_ = conn.Close()
			}
		}()
	}
	return false
}

// isOther reports whether address is that of a server that is not the primary.
func (s *servers) isOther(address string) bool {
	index := slices.Index(s.addresses, address)
	return index >= 0 && index != int(s.primary.index.Load())
}

// Driver implements driver.Connector.
func (s *servers) Driver() driver.Driver { return s.connectors[0].Driver() }

// serverConn is a connection that database/sql drops when another server is the primary.
type serverConn struct {
	pqConn
	primary *primary
	index   int32
}

// IsValid implements driver.Validator.
func (c *serverConn) IsValid() bool { return c.primary.index.Load() == c.index && c.pqConn.IsValid() }

// ResetSession implements driver.SessionResetter.
func (c *serverConn) ResetSession(ctx context.Context) error {
	if c.primary.index.Load() != c.index {
		return driver.ErrBadConn
	}
	return c.pqConn.ResetSession(ctx)
}
