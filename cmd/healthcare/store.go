package main

import (
	"cmp"
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
func (c config) embeddedPath() string {
	return cmp.Or(c.storeFile, filepath.Join(c.DataDir, "healthcare.db"))
}

// withStore returns the settings with another file as the embedded store.
func (c config) withStore(path string) config {
	c.storeFile = path
	return c
}

// requireUsed returns an error if no service has run with these settings. Otherwise a
// command with a mistyped DATA_DIR would create a new store and a new key.
func (c config) requireUsed() error {
	if err := c.requireUsedStore(); err != nil {
		return err
	}
	if _, err := os.Stat(c.secretKeyPath()); c.SecretKey.IsZero() && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s does not exist: set SECRET_KEY or DATA_DIR as for the service", c.secretKeyPath())
	}
	return nil
}

// requireUsedStore is requireUsed for commands that need no key.
func (c config) requireUsedStore() error {
	if !c.usesPostgres() && !c.hasEmbeddedStore() {
		return fmt.Errorf("%s does not exist: run the command in the service's directory, or set DATA_DIR or DATABASE_URL as for the service", c.embeddedPath())
	}
	return nil
}

func (c config) hasEmbeddedStore() bool {
	_, err := os.Stat(c.embeddedPath())
	return !errors.Is(err, fs.ErrNotExist)
}

// access is how a command uses the store.
type access int

const (
	// accessRead writes nothing, not even an audit event.
	accessRead access = iota
	// accessReadSeal is accessRead, but works even if migrations are pending.
	accessReadSeal
	// accessCheckSeal reads the last seal, even if migrations are pending.
	accessCheckSeal
	// accessUse reads and writes a store that exists and whose schema is up to date.
	accessUse
	// accessCreate is accessUse, but creates and migrates the embedded store if necessary.
	accessCreate
	// accessServe is accessCreate, but requires all privileges that a service needs.
	accessServe
)

// sealsMigration is the migration that added seals to the schema.
const sealsMigration = 5

// openStore opens the store that the settings name. Depending on access it migrates the
// embedded store, but never PostgreSQL, which other instances can be using.
func openStore(ctx context.Context, cfg config, access access, log *slog.Logger) (*sqlstore.Store, func(), error) {
	store, err := cfg.open(ctx, access, log)
	if err != nil {
		return nil, nil, cfg.explain(err)
	}
	return store, func() {
		if err := store.Close(); err != nil {
			log.Error("cannot close the store", "error", err)
		}
	}, nil
}

func (c config) open(ctx context.Context, access access, log *slog.Logger) (*sqlstore.Store, error) {
	unprepared, since := !c.PreparedStatements, int64(0)
	if access == accessCheckSeal || access == accessReadSeal {
		since = sealsMigration
	}
	// One statement is not worth the check of whether prepared statements work, which opens
	// two connections.
	unprepared = unprepared || access == accessCheckSeal
	switch {
	case c.usesPostgres():
		return postgres.Open(ctx, c.postgresURL().Reveal(), postgres.Options{Unprepared: unprepared, RequiredStep: since, ForService: access == accessServe, Log: log})
	case access == accessRead || access == accessReadSeal:
		return sqlite.OpenReadOnly(ctx, c.embeddedPath(), sqlite.Options{Unprepared: unprepared, RequiredStep: since})
	}
	store, err := sqlite.Open(ctx, c.embeddedPath(), sqlite.Options{Unprepared: unprepared, RequiredStep: since, MustExist: access == accessUse, Log: log})
	if _, isPath := errors.AsType[*fs.PathError](err); isPath && access == accessUse {
		err = explainedError{err, fmt.Sprintf("%s is not writable, and this command records an audit event there: %v", c.DataDir, err)}
	}
	return store, err
}

// explainedError replaces the text of an error by one for the operator.
type explainedError struct {
	error
	text string
}

func (e explainedError) Error() string { return e.text }
func (e explainedError) Unwrap() error { return e.error }

// explain tells the operator how to fix an error of opening or migrating the store.
func (c config) explain(err error) error {
	switch {
	case errors.Is(err, sqlstore.ErrSchemaBehind) && c.usesPostgres():
		return explainedError{err, "the database schema is older than this version: run `healthcare migrate` as the owner of the database, or start with `healthcare serve --migrate`"}
	case errors.Is(err, sqlstore.ErrSchemaBehind):
		return explainedError{err, "the schema of " + c.embeddedPath() + " is older than this version: back it up, then run `healthcare migrate` or start the service, which migrates it, too"}
	case errors.Is(err, sqlstore.ErrSchemaUnknown):
		return fmt.Errorf("%w\na newer version of healthcare has migrated the database: use that version, or restore a backup from before", err)
	case errors.Is(err, sqlstore.ErrMissingPrivilege):
		return fmt.Errorf("%w\nrun as the owner of the database: healthcare migrate --grant-to ROLE", err)
	}
	return err
}

// migrateStore applies the pending migrations and returns them.
func migrateStore(ctx context.Context, cfg config, log *slog.Logger) ([]sqlstore.Migration, error) {
	if cfg.usesPostgres() {
		return postgres.Migrate(ctx, cfg.postgresURL().Reveal(), log)
	}
	return sqlite.Migrate(ctx, cfg.embeddedPath(), log)
}

// migrationStatus returns all migrations, applied and pending.
func migrationStatus(ctx context.Context, cfg config) ([]sqlstore.Migration, error) {
	if cfg.usesPostgres() {
		return postgres.Status(ctx, cfg.postgresURL().Reveal())
	}
	if err := cfg.requireUsedStore(); err != nil {
		return nil, err
	}
	return sqlite.Status(ctx, cfg.embeddedPath())
}
