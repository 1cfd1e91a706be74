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
	if err := c.checkStoreInUse(); err != nil {
		return err
	}
	if _, err := os.Stat(c.keptKeyPath()); c.SecretKey.IsZero() && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no %s: give the service's SECRET_KEY, or its DATA_DIR", c.keptKeyPath())
	}
	return nil
}

// checkStoreInUse is checkInUse for what needs no key.
func (c config) checkStoreInUse() error {
	if !c.usesPostgres() && !c.hasEmbeddedStore() {
		return fmt.Errorf("there is no %s: run this in the service's folder, or with its DATA_DIR, or its DATABASE_URL", c.embeddedPath())
	}
	return nil
}

func (c config) hasEmbeddedStore() bool {
	_, err := os.Stat(c.embeddedPath())
	return !errors.Is(err, fs.ErrNotExist)
}

// access is what a command does with the store.
type access int

const (
	// reading changes nothing, and makes nothing: not even an event.
	reading access = iota
	// lookingBack is for the last seal of a trail, before the schema is migrated.
	lookingBack
	// using is for what leaves events, in a store that a service has used.
	using
	// creating makes and migrates the embedded store where that has to be.
	creating
	// serving does so, too, and needs all privileges.
	serving
)

// sealsStep is the step of the schema that gave the trail its seals.
const sealsStep = 5

// openStore opens the store that the settings name. Only those who create or serve bring
// the embedded one up to date by itself; PostgreSQL, which others may be using, is not.
func openStore(ctx context.Context, cfg config, access access, log *slog.Logger) (*sqlstore.Store, func(), error) {
	store, err := cfg.open(ctx, access, log)
	if err != nil {
		return nil, nil, cfg.explain(err)
	}
	return store, func() {
		if err := store.Close(); err != nil {
			log.Error("closing the store", "error", err)
		}
	}, nil
}

func (c config) open(ctx context.Context, access access, log *slog.Logger) (*sqlstore.Store, error) {
	unprepared, since := !c.PreparedStatements, int64(0)
	if access == lookingBack {
		since = sealsStep
	}
	switch {
	case c.usesPostgres():
		return postgres.Open(ctx, c.postgresURL().Reveal(), postgres.Options{Unprepared: unprepared, RequiredStep: since, ForService: access == serving, Log: log})
	case access == reading:
		return sqlite.OpenReadOnly(ctx, c.embeddedPath(), sqlite.Options{Unprepared: unprepared})
	}
	store, err := sqlite.Open(ctx, c.embeddedPath(), sqlite.Options{Unprepared: unprepared, RequiredStep: since, MustExist: access == using})
	if _, isPath := errors.AsType[*fs.PathError](err); isPath && access == using {
		err = explained{err, fmt.Sprintf("this command leaves an event in the audit trail, and %s cannot be written to: %v", c.DataDir, err)}
	}
	return store, err
}

// explained is an error with another text, for the operator.
type explained struct {
	error
	text string
}

func (e explained) Error() string { return e.text }
func (e explained) Unwrap() error { return e.error }

// explain says what the operator can do about an error of opening or migrating the store.
func (c config) explain(err error) error {
	switch {
	case errors.Is(err, sqlstore.ErrSchemaBehind) && c.usesPostgres():
		return explained{err, "the database schema is behind this version: run `healthcare migrate` as its owner, or start with `healthcare serve --migrate`"}
	case errors.Is(err, sqlstore.ErrSchemaBehind):
		return explained{err, c.embeddedPath() + " was made by an older version: back it up, then run `healthcare migrate`, or start the service, which does the same"}
	case errors.Is(err, sqlstore.ErrSchemaUnknown):
		return fmt.Errorf("%w\na newer version of healthcare has migrated the database: use that one, or restore the backup that was made before", err)
	case errors.Is(err, sqlstore.ErrMissingPrivilege):
		return fmt.Errorf("%w\nrun as the owner of the database: healthcare migrate --grant-to ROLE", err)
	}
	return err
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
	if err := cfg.checkStoreInUse(); err != nil {
		return nil, err
	}
	return sqlite.Status(ctx, cfg.embeddedPath())
}
