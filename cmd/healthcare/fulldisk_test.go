package main_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres/pgtest"
)

// smallDisk returns the folder of an empty disk.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	disk, err := os.MkdirTemp("", "small")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.Remove(disk)) })
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "mode=777,size="+size); err != nil {
		t.Skipf("mounting a small disk requires root: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(disk, syscall.MNT_DETACH)) })
	return disk
}

// onSmallDisk maps each engine to a function that returns the settings of a store on a small
// disk, and the folder of that.
var onSmallDisk = map[string]func(t *testing.T) (env []string, disk string){
	"embedded": func(t *testing.T) ([]string, string) {
		disk := smallDisk(t, "16m")
		folder := filepath.Join(disk, "data")
		require.NoError(t, os.Mkdir(folder, 0o700))
		return []string{"DATA_DIR=" + folder}, disk
	},
	"postgres": func(t *testing.T) ([]string, string) {
		disk := smallDisk(t, "16m")
		server := pgtest.Start(t)
		owner, err := os.Stat(server.Dir())
		require.NoError(t, err)
		folder := filepath.Join(disk, "tables")
		require.NoError(t, os.Mkdir(folder, 0o700))
		account := owner.Sys().(*syscall.Stat_t)
		require.NoError(t, os.Chown(folder, int(account.Uid), int(account.Gid)))
		env := []string{"DATA_DIR=" + t.TempDir(), "DATABASE_URL=" + server.DSN()}
		db := openDatabase(t, env)
		for _, statement := range []string{
			`CREATE TABLESPACE small LOCATION '` + folder + `'`,
			`ALTER TABLE audit_events SET TABLESPACE small`, `ALTER TABLE versions SET TABLESPACE small`, `ALTER TABLE patients SET TABLESPACE small`,
		} {
			_, err := db.ExecContext(t.Context(), statement)
			require.NoError(t, err)
		}
		return env, disk
	},
}

var whyUnready = regexp.MustCompile(`route=/readyz status=503 .*(disk is full|No space left on device)`)

// TestAFullDiskLosesNothing fills the disk of the store under 50 writes a second, and then
// makes room again.
func TestAFullDiskLosesNothing(t *testing.T) {
	for engine, prepare := range onSmallDisk {
		t.Run(engine, func(t *testing.T) {
			t.Parallel() // It mostly waits.
			env, disk := prepare(t)
			env = append(env, "SECRET_KEY="+secretKey)
			createSuperuserOn(t, env)
			s := serve(t, env)
			w := startWriter(t, s, s.login("admin@example.com"))
			w.requireSuccess(t, time.Now(), 5*time.Second)

			rest := filepath.Join(disk, "rest")
			require.ErrorIs(t, os.WriteFile(rest, make([]byte, 32<<20), 0o600), syscall.ENOSPC)
			full := time.Now()
			w.requireRefusal(t, full)
			require.Eventually(t, func() bool {
				return home.request(s, http.MethodGet, "/readyz", "", "").status == http.StatusServiceUnavailable
			}, time.Minute, 100*time.Millisecond)
			assert.Eventually(t, func() bool { return whyUnready.MatchString(s.log.String()) }, 10*time.Second, 10*time.Millisecond)
			assert.Equal(t, http.StatusOK, home.request(s, http.MethodGet, "/livez", "", "").status)

			require.NoError(t, os.Remove(rest))
			w.requireSuccess(t, time.Now(), 5*time.Second)
			assert.Eventually(t, func() bool {
				return home.request(s, http.MethodGet, "/readyz", "", "").status == http.StatusOK
			}, 10*time.Second, 100*time.Millisecond)
			requireWrites(t, env, w.stop(), 10*time.Second)
			assert.NotContains(t, s.log.String(), "status=500")
		})
	}
}

// requireRefusal waits for a write that begins after since and is answered with 503.
func (w *writer) requireRefusal(t *testing.T, since time.Time) {
	t.Helper()
	require.Eventually(t, func() bool {
		w.mutex.Lock()
		defer w.mutex.Unlock()
		return slices.ContainsFunc(w.writes, func(one write) bool {
			return one.status == http.StatusServiceUnavailable && one.begun.After(since)
		})
	}, time.Minute, 10*time.Millisecond)
}

// TestAFullWALDiskLosesNothing fills the disk of PostgreSQL's write-ahead log under 50 writes a
// second. PostgreSQL then crashes. It starts again by itself if it finds room for that; here an
// administrator starts it after making room.
func TestAFullWALDiskLosesNothing(t *testing.T) {
	t.Parallel() // It mostly waits.
	disk := smallDisk(t, "64m")
	server := pgtest.Start(t)
	server.Stop(t)
	log := filepath.Join(server.Dir(), "data", "pg_wal")
	owner, err := os.Stat(log)
	require.NoError(t, err)
	account := owner.Sys().(*syscall.Stat_t)
	moved := filepath.Join(disk, "pg_wal")
	require.NoError(t, os.CopyFS(moved, os.DirFS(log)))
	require.NoError(t, filepath.WalkDir(moved, func(path string, _ os.DirEntry, err error) error {
		return errors.Join(err, os.Chown(path, int(account.Uid), int(account.Gid)))
	}))
	require.NoError(t, os.RemoveAll(log))
	require.NoError(t, os.Symlink(moved, log))
	server.Restart(t)

	env := []string{"DATA_DIR=" + t.TempDir(), "DATABASE_URL=" + server.DSN(), "SECRET_KEY=" + secretKey}
	createSuperuserOn(t, env)
	s := serve(t, env)
	w := startWriter(t, s, s.login("admin@example.com"))
	w.requireSuccess(t, time.Now(), 5*time.Second)

	rest := filepath.Join(disk, "rest")
	require.ErrorIs(t, os.WriteFile(rest, make([]byte, 64<<20), 0o600), syscall.ENOSPC)
	db := openDatabase(t, env)
	full := time.Now()
	require.Eventually(t, func() bool { // Use up the files that the log already has.
		_, err := db.ExecContext(t.Context(), `SELECT pg_switch_wal()`)
		return err != nil
	}, time.Minute, 100*time.Millisecond)
	w.requireRefusal(t, full)
	assert.Equal(t, http.StatusOK, home.request(s, http.MethodGet, "/livez", "", "").status)

	require.NoError(t, os.Remove(rest))
	server.Kill(t)
	server.Restart(t)
	w.requireSuccess(t, time.Now(), 5*time.Second)
	requireWrites(t, env, w.stop(), 10*time.Second)
	assert.NotContains(t, s.log.String(), "status=500")
}
