package main_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/sqlite"
	healthcare "example.com/healthcare/cmd/healthcare"
)

// content maps the file names of a directory to the contents.
func content(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		require.NoError(t, err)
		files[entry.Name()] = string(text)
	}
	return files
}

// usedStore returns the settings of an embedded store that a service has sealed, and its
// directory.
func usedStore(t *testing.T) (env []string, dir string) {
	t.Helper()
	dir = t.TempDir()
	env = []string{"DATA_DIR=" + dir, "SECRET_KEY=" + secretKey}
	createSuperuserOn(t, env)
	serve(t, env).stop()
	return env, dir
}

// readOnlyCommands are the commands that write nothing.
var readOnlyCommands = [][]string{{"audit", "verify"}, {"audit", "head"}, {"migrate", "status"}}

func TestReadOnlyCommandsWriteNothing(t *testing.T) {
	env, dir := usedStore(t)
	before := content(t, dir)
	for _, args := range readOnlyCommands {
		code, stdout, stderr := healthcare.Run(t.Context(), env, args...)
		assert.Zero(t, code, "%s: %s", args, stderr)
		assert.NotEmpty(t, stdout)
		assert.Equal(t, before, content(t, dir), args)
	}
	service := serve(t, env)
	token := service.login("admin@example.com")
	for _, args := range readOnlyCommands {
		code, stdout, stderr := run(t, env, args...)
		assert.Zero(t, code, "%s, beside the service: %s", args, stderr)
		assert.NotEmpty(t, stdout)
	}
	assert.NotEmpty(t, token)
	service.stop()
}

// TestReadOnlyCommandsWorkOnAReadOnlyMount mounts a copy read-only.
func TestReadOnlyCommandsWorkOnAReadOnlyMount(t *testing.T) {
	env, dir := usedStore(t)
	mount := t.TempDir()
	if err := syscall.Mount(dir, mount, "", syscall.MS_BIND, ""); err != nil {
		t.Skipf("a read-only mount takes root: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(mount, syscall.MNT_DETACH)) })
	require.NoError(t, syscall.Mount("", mount, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	env[0] = "DATA_DIR=" + mount
	for _, args := range readOnlyCommands {
		code, stdout, stderr := run(t, env, args...)
		assert.Zero(t, code, "%s: %s", args, stderr)
		assert.NotEmpty(t, stdout)
	}
	code, stdout, stderr := run(t, env, "users", "list")
	assert.Equal(t, 1, code, "it records an audit event")
	assert.NotContains(t, stdout, "@")
	assert.Contains(t, stderr, mount+" is not writable, and this command records an audit event there")

	// The write-ahead log of a service that is running or was killed.
	for _, name := range []string{"healthcare.db-wal", "healthcare.db-shm"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("changes"), 0o600))
	}
	for _, args := range readOnlyCommands {
		code, _, stderr := run(t, env, args...)
		assert.Equal(t, 1, code, args)
		assert.Contains(t, stderr, "changes that are not in the database file yet")
		assert.Contains(t, stderr, "Run this command where the service runs")
	}
}

// TestNoCommandMigratesAnOlderFile reverts the last migration first.
func TestNoCommandMigratesAnOlderFile(t *testing.T) {
	env, dir := usedStore(t)
	path := filepath.Join(dir, "healthcare.db")
	takeBackLastStep(t, env)
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, args := range [][]string{
		{"audit", "verify"},
		{"audit", "head"},
		{"audit", "adopt"},
		{"users", "list"},
		{"users", "deactivate", "--email", "admin@example.com"},
		{"purge", "--older-than", "3650d"},
	} {
		code, _, stderr := healthcare.Run(t.Context(), env, args...)
		assert.Equal(t, 1, code, args)
		assert.Contains(t, stderr, "the schema of "+path+" is older than this version: back it up, then run `healthcare migrate`", args)
	}
	code, stdout, stderr := healthcare.Run(t.Context(), env, "migrate", "status")
	assert.Zero(t, code, stderr)
	assert.Contains(t, stdout, "pending")
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(before, after))
	code, _, stderr = healthcare.Run(t.Context(), env, "migrate")
	assert.Zero(t, code, stderr)
	steps, err := sqlite.Status(t.Context(), path)
	require.NoError(t, err)
	assert.False(t, steps[len(steps)-1].Pending())
}

// TestAMistypedDirectoryIsNotCreated runs commands that could create a store and a key there.
func TestAMistypedDirectoryIsNotCreated(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dta")
	for _, env := range [][]string{{"DATA_DIR=" + dir}, {"DATA_DIR=" + dir, "SECRET_KEY=" + secretKey}} {
		env = append(env, "SUPERUSER_PASSWORD="+goodPassword, "USER_PASSWORD="+goodPassword)
		for _, args := range [][]string{
			{"migrate", "status"},
			{"createsuperuser", "--noinput", "--email", "admin@example.com"},
			{"users", "create", "--noinput", "--email", "ada@example.com"},
			{"users", "set-password", "--noinput", "--email", "ada@example.com"},
		} {
			code, _, stderr := healthcare.Run(t.Context(), env, args...)
			assert.Equal(t, 1, code, args)
			assert.Contains(t, stderr, dir+"/healthcare.db does not exist", args)
			assert.Equal(t, args[0] == "createsuperuser", strings.Contains(stderr, "add --create"), args)
			assert.NoDirExists(t, dir)
		}
	}
	createSuperuser(t, []string{"DATA_DIR=" + dir}, "admin@example.com")
	assert.FileExists(t, filepath.Join(dir, "healthcare.db"))
}

// TestAStoreOfANewerProgramIsRefused runs all commands.
func TestAStoreOfANewerProgramIsRefused(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		env = append(env, "SECRET_KEY="+secretKey)
		createSuperuserOn(t, env)
		takeUnknownStep(t, env)
		for _, args := range [][]string{
			{"serve", "--addr", "127.0.0.1:0"},
			{"serve", "--migrate", "--addr", "127.0.0.1:0"},
			{"migrate"},
			{"audit", "verify"},
			{"audit", "adopt"},
			{"users", "list"},
			{"purge", "--older-than", "3650d"},
		} {
			code, _, stderr := healthcare.Run(t.Context(), env, args...)
			assert.Equal(t, 1, code, args)
			assert.Contains(t, stderr, "steps that this program does not know: 99999", args)
			assert.Contains(t, stderr, "a newer version of healthcare has migrated the database", args)
		}
		code, stdout, stderr := healthcare.Run(t.Context(), env, "migrate", "status")
		assert.Zero(t, code, stderr)
		assert.Regexp(t, `99999 +20.*Z +of a newer version; this version cannot use the schema`, stdout)
	})
}

// TestAStorePathThatIsNotAFileIsNamed expects the path in the error instead of a disk error.
func TestAStorePathThatIsNotAFileIsNamed(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "healthcare.db"), 0o700))
	for _, args := range readOnlyCommands {
		code, _, stderr := healthcare.Run(t.Context(), []string{"DATA_DIR=" + dir, "SECRET_KEY=" + secretKey}, args...)
		assert.Equal(t, 1, code, args)
		assert.Contains(t, stderr, dir+"/healthcare.db is not a regular file", args)
	}
}
