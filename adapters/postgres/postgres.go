// Package postgres keeps the clinic's records in PostgreSQL 14 or later, through lib/pq.
package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/jmoiron/sqlx"

	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/domain"
)

// Options are settings of a store; the zero value is right for most.
type Options struct {
	// MaxConnections bounds the connections of the store; 0 means four for each
	// CPU that Go uses, and at least 10. Together, all stores of a server must
	// stay below its max_connections (100 by default).
	MaxConnections int
	// Unprepared sends every statement unprepared: for pgbouncer in transaction
	// pooling before 1.21, where a connection does not keep its statements.
	Unprepared bool
	// ResponseTimeout is how long the server may take to answer before the connection is
	// given up for lost; 0 means 15 seconds. It bounds what a context cannot:
	// waiting for a server that has vanished without closing its connections.
	ResponseTimeout time.Duration
	// Since, when set, is for a database of which only that is read that this step of the
	// schema, and those before it, made: those after it can be pending. Where none is, the role needs all
	// privileges of a service, which is what looks back before it begins.
	RequiredStep int64
	// ForService has Open fail unless the role has all privileges that a service needs, and
	// advances the sequence of the trail where that is behind.
	ForService bool
	// Wrap, when set, goes around the driver, to trace or count what it is asked.
	WrapDriver func(driver.Connector) driver.Connector
	// Log, when set, gets a warning about a server whose settings put records at risk.
	Log *slog.Logger
}

// Open connects to the database that dsn names and returns its store. dsn is a
// URL "postgres://user:password@host:port/name?sslmode=verify-full" or a list
// "host=... user=..." in the syntax of libpq; the PG* environment variables give
// what it leaves out (PostgreSQL manual, 34.1.2 and 34.15).
//
// Without sslmode the connection must be encrypted, but the server's certificate
// is not checked: that is lib/pq's default, "require". Use "verify-full" across a
// network that is not trusted, "disable" only on the same machine.
//
// A commit is on the server's disk when it is acknowledged, and on that of its
// synchronous standbys: transactions raise a synchronous_commit of off or local to on.
// A server with fsync=off is refused. Nothing waits for a lock for more than three
// seconds, unless lock_timeout is set for the role or the database.
//
// The error is Unavailable when the database does not answer or refuses the
// connection, sqlstore.ErrSchemaBehind when it is not migrated, and ErrSchemaUnknown
// when a newer program has migrated it, unless that step says that this program can go
// on. It is ErrMissingPrivilege when the role has no right to what it needs. No error
// holds the password.
func Open(ctx context.Context, dsn string, options Options) (*sqlstore.Store, error) {
	connector, err := connect(dsn, cmp.Or(options.ResponseTimeout, defaultResponseTimeout), cmp.Or(options.Log, slog.New(slog.DiscardHandler)))
	if err != nil {
		return nil, err
	}
	if err := checkPooler(ctx, connector, options.Unprepared); err != nil {
		return nil, err
	}
	connector = durableConnector{connector}
	if options.WrapDriver != nil {
		connector = options.WrapDriver(connector)
	}
	db := sql.OpenDB(connector)
	connections := cmp.Or(options.MaxConnections, max(4*runtime.GOMAXPROCS(0), 10))
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	// So that the load spreads again after a server was added or replaced.
	db.SetConnMaxLifetime(30 * time.Minute)
	db.SetConnMaxIdleTime(5 * time.Minute)
	if err := checkDatabase(ctx, db, options); err != nil {
		_ = db.Close()
		return nil, err
	}
	if options.ForService {
		if err := advanceTrailSequence(ctx, db, cmp.Or(options.Log, slog.New(slog.DiscardHandler))); err != nil {
			_ = db.Close()
			return nil, err
		}
	}
	prober := sql.OpenDB(connector)
	prober.SetMaxOpenConns(1)
	engine := sqlstore.Engine{
		RowLocks: true,
		// Named, as a server may have another default. Rows that matter are locked.
		TxOptions:  &sql.TxOptions{Isolation: sql.LevelReadCommitted},
		EventRange: eventsOf,
		// One after the other: nextval is called for each number in its order.
		NextEventIDs:    `SELECT nextval('audit_events_id_seq') AS id FROM generate_series(1, CAST($1 AS integer))`,
		Probe:           probe,
		CheckPrivileges: func(ctx context.Context, db *sqlx.DB) error { return checkPrivileges(ctx, db) },
		LastStep:        schema().Last(),
		Classify:        classify,
	}
	wrapped := sqlx.NewDb(db, "postgres")
	return sqlstore.New(engine, wrapped, wrapped, sqlx.NewDb(prober, "postgres"), !options.Unprepared), nil
}

// eventsOf writes a range of pairs: a plan that is made for any value would find one
// value by going through all IDs.
func eventsOf(column, value string) (where, orderBy string) {
	return `(` + column + `, id) > (` + value + `, $1) AND (` + column + `, id) <= (` + value + `, $3)`, column + `, id`
}

func checkDatabase(ctx context.Context, db *sql.DB, options Options) error {
	var encoding string
	err := db.QueryRowContext(ctx, `SELECT current_setting('server_encoding')`).Scan(&encoding)
	if err != nil {
		return unavailable(err)
	}
	if err := checkServer(ctx, db, cmp.Or(options.Log, slog.New(slog.DiscardHandler))); err != nil {
		return err
	}
	if encoding != "UTF8" {
		return fmt.Errorf("postgres: the database's encoding is %s, it must be UTF8: create it WITH ENCODING 'UTF8' TEMPLATE template0", encoding)
	}
	if err := checkSchemaReadable(ctx, db); err != nil {
		return err
	}
	err = schema().CheckUpTo(ctx, db, cmp.Or(options.RequiredStep, schema().Last()))
	switch {
	case errors.Is(err, sqlstore.ErrSchemaBehind), errors.Is(err, sqlstore.ErrSchemaUnknown):
		return fmt.Errorf("postgres: %w", err)
	case err != nil:
		return unavailable(err)
	}
	if options.ForService || options.RequiredStep > 0 && schema().Check(ctx, db) == nil {
		err = checkPrivileges(ctx, db)
		if err != nil && !errors.Is(err, sqlstore.ErrMissingPrivilege) {
			return unavailable(err)
		}
	}
	return err
}

// unavailable wraps an error of a connection that is being set up. Before that,
// no statement has a value that its text could quote.
func unavailable(err error) error { return domain.ErrUnavailable(fmt.Errorf("postgres: %w", err)) }
