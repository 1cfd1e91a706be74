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
	// recheckInterval is how long a connection relies on what it saw of synchronous_commit.
	recheckInterval = time.Second
	// setLockTimeout bounds the wait for a lock, unless the role or the database does. The
	// table that somebody has locked would otherwise use up all connections.
	setLockTimeout = `SELECT set_config('lock_timeout', '3s', false) WHERE current_setting('lock_timeout') = '0'`
	// begin has the words that lib/pq puts into a BEGIN.
	begin = `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; `
	// raiseSynchronousCommit holds for one transaction, as a pooler may give the next one to another server process.
	raiseSynchronousCommit = `SET LOCAL synchronous_commit = on`
)

// durableConnector makes connections whose transactions are on the disk when their
// commit is acknowledged, whatever synchronous_commit is set to.
type durableConnector struct{ driver.Connector }

// Connect implements driver.Connector.
func (c durableConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	of, ok := conn.(pqConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("postgres: a %T is not a connection of lib/pq", conn), conn.Close())
	}
	if _, err := of.ExecContext(ctx, setLockTimeout, nil); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return &durableConn{pqConn: of}, nil
}

// pqConn is what database/sql uses of a connection of lib/pq, which is also the
// transaction that it is in.
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

// durableConn looks at synchronous_commit once a second, for whoever changes it for
// the role, the database or the server.
type durableConn struct {
	pqConn
	checked time.Time
	// asynchronous says that it lets a commit be acknowledged before it is on all disks.
	asynchronous bool
}

// BeginTx implements driver.ConnBeginTx. It never takes more than one round trip,
// unless the setting has just become a weak one.
func (c *durableConn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	// With a context that can end, lib/pq would watch it until the commit, and again at
	// commits of transactions that it has not begun.
	ctx = context.WithoutCancel(ctx)
	look := time.Since(c.checked) >= recheckInterval
	ours := options.Isolation == driver.IsolationLevel(sql.LevelReadCommitted) && !options.ReadOnly
	if !ours || !look && !c.asynchronous {
		return c.pqConn.BeginTx(ctx, options)
	}
	var err error
	if look {
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

// checkServer refuses a server that does not write to the disk, and warns of one
// whose pages a crash can tear.
func checkServer(ctx context.Context, db *sql.DB, log *slog.Logger) error {
	var fsync, fullPages, throwaway bool
	err := db.QueryRowContext(ctx, `SELECT CAST(current_setting('fsync') AS boolean), CAST(current_setting('full_page_writes') AS boolean),
		COALESCE(current_setting('healthcare.throwaway', true), '') = 'on'`).Scan(&fsync, &fullPages, &throwaway)
	switch {
	case err != nil:
		return unavailable(err)
	case throwaway: // a server of tests, see package pgtest
	case !fsync:
		return errors.New("postgres: the server runs with fsync=off: a crash of its machine loses what was acknowledged and can ruin the database: set fsync = on")
	case !fullPages:
		log.Warn("PostgreSQL runs with full_page_writes=off: a crash of its machine can ruin the database unless its file system never tears a page")
	}
	return nil
}
