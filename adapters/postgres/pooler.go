package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
)

// lostStatementHint says what to do about a pooler that sends each transaction to another server
// connection, on which the store's statements are not prepared.
const lostStatementHint = "a pooler in front of the server does not support prepared statements: set DB_PREPARED_STATEMENTS=false"

// errStatementMode is the error of a pooler that sends each statement to another connection.
var errStatementMode = errors.New("postgres: the connection ends when a transaction begins, as behind a pooler in statement mode: set the pooler to transaction or session mode")

// isLostStatement reports whether err says that a statement is not prepared, or that a
// statement with its name is prepared already.
func isLostStatement(err *pq.Error) bool {
	return err != nil && (err.Code == pqerror.InvalidSQLStatementName || err.Code == pqerror.DuplicatePstatement)
}

// checkPooler returns an error for a pooler that the store cannot work with. It opens its own
// connections, because the store may have only one.
func checkPooler(ctx context.Context, connector driver.Connector, unprepared bool) error {
	db := sql.OpenDB(connector)
	defer func() { _ = db.Close() }()
	if err := beginAndRollBack(ctx, db); err != nil {
		return err
	}
	if unprepared {
		return nil
	}
	if err := prepareTwice(ctx, db); isLostStatement(pq.As(err)) {
		return fmt.Errorf("postgres: %s", lostStatementHint)
	} else if err != nil {
		return unavailable(err)
	}
	return nil
}

// beginAndRollBack checks that transactions work. pgbouncer in statement mode closes a
// connection that begins one, and lib/pq drops its error message.
func beginAndRollBack(ctx context.Context, db *sql.DB) error {
	var err error
	for range 2 { // A single failure can be an outage.
		if err = beginOnce(ctx, db); !errors.Is(err, errStatementMode) {
			break
		}
	}
	return err
}

func beginOnce(ctx context.Context, db *sql.DB) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return unavailable(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.ExecContext(ctx, `SELECT`); err != nil {
		return unavailable(err)
	}
	if _, err := conn.ExecContext(ctx, `BEGIN`); errors.Is(err, driver.ErrBadConn) {
		return errStatementMode
	} else if err != nil {
		return unavailable(err)
	}
	if _, err := conn.ExecContext(ctx, `ROLLBACK`); err != nil {
		return unavailable(err)
	}
	return nil
}

// prepareTwice prepares a statement on each of two connections. lib/pq gives both statements
// the same name, so this fails if the two share one connection to the server.
func prepareTwice(ctx context.Context, db *sql.DB) error {
	for range 2 {
		conn, err := db.Conn(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		statement, err := conn.PrepareContext(ctx, `SELECT`)
		if err != nil {
			return err
		}
		defer func() { _ = statement.Close() }()
		if _, err := statement.ExecContext(ctx); err != nil {
			return err
		}
	}
	return nil
}
