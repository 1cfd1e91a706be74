package main_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/httpapi/client"
	healthcare "example.com/healthcare/cmd/healthcare"
)

// clinicOf prepares the store of a clinic with one administrator.
func clinicOf(t *testing.T, env []string) []string {
	t.Helper()
	env = append(env, "SECRET_KEY="+secretKey)
	migrate(t, env)
	createSuperuser(t, env, "admin@example.com")
	return env
}

func writeFile(t *testing.T, name, content string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

// patientFile returns a CSV file of n patients.
func patientFile(n int) string {
	var file strings.Builder
	file.WriteString("external_id,name,date_of_birth\n")
	for i := range n {
		fmt.Fprintf(&file, "A-%05d,Patient %d,%d-01-02\n", i, i, 1930+i%90)
	}
	return file.String()
}

func TestImportsPrintWhatTheyDo(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		env = clinicOf(t, env)
		doctors := writeFile(t, "doctors.csv", "Name;Specialization;License Number;Salary\nGregory House;Diagnostics;NJ-1;1234,50\n")
		assert.Equal(t, "Imported: 1 new, 0 changed, 0 same, 0 refused.\n", ok(t, env, "import", "doctors", doctors, "--decimal-comma"))

		patients := writeFile(t, "patients.csv", "Patienten-Nr.;Vorname;Nachname;Geburtsdatum;Geschlecht\n1;Ada;Lovelace;10.12.1815;weiblich\n2;Jürgen;Groß;1.2.1990;männlich\n;Eve;Nobody;;\n3;Bob;Nobody;31.2.1990;\n")
		args := []string{"import", "patients", patients, "--date-format", "DD.MM.YYYY"}
		code, stdout, stderr := healthcare.Run(t.Context(), env, append(args, "--dry-run")...)
		assert.Equal(t, 1, code)
		assert.Equal(t, `line 2: refused: date_of_birth: Date of birth may not be before 1850.
line 3: new
line 4: refused: external_id: Without an external id, each import would add this patient again. Read one from another column with --map 'external_id={COLUMN}', or add the patient with --add-keyless.
line 5: refused: date_of_birth: There is no such day.
Dry run, nothing was imported: 1 new, 0 changed, 0 same, 3 refused.
`, stdout)
		assert.Contains(t, stderr, `3 of 4 rows are refused`)
		assert.NotContains(t, stdout+stderr, "Lovelace")
		assert.Regexp(t, `msg="import begins".* sha256=[0-9a-f]{64}`, stderr)

		refused := filepath.Join(t.TempDir(), "refused.csv")
		args = append(args, "--batch", "2", "--refused", refused)
		code, stdout, stderr = healthcare.Run(t.Context(), env, append(args, "--add-keyless")...)
		assert.Equal(t, 1, code)
		assert.Contains(t, stdout, "Imported: 2 new, 0 changed, 0 same, 2 refused.\n")
		assert.Contains(t, stderr, refused)
		assertPrivate(t, refused)
		code, _, stderr = healthcare.Run(t.Context(), env, args...)
		assert.Equal(t, 1, code)
		assert.Contains(t, stderr, "exists: name another file for refused rows with --refused, or replace it with --force")

		kept, err := os.ReadFile(refused)
		require.NoError(t, err)
		corrected := writeFile(t, "corrected.csv", strings.NewReplacer("1815", "1915", "31.2.1990", "28.2.1990").Replace(string(kept)))
		assert.Contains(t, ok(t, env, "import", "patients", corrected, "--date-format", "DD.MM.YYYY"), "Imported: 2 new, 0 changed, 0 same, 0 refused.\n")
		assert.Equal(t, "Nothing to import: 0 new, 0 changed, 2 same, 0 refused.\n", ok(t, env, "import", "patients", corrected, "--date-format", "DD.MM.YYYY"))

		mappings := writeFile(t, "mappings.ndjson", `{"patient_external_id": "2", "doctor_license_number": "nj-1"}`+"\n")
		assert.Equal(t, "Imported: 1 new, 0 changed, 0 same, 0 refused.\n", ok(t, env, "import", "mappings", mappings))
		ok(t, env, "audit", "verify")
	})
}

func TestAnImportNeedsToKnowTheCreator(t *testing.T) {
	env := clinicOf(t, []string{"DATA_DIR=" + t.TempDir()})
	patients := writeFile(t, "patients.csv", patientFile(1))
	createSuperuser(t, env, "second@example.com")
	refused(t, env, "there are several active administrators: say with --as EMAIL", "import", "patients", patients)
	refused(t, env, "no user has this email address", "import", "patients", patients, "--as", "nobody@example.com")
	ok(t, env, "import", "patients", patients, "--as", "second@example.com")
	ok(t, env, "users", "deactivate", "--email", "second@example.com")
	ok(t, env, "import", "patients", patients)
}

func TestAnImportRefusesFlagsThatDoNotFit(t *testing.T) {
	env := []string{"DATA_DIR=" + t.TempDir()}
	for _, args := range [][]string{
		{"x.csv", "--batch", "20000"},
		{"x.csv", "--refused", "y.csv"},
		{"-", "--batch", "10"},
		{"x.csv", "--date-format", "DD.MM.YY"},
		{"x.csv", "--map", "nam={NAME}"},
		{"x.csv", "--value", "gender"},
		{"x.csv", "--encoding", "foo"},
	} {
		code, _, stderr := healthcare.Run(t.Context(), env, append([]string{"import", "patients"}, args...)...)
		assert.Equal(t, 2, code, stderr)
	}
}

func TestAnImportReadsTheStandardInput(t *testing.T) {
	env := clinicOf(t, []string{"DATA_DIR=" + t.TempDir(), "TMPDIR=" + t.TempDir()})
	cmd := command(t, env, "import", "patients", "-")
	cmd.Stdin = strings.NewReader(patientFile(3))
	out, err := cmd.Output()
	require.NoError(t, err)
	assert.Equal(t, "Imported: 3 new, 0 changed, 0 same, 0 refused.\n", string(out))
}

// While the command waits for its standard input, a signal ends it, and no copy remains.
func TestASignalEndsAnImportAndLeavesNoCopy(t *testing.T) {
	temporary := t.TempDir()
	env := clinicOf(t, []string{"DATA_DIR=" + t.TempDir(), "TMPDIR=" + temporary})
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL} {
		cmd := command(t, env, "import", "patients", "-")
		in, err := cmd.StdinPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		_, err = in.Write(bytes.Repeat([]byte("external_id,name\n"), 1<<16)) // more than a pipe holds
		require.NoError(t, err)
		require.NoError(t, cmd.Process.Signal(signal))
		require.Error(t, cmd.Wait())
		left, err := os.ReadDir(temporary)
		require.NoError(t, err)
		assert.Empty(t, left, "%s", signal)
	}
}

// content of the store after an import: the patients, and how many versions and events name
// them.
func importedContent(t *testing.T, env []string) (patients []string) {
	t.Helper()
	db := openDatabase(t, env)
	rows, err := db.QueryContext(t.Context(), `SELECT external_id, name, version, (SELECT COUNT(*) FROM versions WHERE kind = 'patient' AND record_id = patients.id) FROM patients ORDER BY id`)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var external, name string
		var version, versions int
		require.NoError(t, rows.Scan(&external, &name, &version, &versions))
		patients = append(patients, fmt.Sprintf("%s %s v%d of %d", external, name, version, versions))
	}
	require.NoError(t, rows.Err())
	return patients
}

func TestAKilledImportLeavesNoHalfOfABatch(t *testing.T) {
	const rows = 3000
	for name, tt := range map[string]struct {
		args []string
		unit int
	}{
		"at once":    {nil, rows},
		"in batches": {[]string{"--batch", "100"}, 100},
	} {
		t.Run(name, func(t *testing.T) {
			overEachEngine(t, func(t *testing.T, env []string) {
				env = clinicOf(t, env)
				path := writeFile(t, "patients.csv", patientFile(rows))
				args := append([]string{"import", "patients", path}, tt.args...)
				for range 6 {
					cmd := command(t, env, args...)
					require.NoError(t, cmd.Start())
					timer := time.AfterFunc(time.Duration(rand.IntN(1500))*time.Millisecond, func() { _ = cmd.Process.Kill() })
					_ = cmd.Wait()
					timer.Stop()
					assert.Zero(t, len(importedContent(t, env))%tt.unit)
				}
				ok(t, env, args...)
				var want []string
				for i := range rows {
					want = append(want, fmt.Sprintf("A-%05d Patient %d v1 of 1", i, i))
				}
				assert.Equal(t, want, importedContent(t, env), "as after one import")
				ok(t, env, "audit", "verify")
			})
		})
	}
}

func TestAnImportRunsBesideTheService(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		env = clinicOf(t, env)
		service := serve(t, env)
		api := service.api(service.login("admin@example.com"))
		path := writeFile(t, "patients.csv", patientFile(3000))
		done := make(chan string, 1)
		go func() {
			_, stdout, stderr := run(t, env, "import", "patients", path, "--batch", "100")
			done <- stdout + stderr
		}()
		for created := 0; ; created++ {
			select {
			case said := <-done:
				assert.Contains(t, said, "Imported: 3000 new, 0 changed, 0 same, 0 refused.")
				assert.Positive(t, created)
				assert.Len(t, importedContentOf(t, env), 3000+created)
				service.stop()
				ok(t, env, "audit", "verify")
				return
			default:
			}
			answer, err := api.CreatePatientWithResponse(t.Context(), nil, client.CreatePatientJSONRequestBody{Name: "Beside"})
			require.NoError(t, err)
			require.Equal(t, http.StatusCreated, answer.StatusCode(), "%s", answer.Body)
		}
	})
}

// importedContentOf is importedContent for patients with and without an external id.
func importedContentOf(t *testing.T, env []string) (names []string) {
	t.Helper()
	rows, err := openDatabase(t, env).QueryContext(t.Context(), `SELECT name FROM patients`)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		names = append(names, name)
	}
	require.NoError(t, rows.Err())
	return names
}
