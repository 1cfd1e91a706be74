// Package postgres keeps the clinic's records in PostgreSQL 14 or later, with the driver
// lib/pq.
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
	"github.com/lib/pq"

	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/domain"
)

// Options are the settings of a store. The zero value suits most uses.
type Options struct {
	// MaxConnections bounds the connections of the store. 0 means four for each CPU that Go
	// uses, and at least 10. All stores of a server together must stay below its
	// max_connections (100 by default).
	MaxConnections int
	// ConnectionWait is how long a read or a change waits for a connection of the store before
	// it fails with Unavailable. 0 means one second.
	ConnectionWait time.Duration
	// Unprepared sends every statement unprepared. It is needed behind pgbouncer before 1.21
	// in transaction mode, which does not support prepared statements.
	Unprepared bool
	// ResponseTimeout is how long the server can take to answer before the connection counts as
	// lost; 0 means 15 seconds. It also bounds the wait for a server that vanished without
	// closing its connections, which a context does not.
	ResponseTimeout time.Duration
	// RequiredStep is the number of the last migration that the caller needs; 0 means that all
	// must be applied. If it is set and no migration is pending, the role needs all privileges
	// of a service.
	RequiredStep int64
	// ForService makes Open fail unless the role has all privileges that a service needs. Open
	// also advances the sequence of the audit trail if it is behind its table.
	ForService bool
	// WrapDriver, if set, wraps the driver, for example to trace or count its queries.
	WrapDriver func(driver.Connector) driver.Connector
	// Log, if set, gets warnings about settings of the server or the DSN.
	Log *slog.Logger
}

// Open connects to the database that dsn names and returns its store. dsn is a URL such as
// "postgres://user:password@host:port/name?sslmode=verify-full", or a list of parameters
// such as "host=... user=..." in libpq's syntax. The PG* environment variables set the
// parameters that it leaves out (PostgreSQL manual, 34.1.2 and 34.15).
//
// Without an sslmode, the connection is encrypted but the server's certificate is not
// checked: that is lib/pq's default, "require". Use "verify-full" across an untrusted
// network, and "disable" only on the same machine.
//
// A commit is on the disks of the server and its synchronous standbys when it is
// acknowledged: transactions raise a synchronous_commit of off or local to on. Open fails
// for a server with fsync=off. Statements wait for a lock for at most three seconds, unless
// lock_timeout is set for the role or the database.
//
// Errors:
//   - Unavailable: the database does not answer or rejects the connection.
//   - sqlstore.ErrSchemaBehind: migrations are pending.
//   - sqlstore.ErrSchemaUnknown: a newer program has applied a migration that this program
//     cannot work with.
//   - sqlstore.ErrMissingPrivilege: the role lacks a privilege.
//
// No error contains the password.
func Open(ctx context.Context, dsn string, options Options) (*sqlstore.Store, error) {
	options.Log = cmp.Or(options.Log, slog.New(slog.DiscardHandler))
	connector, err := connect(dsn, cmp.Or(options.ResponseTimeout, defaultResponseTimeout), options.Log)
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
	// Reconnecting spreads the load again after a server was added or replaced.
	db.SetConnMaxLifetime(30 * time.Minute)
	db.SetConnMaxIdleTime(5 * time.Minute)
	if err := checkDatabase(ctx, db, options); err != nil {
		_ = db.Close()
		return nil, err
	}
	if options.ForService {
		if err := advanceTrailSequence(ctx, db, options.Log); err != nil {
			_ = db.Close()
			return nil, err
		}
	}
	prober := sql.OpenDB(connector)
	prober.SetMaxOpenConns(1)
	wrapped := sqlx.NewDb(db, driverName)
	engine := newEngine()
	engine.ConnectionWait = options.ConnectionWait
	return sqlstore.New(engine, wrapped, wrapped, sqlx.NewDb(prober, driverName), !options.Unprepared), nil
}

// driverName is sqlx's name of the driver.
const driverName = "postgres"

func newEngine() sqlstore.Engine {
	return sqlstore.Engine{
		RowLocks: true,
		// The server's default can be another level. The store locks the rows that it relies on.
		TxOptions:      &sql.TxOptions{Isolation: sql.LevelReadCommitted},
		EventRange:     eventsOf,
		LowestEventID:  lowestEventID,
		HighestEventID: highestEventID,
		// It is -1 for a table that was never analyzed.
		Rows:             `SELECT reltuples FROM pg_class WHERE oid = to_regclass('%s')`,
		AmongIDs:         amongIDs,
		Contains:         "strpos",
		SearchCandidates: searchCandidates,
		// generate_series calls nextval once per event, so the IDs are in ascending order.
		NextEventIDs:    `SELECT ` + nextEventID + ` AS id FROM generate_series(1, CAST($1 AS integer))`,
		NextEventID:     nextEventID,
		InsertEvents:    insertEvents,
		Array:           func(slice any) driver.Valuer { return pq.Array(slice) },
		AdvanceIDs:      advanceIDs,
		Probe:           probe,
		CheckPrivileges: func(ctx context.Context, db *sqlx.DB) error { return checkPrivileges(ctx, db) },
		LastStep:        schema().Last(),
		RolledBack:      rolledBack,
		Classify:        classify,
	}
}

const nextEventID = `nextval('audit_events_id_seq')`

const insertEvents = `
	WITH mentions AS (
		INSERT INTO audit_about (record, event_id)
		SELECT * FROM unnest(CAST($7 AS text[]), CAST($8 AS bigint[]))
	)
	INSERT INTO audit_events (id, at, actor_id, subject, evidence, data)
	SELECT id, at, NULLIF(actor_id, 0), subject, evidence, data
	FROM unnest(CAST($1 AS bigint[]), CAST($2 AS timestamptz[]), CAST($3 AS bigint[]), CAST($4 AS text[]), CAST($5 AS bytea[]), CAST($6 AS json[]))
		AS events (id, at, actor_id, subject, evidence, data)`

func checkDatabase(ctx context.Context, db *sql.DB, options Options) error {
	var encoding string
	err := db.QueryRowContext(ctx, `SELECT current_setting('server_encoding')`).Scan(&encoding)
	if err != nil {
		return unavailable(err)
	}
	if err := checkServer(ctx, db, options.Log); err != nil {
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

// unavailable wraps an error of Open or of a migration. Statements without the store's values
// cannot reveal any in their errors.
func unavailable(err error) error { return domain.ErrUnavailable(fmt.Errorf("postgres: %w", err)) }
