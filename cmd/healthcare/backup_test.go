package main_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres/pgtest"
	healthcare "example.com/healthcare/cmd/healthcare"
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

func TestABackupNeverOverwritesByAccident(t *testing.T) {
	env, dir := usedStore(t)
	folder := t.TempDir()
	file := filepath.Join(folder, "backup.db")
	ok(t, env, "backup", file)
	assertPrivate(t, file)
	before := content(t, folder)
	assert.Len(t, before, 1)
	refused(t, env, "--force", "backup", file)
	refused(t, env, "is in DATA_DIR", "backup", "--force", filepath.Join(dir, "healthcare.db"))
	refused(t, env, "is in DATA_DIR", "backup", filepath.Join(dir, "backup.db"))
	refused(t, env, "is a folder", "backup", folder)
	refused(t, env, "no such file", "backup", filepath.Join(folder, "missing", "backup.db"))
	assert.Equal(t, before, content(t, folder))
	ok(t, env, "users", "list")
	ok(t, env, "backup", "--force", file)
	assert.NotEqual(t, before, content(t, folder), "the backup has the event of the command between")
	assert.Len(t, content(t, folder), 1)
}

func TestAnInterruptedBackupLeavesNoFile(t *testing.T) {
	env, _ := usedStore(t)
	folder := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	code, _, _ := healthcare.Run(ctx, env, "backup", filepath.Join(folder, "backup.db"))
	assert.Equal(t, 1, code)
	assert.Empty(t, content(t, folder))

	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("a disk of 64 KiB takes root: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(folder, syscall.MNT_DETACH)) })
	refused(t, env, "full", "backup", filepath.Join(folder, "backup.db"))
	assert.Empty(t, content(t, folder))
}

// TestABackupIsMadeWithoutTheKey expects that no key is made up, either.
func TestABackupIsMadeWithoutTheKey(t *testing.T) {
	env, dir := usedStore(t)
	before := content(t, dir)
	stdout := ok(t, env[:1], "backup", filepath.Join(t.TempDir(), "backup.db"))
	assert.Contains(t, stdout, "made with another key")
	assert.Equal(t, before, content(t, dir))
}
