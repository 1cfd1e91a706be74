package postgres

import (
	"context"
	"database/sql/driver"
	"sync/atomic"

	"github.com/lib/pq"
	"github.com/xdg-go/stringprep"
)

// saslPrepared returns a password as SCRAM wants it (RFC 5802, RFC 4013), or as it is
// where that is not defined for it, as libpq does.
func saslPrepared(password string) string {
	prepared, err := stringprep.SASLprep.Prepare(password)
	if err != nil {
		return password
	}
	return prepared
}

// passwordFallback connects with a password that SASLprep has changed, and where the server
// refuses that, with the password as it was given: only SCRAM wants the first. lib/pq does
// not say what a server asks for.
type passwordFallback struct {
	normalized, original driver.Connector
	useOriginal          atomic.Bool // once that was right
}

// Connect implements driver.Connector.
func (t *passwordFallback) Connect(ctx context.Context) (driver.Conn, error) {
	if !t.useOriginal.Load() {
		conn, err := t.normalized.Connect(ctx)
		if refused := pq.As(err); refused == nil || refused.Code.Class() != "28" && refused.Code != poolerAuthFailure {
			return conn, err
		}
	}
	conn, err := t.original.Connect(ctx)
	t.useOriginal.Store(err == nil)
	return conn, err
}

// poolerAuthFailure is what pgbouncer answers to a wrong password: protocol violation.
const poolerAuthFailure = "08P01"

// Driver implements driver.Connector.
func (t *passwordFallback) Driver() driver.Driver { return t.normalized.Driver() }
