package postgres

import (
	"context"
	"database/sql/driver"
	"sync/atomic"

	"github.com/lib/pq"
	"github.com/xdg-go/stringprep"
)

// saslPrepared normalizes a password with SASLprep, as SCRAM requires (RFC 5802, RFC 4013). Like
// libpq, it returns a password unchanged that SASLprep does not allow.
func saslPrepared(password string) string {
	normalized, err := stringprep.SASLprep.Prepare(password)
	if err != nil {
		return password
	}
	return normalized
}

// withPasswords returns a connector that tries both forms of the password.
func withPasswords(config pq.Config, dialer dialer) (driver.Connector, error) {
	newConnector := func(password string) (driver.Connector, error) {
		config := config
		config.Password = password
		connector, err := pq.NewConnectorConfig(config)
		if err != nil {
			return nil, err
		}
		connector.Dialer(dialer)
		return connector, nil
	}
	original, err := newConnector(config.Password)
	normalized := saslPrepared(config.Password)
	if err != nil || normalized == config.Password {
		return original, err
	}
	first, err := newConnector(normalized)
	return &passwordFallback{normalized: first, original: original}, err
}

// passwordFallback connects with the normalized password, and if the server rejects it, with the
// original one. Only SCRAM uses the normalized password, and lib/pq does not say which
// method a server asks for.
type passwordFallback struct {
	normalized, original driver.Connector
	useOriginal          atomic.Bool // set once the original password was accepted
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

// poolerAuthFailure is the code with which pgbouncer rejects a password: protocol violation.
const poolerAuthFailure = "08P01"

// Driver implements driver.Connector.
func (t *passwordFallback) Driver() driver.Driver { return t.normalized.Driver() }
