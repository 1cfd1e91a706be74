package main_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	healthcare "example.com/healthcare/cmd/healthcare"
)

// The file of refused rows is checked before the first batch.
func TestAnImportRefusesAPlaceThatCannotHoldRefusedRows(t *testing.T) {
	data := t.TempDir()
	env := clinicOf(t, []string{"DATA_DIR=" + data})
	patients := writeFile(t, "patients.csv", patientFile(2)+"A-9,,\n")
	for place, why := range map[string]string{
		filepath.Join(t.TempDir(), "missing", "refused.csv"): "the folder of the file",
		filepath.Join(data, "healthcare.db"):                 "is in DATA_DIR",
		t.TempDir():                                          "is a folder",
		patients:                                             "is the file to import",
		"/proc/refused.csv":                                  "create the file of refused rows",
	} {
		refused(t, env, why, "import", "patients", patients, "--batch", "1", "--refused", place, "--force")
		assert.Empty(t, importedContent(t, env), place)
	}
	ok(t, env, "audit", "verify")
}

// What could not be written completely gets no name, and nothing of it is left.
func TestAnImportLeavesNoPartOfRefusedRows(t *testing.T) {
	env := clinicOf(t, []string{"DATA_DIR=" + t.TempDir()})
	folder := t.TempDir()
	place := filepath.Join(folder, "refused.csv")
	ok(t, env, "import", "patients", writeFile(t, "patients.csv", patientFile(2)), "--batch", "1", "--refused", place)
	assert.Empty(t, content(t, folder), "no row was refused")

	code, _, stderr := healthcare.Run(t.Context(), env, "import", "patients", writeFile(t, "bad.csv", "external_id,name\nB-1,\n"), "--batch", "1", "--refused", place)
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr, "1 rows were refused: correct them in "+place)
	assert.Len(t, content(t, folder), 1)
}

func TestAnInterruptedImportCanBeRunAgain(t *testing.T) {
	env := clinicOf(t, []string{"DATA_DIR=" + t.TempDir()})
	path := writeFile(t, "patients.csv", "external_id,name,date_of_birth\nB-1,,\n"+strings.TrimPrefix(patientFile(300), "external_id,name,date_of_birth\n"))
	args := []string{"import", "patients", path, "--batch", "10"}
	cmd := command(t, env, args...)
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool { return len(importedContent(t, env)) > 0 }, 30*time.Second, 10*time.Millisecond)
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	require.Error(t, cmd.Wait())
	require.Less(t, len(importedContent(t, env)), 300)
	assert.NoFileExists(t, path+".refused.csv")

	code, _, stderr := healthcare.Run(t.Context(), env, args...)
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr, "1 rows were refused: correct them in "+path+".refused.csv")
	assert.Len(t, importedContent(t, env), 300)
}

func TestAnImportThatIsStoppedWhileItReadsSaysSo(t *testing.T) {
	env := clinicOf(t, []string{"DATA_DIR=" + t.TempDir()})
	ctx, stop := context.WithCancel(t.Context())
	stop()
	code, _, stderr := healthcare.Run(ctx, env, "import", "patients", writeFile(t, "patients.csv", patientFile(2)))
	assert.Equal(t, 1, code)
	assert.Equal(t, "healthcare: nothing was imported: interrupted\n", stderr)
}

func TestAnImportNamesTheOptionOfABadAddress(t *testing.T) {
	env := clinicOf(t, []string{"DATA_DIR=" + t.TempDir()})
	refused(t, env, "--as: email: Enter a valid email address.", "import", "patients", writeFile(t, "patients.csv", patientFile(1)), "--as", "Ada")
}

func TestAnImportNamesTheRowThatARequestHasMadeWrong(t *testing.T) {
	env := clinicOf(t, engines["postgres"](t))
	ok(t, env, "import", "patients", writeFile(t, "patients.csv", patientFile(1)))
	db := openDatabase(t, env)
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(t.Context(), "LOCK TABLE patients IN EXCLUSIVE MODE") // The plan can read, but not lock.
	require.NoError(t, err)
	changes := writeFile(t, "changes.csv", "external_id,name,address\nA-00000,,Elm Street\n")
	stderr := make(chan string, 1)
	go func() {
		_, _, said := healthcare.Run(t.Context(), env, "import", "patients", changes)
		stderr <- said
	}()
	for waiting := 0; waiting == 0; {
		require.NoError(t, db.QueryRowContext(t.Context(),
			"SELECT count(*) FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())").Scan(&waiting))
	}
	_, err = tx.ExecContext(t.Context(), "DELETE FROM patients")
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
	assert.Contains(t, <-stderr, "healthcare: nothing was imported: line 2: a record has changed during the import: name: This field is required.\n")
}
