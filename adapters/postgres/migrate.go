package postgres

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/migrations"
)

// Migrate applies the pending steps of the schema to the database that dsn names
// (see Open) and returns those it applied; none is not an error. Any number of
// processes may do so at once: one works, the others wait for it, for at most
// five minutes. It also sets sequences that are behind their tables.
func Migrate(ctx context.Context, dsn string) ([]sqlstore.Migration, error) {
	steps, err := withProvider(dsn, func(provider *goose.Provider) ([]sqlstore.Migration, error) {
		return sqlstore.Migrate(ctx, provider)
	})
	if err == nil {
		err = advanceSequences(ctx, dsn)
	}
	return steps, err
}

// Status returns all steps of the schema in order, applied and pending ones.
func Status(ctx context.Context, dsn string) ([]sqlstore.Migration, error) {
	return withProvider(dsn, func(provider *goose.Provider) ([]sqlstore.Migration, error) {
		return sqlstore.MigrationStatus(ctx, provider)
	})
}

func withProvider(dsn string, do func(*goose.Provider) ([]sqlstore.Migration, error)) ([]sqlstore.Migration, error) {
	// A step may well take longer than any statement of the store.
	connector, err := connect(dsn, noSilenceLimit, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	defer func() { _ = db.Close() }()
	provider, err := newProvider(db)
	if err != nil {
		return nil, err
	}
	steps, err := do(provider)
	var network net.Error
	if errors.As(err, &network) || classify(err).Kind == sqlstore.Unavailable {
		return steps, unavailable(err)
	}
	return steps, err
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
