// Package sqlitetest provides SQLite databases for tests.
package sqlitetest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"example.com/healthcare/adapters/sqlite"
)

// migrated returns the content of a migrated, empty database. Creating it takes as long as
// most tests, so it is created once.
var migrated = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "sqlitetest")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "template.db")
	if _, err := sqlite.Migrate(context.Background(), path, nil); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// New returns the path of a new, migrated, empty database. It is removed at the end of the
// test.
func New(t testing.TB) (path string) {
	t.Helper()
	content, err := migrated()
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "records.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
