package main_test

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/httpapi/client"
	healthcare "example.com/healthcare/cmd/healthcare"
)

// lines returns the records of an export in NDJSON.
func lines(t *testing.T, text string) (records []map[string]any) {
	t.Helper()
	for line := range strings.Lines(text) {
		var record map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &record))
		records = append(records, record)
	}
	return records
}

// TestOperatorsExportBesideARunningService compares each export with the list that an
// administrator gets from the API.
func TestOperatorsExportBesideARunningService(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		env = append(env, "SECRET_KEY="+secretKey)
		createSuperuserOn(t, env)
		s := serve(t, append(env, noLimits...))
		admin := s.login("admin@example.com")
		for path, body := range map[string]string{
			"/api/doctors/":  `{"name": "Ana, Ruiz", "specialization": "Cardiology", "license_number": "=L-1", "salary": "300.00"}`,
			"/api/patients/": `{"name": "'t Hooft", "phone_number": "+31 20 794", "medical_record": "\"quoted\"\r\nsecond line", "external_id": "007"}`,
		} {
			require.Equal(t, http.StatusCreated, home.request(s, http.MethodPost, path, admin, body).status)
		}
		require.Equal(t, http.StatusCreated, home.request(s, http.MethodPost, "/api/mappings/", admin, `{"patient": 1, "doctor": 1}`).status)

		folder := t.TempDir()
		var stores []any
		for _, kind := range []string{"patients", "doctors", "mappings", "users"} {
			var want []map[string]any
			require.NoError(t, json.Unmarshal([]byte(home.request(s, http.MethodGet, "/api/"+kind+"/", admin, "").body), &want))
			got := lines(t, ok(t, env, "export", kind, "--format=ndjson"))
			require.Len(t, got, len(want))
			for i, record := range got {
				of, store, _ := strings.Cut(record["store"].(string), ":")
				assert.Equal(t, kind, of)
				stores = append(stores, store)
				delete(record, "store")
				assert.Equal(t, want[i], record)
			}
			assert.NotContains(t, ok(t, env, "export", kind, "--format", "ndjson", "-"), "argon2id")

			file := filepath.Join(folder, kind+".csv")
			assert.Equal(t, "Exported "+kind+": "+file+" (1)\n", ok(t, env, "export", kind, file))
			assertPrivate(t, file)
			table := content(t, folder)[kind+".csv"]
			assert.Equal(t, table, ok(t, env, "export", kind))
			rows, err := csv.NewReader(strings.NewReader(table)).ReadAll()
			require.NoError(t, err)
			assert.Len(t, rows, 2)
		}
		assert.Len(t, content(t, folder), 4, "no temporary file is left")
		assert.Contains(t, content(t, folder)["patients.csv"], ",'t Hooft,,'+31 20 794,,,\"\"\"quoted\"\"\r\nsecond line\",,007,")
		assert.Contains(t, content(t, folder)["doctors.csv"], ",'=L-1,300.00,")
		assert.Contains(t, content(t, folder)["mappings.csv"], "1,1,007,'t Hooft,1,'=L-1,\"Ana, Ruiz\",")
		for _, store := range stores {
			assert.Regexp(t, "^[0-9a-f]{32}$", store)
			assert.Equal(t, stores[0], store)
		}

		var told []string
		for _, event := range trail(t, s.api(admin), client.ListEventsParams{}) {
			if event.Actor.Role == "OPERATOR" {
				told = append(told, fmt.Sprint(event.Action, event.Subject.IDs, event.Outcome))
			}
		}
		for _, action := range []string{"patient:read", "doctor:read", "mapping:read", "user:read"} {
			count := 0
			for _, event := range told {
				if event == fmt.Sprint(action, []int64{1}, "allowed") {
					count++
				}
			}
			assert.Equal(t, 4, count, "%s in %s", action, told)
		}
		s.stop()
	})
}

func TestAnExportNeverOverwritesByAccident(t *testing.T) {
	env, dir := usedStore(t)
	folder := t.TempDir()
	file := filepath.Join(folder, "users.csv")
	ok(t, env, "export", "users", file)
	before := content(t, folder)
	refused(t, env, "--force", "export", "doctors", file)
	for _, path := range []string{filepath.Join(dir, "healthcare.db"), filepath.Join(dir, "users.csv")} {
		refused(t, env, "is in DATA_DIR", "export", "users", "--force", path)
	}
	refused(t, env, "is a folder", "export", "users", "--force", folder)
	refused(t, env, "is a device or a pipe", "export", "users", "--force", os.DevNull)
	refused(t, env, "no such file", "export", "users", filepath.Join(folder, "missing", "users.csv"))
	assert.Equal(t, before, content(t, folder))
	ok(t, env, "export", "doctors", "--force", file)
	assert.NotEqual(t, before, content(t, folder))
	assert.Len(t, content(t, folder), 1)
	code, _, stderr := healthcare.Run(t.Context(), env, "export", "nurses")
	assert.Equal(t, 2, code)
	assert.Contains(t, stderr, "patients")
}

func TestAFailedExportLeavesNoFile(t *testing.T) {
	env, _ := usedStore(t)
	folder := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	code, _, stderr := healthcare.Run(ctx, env, "export", "users", filepath.Join(folder, "users.csv"))
	assert.Equal(t, 1, code)
	assert.NotEmpty(t, stderr)
	assert.Empty(t, content(t, folder))

	fillPatients(t, env, 2000)
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("a disk of 64 KiB takes root: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(folder, syscall.MNT_DETACH)) })
	refused(t, env, "no space left on device\nhealthcare: no file was written", "export", "patients", filepath.Join(folder, "patients.csv"))
	assert.Empty(t, content(t, folder))
}

// fillPatients adds patients with medical records of 5 KB.
func fillPatients(t *testing.T, env []string, count int) {
	t.Helper()
	db := openDatabase(t, env)
	defer db.Close()
	_, err := db.ExecContext(t.Context(), `
		WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < CAST($1 AS integer))
		INSERT INTO patients (created_by, name, phone_number, address, medical_record)
		SELECT 1, 'Patient ' || n, '', '', CAST($2 AS text) FROM numbers`, count, strings.Repeat("record ", 5000/7))
	require.NoError(t, err)
}

// TestAnExportHoldsOnePageInMemory exports 150 MB.
func TestAnExportHoldsOnePageInMemory(t *testing.T) {
	program, err := released()
	require.NoError(t, err)
	overEachEngine(t, func(t *testing.T, env []string) {
		env = append(env, "SECRET_KEY="+secretKey)
		createSuperuserOn(t, env)
		fillPatients(t, env, 30_000)
		cmd := program.command(t, env, "export", "patients")
		output, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		reader, peak := bufio.NewReader(output), int64(0)
		for n := 0; ; n++ {
			_, err := reader.ReadString('\n')
			if err != nil {
				require.ErrorIs(t, err, io.EOF)
				assert.Equal(t, 30_001, n)
				break
			}
			if n%1000 == 0 && n < 30_000 { // The program cannot end before it has written the rest.
				peak = max(peak, peakMemory(t, cmd.Process))
			}
		}
		require.NoError(t, cmd.Wait())
		t.Logf("the program needed at most %d MiB", peak>>20)
		assert.Less(t, peak, int64(100<<20))
	})
}

func TestAnExportWhoseReaderStopsEndsQuietly(t *testing.T) {
	env, _ := usedStore(t)
	fillPatients(t, env, 2000)
	cmd := command(t, env, "export", "patients")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	output, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	_, err = bufio.NewReader(output).ReadString('\n')
	require.NoError(t, err)
	require.NoError(t, output.Close())
	err = cmd.Wait()
	var exit interface{ Sys() any }
	require.True(t, errors.As(err, &exit), "%v", err)
	assert.Equal(t, syscall.SIGPIPE, exit.Sys().(syscall.WaitStatus).Signal())
	assert.Empty(t, stderr.String())
}

func TestAnInterruptedExportSaysSo(t *testing.T) {
	env, _ := usedStore(t)
	fillPatients(t, env, 5000)
	cmd := command(t, env, "export", "patients")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	output, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	reader := bufio.NewReader(output)
	_, err = reader.ReadString('\n')
	require.NoError(t, err)
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	_, err = io.Copy(io.Discard, reader)
	require.NoError(t, err)
	require.Error(t, cmd.Wait())
	assert.Equal(t, 1, cmd.ProcessState.ExitCode())
	assert.Equal(t, "healthcare: export patients: interrupted\nhealthcare: what was written is incomplete\n", stderr.String())
}

// TestARestoredBackupIsTheSameStore compares the store that exports name.
func TestARestoredBackupIsTheSameStore(t *testing.T) {
	env, _ := usedStore(t)
	storeIn := func(env []string) any {
		t.Helper()
		return lines(t, ok(t, env, "export", "users", "--format=ndjson"))[0]["store"]
	}
	file := filepath.Join(t.TempDir(), "backup.db")
	ok(t, env, "backup", file)
	elsewhere := []string{"DATA_DIR=" + t.TempDir(), env[1]}
	ok(t, elsewhere, "restore", file)
	assert.Equal(t, storeIn(env), storeIn(elsewhere))
	other, _ := usedStore(t)
	assert.NotEqual(t, storeIn(env), storeIn(other))
}
