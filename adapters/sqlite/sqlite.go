// Package sqlite keeps the clinic's records in one file, with SQLite inside the process
// (modernc.org/sqlite, which needs no C compiler).
package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
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

// Options are the settings of a store. The zero value suits most uses.
type Options struct {
	// WriteWait is how long a change waits for the other writers of its store and for the
	// transaction of another process, both together, before it fails with Unavailable. 0 means
	// three seconds.
	WriteWait time.Duration
	// Unprepared sends every statement unprepared.
	Unprepared bool
	// MustExist makes Open fail unless the file exists and is up to date. Open then neither
	// creates nor migrates it.
	MustExist bool
	// RequiredStep is the number of the last migration that the caller needs; 0 means all. If
	// it is set, Open neither creates nor migrates the file, and later migrations can be
	// pending, also for OpenReadOnly.
	RequiredStep int64
	// WrapDriver, if set, wraps the driver, for example to trace or count its queries.
	WrapDriver func(driver.Connector) driver.Connector
	// Log, if set, gets the progress of long migrations.
	Log *slog.Logger
}

// defaultWriteWait is as long as lock_timeout in package postgres.
const defaultWriteWait = 3 * time.Second

// probeBusyTimeout is shorter than the wait of Ready's callers, so that they get the reason.
const probeBusyTimeout = time.Second

// Open opens the database in the file at path and returns its store. It creates a missing
// file with mode 0600 and missing folders with mode 0700. The files path-wal and path-shm
// get the mode of the database file. Open applies pending migrations. Any number of
// processes can open the file at the same time.
//
// A commit is on the disk when it is acknowledged (synchronous=FULL in WAL mode; SQLite,
// "Pragma statements"). Close moves the write-ahead log into the database file, so that
// this file alone can be copied. The file must not be on a network file system (SQLite,
// "Write-Ahead Logging"). Purged data is overwritten with zeros (secure_delete).
//
// Every View and Update fails while the path leads to another file or to none, because other
// processes would not see the same data. SQLite's temporary data is kept in memory, so no
// other folder has to be writable.
//
// The error is Unavailable if another process keeps the file locked. It is
// sqlstore.ErrSchemaUnknown if a newer program has applied a migration that this program
// cannot work with.
func Open(ctx context.Context, path string, options Options) (*sqlstore.Store, error) {
	path, err := prepareFile(ctx, path, options)
	if err != nil {
		return nil, openError(err)
	}
	files, anchor, err := watchFiles(ctx, path)
	if err != nil {
		return nil, openError(err)
	}
	options.WrapDriver = files.guardConnector(options.WrapDriver)
	connector, err := newConnector(path, options, "_txlock", "immediate", "_busy_timeout", milliseconds(probeBusyTimeout))
	if err != nil {
		return nil, errors.Join(err, anchor.Close())
	}
	prober := sqlx.NewDb(sql.OpenDB(anchoredConnector{connector, anchor}), driverName)
	prober.SetMaxOpenConns(1)
	// BEGIN IMMEDIATE takes the write lock at once. A transaction that begins as a reader
	// cannot wait for it later (SQLite, "Transaction").
	// The store itself waits for the lock: SQLite would look only ten times a second whether
	// it is free, and miss the moments between the transactions of a busy process.
	writer, err := open(path, options, "_txlock", "immediate", "_pragma", "secure_delete(1)", "_busy_timeout", "0")
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
	engine.CheckFile = files.check
	engine.WriteWait = cmp.Or(options.WriteWait, engine.WriteWait)
	return sqlstore.New(engine, reader, writer, prober, !options.Unprepared), nil
}

func newEngine() sqlstore.Engine {
	return sqlstore.Engine{
		NextEventID:      `(` + nextEventID + `)`,
		NextEventIDs:     nextEventID + ` LIMIT $1`,
		AdvanceIDs:       advanceIDs,
		EventRange:       eventsOf,
		LowestEventID:    lowestEventID,
		HighestEventID:   highestEventID,
		Rows:             `SELECT COALESCE(max(id), 0) FROM %s`, // at most
		AmongIDs:         func(table, query string) string { return table + `.id IN (` + query + `)` },
		WithoutIndex:     func(expression string) string { return `+` + expression },
		Contains:         "instr",
		SearchCandidates: searchCandidates,
		SharedIndexing:   sharedIndexing(),
		Probe:            probe,
		LastStep:         schema().Last(),
		WriteWait:        defaultWriteWait,
		RolledBack:       rolledBack,
		Classify:         classify,
	}
}

// prepareFile checks the file, or creates and migrates it, and returns its absolute path.
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
	_, err = migrate(ctx, path, options.Log)
	return path, err
}

// probe commits a page of the file without changing it. Only a commit shows that the disk has
// space and can be written to.
func probe(ctx context.Context, db *sqlx.DB) error {
	_, err := db.ExecContext(ctx, `PRAGMA user_version = 0`)
	return err
}

// create creates the file and its folders if they are missing, and returns its absolute path.
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

// open returns a handle on an existing file (see newConnector). It does not connect.
func open(path string, options Options, settings ...string) (*sqlx.DB, error) {
	connector, err := newConnector(path, options, settings...)
	if err != nil {
		return nil, err
	}
	return sqlx.NewDb(sql.OpenDB(connector), driverName), nil
}

// newConnector returns a connector to an existing file. settings are alternating names and
// values of driver settings, which replace or extend the settings of all connections.
func newConnector(path string, options Options, settings ...string) (driver.Connector, error) {
	query := url.Values{
		"mode":          {"rw"}, // not "rwc", which would create a missing file
		"_busy_timeout": {milliseconds(cmp.Or(options.WriteWait, defaultWriteWait))},
		"_journal_mode": {"WAL"},
		"_synchronous":  {"FULL"},
		"_foreign_keys": {"1"},
		"_dqs":          {"0"},
		"_pragma":       {"temp_store(MEMORY)"},
		// Microseconds are exact and can be ordered. STRICT tables have no type for times.
		"_time_integer_format": {"unix_micro"},
	}
	for i := 0; i < len(settings); i += 2 {
		if settings[i] != "_pragma" { // It can be given more than once.
			query.Del(settings[i])
		}
		query.Add(settings[i], settings[i+1])
	}
	if query.Get("mode") == "ro" {
		query.Del("_journal_mode") // A read-only connection cannot set it.
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

// nextEventID returns the ID after the last event. There is only one writer at a time.
const nextEventID = `SELECT COALESCE(MAX(id), 0) + 1 AS id FROM audit_events`

// advanceIDs changes the table in which SQLite keeps the greatest ID of each table (SQLite,
// "Autoincrement").
func advanceIDs(table string) []string {
	return []string{
		`INSERT INTO sqlite_sequence (name, seq) SELECT '` + table + `', $1 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = '` + table + `')`,
		`UPDATE sqlite_sequence SET seq = $1 WHERE name = '` + table + `' AND seq < $1`,
	}
}

// driverName is sqlx's name of the driver.
const driverName = "sqlite"

// uri returns path as a URI, in which special characters such as "?", "#" and "%" are escaped
// (SQLite, "Uniform Resource Identifiers").
func uri(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // such as C:/records.db
	}
	return (&url.URL{Scheme: "file", Path: path, OmitHost: true}).String()
}

func openError(err error) error {
	err = fmt.Errorf("sqlite: %w", err)
	if kind := classify(err).Kind; kind == sqlstore.Unavailable || kind == sqlstore.Locked {
		return domain.ErrUnavailable(err)
	}
	return err
}
