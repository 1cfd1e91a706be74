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
	// connectTimeout bounds setting up a connection unless connect_timeout is given.
	connectTimeout = 5 * time.Second
	// defaultResponseTimeout is well above what a statement of the store takes, and below
	// the half minute after which callers give up.
	defaultResponseTimeout = 15 * time.Second
	noResponseTimeout      = time.Duration(0)
)

// connect returns a connector that gives up a connection after so long a silence.
func connect(dsn string, silence time.Duration, log *slog.Logger) (driver.Connector, error) {
	settings, err := parseDSN(dsn, log)
	if err != nil {
		return nil, dsnError(dsn, err)
	}
	// lib/pq would connect to the others without TLS, whatever the sslmode is.
	if isSocket(settings.Host) && !settings.Hostaddr.IsValid() && !isLocal(settings.Config) {
		return nil, errors.New("postgres: in a list of hosts, a socket must not come before a host of another machine")
	}
	// One round trip for a statement that is not prepared, not two; and behind a
	// pooler in transaction mode, two would meet different servers.
	settings.BinaryParameters = true
	if settings.ApplicationName == "" {
		settings.ApplicationName = applicationName
	}
	if settings.ConnectTimeout == 0 {
		settings.ConnectTimeout = connectTimeout
	}
	with := func(password string) (driver.Connector, error) {
		config := settings.Config
		config.Password = password
		connector, err := pq.NewConnectorConfig(config)
		if err != nil {
			return nil, dsnError(dsn, err)
		}
		connector.Dialer(dialer{settings.dialer(), silence})
		return connector, nil
	}
	connector, err := with(settings.Password)
	prepared := saslPrepared(settings.Password)
	if err != nil || prepared == settings.Password {
		return connector, err
	}
	first, err := with(prepared)
	return &passwordFallback{normalized: first, original: connector}, err
}

// dsnError says what is wrong with dsn as far as that cannot give the password away.
func dsnError(dsn string, err error) error {
	if refused, ok := errors.AsType[*parameterError](err); ok {
		return refused
	}
	const hint = `the database's address must look like "postgres://user:password@host:port/name?sslmode=verify-full", with what is special in a password percent-encoded`
	unreadable := errors.New("postgres: " + hint)
	address, parseErr := url.Parse(dsn)
	if parseErr != nil || address.User == nil {
		// What cannot be taken apart may have the password anywhere.
		return unreadable
	}
	inUser, _ := address.User.Password()
	for _, password := range append(address.Query()["password"], inUser) {
		if password != "" && strings.Contains(err.Error(), password) {
			return unreadable
		}
	}
	return fmt.Errorf("postgres: the database's address, or a variable of the environment, cannot be used: %w\n%s", err, hint)
}

// dialer makes connections that bound each wait for the server.
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

// boundedConn fails a Read or Write that takes longer than silence.
type timeoutConn struct {
	net.Conn
	responseTimeout time.Duration
	// deadline is the driver's own, while it sets up the connection.
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
