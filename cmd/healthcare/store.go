package main

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"

	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/sqlite"
	"example.com/healthcare/adapters/sqlstore"
)

// embeddedPath is the file of the embedded store.
func (c config) embeddedPath() string { return filepath.Join(c.DataDir, "healthcare.db") }

// openStore opens the store that the settings name. The embedded one is brought
// up to date by itself; PostgreSQL, which others may be using, is not.
func openStore(ctx context.Context, cfg config, log *slog.Logger) (*sqlstore.Store, func(), error) {
	var store *sqlstore.Store
	var err error
	if cfg.usesPostgres() {
		store, err = postgres.Open(ctx, cfg.postgresURL().Reveal(), postgres.Options{Unprepared: !cfg.PreparedStatements})
		if errors.Is(err, postgres.ErrSchemaBehind) {
			err = errors.New("the database schema is behind this version: run `healthcare migrate`, or start with `healthcare serve --migrate`")
		}
	} else {
		store, err = sqlite.Open(ctx, cfg.embeddedPath(), sqlite.Options{Unprepared: !cfg.PreparedStatements})
	}
	if err != nil {
		return nil, nil, err
	}
	return store, func() {
		if err := store.Close(); err != nil {
			log.Error("closing the store", "error", err)
		}
	}, nil
}

// migrateStore applies the pending steps of the schema and returns them.
func migrateStore(ctx context.Context, cfg config) ([]sqlstore.Migration, error) {
	if cfg.usesPostgres() {
		return postgres.Migrate(ctx, cfg.postgresURL().Reveal())
	}
	return sqlite.Migrate(ctx, cfg.embeddedPath())
}

// migrationStatus returns all steps of the schema.
func migrationStatus(ctx context.Context, cfg config) ([]sqlstore.Migration, error) {
	if cfg.usesPostgres() {
		return postgres.Status(ctx, cfg.postgresURL().Reveal())
	}
	return sqlite.Status(ctx, cfg.embeddedPath())
}
