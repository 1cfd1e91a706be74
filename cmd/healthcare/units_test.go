package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTheUnitsAreValidAndHardened lets systemd judge the units in deploy. An exposure below 2.0
// is what systemd calls OK at its best.
func TestTheUnitsAreValidAndHardened(t *testing.T) {
	analyze := installed(t, "systemd-analyze")
	folder := t.TempDir()
	script, err := filepath.Abs("../../deploy/systemd/healthcare-backup")
	require.NoError(t, err)
	units, err := filepath.Glob("../../deploy/systemd/*.*")
	require.NoError(t, err)
	require.Len(t, units, 3)
	for _, unit := range units {
		text, err := os.ReadFile(unit)
		require.NoError(t, err)
		here := strings.NewReplacer("/usr/local/bin/healthcare ", string(cheap)+" ", "/usr/local/lib/healthcare/healthcare-backup", script)
		writeText(t, filepath.Join(folder, filepath.Base(unit)), here.Replace(string(text)))
	}
	for _, unit := range units {
		path := filepath.Join(folder, filepath.Base(unit))
		said, err := exec.Command(analyze, "verify", path).CombinedOutput()
		require.NoError(t, err, "%s", said)
		assert.Empty(t, string(said), unit)
		if filepath.Ext(unit) == ".service" {
			said, err = exec.Command(analyze, "security", "--offline=true", "--no-pager", "--threshold=19", path).CombinedOutput()
			assert.NoError(t, err, "%s: %s", unit, said)
		}
	}
}

// TestTheNightlyBackup runs the script of healthcare-backup.service.
func TestTheNightlyBackup(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		createSuperuserOn(t, env)
		_, dsn := databaseOf(env)
		ending := "Z.db"
		if strings.HasPrefix(dsn, "postgres:") {
			installed(t, "pg_dump")
			env, ending = append(env, "OWNER_URL="+dsn), "Z.dump"
		}
		folder := t.TempDir()
		for _, name := range []string{"20200101T000000" + ending, "keep"} {
			writeText(t, filepath.Join(folder, name), "")
			old := time.Now().AddDate(0, 0, -31)
			require.NoError(t, os.Chtimes(filepath.Join(folder, name), old, old))
		}
		script, err := filepath.Abs("../../deploy/systemd/healthcare-backup")
		require.NoError(t, err)
		said := newShell(t, env)("PATH=$PWD/bin:$PATH " + script + " " + folder)
		entries, err := os.ReadDir(folder)
		require.NoError(t, err)
		require.Len(t, entries, 2, "the new one, and what is no backup")
		made := filepath.Join(folder, entries[0].Name())
		assert.True(t, strings.HasSuffix(made, ending), made)
		assert.Contains(t, said, made+"\n")
		info, err := os.Stat(made)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
		assert.Positive(t, info.Size())
	})
}
