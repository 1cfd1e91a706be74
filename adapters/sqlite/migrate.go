package sqlite

import (
	"context"

	"github.com/pressly/goose/v3"

	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/migrations"
)

// Status returns all steps of the schema in order, applied and pending ones. A
// file that does not exist is created, as by Open.
func Status(ctx context.Context, path string) (steps []sqlstore.Migration, err error) {
	path, err = create(path)
	if err != nil {
		return nil, openError(err)
	}
	err = withProvider(path, func(provider *goose.Provider) error {
		steps, err = sqlstore.MigrationStatus(ctx, provider)
		return err
	})
	if err != nil {
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
		err = withProvider(path, func(provider *goose.Provider) error {
			steps, err := sqlstore.Migrate(ctx, provider)
			applied = append(applied, steps...)
			return err
		})
		if err == nil || ctx.Err() != nil {
			break
		}
	}
	return applied, err
}

func withProvider(path string, do func(*goose.Provider) error) error {
	db, err := open(path, Options{}, "_txlock", "immediate")
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	provider, err := goose.NewProvider(goose.DialectSQLite3, db.DB, migrations.SQLite(), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	return do(provider)
}
