// Package pgtest provides PostgreSQL databases for tests. They are on the server that
// TEST_DATABASE_URL names. Without that variable, the first test of a process starts a
// server, which is removed soon after the process ends, even if that crashes.
package pgtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/lib/pq"

	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/migrations"
)

// shared holds the server of the process and its template, a migrated database.
var shared struct {
	sync.Once
	url      string
	template string
	err      error
	// server keeps its pipe from being closed by the garbage collector.
	server *Server
}

// New returns the URL of a new, migrated, empty database. It is dropped at the end of the test.
// The test fails if PostgreSQL is not installed.
//
// TEST_DATABASE_URL must be a URL whose user can create databases.
func New(t testing.TB) (dsn string) {
	t.Helper()
	requireServer(t)
	return createDatabase(t, shared.url, "TEMPLATE "+shared.template)
}

// NewEmpty returns the URL of a new database without tables. options are appended to CREATE
// DATABASE (PostgreSQL manual) and can be empty.
func NewEmpty(t testing.TB, options string) (dsn string) {
	t.Helper()
	requireServer(t)
	return createDatabase(t, shared.url, options)
}

// requireServer starts the server and creates the template, once per process.
func requireServer(t testing.TB) {
	t.Helper()
	shared.Do(func() { shared.url, shared.template, shared.err = prepare(t.Context()) })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
}

// prepare returns the server's URL and the name of the template on it.
func prepare(ctx context.Context) (serverURL, template string, err error) {
	serverURL = os.Getenv("TEST_DATABASE_URL")
	if serverURL == "" {
		if shared.server, err = start(); err != nil {
			return "", "", err
		}
		serverURL = shared.server.DSN()
	}
	if template, err = makeTemplate(ctx, serverURL); err != nil {
		return "", "", fmt.Errorf("pgtest: %w", err)
	}
	return serverURL, template, nil
}

// makeTemplate creates the template unless the server has it, and returns its name. On the
// server of TEST_DATABASE_URL it remains for later processes, one for each schema.
func makeTemplate(ctx context.Context, serverURL string) (name string, err error) {
	fingerprint, err := schemaFingerprint()
	if err != nil {
		return "", err
	}
	name = "healthcare_template_" + fingerprint
	connector, err := pq.NewConnector(serverURL)
	if err != nil {
		return "", err
	}
	db := sql.OpenDB(connector)
	defer func() { _ = db.Close() }()
	// Other processes wait for the lock, which is held as long as the connection.
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, "SELECT pg_advisory_lock(hashtext('healthcare_template'))"); err != nil {
		return "", err
	}
	var exists bool
	err = db.QueryRowContext(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&exists)
	if err != nil || exists {
		return name, err
	}
	// The database gets its final name once it is complete.
	unfinished := name + "_unfinished"
	for _, statement := range []string{"DROP DATABASE IF EXISTS " + unfinished, "CREATE DATABASE " + unfinished} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return "", err
		}
	}
	if _, err := postgres.Migrate(ctx, withDatabase(serverURL, unfinished), nil); err != nil {
		return "", err
	}
	_, err = db.ExecContext(ctx, "ALTER DATABASE "+unfinished+" RENAME TO "+name)
	return name, err
}

// schemaFingerprint returns a hash of the migrations.
func schemaFingerprint() (string, error) {
	hash := sha256.New()
	steps := migrations.Postgres()
	err := fs.WalkDir(steps, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(steps, path)
		fmt.Fprintf(hash, "%s %d\n%s", path, len(text), text)
		return err
	})
	return hex.EncodeToString(hash.Sum(nil)[:8]), err
}

func createDatabase(t testing.TB, serverURL, options string) string {
	t.Helper()
	name := "healthcare_test_" + strings.ToLower(rand.Text())
	if err := execute(t.Context(), serverURL, "CREATE DATABASE "+name+" "+options); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		if err := execute(context.Background(), serverURL, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	return withDatabase(serverURL, name)
}

func execute(ctx context.Context, dsn, statement string) error {
	connector, err := pq.NewConnector(dsn)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer func() { _ = db.Close() }()
	_, err = db.ExecContext(ctx, statement)
	return err
}

// withDatabase returns serverURL with another database's name.
func withDatabase(serverURL, name string) string {
	address, err := url.Parse(serverURL)
	if err != nil {
		return serverURL // Connecting to an invalid URL has failed before.
	}
	address.Path = "/" + name
	return address.String()
}
