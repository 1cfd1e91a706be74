package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/sqlite"
	"example.com/healthcare/adapters/sqlstore"
)

// embeddedPath is the file of the embedded store.
func (c config) embeddedPath() string { return filepath.Join(c.DataDir, "healthcare.db") }

// checkInUse refuses settings that no service has run with, rather than to make a store
// and a key that nobody asked for, and to say that all is well with them.
func (c config) checkInUse() error {
	if _, err := os.Stat(c.embeddedPath()); !c.usesPostgres() && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no %s: run this in the service's folder, or with its DATA_DIR, or its DATABASE_URL", c.embeddedPath())
	}
	if _, err := os.Stat(c.keptKeyPath()); c.SecretKey.IsZero() && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no %s: give the service's SECRET_KEY, or its DATA_DIR", c.keptKeyPath())
	}
	return nil
}

// openStore opens the store that the settings name. The embedded one is brought
// up to date by itself; PostgreSQL, which others may be using, is not.
func openStore(ctx context.Context, cfg config, log *slog.Logger) (*sqlstore.Store, func(), error) {
	var store *sqlstore.Store
	var err error
	if cfg.usesPostgres() {
		store, err = postgres.Open(ctx, cfg.postgresURL().Reveal(), postgres.Options{Unprepared: !cfg.PreparedStatements, Log: log})
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
