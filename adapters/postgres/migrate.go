package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/migrations"
)

// tableExists is a query that reports whether a table with the name $1 exists.
const tableExists = `SELECT to_regclass($1) IS NOT NULL`

func schema() sqlstore.Schema { return sqlstore.NewSchema(migrations.Postgres(), tableExists) }

// Migrate applies the pending migrations to the database that dsn names (see Open) and
// returns those that it applied, which can be none. Any number of processes can call it at
// the same time: one works, and the others wait for it for at most five minutes. It also
// advances sequences that are behind their tables, and logs the progress of long migrations to
// log, which can be nil. The error is ErrSchemaUnknown if a newer program has changed the
// schema.
func Migrate(ctx context.Context, dsn string, log *slog.Logger) (steps []sqlstore.Migration, err error) {
	err = withDB(dsn, func(db *sql.DB) error {
		if err := schema().CheckUpTo(ctx, db, 0); err != nil {
			return err
		}
		provider, err := newProvider(db)
		if err != nil {
			return err
		}
		handle := sqlx.NewDb(db, driverName)
		store := sqlstore.New(newEngine(), handle, handle, handle, false)
		steps, err = sqlstore.Migrate(ctx, provider, store, cmp.Or(log, slog.New(slog.DiscardHandler)))
		if err != nil {
			return err
		}
		return advanceSequences(ctx, db)
	})
	return steps, err
}

// Status returns all migrations in order: applied ones, pending ones, and those of newer
// programs. It does not change the database. The error is ErrMissingPrivilege if the role
// cannot read the schema's version.
func Status(ctx context.Context, dsn string) (steps []sqlstore.Migration, err error) {
	err = withDB(dsn, func(db *sql.DB) error {
		if err = checkSchemaReadable(ctx, db); err != nil {
			return err
		}
		steps, err = schema().Status(ctx, db)
		return err
	})
	return steps, err
}

var errNotOwner = errors.New("the role of DATABASE_URL cannot change the schema")

// withDB calls do with a handle whose statements have no time limit.
func withDB(dsn string, do func(*sql.DB) error) error {
	connector, err := connect(dsn, noResponseTimeout, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer func() { _ = db.Close() }()
	err = do(db)
	var network net.Error
	switch kind := classify(err).Kind; {
	case errors.As(err, &network), kind == sqlstore.Unavailable:
		return unavailable(err)
	case kind == sqlstore.MissingPrivilege:
		return fmt.Errorf("postgres: %w: %s: run this as the owner of the database", errNotOwner, pq.As(err).Message)
	}
	return err
}

func newProvider(db *sql.DB) (*goose.Provider, error) {
	// Try to get the lock once a second, which is goose's shortest interval, for five minutes.
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300), lock.WithUnlockTimeout(1, 30))
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, db, migrations.Postgres(),
		goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
}
