package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/lib/pq"
)

const (
	applicationName = "healthcare"
	// connectTimeout bounds the setup of a connection unless connect_timeout is set.
	connectTimeout = 5 * time.Second
	// defaultResponseTimeout is much longer than any statement of the store takes, and shorter
	// than the half minute for which callers wait.
	defaultResponseTimeout = 15 * time.Second
	noResponseTimeout      = time.Duration(0)
)

// connect returns a connector for dsn. Its connections fail when the server does not answer
// within responseTimeout.
func connect(dsn string, responseTimeout time.Duration, log *slog.Logger) (driver.Connector, error) {
	settings, err := parseDSN(dsn, log)
	if err != nil {
		return nil, dsnError(dsn, err)
	}
	return settings.connector(dsn, responseTimeout, log)
}

// connector is connect after dsn is parsed.
func (s settings) connector(dsn string, responseTimeout time.Duration, log *slog.Logger) (driver.Connector, error) {
	// lib/pq would connect to the other hosts without TLS, whatever the sslmode is.
	if isSocket(s.Host) && !s.Hostaddr.IsValid() && !isLocal(s.Config) {
		return nil, errors.New("postgres: in a list of hosts, a socket must not come before a host on another machine")
	}
	// With binary parameters, an unprepared statement takes one round trip. Without, it takes
	// two, which a pooler in transaction mode can send to different servers.
	s.BinaryParameters = true
	if s.ApplicationName == "" {
		s.ApplicationName = applicationName
	}
	if s.ConnectTimeout == 0 {
		s.ConnectTimeout = connectTimeout
	}
	newConnector := func(config pq.Config, isReplaced func() bool) (driver.Connector, error) {
		connector, err := withPasswords(config, dialer{Dialer: s.dialer(), responseTimeout: responseTimeout, isReplaced: isReplaced})
		if err != nil {
			return nil, dsnError(dsn, err)
		}
		return connector, nil
	}
	switch s.TargetSessionAttrs {
	case pq.TargetSessionAttrsReadWrite, pq.TargetSessionAttrsPrimary:
		return newServers(dsn, s.Config, log, newConnector)
	}
	return newConnector(s.Config, nil)
}

// dsnError describes what is wrong with dsn without revealing its password.
func dsnError(dsn string, err error) error {
	if refused, ok := errors.AsType[*parameterError](err); ok {
		return refused
	}
	const hint = `the database's address must look like "postgres://user:password@host:port/name?sslmode=verify-full", with special characters in the password percent-encoded`
	unreadable := errors.New("postgres: " + hint)
	address, parseErr := url.Parse(dsn)
	if parseErr != nil || address.User == nil {
		// The password can be anywhere in a text that cannot be parsed.
		return unreadable
	}
	userPassword, _ := address.User.Password()
	for _, password := range append(address.Query()["password"], userPassword) {
		if password != "" && strings.Contains(err.Error(), password) {
			return unreadable
		}
	}
	return fmt.Errorf("postgres: the database's address or an environment variable cannot be used: %w\n%s", err, hint)
}

// dialer makes connections that bound each wait for the server by responseTimeout.
type dialer struct {
	net.Dialer
	responseTimeout time.Duration
	isReplaced      func() bool               // can be nil (see timeoutConn)
	isOther         func(address string) bool // refuses a server; can be nil
}

// Dial implements pq.Dialer.
func (d dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// DialTimeout implements pq.Dialer.
func (d dialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return d.DialContext(ctx, network, address)
}

// DialContext implements pq.DialerContext.
func (d dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if d.isOther != nil && d.isOther(address) {
		return nil, errNotPrimary
	}
	conn, err := d.Dialer.DialContext(ctx, network, address)
	if err != nil || d.responseTimeout == noResponseTimeout {
		return conn, err
	}
	return &timeoutConn{Conn: conn, responseTimeout: d.responseTimeout, isReplaced: d.isReplaced}, nil
}

// timeoutConn is a connection whose Read and Write fail after responseTimeout.
type timeoutConn struct {
	net.Conn
	responseTimeout time.Duration
	// isReplaced is called while Read waits, every stallTime. If it returns true, Read fails. It
	// can be nil.
	isReplaced func() bool
	// deadline is the deadline that the driver sets while it sets up the connection.
	deadline time.Time
}

var errNotPrimary = errors.New("postgres: another server is the primary")

// errReplaced is the error of a statement whose server is no longer the primary.
var errReplaced = &net.OpError{Op: "read", Net: "tcp", Err: errors.New("the server did not answer, and another one is the primary now")}

// SetDeadline implements net.Conn.
func (c *timeoutConn) SetDeadline(t time.Time) error {
	c.deadline = t
	return c.Conn.SetDeadline(t)
}

// Read implements net.Conn.
func (c *timeoutConn) Read(b []byte) (int, error) {
	end := c.nextDeadline()
	// While the driver sets up the connection, it is not known yet which server is the primary.
	isSettingUp := !c.deadline.IsZero()
	for {
		deadline := end
		if stalled := time.Now().Add(stallTime); c.isReplaced != nil && !isSettingUp && stalled.Before(end) {
			deadline = stalled
		}
		if err := c.SetReadDeadline(deadline); err != nil {
			return 0, err
		}
		n, err := c.Conn.Read(b)
		switch {
		case n > 0 || deadline == end || !errors.Is(err, os.ErrDeadlineExceeded):
			return n, err
		case c.isReplaced():
			return 0, errReplaced
		}
	}
}

// Write implements net.Conn.
func (c *timeoutConn) Write(b []byte) (int, error) {
	if err := c.SetWriteDeadline(c.nextDeadline()); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

func (c *timeoutConn) nextDeadline() time.Time {
	next := time.Now().Add(c.responseTimeout)
	if !c.deadline.IsZero() && c.deadline.Before(next) {
		return c.deadline
	}
	return next
}
