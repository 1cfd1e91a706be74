package sqlite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sys/unix"

	"example.com/healthcare/adapters/sqlstore"
)

var (
	// errLogUnreadable says that the write-ahead log cannot be read, because SQLite cannot
	// write to its index.
	errLogUnreadable = errors.New("changes that are not in the database file yet are in its -wal file, and reading that requires write access to the -shm file. Run this command where the service runs; or stop the service, which moves the changes into the database file; or copy the database file and its -wal file into a folder that you can write to, and run `healthcare migrate` there")
	errChanged       = errors.New("another process changed the database file while it was read: run the command again")
)

// OpenReadOnly opens the database in the file at path for reading and returns its store.
// Updates of the store fail. OpenReadOnly creates and changes no files, and works in a
// folder that is read-only. While a service has the file open, the store reads what the
// service commits. Otherwise a View fails if another process changes the file while the
// store is open.
//
// The error is sqlstore.ErrSchemaBehind if migrations are pending, and ErrSchemaUnknown if a
// newer program has changed the schema. The process must not have the file open already
// (SQLite, "How To Corrupt An SQLite Database File", 2.2).
func OpenReadOnly(ctx context.Context, path string, options Options) (*sqlstore.Store, error) {
	db, unchanged, err := openReader(path, options)
	if err != nil {
		return nil, openError(err)
	}
	if err := schema().CheckUpTo(ctx, db.DB, cmp.Or(options.RequiredStep, schema().Last())); err != nil {
		_ = db.Close()
		return nil, openError(err)
	}
	engine := newEngine()
	engine.CheckUnchanged = unchanged
	return sqlstore.New(engine, db, db, db, !options.Unprepared), nil
}

// openReader returns a handle that reads the file at path, and a function that returns an
// error if the file has changed since it was opened.
func openReader(path string, options Options) (db *sqlx.DB, unchanged func() error, err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return nil, nil, err
	}
	opened, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	// SQLite reports only a code for these errors.
	if !opened.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("%s is not a regular file", path)
	}
	if err := checkAccess(path, unix.R_OK); err != nil {
		return nil, nil, err
	}
	// SQLite resolves symbolic links and puts the log next to the target.
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, nil, err
	}
	hasLog, err := fileExists(target + "-wal")
	if err != nil {
		return nil, nil, err
	}
	if hasLog {
		if err := checkAccess(target+"-shm", unix.R_OK|unix.W_OK); err != nil {
			return nil, nil, fmt.Errorf("%w (%w)", errLogUnreadable, err)
		}
		db, err = open(path, options, "mode", "ro", "_query_only", "1")
		return db, func() error { return nil }, err
	}
	// Without "immutable", SQLite would create a log (SQLite, "Read-Only WAL-mode Databases").
	db, err = open(path, options, "mode", "ro", "immutable", "1", "_query_only", "1")
	return db, func() error {
		found, err := os.Stat(path)
		if err != nil {
			return err
		}
		hasLog, err := fileExists(target + "-wal")
		if err != nil {
			return err
		}
		if hasLog || !os.SameFile(found, opened) || found.Size() != opened.Size() || !found.ModTime().Equal(opened.ModTime()) {
			return errChanged
		}
		return nil
	}, err
}

func fileExists(path string) (bool, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
