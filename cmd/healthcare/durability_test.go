package main_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestStoppingFinishesRequestsInFlight sends SIGTERM while the program reads the
// body of a request.
func TestStoppingFinishesRequestsInFlight(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		createSuperuserOn(t, env)
		service := serve(t, env)
		token := service.login("admin@example.com")
		addr := strings.TrimPrefix(service.url, "http://")
		conn, err := net.Dial("tcp", addr)
		require.NoError(t, err)
		defer conn.Close()
		const body = `{"name":"Ada Lovelace"}`
		fmt.Fprintf(conn, "POST /api/patients/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", token, len(body))
		answer := bufio.NewReader(conn)
		line, err := answer.ReadString('\n')
		require.NoError(t, err)
		require.Contains(t, line, "100 Continue")
		_, err = answer.ReadString('\n')
		require.NoError(t, err)

		start := time.Now()
		require.NoError(t, service.cmd.Process.Signal(syscall.SIGTERM))
		require.Eventually(t, func() bool {
			probe, err := net.Dial("tcp", addr)
			if err == nil {
				probe.Close()
			}
			return err != nil
		}, 20*time.Second, 5*time.Millisecond, "new connections are refused")

		_, err = io.WriteString(conn, body)
		require.NoError(t, err)
		resp, err := http.ReadResponse(answer, nil)
		require.NoError(t, err)
		assert.Equal(t, 201, resp.StatusCode)
		assert.NoError(t, service.cmd.Wait(), "exit code 0")
		assert.Less(t, time.Since(start), 30*time.Second)
	})
}

func createSuperuserOn(t *testing.T, env []string) {
	t.Helper()
	migrate(t, env)
	createSuperuser(t, env, "admin@example.com")
}
