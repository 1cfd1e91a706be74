package main_test

import (
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres/pgtest"
)

// TestTheScriptsOfComposeMakeADatabaseThatTheServiceCanUse runs the scripts of deploy/compose on a server of
// its own, and then the commands of compose.yaml with the secrets.
func TestTheScriptsOfComposeMakeADatabaseThatTheServiceCanUse(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("to give the secrets to the accounts of the containers takes root")
	}
	psql := installed(t, "psql")
	server, err := url.Parse(pgtest.Start(t).DSN())
	require.NoError(t, err)
	folder := t.TempDir()
	secrets := filepath.Join(folder, "secrets")
	said, err := exec.Command("../../deploy/compose/secrets.sh", folder).CombinedOutput()
	require.NoError(t, err, "%s", said)
	said, err = exec.Command("../../deploy/compose/secrets.sh", folder).CombinedOutput()
	require.Error(t, err, "the secrets of a running database are not replaced: %s", said)

	initdb := exec.Command("../../deploy/compose/initdb.sh")
	initdb.Env = []string{
		"PATH=" + os.Getenv("PATH") + ":" + filepath.Dir(psql), "SECRETS=" + secrets,
		"PGHOST=" + server.Hostname(), "PGPORT=" + server.Port(), "POSTGRES_USER=" + server.User.Username(),
	}
	said, err = initdb.CombinedOutput()
	require.NoError(t, err, "%s", said)

	// in returns a function that gives a command the folder with .env that compose.yaml mounts.
	in := func(secret string) func(*exec.Cmd) {
		text, err := os.ReadFile(filepath.Join(secrets, secret))
		require.NoError(t, err)
		info, err := os.Stat(filepath.Join(secrets, secret))
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
		return func(cmd *exec.Cmd) {
			writeText(t, filepath.Join(cmd.Dir, ".env"), strings.Replace(string(text), "@database:5432/", "@"+server.Host+"/", 1))
		}
	}
	nowhere := filepath.Join(t.TempDir(), "data")
	env := []string{"DATA_DIR=" + nowhere, "HTTP_ADDR=0.0.0.0:8000", "REGISTRATION=closed", "LOG_FORMAT=text"}
	migrate := cheap.command(t, env, "migrate", "--grant-to", "healthcare_app")
	in("owner.env")(migrate)
	said, err = migrate.CombinedOutput()
	require.NoError(t, err, "%s", said)

	serve := cheap.command(t, env, "serve", "--addr", "127.0.0.1:0")
	in("app.env")(serve)
	s := started(t, serve)
	assert.Equal(t, http.StatusOK, s.status("/readyz"), "%s", s.log)
	s.stop()
	assert.NotContains(t, s.log.String(), "level=WARN", "%s", s.log)
	assert.NoDirExists(t, nowhere, "with PostgreSQL and SECRET_KEY, the service needs no folder")
}
