package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
)

// ErrNotOurs says that a file is a database, but not one of this program.
var ErrNotOurs = errors.New("sqlite: the file is a database of another program")

// pagesPerStep is how many pages are copied before Copy looks whether ctx has ended: 4 MiB.
const pagesPerStep = 1024

// Copy copies the database in the file at from, with its write-ahead log, into the empty or
// missing file at to. It is a copy of what was committed when Copy began, also while other
// processes write, and it is on the disk when Copy returns. Copy then checks it: every page
// and index, and that the schema is one that this program knows. Steps of the schema can be
// pending.
//
// Copy reads in one transaction of SQLite's WAL mode, so no writer waits for it. It copies
// page by page (SQLite, "Online Backup API"). VACUUM INTO would be smaller, but slower, and
// would make indexes anew, so the check of the copy would not find the damage in the
// original. Copy changes nothing in the original, as OpenReadOnly. On an error the caller
// removes the file at to.
//
// The error is ErrNotOurs if another program made the database, and
// sqlstore.ErrSchemaUnknown if a newer version of this one did.
func Copy(ctx context.Context, from, to string) error {
	to, err := filepath.Abs(to)
	if err != nil {
		return err
	}
	if err := copyFile(ctx, from, to); err != nil {
		return openError(fmt.Errorf("copy %s: %w", from, err))
	}
	if err := syncFile(to); err != nil {
		return openError(err)
	}
	if err := checkCopy(ctx, to); err != nil {
		return openError(fmt.Errorf("check the copy of %s: %w", from, err))
	}
	return nil
}

// backupSource is the part of the driver's connection that makes online backups.
type backupSource interface {
	NewBackup(uri string) (*sqlite.Backup, error)
}

func copyFile(ctx context.Context, from, to string) (err error) {
	db, unchanged, err := openReader(from, Options{})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	// The steps below use this transaction. Without it, each would read the latest state, and
	// begin again at the first page after every commit of another process.
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	var tables int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&tables); err != nil {
		return err
	}
	// A copy that is interrupted is removed, so it needs no journal. It is synced at the end.
	target := uri(to) + "?" + url.Values{"_journal_mode": {"OFF"}, "_synchronous": {"OFF"}}.Encode()
	err = conn.Raw(func(driverConn any) error {
		backup, err := driverConn.(backupSource).NewBackup(target)
		if err != nil {
			return err
		}
		return copyPages(ctx, backup)
	})
	if err != nil {
		return err
	}
	return unchanged()
}

// copyPages finishes the backup.
func copyPages(ctx context.Context, backup *sqlite.Backup) error {
	for {
		more, err := backup.Step(pagesPerStep)
		if err == nil && more {
			err = ctx.Err()
		}
		if err != nil || !more {
			return errors.Join(err, backup.Finish())
		}
	}
}

// checkCopy returns an error unless the file is an intact database of this program.
func checkCopy(ctx context.Context, path string) error {
	db, unchanged, err := openReader(path, Options{})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	var problem string
	if err := db.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&problem); err != nil {
		return err
	}
	if problem != "ok" {
		return fmt.Errorf("the database is damaged: %s", problem)
	}
	if err := checkOurs(ctx, db.DB); err != nil {
		return err
	}
	return unchanged()
}

// checkOurs returns ErrNotOurs or sqlstore.ErrSchemaUnknown if this program cannot work with
// the database.
func checkOurs(ctx context.Context, db *sql.DB) error {
	steps, err := schema().Status(ctx, db)
	if err != nil {
		return err
	}
	if steps[0].Pending() {
		return ErrNotOurs
	}
	return schema().CheckUpTo(ctx, db, 0)
}

// syncFile writes the file at path to the disk.
func syncFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
