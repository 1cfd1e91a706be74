package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
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
	// lib/pq would connect to the other hosts without TLS, whatever the sslmode is.
	if isSocket(settings.Host) && !settings.Hostaddr.IsValid() && !isLocal(settings.Config) {
		return nil, errors.New("postgres: in a list of hosts, a socket must not come before a host on another machine")
	}
	// With binary parameters, an unprepared statement takes one round trip. Without, it takes
	// two, which a pooler in transaction mode can send to different servers.
	settings.BinaryParameters = true
	if settings.ApplicationName == "" {
		settings.ApplicationName = applicationName
	}
	if settings.ConnectTimeout == 0 {
		settings.ConnectTimeout = connectTimeout
	}
	newConnector := func(password string) (driver.Connector, error) {
		config := settings.Config
		config.Password = password
		connector, err := pq.NewConnectorConfig(config)
		if err != nil {
			return nil, dsnError(dsn, err)
		}
		connector.Dialer(dialer{settings.dialer(), responseTimeout})
		return connector, nil
	}
	connector, err := newConnector(settings.Password)
	normalized := saslPrepared(settings.Password)
	if err != nil || normalized == settings.Password {
		return connector, err
	}
	first, err := newConnector(normalized)
	return &passwordFallback{normalized: first, original: connector}, err
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
	conn, err := d.Dialer.DialContext(ctx, network, address)
	if err != nil || d.responseTimeout == noResponseTimeout {
		return conn, err
	}
	return &timeoutConn{Conn: conn, responseTimeout: d.responseTimeout}, nil
}

// timeoutConn is a connection whose Read and Write fail after responseTimeout.
type timeoutConn struct {
	net.Conn
	responseTimeout time.Duration
	// deadline is the deadline that the driver sets while it sets up the connection.
	deadline time.Time
}

// SetDeadline implements net.Conn.
func (c *timeoutConn) SetDeadline(t time.Time) error {
	c.deadline = t
	return c.Conn.SetDeadline(t)
}

// Read implements net.Conn.
func (c *timeoutConn) Read(b []byte) (int, error) {
	if err := c.SetReadDeadline(c.nextDeadline()); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
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
