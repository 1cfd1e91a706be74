package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"log/slog"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
	"golang.org/x/sys/unix"

	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/migrations"
)

// tableExists is a query that reports whether a table with the name $1 exists.
const tableExists = `SELECT count(*) > 0 FROM sqlite_schema WHERE type = 'table' AND name = $1`

func schema() sqlstore.Schema { return sqlstore.NewSchema(migrations.SQLite(), tableExists) }

// Status returns all migrations in order: applied ones, pending ones, and those of newer
// programs. It opens the file like OpenReadOnly and creates nothing.
func Status(ctx context.Context, path string) (steps []sqlstore.Migration, err error) {
	db, unchanged, err := openReader(path, Options{})
	if err != nil {
		return nil, openError(err)
	}
	defer func() { _ = db.Close() }()
	steps, err = schema().Status(ctx, db.DB)
	if err = cmp.Or(err, unchanged()); err != nil {
		return nil, openError(err)
	}
	return steps, nil
}

// Migrate applies the pending migrations, like Open, and returns those that it applied. It
// logs the progress of long ones to log, which can be nil.
func Migrate(ctx context.Context, path string, log *slog.Logger) ([]sqlstore.Migration, error) {
	path, err := create(path)
	if err != nil {
		return nil, openError(err)
	}
	steps, err := migrate(ctx, path, log)
	if err != nil {
		return steps, openError(err)
	}
	return steps, nil
}

// migrate applies the pending migrations. Goose has no lock for SQLite. When two processes
// migrate at the same time, one of them fails at a step that the other has applied. Each
// step is a transaction, so the failed process has changed nothing and tries again.
func migrate(ctx context.Context, path string, log *slog.Logger) (applied []sqlstore.Migration, err error) {
	const attempts = 10
	for range attempts {
		err = withDB(path, func(db *sql.DB) error {
			if err := schema().CheckUpTo(ctx, db, 0); err != nil {
				return err
			}
			provider, err := goose.NewProvider(goose.DialectSQLite3, db, migrations.SQLite(), goose.WithDisableGlobalRegistry(true))
			if err != nil {
				return err
			}
			handle := sqlx.NewDb(db, driverName)
			store := sqlstore.New(newEngine(), handle, handle, handle, false)
			steps, err := sqlstore.Migrate(ctx, provider, store, cmp.Or(log, slog.New(slog.DiscardHandler)))
			applied = append(applied, steps...)
			return err
		})
		if err == nil || ctx.Err() != nil || errors.Is(err, sqlstore.ErrSchemaUnknown) {
			break
		}
	}
	return applied, err
}

// checkExisting returns an error unless the file at path exists, can be written to, and has
// the schema up to the step last.
func checkExisting(ctx context.Context, path string, last int64) error {
	if err := checkAccess(path, unix.R_OK|unix.W_OK); err != nil {
		return err
	}
	return withDB(path, func(db *sql.DB) error { return schema().CheckUpTo(ctx, db, last) })
}

func withDB(path string, do func(*sql.DB) error) error {
	db, err := open(path, Options{}, "_txlock", "immediate")
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	return do(db.DB)
}
