package main_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTheProgramNeedsNoOtherFile runs the program that make builds, as an unprivileged user.
// The root directory contains only the program and a folder for its data.
func TestTheProgramNeedsNoOtherFile(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("to change the root directory takes root")
	}
	built, err := released()
	require.NoError(t, err)
	root := t.TempDir()
	file, err := os.ReadFile(string(built))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(root, "healthcare"), file, 0o755))
	const nobody = 65534
	require.NoError(t, os.Mkdir(filepath.Join(root, "data"), 0o700))
	require.NoError(t, os.Chown(filepath.Join(root, "data"), nobody, nobody))
	inside := func(cmd *exec.Cmd) {
		cmd.Dir = "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	s := program("/healthcare").serveAs(t, []string{"DATA_DIR=/data"}, inside)
	assert.Equal(t, http.StatusOK, s.status("/readyz"))
	registered := home.request(s, http.MethodPost, "/api/auth/register/", "", `{"email": "sam@example.com", "password": "`+goodPassword+`"}`)
	assert.Equal(t, http.StatusCreated, registered.status, registered.body)

	health := program("/healthcare").command(t, []string{"HTTP_ADDR=" + strings.TrimPrefix(s.url, "http://")}, "health")
	inside(health)
	said, err := health.CombinedOutput()
	assert.NoError(t, err, "%s", said)
	s.stop()
	health = program("/healthcare").command(t, []string{"HTTP_ADDR=" + strings.TrimPrefix(s.url, "http://")}, "health")
	inside(health)
	said, err = health.CombinedOutput()
	assert.Equal(t, 1, health.ProcessState.ExitCode(), "%s: %v", said, err)
}
