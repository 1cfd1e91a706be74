package main_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/httpapi/client"
)

// TestTheServiceContinuesWithoutAReaderOfItsLog closes the program's outputs while it serves.
func TestTheServiceContinuesWithoutAReaderOfItsLog(t *testing.T) {
	env := engines["embedded"](t)
	createSuperuserOn(t, env)
	cmd := command(t, env, "serve", "--addr", "127.0.0.1:0")
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	s := &service{t: t, cmd: cmd, log: &syncBuffer{}}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	_, s.url, _ = strings.Cut(strings.TrimSpace(line), " listens on ")
	require.NoError(t, stdout.Close())
	require.NoError(t, stderr.Close())

	token := s.login("admin@example.com")
	for i := range 3 {
		added, err := s.api(token).CreatePatientWithResponse(t.Context(), nil, client.CreatePatientJSONRequestBody{Name: fmt.Sprint("Ada ", i)})
		require.NoError(t, err)
		require.NotNil(t, added.JSON201)
	}
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	assert.NoError(t, cmd.Wait(), "exit code 0")
}

// TestSIGHUPStopsTheServiceGracefully sends SIGHUP twice, as happens when a terminal closes.
func TestSIGHUPStopsTheServiceGracefully(t *testing.T) {
	s := serve(t, engines["embedded"](t))
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGHUP))
	_ = s.cmd.Process.Signal(syscall.SIGHUP) // It may have ended.
	require.NoError(t, s.cmd.Wait(), "exit code 0")
	require.Contains(t, s.log.String(), "stopped")
}

// TestSIGHUPIsIgnoredUnderNohup starts the program as nohup does.
func TestSIGHUPIsIgnoredUnderNohup(t *testing.T) {
	nohup, err := exec.LookPath("nohup")
	require.NoError(t, err)
	s := program(nohup).serve(t, engines["embedded"](t), string(cheap))
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGHUP))
	time.Sleep(100 * time.Millisecond)
	require.Equal(t, http.StatusOK, s.status("/readyz"))
	s.stop()
}

// TestTheServiceNeedsOnlyAWritableDataDirectory runs the program where everything else is read-only,
// as in a container, and lists so many records that SQLite needs a temporary file.
func TestTheServiceNeedsOnlyAWritableDataDirectory(t *testing.T) {
	const readOnly = `set -e
		mount --make-rprivate /
		mount --bind "$DATA_DIR" "$DATA_DIR"
		for folder in / /tmp /var/tmp; do
			if mountpoint -q $folder; then mount -o remount,bind,ro $folder; fi
		done
		if touch /tmp/probe || touch /var/tmp/probe; then exit 1; fi 2>/dev/null
		exec "$0" "$@"`
	env := []string{"DATA_DIR=" + t.TempDir()}
	unshare, err := exec.LookPath("unshare")
	if err != nil {
		t.Skip(err)
	}
	if code, _, stderr := program(unshare).run(t, env, "--mount", "sh", "-c", readOnly, "true"); code != 0 {
		t.Skip("a read-only file system takes root: " + stderr)
	}
	createSuperuserOn(t, env)
	s := program(unshare).serve(t, env, "--mount", "sh", "-c", readOnly, string(cheap))
	token := s.login("admin@example.com")
	const many = 200
	for i := range many {
		added, err := s.api(token).CreatePatientWithResponse(t.Context(), nil, client.CreatePatientJSONRequestBody{Name: fmt.Sprint("Ada ", i)})
		require.NoError(t, err)
		require.NotNil(t, added.JSON201)
	}
	// The more often the records were shown before, the more pages an event changes.
	for range 60 {
		limit := many
		page, err := s.api(token).ListPatientsWithResponse(t.Context(), &client.ListPatientsParams{Limit: &limit})
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, page.StatusCode(), "%s", s.log)
	}
	s.stop()
}

// TestAStoreThatWasReplacedIsNotWrittenTo replaces the database file while the service
// has it open.
func TestAStoreThatWasReplacedIsNotWrittenTo(t *testing.T) {
	data := t.TempDir()
	s := serve(t, []string{"DATA_DIR=" + data})
	require.Equal(t, http.StatusOK, s.status("/readyz"))
	path := filepath.Join(data, "healthcare.db")
	require.NoError(t, os.Rename(path, path+".old"))
	content, err := os.ReadFile(path + ".old")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, content, 0o600))
	registered, err := http.Post(s.url+"/api/auth/register/", "application/json", strings.NewReader(`{"email":"sam@example.com","password":"`+goodPassword+`"}`))
	require.NoError(t, err)
	defer registered.Body.Close()
	require.Equal(t, http.StatusServiceUnavailable, registered.StatusCode)
	time.Sleep(time.Second)
	require.Equal(t, http.StatusServiceUnavailable, s.status("/readyz"))
	require.Equal(t, http.StatusOK, s.status("/livez"))
	require.Regexp(t, `level=ERROR.*database file moved, removed or replaced`, s.log.String())
	s.stop()
}

// status returns the status of a GET.
func (s *service) status(path string) int {
	s.t.Helper()
	answer, err := http.Get(s.url + path)
	require.NoError(s.t, err)
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	require.NoError(s.t, err)
	return answer.StatusCode
}
