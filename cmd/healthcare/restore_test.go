package main_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/httpapi/client"
	healthcare "example.com/healthcare/cmd/healthcare"
)

// ok runs a command in this process and requires that it succeeds.
func ok(t *testing.T, env []string, args ...string) (stdout string) {
	t.Helper()
	code, stdout, stderr := healthcare.Run(t.Context(), env, args...)
	require.Zero(t, code, stderr)
	return stdout
}

// refused runs a command in this process and requires that it fails and says why.
func refused(t *testing.T, env []string, why string, args ...string) {
	t.Helper()
	code, stdout, stderr := healthcare.Run(t.Context(), env, args...)
	assert.Equal(t, 1, code, stdout)
	assert.Contains(t, stderr, why)
}

// names returns the names of the stored patients.
func names(t *testing.T, env []string) map[string]bool {
	t.Helper()
	db := openDatabase(t, env)
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), `SELECT name FROM patients`)
	require.NoError(t, err)
	defer rows.Close()
	found := map[string]bool{}
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		found[name] = true
	}
	require.NoError(t, rows.Err())
	return found
}

// TestABackupUnderLoadRestoresWhatWasAcknowledged makes a backup while clients write.
func TestABackupUnderLoadRestoresWhatWasAcknowledged(t *testing.T) {
	env, dir := usedStore(t)
	env = append(env, noLimits...)
	backup := filepath.Join(t.TempDir(), "backup.db")
	s := serve(t, env)
	writer := s.login("admin@example.com")
	// These are live in the backup. The second one is revoked after it.
	live := home.login(s, "admin@example.com", goodPassword)
	revoked := home.login(s, "admin@example.com", goodPassword)

	var mutex sync.Mutex
	var acknowledged []string
	count := func() int {
		mutex.Lock()
		defer mutex.Unlock()
		return len(acknowledged)
	}
	var writing sync.WaitGroup
	var enough atomic.Bool
	for n := range 4 {
		writing.Go(func() {
			for i := 0; !enough.Load(); i++ {
				name := fmt.Sprintf("Patient %d %d", n, i)
				created, err := s.api(writer).CreatePatientWithResponse(t.Context(), nil, client.CreatePatientJSONRequestBody{Name: name})
				if !assert.NoError(t, err) || !assert.NotNil(t, created.JSON201, "%s", created.Body) {
					return
				}
				mutex.Lock()
				acknowledged = append(acknowledged, name)
				mutex.Unlock()
			}
		})
	}
	require.Eventually(t, func() bool { return count() > 100 }, time.Minute, time.Millisecond)
	before := count()
	code, stdout, stderr := run(t, env, "backup", backup)
	require.Zero(t, code, stderr)
	assert.Contains(t, stdout, "last seal is ")
	assert.Contains(t, stdout, "SECRET_KEY")
	after := count()
	assert.Greater(t, after, before, "the backup does not keep writers waiting")
	require.Eventually(t, func() bool { return count() > after+10 }, time.Minute, time.Millisecond)
	enough.Store(true)
	writing.Wait()

	require.Equal(t, http.StatusNoContent, home.request(s, http.MethodPost, "/api/auth/logout/", revoked.member(s, "access"), "").status)
	// This session is not in the backup, and its ID is given to another one.
	later := home.login(s, "admin@example.com", goodPassword)
	require.Equal(t, http.StatusOK, later.status, later.body)
	refused(t, env, "stop it first", "restore", "--force", backup)
	require.Equal(t, http.StatusOK, home.request(s, http.MethodGet, "/api/auth/me/", writer, "").status, "the store is as before")
	s.stop() // It seals the trail.
	head := strings.TrimSpace(ok(t, env, "audit", "head"))
	written := names(t, env)

	refused(t, env, "--force", "restore", backup)
	assert.Equal(t, written, names(t, env))
	assert.Contains(t, ok(t, env, "restore", "--force", backup), "revoked: 3")
	stored := names(t, env)
	for _, name := range acknowledged[:before] {
		assert.True(t, stored[name], name)
	}
	assert.Less(t, len(stored), len(written), "the store is that of the backup")
	ok(t, env, "audit", "verify")
	refused(t, env, "the trail ends before seal", "audit", "verify", "--head", head)

	s = serve(t, env)
	for name, session := range map[string]answer{"live in the backup": live, "revoked after it": revoked, "begun after it": later} {
		for range 2 { // Also after new sessions have got the IDs of sessions that are gone.
			me := home.request(s, http.MethodGet, "/api/auth/me/", session.member(s, "access"), "")
			assert.Equal(t, http.StatusUnauthorized, me.status, name)
			refreshed := home.request(s, http.MethodPost, "/api/auth/login/refresh/", "", `{"refresh": "`+session.member(s, "refresh")+`"}`)
			assert.Equal(t, http.StatusUnauthorized, refreshed.status, name)
			s.login("admin@example.com")
		}
	}
	me := home.request(s, http.MethodGet, "/api/auth/me/", s.login("admin@example.com"), "")
	assert.Equal(t, http.StatusOK, me.status, me.body)
	events := home.request(s, http.MethodGet, "/api/audit/?action=store:restore", s.login("admin@example.com"), "")
	assert.Equal(t, 1, strings.Count(events.body, `"OPERATOR"`), events.body)
	s.stop()
	ok(t, env, "audit", "verify")
	assert.Len(t, content(t, dir), 1, "no other file is left")
}

// TestAKilledRestoreLeavesTheOldStoreOrTheNewOne kills the program at ten different times.
func TestAKilledRestoreLeavesTheOldStoreOrTheNewOne(t *testing.T) {
	env, dir := usedStore(t)
	backup := filepath.Join(t.TempDir(), "backup.db")
	ok(t, env, "backup", backup)
	s := serve(t, env)
	api := s.api(s.login("admin@example.com"))
	const olds = 9
	for n := range olds { // The old store is larger than the new one.
		text := strings.Repeat("Aphasia. ", 5000)
		created, err := api.CreatePatientWithResponse(t.Context(), nil, client.CreatePatientJSONRequestBody{Name: fmt.Sprint(n), MedicalRecord: &text})
		require.NoError(t, err)
		require.NotNil(t, created.JSON201, "%s", created.Body)
	}
	s.stop()
	old, err := os.ReadFile(filepath.Join(dir, "healthcare.db"))
	require.NoError(t, err)
	restore := func(limit time.Duration) (took time.Duration) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "healthcare.db"), old, 0o600))
		begun := time.Now()
		cmd := command(t, env, "restore", "--force", backup)
		require.NoError(t, cmd.Start())
		timer := time.AfterFunc(limit, func() { _ = cmd.Process.Kill() })
		defer timer.Stop()
		_ = cmd.Wait()
		return time.Since(begun)
	}
	whole := restore(time.Minute)
	require.Empty(t, names(t, env))
	kept := 0
	for n := range 10 {
		restore(whole * time.Duration(n) / 10)
		found := len(names(t, env)) // This opens the store like a service, which ends what was interrupted.
		assert.Contains(t, []int{0, olds}, found)
		if found > 0 {
			kept++
		}
		ok(t, env, "audit", "verify")
	}
	assert.Positive(t, kept)
}

func TestRestoreRefusesWhatItCannotRestore(t *testing.T) {
	env, dir := usedStore(t)
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	ok(t, env, "backup", path("good.db"))
	good, err := os.ReadFile(path("good.db"))
	require.NoError(t, err)
	write := func(name string, change func([]byte) []byte) {
		require.NoError(t, os.WriteFile(path(name), change(append([]byte{}, good...)), 0o600))
	}
	write("text.db", func([]byte) []byte { return []byte("Dear diary, this is no database at all.") })
	write("empty.db", func([]byte) []byte { return nil })
	write("cut.db", func(b []byte) []byte { return b[:len(b)/2] })
	write("newer.db", func(b []byte) []byte { return b })
	execSQLite(t, path("newer.db"), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)`)
	write("other.db", func([]byte) []byte { return nil })
	execSQLite(t, path("other.db"), `CREATE TABLE recipes (id INTEGER PRIMARY KEY)`)

	before := content(t, dir)
	for name, why := range map[string]string{
		"text.db": "not a database", "empty.db": "not a backup of this program", "cut.db": "malformed", "newer.db": "newer version",
		"other.db": "not a backup of this program", "missing.db": "no such file",
	} {
		refused(t, env, why, "restore", "--force", path(name))
		assert.Equal(t, before, content(t, dir), name)
	}
	refused(t, env, "is the store itself", "restore", "--force", filepath.Join(dir, "healthcare.db"))
	otherKey := []string{env[0], "SECRET_KEY=f3Jq8Zt1Lw6Vb9Xc4Nm7Ks2Hd5Gp0RyA"}
	refused(t, otherKey, "nothing was replaced: the last seal of the backup", "restore", "--force", path("good.db"))
	refused(t, env[:1], "restoring needs the key", "restore", "--force", path("good.db"))
	assert.Equal(t, before, content(t, dir))

	// On a new machine, with and without the key.
	elsewhere := t.TempDir()
	refused(t, []string{"DATA_DIR=" + elsewhere}, "restoring needs the key", "restore", path("good.db"))
	assert.Empty(t, content(t, elsewhere))
	ok(t, []string{"DATA_DIR=" + elsewhere, env[1]}, "restore", path("good.db"))
	ok(t, []string{"DATA_DIR=" + elsewhere, env[1]}, "audit", "verify")
	assertPrivate(t, filepath.Join(elsewhere, "healthcare.db"))
	assert.Len(t, content(t, elsewhere), 1)

	// A damaged store is not replaced: SQLite cannot say whether somebody uses it.
	require.NoError(t, os.WriteFile(filepath.Join(dir, "healthcare.db"), []byte(strings.Repeat("damaged", 1000)), 0o600))
	refused(t, env, "move the file away", "restore", "--force", path("good.db"))
	require.NoError(t, os.Rename(filepath.Join(dir, "healthcare.db"), path("damaged.db")))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "healthcare.db-wal"), []byte("left"), 0o600))
	refused(t, env, "is left of an earlier store", "restore", path("good.db"))
	require.NoError(t, os.Remove(filepath.Join(dir, "healthcare.db-wal")))
	ok(t, env, "restore", path("good.db"))
	ok(t, env, "audit", "verify")
}

func TestForPostgreSQLBackupNamesTheCommandWithoutThePassword(t *testing.T) {
	env := []string{"DATABASE_URL=postgres://ada:hunter2@db.example:5433/clinic?sslmode=verify-full&password=hunter2"}
	for command, want := range map[string]string{
		"backup":  `pg_dump --format=custom --file='it'\''s.dump' 'postgres://ada@db.example:5433/clinic?sslmode=verify-full'`,
		"restore": `pg_restore --exit-on-error --single-transaction --dbname=healthcare_restored 'it'\''s.dump'`,
	} {
		code, stdout, stderr := healthcare.Run(t.Context(), env, command, "it's.dump")
		assert.Equal(t, 1, code)
		assert.Contains(t, stderr, want)
		assert.NotContains(t, stdout+stderr, "hunter2")
	}
}

// execSQLite runs a statement on a file of SQLite.
func execSQLite(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), statement)
	require.NoError(t, err)
}
