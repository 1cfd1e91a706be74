package main_test

import (
	"bufio"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/httpapi/client"
	healthcare "example.com/healthcare/cmd/healthcare"
)

// demo is a running `healthcare demo`.
type demo struct {
	service
	printed string
	folder  string // of its records
}

// startDemo starts the demo in a folder whose .env file, and with an environment that, name
// a database that does not exist and a key that serve refuses.
func startDemo(t *testing.T, env []string) *demo {
	t.Helper()
	others := []string{"DATABASE_URL=postgres://nobody@127.0.0.1:1/nothing", "SECRET_KEY=x"}
	cmd := command(t, append(env, others...), "demo", "--addr", "127.0.0.1:0")
	require.NoError(t, os.WriteFile(filepath.Join(cmd.Dir, ".env"), []byte(strings.Join(others, "\n")), 0o600))
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	d := &demo{service: service{t: t, cmd: cmd, log: &syncBuffer{}}}
	cmd.Stderr = d.log
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		d.printed += lines.Text() + "\n"
		if _, folder, found := strings.Cut(lines.Text(), "The records are in "); found {
			d.folder = strings.TrimSuffix(folder, ".")
			break
		}
	}
	require.NotEmpty(t, d.folder, "%s", d.log)
	d.url = d.printedMatch(`API +(http://127\.0\.0\.1:\d+)/api/\n`)
	return d
}

// printedMatch returns the group of the pattern in what the demo printed.
func (d *demo) printedMatch(pattern string) string {
	d.t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(d.printed)
	require.NotNil(d.t, found, "%s", d.printed)
	return found[1]
}

// token signs in with the account that the demo printed.
func (d *demo) token(title string) string {
	d.t.Helper()
	return d.loginWith(d.printedMatch(title+` +(\S+) `), d.printedMatch(title+` .*password (\S+)\n`))
}

func TestTheDemoServesTwoWeeksOfRecordsAndRemovesThem(t *testing.T) {
	temporary, data := t.TempDir(), filepath.Join(t.TempDir(), "data")
	d := startDemo(t, []string{"TMPDIR=" + temporary, "DATA_DIR=" + data})
	assert.Equal(t, temporary, filepath.Dir(d.folder))

	staffToken := d.token("Staff")
	admin, staff := d.api(d.token("Admin")), d.api(staffToken)
	patients, err := staff.ListPatientsWithResponse(t.Context(), &client.ListPatientsParams{})
	require.NoError(t, err)
	require.NotNil(t, patients.JSON200)
	assert.Len(t, *patients.JSON200, 60)
	doctors, err := staff.ListDoctorsWithResponse(t.Context(), &client.ListDoctorsParams{})
	require.NoError(t, err)
	assert.Len(t, *doctors.JSON200, 12)
	deleted, err := admin.ListDeletedPatientsWithResponse(t.Context(), &client.ListDeletedPatientsParams{})
	require.NoError(t, err)
	assert.Len(t, *deleted.JSON200, 2)
	versions, err := admin.ListPatientVersionsWithResponse(t.Context(), 5, &client.ListPatientVersionsParams{})
	require.NoError(t, err)
	assert.Contains(t, string(versions.Body), `"restored"`)

	limit := 1
	events, err := admin.ListEventsWithResponse(t.Context(), &client.ListEventsParams{Limit: &limit})
	require.NoError(t, err)
	require.Len(t, *events.JSON200, 1)
	assert.InDelta(t, 14, time.Since((*events.JSON200)[0].At).Hours()/24, 1, "days since the first event")
	exit, said := audit(t, []string{"DATA_DIR=" + d.folder}, "verify")
	assert.Zero(t, exit, said)
	assert.Contains(t, said, "The last seal is ")

	search := regexp.MustCompile("`(/api/patients/[?]search=[^`]+)`").FindStringSubmatch(document(t, "README.md"))
	require.NotNil(t, search, "the search that the README proposes")
	found := home.request(&d.service, http.MethodGet, search[1], staffToken, "")
	assert.Equal(t, http.StatusOK, found.status)
	assert.Contains(t, found.body, "Chen")

	docs := strings.TrimPrefix(d.printedMatch(`Documentation +(\S+)\n`), d.url)
	assert.Equal(t, http.StatusOK, home.request(&d.service, http.MethodGet, docs, "", "").status)
	got := home.request(&d.service, http.MethodGet, "/api/", "", "", "Origin", "http://localhost:5173")
	assert.Equal(t, "http://localhost:5173", got.header.Get("Access-Control-Allow-Origin"))

	require.NoError(t, d.cmd.Process.Signal(os.Interrupt))
	require.NoError(t, d.cmd.Wait(), "%s", d.log)
	left, err := os.ReadDir(temporary)
	require.NoError(t, err)
	assert.Empty(t, left)
	assert.NoDirExists(t, data)
	assert.NotContains(t, d.log.String(), "level=", "%s", d.log)
}

func TestTheDemoSaysHowToUseAnotherAddress(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s := serve(t, engines["embedded"](t))
	for addr, want := range map[string]string{
		strings.TrimPrefix(s.url, "http://"): "choose another port: healthcare demo --addr 127.0.0.1:8001",
		"0.0.0.0:0":                          "--addr must be a loopback address",
		"127.0.0.1":                          "--addr must be a loopback address with a port",
	} {
		code, _, stderr := healthcare.Run(t.Context(), nil, "demo", "--addr", addr)
		assert.Equal(t, 1, code, addr)
		assert.Contains(t, stderr, want)
	}
	left, err := os.ReadDir(os.TempDir())
	require.NoError(t, err)
	assert.Empty(t, left)
	s.stop()
}
