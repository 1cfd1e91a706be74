package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"
)

var errFileMoved = errors.New("sqlite: database file moved, removed or replaced while it was open")

// openFiles holds the files that the store has open, to notice when one of them is moved,
// removed or replaced. SQLite itself does not notice: it keeps writing to the old file,
// which is lost when the last process closes it, while other processes use another file.
type openFiles struct {
	files   []openFile
	checked atomic.Int64 // the time of the last successful check, in Unix nanoseconds
}

type openFile struct {
	path   string
	opened os.FileInfo
}

// watchFiles returns the openFiles of the database at path, including the write-ahead log
// and its index, and a connection that has them open. SQLite removes the log and its index
// when the last connection is closed, so this one must stay open as long as check is used.
func watchFiles(ctx context.Context, path string) (*openFiles, driver.Conn, error) {
	connector, err := newConnector(path, Options{})
	if err != nil {
		return nil, nil, err
	}
	anchor, err := connector.Connect(ctx)
	if err != nil {
		return nil, nil, err
	}
	files := &openFiles{}
	if err := files.record(ctx, path, anchor); err != nil {
		return nil, nil, errors.Join(err, anchor.Close())
	}
	return files, anchor, nil
}

// record fills in the files, which the connection anchor opens.
func (f *openFiles) record(ctx context.Context, path string, anchor driver.Conn) error {
	// Reading opens the log and its index.
	rows, err := anchor.(driver.QueryerContext).QueryContext(ctx, `SELECT count(*) FROM sqlite_schema`, nil)
	if err != nil {
		return err
	}
	if err := errors.Join(rows.Next(make([]driver.Value, 1)), rows.Close()); err != nil {
		return err
	}
	// SQLite resolves symbolic links and puts the log and its index next to the target.
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	for _, name := range []string{path, target + "-wal", target + "-shm"} {
		opened, err := os.Stat(name)
		if err != nil {
			return err
		}
		f.files = append(f.files, openFile{name, opened})
	}
	return nil
}

// check returns errFileMoved if a file is not in its place. It relies on the last successful
// check if that is less than age ago.
func (f *openFiles) check(age time.Duration) error {
	now := time.Now()
	if now.Sub(time.Unix(0, f.checked.Load())) < age {
		return nil
	}
	for _, file := range f.files {
		found, err := os.Stat(file.path)
		if err != nil {
			return fmt.Errorf("%w: %w", errFileMoved, err)
		}
		if !os.SameFile(found, file.opened) {
			return fmt.Errorf("%w: %s is another file now", errFileMoved, file.path)
		}
	}
	f.checked.Store(now.UnixNano())
	return nil
}

// guardConnector returns a function that wraps a connector, after wrap, so that connecting
// fails if a file is not in its place.
func (f *openFiles) guardConnector(wrap func(driver.Connector) driver.Connector) func(driver.Connector) driver.Connector {
	return func(connector driver.Connector) driver.Connector {
		if wrap != nil {
			connector = wrap(connector)
		}
		return guardedConnector{connector, f}
	}
}

type guardedConnector struct {
	driver.Connector
	files *openFiles
}

// Connect implements driver.Connector.
func (c guardedConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.files.check(0); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// anchoredConnector holds a connection that stays open until the sql.DB is closed. database/sql
// does not know it, and so does not close it as it closes interrupted connections.
type anchoredConnector struct {
	driver.Connector
	anchor driver.Conn
}

// Close implements io.Closer for sql.DB.
func (c anchoredConnector) Close() error { return c.anchor.Close() }
