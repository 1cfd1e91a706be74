package sqlite_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/sqlite"
	"example.com/healthcare/adapters/sqlite/sqlitetest"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

const moved = "database file moved, removed or replaced"

// requireMoved requires that a change fails at once, and that reading fails within a second. It
// returns the error of the change.
func requireMoved(t *testing.T, store ports.Store, license string) (changeErr error) {
	t.Helper()
	_, changeErr = addDoctor(t.Context(), store, license)
	require.Equal(t, domain.Unavailable, domain.KindOf(changeErr), "%v", changeErr)
	require.ErrorContains(t, changeErr, moved)
	time.Sleep(time.Second)
	err := store.View(t.Context(), func(ports.Tx) error { return nil })
	require.Equal(t, domain.Unavailable, domain.KindOf(err), "%v", err)
	require.ErrorContains(t, err, moved)
	err = store.Ready(t.Context())
	require.Equal(t, domain.Unavailable, domain.KindOf(err), "%v", err)
	require.ErrorContains(t, err, moved)
	return changeErr
}

func TestChangesToAFileThatWasMovedAreNotAcknowledged(t *testing.T) {
	for name, move := range map[string]func(t *testing.T, path string) (undo func()){
		"removed": func(t *testing.T, path string) func() {
			require.NoError(t, os.Remove(path))
			return nil
		},
		"renamed": func(t *testing.T, path string) func() { return rename(t, path, path+".old") },
		"replaced by a copy": func(t *testing.T, path string) func() {
			undo := rename(t, path, path+".old")
			copyFile(t, path+".old", path)
			return undo
		},
		"replaced by a copy that was moved there": func(t *testing.T, path string) func() {
			copyFile(t, path, path+".copy")
			require.NoError(t, os.Rename(path+".copy", path))
			return nil
		},
		"its log removed": func(t *testing.T, path string) func() {
			require.NoError(t, os.Remove(path+"-wal"))
			return nil
		},
		"its log replaced": func(t *testing.T, path string) func() {
			undo := rename(t, path+"-wal", path+".old")
			copyFile(t, path+".old", path+"-wal")
			return undo
		},
		"the index of its log removed": func(t *testing.T, path string) func() {
			require.NoError(t, os.Remove(path+"-shm"))
			return nil
		},
		"its folder renamed": func(t *testing.T, path string) func() {
			return rename(t, filepath.Dir(path), filepath.Dir(path)+".old")
		},
		"its folder replaced": func(t *testing.T, path string) func() {
			undo := rename(t, filepath.Dir(path), filepath.Dir(path)+".old")
			require.NoError(t, os.CopyFS(filepath.Dir(path), os.DirFS(filepath.Dir(path)+".old")))
			return undo
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "data", "records.db")
			store := open(t, path, sqlite.Options{})
			first, err := addDoctor(t.Context(), store, "NJ-1")
			require.NoError(t, err)
			undo := move(t, path)
			changeErr := requireMoved(t, store, "NJ-2")
			if undo == nil {
				return
			}
			undo()
			// The change that failed may have been committed to the old file.
			for _, doctor := range all(t, store) {
				require.True(t, doctor.LicenseNumber.String() != "NJ-2" || domain.IsOutcomeUnknown(changeErr), "%v", changeErr)
			}
			_, err = addDoctor(t.Context(), store, "NJ-3")
			require.NoError(t, err)
			require.NoError(t, store.Ready(t.Context()))
			require.Equal(t, first, all(t, store)[0])
		})
	}
}

func TestASymbolicLinkThatIsChangedIsNoticed(t *testing.T) {
	dir := t.TempDir()
	link, one, other := filepath.Join(dir, "link.db"), sqlitetest.New(t), sqlitetest.New(t)
	require.NoError(t, os.Symlink(one, link))
	store := open(t, link, sqlite.Options{})
	_, err := addDoctor(t.Context(), store, "NJ-1")
	require.NoError(t, err)
	require.NoError(t, os.Remove(link))
	require.NoError(t, os.Symlink(other, link))
	requireMoved(t, store, "NJ-2")
}

// TestNoConnectionIsMadeToAnotherFile makes the store open its first connection for reading
// while another file has replaced the one that it opened.
func TestNoConnectionIsMadeToAnotherFile(t *testing.T) {
	path := sqlitetest.New(t)
	store := open(t, path, sqlite.Options{})
	undo := rename(t, path, path+".old")
	copyFile(t, path+".old", path)
	requireMoved(t, store, "NJ-1")
	undo()
	added, err := addDoctor(t.Context(), store, "NJ-2")
	require.NoError(t, err)
	require.Equal(t, []domain.Doctor{added}, all(t, store))
}

// TestOtherUsersOfTheFileCauseNoFalseAlarm runs statements that operators and other processes
// run on a file in use.
func TestOtherUsersOfTheFileCauseNoFalseAlarm(t *testing.T) {
	path := newPath(t)
	store := open(t, path, sqlite.Options{})
	for i, statement := range []string{
		"SELECT 1", "PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA journal_mode = DELETE", "VACUUM", "VACUUM INTO '" + newPath(t) + "'",
		"PRAGMA incremental_vacuum", "UPDATE doctors SET name = name", "REINDEX", "ANALYZE",
	} {
		other, err := sql.Open("sqlite", path)
		require.NoError(t, err)
		_, _ = other.ExecContext(t.Context(), statement) // Some statements fail because the file is in use.
		require.NoError(t, other.Close())
		_, err = addDoctor(t.Context(), store, fmt.Sprint("NJ-", i))
		require.NoError(t, err, statement)
		require.NotEmpty(t, all(t, store))
		require.NoError(t, store.Ready(t.Context()), statement)
	}
	other, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	require.NoError(t, err)
	require.NoError(t, store.Close())
	_, err = addDoctor(t.Context(), other, "NJ-other")
	require.NoError(t, err)
	require.NoError(t, other.Ready(t.Context()))
	require.NoError(t, other.Close())
	require.NoFileExists(t, path+"-wal")
}

func rename(t *testing.T, from, to string) (undo func()) {
	t.Helper()
	require.NoError(t, os.Rename(from, to))
	return func() {
		t.Helper()
		require.NoError(t, os.RemoveAll(from))
		require.NoError(t, os.Rename(to, from))
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	source, err := os.Open(from)
	require.NoError(t, err)
	defer source.Close()
	target, err := os.Create(to)
	require.NoError(t, err)
	_, err = io.Copy(target, source)
	require.NoError(t, err)
	require.NoError(t, target.Close())
}

// TestClosedConnectionsCauseNoFalseAlarm makes database/sql close every connection after its
// use, as it does after a statement was interrupted.
func TestClosedConnectionsCauseNoFalseAlarm(t *testing.T) {
	store := open(t, newPath(t), sqlite.Options{WrapDriver: func(connector driver.Connector) driver.Connector { return onceConnector{connector} }})
	for i := range 3 {
		_, err := addDoctor(t.Context(), store, fmt.Sprint("NJ-", i))
		require.NoError(t, err)
		require.Len(t, all(t, store), i+1)
		time.Sleep(time.Second)
		require.NoError(t, store.Ready(t.Context()))
	}
}

// onceConnector makes connections that are used once.
type onceConnector struct{ driver.Connector }

func (c onceConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	return onceConn{conn}, err
}

type onceConn struct{ driver.Conn }

func (onceConn) IsValid() bool { return false }
