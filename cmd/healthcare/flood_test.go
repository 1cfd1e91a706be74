package main_test

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestAFloodOfLoginsDoesNotSlowSignedInUsers sends 200 logins of maximum length at once
// to a program with 512 MiB, and reads records meanwhile. Each login is for another user,
// so that no rate limit applies.
func TestAFloodOfLoginsDoesNotSlowSignedInUsers(t *testing.T) {
	// Not under the race detector, which needs several times the memory.
	program, err := released()
	require.NoError(t, err)
	overEachEngine(t, func(t *testing.T, env []string) {
		env = append(env, "SECRET_KEY="+secretKey, "GOMEMLIMIT=512MiB")
		migrate(t, env)
		program.createSuperuser(t, env, "admin@example.com")
		s := program.serve(t, env)
		token := s.login("admin@example.com")

		var logins, reader sync.WaitGroup
		var statuses sync.Map
		for n := range 200 {
			logins.Go(func() {
				body := fmt.Sprintf(`{"username": "user%d@example.com", "password": "%s"`, n, goodPassword)
				got := home.request(s, http.MethodPost, "/api/auth/login/", "", body+strings.Repeat(" ", 16<<10-len(body)-1)+"}")
				if got.status != http.StatusUnauthorized {
					assert.Contains(t, []int{http.StatusServiceUnavailable, http.StatusTooManyRequests}, got.status)
					wait, err := strconv.Atoi(got.header.Get("Retry-After"))
					assert.NoError(t, err)
					assert.Positive(t, wait)
				}
				count, _ := statuses.LoadOrStore(got.status, new(atomic.Int64))
				count.(*atomic.Int64).Add(1)
			})
		}
		flooding := make(chan struct{})
		var reads int
		var slowest time.Duration
		reader.Go(func() {
			for {
				select {
				case <-flooding:
					return
				default:
				}
				begun := time.Now()
				got := home.request(s, http.MethodGet, "/api/patients/", token, "")
				assert.Equal(t, http.StatusOK, got.status, "a read during the flood")
				reads, slowest = reads+1, max(slowest, time.Since(begun))
			}
		})
		logins.Wait()
		close(flooding)
		reader.Wait()

		assert.Positive(t, reads)
		assert.Less(t, slowest, 15*time.Second)
		statuses.Range(func(status, count any) bool {
			t.Logf("%d logins were answered with %d", count.(*atomic.Int64).Load(), status)
			return true
		})
		peak := peakMemory(t, s.cmd.Process)
		t.Logf("%d reads meanwhile, the slowest took %s; the program needed at most %d MiB", reads, slowest, peak>>20)
		assert.Less(t, peak, int64(512<<20))
		assert.Equal(t, http.StatusOK, home.login(s, "admin@example.com", goodPassword).status, "logins work after the flood")
	})
}

var highWaterMark = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peakMemory returns the peak of a process's resident memory in bytes.
func peakMemory(t *testing.T, process *os.Process) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", process.Pid))
	require.NoError(t, err)
	kilobytes, err := strconv.ParseInt(highWaterMark.FindStringSubmatch(string(status))[1], 10, 64)
	require.NoError(t, err)
	return kilobytes << 10
}
