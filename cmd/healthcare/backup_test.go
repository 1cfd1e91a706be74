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
)

// backUp runs the command of docs/operations.md that pattern matches, at a fixed time, with
// another directory. It prints the backup's path.
func backUp(t *testing.T, pattern, backups, owner string) (made string, err error) {
	t.Helper()
	recipe := strings.ReplaceAll(operations(t, pattern), "/var/backups/healthcare", backups)
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
		const recipe = `      (mkdir -p -m 700 [^\n]*\n      healthcare backup [^\n]*)\n`
		env, _ := usedStore(t)
		t.Setenv("DATA_DIR", strings.TrimPrefix(env[0], "DATA_DIR="))
		t.Setenv("SECRET_KEY", secretKey)
		folder := t.TempDir()
		require.NoError(t, os.Symlink(string(cheap), filepath.Join(folder, "healthcare")))
		t.Setenv("PATH", folder+":"+os.Getenv("PATH"))
		backups := filepath.Join(t.TempDir(), "backups")
		_, err := backUp(t, recipe, backups, "")
		require.NoError(t, err)
		before := content(t, backups)
		_, err = backUp(t, recipe, backups, "")
		require.Error(t, err)
		assert.Equal(t, before, content(t, backups))
		made := filepath.Join(backups, "20260102T030405Z.db")
		assertPrivate(t, backups, made)
		elsewhere := []string{"DATA_DIR=" + t.TempDir(), env[1]}
		ok(t, elsewhere, "restore", made)
		ok(t, elsewhere, "audit", "verify")
	})
	t.Run("postgres", func(t *testing.T) {
		if _, err := exec.LookPath("pg_dump"); err != nil {
			t.Skip(err)
		}
		const recipe = `(?s)      (\( umask 077 &&\n[^)]*\$\([^)]*\)[^)]*pg_dump.*?\))\n`
		dsn, backups := pgtest.New(t), filepath.Join(t.TempDir(), "backups")
		made, err := backUp(t, recipe, backups, dsn)
		require.NoError(t, err)
		before := content(t, backups)
		_, err = backUp(t, recipe, backups, dsn)
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
