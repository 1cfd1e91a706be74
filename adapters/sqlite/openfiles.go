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

// openFiles knows which files the store has open. SQLite goes on with an open file
// wherever that has gone: what it writes then is lost when the last process that has
// the file open ends, and what another process reads is something else.
type openFiles struct {
	files   []openFile
	checked atomic.Int64 // when all were in place, in Unix nanoseconds
}

type openFile struct {
	path   string
	opened os.FileInfo
}

// watchFiles returns the place of the file at path, with the write-ahead log and its
// index, and a connection that has them open. SQLite removes these two when the last
// connection is closed, so this one must stay open for as long as the place is asked.
func watchFiles(ctx context.Context, path string) (*openFiles, driver.Conn, error) {
	connector, err := newConnector(path, Options{})
	if err != nil {
		return nil, nil, err
	}
	anchor, err := connector.Connect(ctx)
	if err != nil {
		return nil, nil, err
	}
	p := &openFiles{}
	if err := p.record(ctx, path, anchor); err != nil {
		return nil, nil, errors.Join(err, anchor.Close())
	}
	return p, anchor, nil
}

func (p *openFiles) record(ctx context.Context, path string, anchor driver.Conn) error {
	// Reading opens the log and its index.
	rows, err := anchor.(driver.QueryerContext).QueryContext(ctx, `SELECT count(*) FROM sqlite_schema`, nil)
	if err != nil {
		return err
	}
	if err := errors.Join(rows.Next(make([]driver.Value, 1)), rows.Close()); err != nil {
		return err
	}
	// SQLite puts them beside the file that a symbolic link leads to.
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	for _, name := range []string{path, target + "-wal", target + "-shm"} {
		opened, err := os.Stat(name)
		if err != nil {
			return err
		}
		p.files = append(p.files, openFile{name, opened})
	}
	return nil
}

// check returns an error that is errMoved unless all files are in their place, or
// were less than age ago.
func (p *openFiles) check(age time.Duration) error {
	now := time.Now()
	if now.Sub(time.Unix(0, p.checked.Load())) < age {
		return nil
	}
	for _, file := range p.files {
		found, err := os.Stat(file.path)
		if err != nil {
			return fmt.Errorf("%w: %w", errFileMoved, err)
		}
		if !os.SameFile(found, file.opened) {
			return fmt.Errorf("%w: %s is another file now", errFileMoved, file.path)
		}
	}
	p.checked.Store(now.UnixNano())
	return nil
}

// guardConnector returns what wraps a connector, after wrap, so that it makes connections to
// the files in their place only.
func (p *openFiles) guardConnector(wrap func(driver.Connector) driver.Connector) func(driver.Connector) driver.Connector {
	return func(connector driver.Connector) driver.Connector {
		if wrap != nil {
			connector = wrap(connector)
		}
		return guardedConnector{connector, p}
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

// anchoredConnector keeps a connection open, which database/sql never uses, and so
// never gives up as it does with one that was interrupted.
type anchoredConnector struct {
	driver.Connector
	anchor driver.Conn
}

// Close implements io.Closer for sql.DB.
func (c anchoredConnector) Close() error { return c.anchor.Close() }
