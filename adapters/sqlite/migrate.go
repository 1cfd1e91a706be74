package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"

	"github.com/pressly/goose/v3"
	"golang.org/x/sys/unix"

	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/migrations"
)

// tableExists is the query for whether there is a table with the name $1.
const tableExists = `SELECT count(*) > 0 FROM sqlite_schema WHERE type = 'table' AND name = $1`

func schema() sqlstore.Schema { return sqlstore.NewSchema(migrations.SQLite(), tableExists) }

// Status returns all steps of the schema in order, applied and pending ones, and
// those of newer programs. It opens the file as OpenReadOnly does, and makes nothing.
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

// Migrate applies the pending steps of the schema, as Open does, and returns
// those it applied.
func Migrate(ctx context.Context, path string) ([]sqlstore.Migration, error) {
	path, err := create(path)
	if err != nil {
		return nil, openError(err)
	}
	steps, err := migrate(ctx, path)
	if err != nil {
		return steps, openError(err)
	}
	return steps, nil
}

// migrate applies the pending steps. Goose has no lock for SQLite. When another
// process is at it, too, the slower one fails where it finds the faster one's
// work done, without a trace, as each step is a transaction; so it looks again.
func migrate(ctx context.Context, path string) (applied []sqlstore.Migration, err error) {
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
			steps, err := sqlstore.Migrate(ctx, provider)
			applied = append(applied, steps...)
			return err
		})
		if err == nil || ctx.Err() != nil || errors.Is(err, sqlstore.ErrSchemaUnknown) {
			break
		}
	}
	return applied, err
}

// checkExisting returns an error unless there is a file at path that can be written to and
// whose schema has the steps up to since.
func checkExisting(ctx context.Context, path string, since int64) error {
	if err := checkAccess(path, unix.R_OK|unix.W_OK); err != nil {
		return err
	}
	return withDB(path, func(db *sql.DB) error { return schema().CheckUpTo(ctx, db, since) })
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
