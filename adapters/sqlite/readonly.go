package sqlite

import (
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
	// errLogUnreadable says that SQLite cannot read the write-ahead log without its index,
	// which it writes to.
	errLogUnreadable = errors.New("changes that are not in the database file yet are in the -wal file beside it, which can be read only where its -shm file can be written: run this where the service runs, or stop the service, which moves them into the database file, or copy the database file and its -wal file into a folder that you can write to, and run `healthcare migrate` there")
	errChanged       = errors.New("another process has changed the database file while it was read: run this again")
)

// OpenReadOnly opens the database in the file at path to read it, and returns its store,
// whose Updates fail. It makes no file and changes none. While a service has the file
// open, it reads what that commits. Otherwise it takes the file as it is, also where
// nothing can be written; a View fails if another process has changed the file meanwhile.
//
// The error is sqlstore.ErrSchemaBehind where steps are pending, and ErrSchemaUnknown
// where a newer program has been. It is for a process that has the file not open yet
// (SQLite, "How To Corrupt An SQLite Database File", 2.2).
func OpenReadOnly(ctx context.Context, path string, options Options) (*sqlstore.Store, error) {
	db, unchanged, err := openReader(path, options)
	if err != nil {
		return nil, openError(err)
	}
	if err := schema().Check(ctx, db.DB); err != nil {
		_ = db.Close()
		return nil, openError(err)
	}
	engine := newEngine()
	engine.CheckUnchanged = unchanged
	return sqlstore.New(engine, db, db, db, !options.Unprepared), nil
}

// openReader returns a handle that reads the file at path, and what says whether the
// file is the same as when it was opened.
func openReader(path string, options Options) (db *sqlx.DB, unchanged func() error, err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return nil, nil, err
	}
	opened, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	if err := checkReadable(path, opened); err != nil {
		return nil, nil, err
	}
	// SQLite puts the log beside the file that a symbolic link leads to.
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
	// Else SQLite would make a log (SQLite, "Read-Only WAL-mode Databases").
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

// checkReadable says of a file what SQLite has only a number for.
func checkReadable(path string, info os.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no file", path)
	}
	return checkAccess(path, unix.R_OK)
}

func fileExists(path string) (bool, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
