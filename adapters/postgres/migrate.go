package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"github.com/lib/pq"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/migrations"
)

// tableExists is the query for whether there is a table with the name $1.
const tableExists = `SELECT to_regclass($1) IS NOT NULL`

func schema() sqlstore.Schema { return sqlstore.NewSchema(migrations.Postgres(), tableExists) }

// Migrate applies the pending steps of the schema to the database that dsn names
// (see Open) and returns those it applied; none is not an error. Any number of
// processes may do so at once: one works, the others wait for it, for at most
// five minutes. It also sets sequences that are behind their tables. The error is ErrSchemaUnknown where a newer program has been.
func Migrate(ctx context.Context, dsn string) (steps []sqlstore.Migration, err error) {
	err = withDB(dsn, func(db *sql.DB) error {
		if err := schema().CheckUpTo(ctx, db, 0); err != nil {
			return err
		}
		provider, err := newProvider(db)
		if err != nil {
			return err
		}
		if steps, err = sqlstore.Migrate(ctx, provider); err != nil {
			return err
		}
		return advanceSequences(ctx, db)
	})
	return steps, err
}

// Status returns all steps of the schema in order, applied and pending ones, and
// those of newer programs. It changes nothing. The error is ErrMissingPrivilege where the
// role cannot see them.
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

var errNotOwner = errors.New("the role of DATABASE_URL may not change the schema")

// withDB runs do with a connection whose statements can take as long as they like.
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
	// Asked once a second, as often as goose can, for five minutes.
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300), lock.WithUnlockTimeout(1, 30))
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, db, migrations.Postgres(),
		goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
}
