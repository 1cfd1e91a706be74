package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

const (
	// recheckInterval is how long a connection relies on the last value of synchronous_commit.
	recheckInterval = time.Second
	// setLockTimeout bounds the wait for a lock, unless lock_timeout is set for the role or the
	// database. Without a bound, Updates that wait for a locked table could use up all
	// connections.
	setLockTimeout = `SELECT set_config('lock_timeout', '3s', false) WHERE current_setting('lock_timeout') = '0'`
	// begin is the BEGIN that lib/pq sends for the options of the store's transactions.
	begin = `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; `
	// raiseSynchronousCommit applies to one transaction, because a pooler can send the next one to another
	// server process.
	raiseSynchronousCommit = `SET LOCAL synchronous_commit = on`
)

// durableConnector makes connections whose commits are on the disk when they are acknowledged,
// whatever the default of synchronous_commit.
type durableConnector struct{ driver.Connector }

// Connect implements driver.Connector.
func (c durableConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	pq, ok := conn.(pqConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("postgres: %T is not a connection of lib/pq", conn), conn.Close())
	}
	if _, err := pq.ExecContext(ctx, setLockTimeout, nil); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return &durableConn{pqConn: pq}, nil
}

// pqConn holds the interfaces of lib/pq's connections that database/sql uses. Such a connection
// is also its own transaction.
type pqConn interface {
	driver.Conn
	driver.Tx
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.NamedValueChecker
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// durableConn checks synchronous_commit once a second, because its default can be changed for
// the role, the database or the server.
type durableConn struct {
	pqConn
	checked time.Time
	// asynchronous says that the default acknowledges commits before they are on all disks.
	asynchronous bool
}

// BeginTx implements driver.ConnBeginTx. It takes one round trip, and a second one only when
// it finds that the default has become asynchronous.
func (c *durableConn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	// If ctx could end, lib/pq would watch it until the commit, and again at the commits of
	// transactions that lib/pq itself has not begun.
	ctx = context.WithoutCancel(ctx)
	recheck := time.Since(c.checked) >= recheckInterval
	isUpdate := options.Isolation == driver.IsolationLevel(sql.LevelReadCommitted) && !options.ReadOnly
	if !isUpdate || !recheck && !c.asynchronous {
		return c.pqConn.BeginTx(ctx, options)
	}
	var err error
	if recheck {
		err = c.beginAndCheck(ctx)
	} else {
		_, err = c.ExecContext(ctx, begin+raiseSynchronousCommit, nil)
	}
	if err != nil {
		_ = c.Rollback() // BEGIN may have succeeded.
		return nil, err
	}
	return c.pqConn, nil
}

func (c *durableConn) beginAndCheck(ctx context.Context) error {
	rows, err := c.QueryContext(ctx, begin+`SELECT current_setting('synchronous_commit') IN ('off', 'local')`, nil)
	if err != nil {
		return err
	}
	weak := make([]driver.Value, 1)
	if err := errors.Join(rows.Next(weak), rows.Close()); err != nil {
		return err
	}
	c.checked, c.asynchronous = time.Now(), weak[0] == true
	if c.asynchronous {
		_, err = c.ExecContext(ctx, raiseSynchronousCommit, nil)
	}
	return err
}

// checkServer returns an error for a server with fsync=off, and logs a warning for one with
// full_page_writes=off.
func checkServer(ctx context.Context, db *sql.DB, log *slog.Logger) error {
	var fsync, fullPages, throwaway bool
	err := db.QueryRowContext(ctx, `SELECT CAST(current_setting('fsync') AS boolean), CAST(current_setting('full_page_writes') AS boolean),
		COALESCE(current_setting('healthcare.throwaway', true), '') = 'on'`).Scan(&fsync, &fullPages, &throwaway)
	switch {
	case err != nil:
		return unavailable(err)
	case throwaway: // a server of package pgtest
	case !fsync:
		return errors.New("postgres: the server runs with fsync=off: a crash of its machine can lose committed changes and corrupt the database: set fsync = on")
	case !fullPages:
		log.Warn("PostgreSQL runs with full_page_writes=off: a crash of its machine can corrupt the database unless its file system writes whole pages")
	}
	return nil
}
