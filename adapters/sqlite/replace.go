package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

var (
	// ErrInUse says that another process has the database open.
	ErrInUse = errors.New("sqlite: another process has the database open")
	// ErrDamaged says that SQLite cannot read the database that is to be replaced.
	ErrDamaged = errors.New("sqlite: the database is damaged and cannot be replaced in its place")
)

// Replacement replaces the content of a database that no other process has open.
type Replacement struct {
	conn driver.Conn
}

// restoreTarget is the part of the driver's connection that overwrites its database.
type restoreTarget interface {
	NewRestore(uri string) (*sqlite.Backup, error)
}

// LockForReplacement locks the database in the file at path until Close: no other process can
// read or write it. The error is ErrInUse if another process, of any version of this program,
// has it open, and ErrDamaged if it is no database that SQLite can read.
func LockForReplacement(ctx context.Context, path string) (*Replacement, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	// In this mode the first read locks the file, until the connection is closed (SQLite,
	// "PRAGMA locking_mode"). It must precede the first use of the write-ahead log.
	connector, err := newConnector(path, Options{}, "_pragma", "locking_mode(EXCLUSIVE)", "_busy_timeout", milliseconds(probeBusyTimeout))
	if err != nil {
		return nil, openError(err)
	}
	conn, err := connector.Connect(ctx)
	if err != nil {
		return nil, lockError(err)
	}
	// A read locks only the log. A write locks the file, too, if it has no log yet.
	if _, err := conn.(driver.ExecerContext).ExecContext(ctx, `BEGIN EXCLUSIVE; COMMIT`, nil); err != nil {
		return nil, errors.Join(lockError(err), conn.Close())
	}
	return &Replacement{conn}, nil
}

func lockError(err error) error {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		const primary = 0xff // The higher bits are an extended code.
		switch e.Code() & primary {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			return fmt.Errorf("%w: %w", ErrInUse, err)
		case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}
	}
	return openError(err)
}

// Replace replaces the content of the database by that of the file at from, which Copy has
// made, in one transaction: after a crash the database has either the old content or the new
// one. The new content is on the disk when Replace returns. The file keeps its owner and mode.
func (r *Replacement) Replace(ctx context.Context, from string) error {
	from, err := filepath.Abs(from)
	if err != nil {
		return err
	}
	backup, err := r.conn.(restoreTarget).NewRestore(uri(from) + "?mode=ro&immutable=1")
	if err == nil {
		err = copyPages(ctx, backup)
	}
	if err != nil {
		return lockError(fmt.Errorf("replace the database: %w", err))
	}
	return nil
}

// Close removes the lock.
func (r *Replacement) Close() error { return r.conn.Close() }
