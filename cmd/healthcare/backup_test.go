package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres/pgtest"
	healthcare "example.com/healthcare/cmd/healthcare"
)

// backUp runs the command of docs/operations.md that pattern matches, at a fixed time, with
// other directories. It prints the backup's path.
func backUp(t *testing.T, pattern, data, backups, owner string) (made string, err error) {
	t.Helper()
	recipe := strings.NewReplacer("/var/lib/healthcare", data, "/var/backups/healthcare", backups).Replace(operations(t, pattern))
	cmd := exec.Command("sh", "-c", "date() { echo 20260102T030405Z; }\n"+recipe)
	cmd.Env = append(os.Environ(), "OWNER_URL="+owner)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}

// TestTheDocumentedBackupCommandsOverwriteNoBackup runs each command twice at the same time,
// so that both runs give the backup the same name.
func TestTheDocumentedBackupCommandsOverwriteNoBackup(t *testing.T) {
	t.Run("embedded", func(t *testing.T) {
		if _, err := exec.LookPath("sqlite3"); err != nil {
			t.Skip(err)
		}
		const recipe = `(?s)      (\( umask 077 &&\n[^)]*\$\([^)]*\)[^)]*sqlite3.*?\))\n`
		env, dir := usedStore(t)
		backups := filepath.Join(t.TempDir(), "backups")
		made, err := backUp(t, recipe, dir, backups, "")
		require.NoError(t, err)
		before := content(t, made)
		_, err = backUp(t, recipe, dir, backups, "")
		require.Error(t, err)
		assert.Equal(t, before, content(t, made))
		code, _, stderr := healthcare.Run(t.Context(), []string{"DATA_DIR=" + made, env[1]}, "audit", "verify")
		assert.Zero(t, code, stderr)
		assertPrivate(t, backups, made, filepath.Join(made, "healthcare.db"))
	})
	t.Run("postgres", func(t *testing.T) {
		if _, err := exec.LookPath("pg_dump"); err != nil {
			t.Skip(err)
		}
		const recipe = `(?s)      (\( umask 077 &&\n[^)]*\$\([^)]*\)[^)]*pg_dump.*?\))\n`
		dsn, backups := pgtest.New(t), filepath.Join(t.TempDir(), "backups")
		made, err := backUp(t, recipe, "", backups, dsn)
		require.NoError(t, err)
		before := content(t, backups)
		_, err = backUp(t, recipe, "", backups, dsn)
		require.Error(t, err)
		assert.Equal(t, before, content(t, backups))
		assertPrivate(t, backups, made)
	})
}

// assertPrivate asserts that only the owner can read the files.
func assertPrivate(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Zero(t, info.Mode().Perm()&0o077, path)
	}
}
