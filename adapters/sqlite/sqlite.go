// Package sqlite keeps the clinic's records in one file, with SQLite inside the
// process (modernc.org/sqlite, no C compiler needed).
package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sys/unix"
	"modernc.org/sqlite"

	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/domain"
)

// Options are settings of a store; the zero value is right for most.
type Options struct {
	// Unprepared sends every statement unprepared.
	Unprepared bool
	// MustExist has Open fail unless there is a file that is up to date: it makes and
	// migrates nothing.
	MustExist bool
	// Since, when set, is for a file of which only that is read that this step of the
	// schema, and those before it, made: those after it can be pending.
	RequiredStep int64
	// Wrap, when set, goes around the driver, to trace or count what it is asked.
	WrapDriver func(driver.Connector) driver.Connector
}

// busyTimeout is how long a writer waits for another process to finish its
// transaction. Writers of one store wait for each other in Go, as long at most.
const busyTimeout = 10 * time.Second

// probeBusyTimeout is less than the callers of Ready wait, so that they get to know the reason.
const probeBusyTimeout = time.Second

// Open opens the database in the file at path and returns its store. A file that
// does not exist is created for the owner only (mode 0600), and so are missing
// folders (0700); the two files beside it, path-wal and path-shm, get the mode of
// the file. Pending steps of the schema are applied; any number of processes may
// open the file at once.
//
// A commit is on the disk when it is acknowledged (synchronous=FULL in WAL mode;
// SQLite, "Pragma statements"). Close moves the write-ahead log into the file, so
// that the file alone can be copied. It must not be on a network file system
// (SQLite, "Write-Ahead Logging"). What is deleted for good is overwritten with
// zeros (secure_delete), so that it is not in the file any more.
//
// While the path leads to another file, or to none, every View and Update fails:
// what they would read and write is not what the next process will find. What SQLite
// keeps for the length of a statement is in memory, so that no other folder has to be
// writable.
//
// The error is Unavailable when another process keeps the file locked, and
// sqlstore.ErrSchemaUnknown when a newer program has migrated it, unless that step says
// that this program can go on.
func Open(ctx context.Context, path string, options Options) (*sqlstore.Store, error) {
	path, err := prepareFile(ctx, path, options)
	if err != nil {
		return nil, openError(err)
	}
	place, anchor, err := watchFiles(ctx, path)
	if err != nil {
		return nil, openError(err)
	}
	options.WrapDriver = place.guardConnector(options.WrapDriver)
	connector, err := newConnector(path, options, "_txlock", "immediate", "_busy_timeout", milliseconds(probeBusyTimeout))
	if err != nil {
		return nil, errors.Join(err, anchor.Close())
	}
	prober := sqlx.NewDb(sql.OpenDB(anchoredConnector{connector, anchor}), driverName)
	prober.SetMaxOpenConns(1)
	// BEGIN IMMEDIATE takes the one write lock at once; a transaction that began as
	// a reader could not wait for it (SQLite, "Transaction").
	writer, err := open(path, options, "_txlock", "immediate", "_pragma", "secure_delete(1)")
	if err != nil {
		return nil, errors.Join(err, prober.Close())
	}
	writer.SetMaxOpenConns(1)
	reader, err := open(path, options, "_query_only", "1")
	if err != nil {
		return nil, errors.Join(err, writer.Close(), prober.Close())
	}
	readers := max(runtime.GOMAXPROCS(0), 4)
	reader.SetMaxOpenConns(readers)
	reader.SetMaxIdleConns(readers)
	engine := newEngine()
	engine.CheckFile = place.check
	return sqlstore.New(engine, reader, writer, prober, !options.Unprepared), nil
}

func newEngine() sqlstore.Engine {
	return sqlstore.Engine{
		NextEventIDs: nextEventIDs,
		EventRange:   eventsOf,
		Probe:        probe,
		LastStep:     schema().Last(),
		WriteWait:    busyTimeout,
		Classify:     classify,
	}
}

// prepareFile returns the absolute path of a file that is up to date.
func prepareFile(ctx context.Context, path string, options Options) (string, error) {
	if options.MustExist || options.RequiredStep > 0 {
		path, err := filepath.Abs(path)
		if err != nil {
			return "", err
		}
		return path, checkExisting(ctx, path, cmp.Or(options.RequiredStep, schema().Last()))
	}
	path, err := create(path)
	if err != nil {
		return "", err
	}
	_, err = migrate(ctx, path)
	return path, err
}

// probe commits a page of the file as it is. Only a commit shows that the disk has
// room and can be written to.
func probe(ctx context.Context, db *sqlx.DB) error {
	_, err := db.ExecContext(ctx, `PRAGMA user_version = 0`)
	return err
}

// create returns the absolute path of the file after creating what is missing of it.
func create(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	if err := checkAccess(path, unix.R_OK|unix.W_OK); !errors.Is(err, fs.ErrNotExist) {
		return path, err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", err
	}
	return path, file.Close()
}

// open returns a handle on an existing file; see newConnector. It does not connect yet.
func open(path string, options Options, settings ...string) (*sqlx.DB, error) {
	connector, err := newConnector(path, options, settings...)
	if err != nil {
		return nil, err
	}
	return sqlx.NewDb(sql.OpenDB(connector), driverName), nil
}

// newConnector returns what connects to an existing file, with the given settings of
// the driver (names and values in turn) and those that all connections have.
func newConnector(path string, options Options, settings ...string) (driver.Connector, error) {
	query := url.Values{
		"mode":          {"rw"}, // not "rwc": a file that went missing is not replaced by an empty one
		"_busy_timeout": {milliseconds(busyTimeout)},
		"_journal_mode": {"WAL"},
		"_synchronous":  {"FULL"},
		"_foreign_keys": {"1"},
		"_dqs":          {"0"},
		"_pragma":       {"temp_store(MEMORY)"},
		// Exact, in order, and allowed in STRICT tables, which know no type for times.
		"_time_integer_format": {"unix_micro"},
	}
	for i := 0; i < len(settings); i += 2 {
		if settings[i] != "_pragma" { // of which there can be several
			query.Del(settings[i])
		}
		query.Add(settings[i], settings[i+1])
	}
	if query.Get("mode") == "ro" {
		query.Del("_journal_mode") // The file has one.
	}
	connector, err := sqlite.NewConnector(uri(path) + "?" + query.Encode())
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	if options.WrapDriver != nil {
		connector = options.WrapDriver(connector)
	}
	return connector, nil
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// nextEventIDs counts on from the last event: there is one writer at a time.
const nextEventIDs = `SELECT COALESCE(MAX(id), 0) + 1 AS id FROM audit_events LIMIT $1`

func eventsOf(column, value string) (where, orderBy string) {
	return column + ` = ` + value + ` AND id > $1 AND id <= $3`, `id`
}

// driverName is what sqlx calls the driver.
const driverName = "sqlite"

// uri quotes what has a meaning in a URI, such as "?", "#" and "%" (SQLite,
// "Uniform Resource Identifiers").
func uri(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/records.db
	}
	return (&url.URL{Scheme: "file", Path: path, OmitHost: true}).String()
}

func openError(err error) error {
	err = fmt.Errorf("sqlite: %w", err)
	if classify(err).Kind == sqlstore.Unavailable {
		return domain.ErrUnavailable(err)
	}
	return err
}
