package pgtest

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// diesEnv is an environment variable that makes the test program start a server and kill itself
// (see TestTheServerOfAKilledProcessIsRemoved).
const diesEnv = "PGTEST_DIES"

func TestMain(m *testing.M) {
	if os.Getenv(diesEnv) != "" {
		server, err := start()
		if err != nil {
			panic(err)
		}
		fmt.Println(server.dir)
		self, _ := os.FindProcess(os.Getpid())
		_ = self.Kill()
		select {}
	}
	os.Exit(m.Run())
}

func TestTheServerOfAKilledProcessIsRemoved(t *testing.T) {
	process := exec.Command(os.Args[0])
	process.Env = append(os.Environ(), diesEnv+"=1")
	output, err := process.Output()
	require.ErrorContains(t, err, "killed")
	dir := strings.TrimSpace(string(output))
	require.NotEmpty(t, dir)
	require.Eventually(t, func() bool {
		_, err := os.Stat(dir)
		return os.IsNotExist(err)
	}, 30*time.Second, 10*time.Millisecond)
}

func TestDatabasesAreSeparate(t *testing.T) {
	first, second := New(t), New(t)
	require.NoError(t, execute(t.Context(), first, "DROP TABLE mappings"))
	require.NoError(t, execute(t.Context(), second, "SELECT * FROM mappings"))
	require.Error(t, execute(t.Context(), NewEmpty(t, ""), "SELECT * FROM mappings"))
}
