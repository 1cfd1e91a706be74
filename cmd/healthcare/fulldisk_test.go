package main_test

import (
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
			require.Eventually(t, func() bool {
				w.mutex.Lock()
				defer w.mutex.Unlock()
				at := slices.IndexFunc(w.writes, func(one write) bool { return one.status == http.StatusServiceUnavailable && one.begun.After(full) })
				return at >= 0
			}, time.Minute, 10*time.Millisecond)
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
