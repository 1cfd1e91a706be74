package main_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// vitals are what a program holds that could grow.
type vitals struct {
	goroutines, bytes int
	// sockets are the connections of clients and those to PostgreSQL, and the files of the store.
	sockets, files int
}

var vitalsLine = regexp.MustCompile(`vitals: goroutines=(\d+) bytes=(\d+)\n`)

// vitals asks the program, which must be one with cheap hashing.
func (s *service) vitals() (v vitals) {
	s.t.Helper()
	before := len(s.log.String()) // A long log takes seconds to search.
	require.NoError(s.t, s.cmd.Process.Signal(syscall.SIGUSR1))
	require.Eventually(s.t, func() bool {
		found := vitalsLine.FindStringSubmatch(s.log.String()[before:])
		if found == nil {
			return false
		}
		v.goroutines, _ = strconv.Atoi(found[1])
		v.bytes, _ = strconv.Atoi(found[2])
		return true
	}, 10*time.Second, 10*time.Millisecond)
	folder := fmt.Sprintf("/proc/%d/fd", s.cmd.Process.Pid)
	entries, err := os.ReadDir(folder)
	require.NoError(s.t, err)
	for _, entry := range entries {
		target, _ := os.Readlink(filepath.Join(folder, entry.Name())) // It may be closed by now.
		if strings.HasPrefix(target, "socket:") {
			v.sockets++
		} else if strings.HasPrefix(target, "/") {
			v.files++
		}
	}
	return v
}

// lockers lock the patients against everybody, from another process.
var lockers = map[string]string{"sqlite": `BEGIN EXCLUSIVE`, "postgres": `BEGIN; LOCK TABLE patients IN ACCESS EXCLUSIVE MODE`}

// longestWait is how long a request waits in a crowd at a lock: for memory, for a connection, for
// the lock, and for its event (docs/operations.md, "Too many requests").
const longestWait = (1 + 1 + 3 + 1) * time.Second

// TestACrowdAtALockedTableLeavesNothingBehind sends 500 requests at once while another process
// has the table of patients, or the file of the embedded store, locked. Half of the clients
// hang up after a second.
func TestACrowdAtALockedTableLeavesNothingBehind(t *testing.T) {
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		t.Skip("the connections of a process are counted in /proc, which only Linux has")
	}
	overEachEngine(t, func(t *testing.T, env []string) {
		env = append(env, "SECRET_KEY="+secretKey)
		createSuperuserOn(t, env)
		s := serve(t, env)
		token := s.login("admin@example.com")
		crowd := newCrowdAtLock(s.url, token)
		crowd.send(t.Context(), 100, time.Minute) // Open all connections to the database.
		require.Equal(t, 100, crowd.answered[http.StatusCreated]+crowd.answered[http.StatusOK], crowd.answered)
		baseline := s.settled(t, vitals{})

		locker := openDatabase(t, env)
		locker.SetMaxOpenConns(1)
		engine := "sqlite"
		if _, onPostgres := databaseURL(env); onPostgres {
			engine = "postgres"
		}
		lock, err := locker.Conn(t.Context())
		require.NoError(t, err)
		_, err = lock.ExecContext(t.Context(), lockers[engine])
		require.NoError(t, err)

		healthy, stop := context.WithCancel(t.Context())
		var slowest time.Duration
		var health sync.WaitGroup
		health.Go(func() {
			for healthy.Err() == nil {
				begun := time.Now()
				assert.Equal(t, http.StatusOK, home.request(s, http.MethodGet, "/livez", "", "").status)
				slowest = max(slowest, time.Since(begun))
			}
		})
		crowd = newCrowdAtLock(s.url, token)
		crowd.send(t.Context(), 500, time.Second)
		stop()
		health.Wait()
		t.Logf("answers by status: %v, and %d clients left; the slowest answer took %s, of /livez %s", crowd.answered, crowd.left, crowd.slowest, slowest)
		assert.GreaterOrEqual(t, crowd.left, 200)
		assert.Equal(t, 500, crowd.left+crowd.answered[http.StatusServiceUnavailable], "%v", crowd.answered)
		assert.Less(t, slowest, 5*time.Second)
		assert.Less(t, crowd.slowest, longestWait+3*time.Second, "the waits of requests add up")

		_, err = lock.ExecContext(t.Context(), "ROLLBACK")
		require.NoError(t, err)
		require.NoError(t, lock.Close())
		unlocked := time.Now()
		// The pools may have had room: the embedded store opens two files for each connection.
		limit := baseline
		limit.files += 2 * max(runtime.GOMAXPROCS(0), 4)
		limit.sockets += max(4*runtime.GOMAXPROCS(0), 10)
		after := s.settled(t, limit)
		t.Logf("before %+v, %s after the unlock %+v", baseline, time.Since(unlocked), after)
		crowd.send(t.Context(), 10, time.Minute)
		requireWrites(t, env, crowd.writes, time.Minute)
	})
}

// crowdAtLock are clients that each send one request. Every second one adds a patient, and the
// others list the patients.
type crowdAtLock struct {
	writer
	clients sync.WaitGroup

	mutex    sync.Mutex
	answered map[int]int // by status
	left     int
	slowest  time.Duration
}

func newCrowdAtLock(url, token string) *crowdAtLock {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1000}}
	return &crowdAtLock{writer: writer{url: url, token: token, client: client}, answered: map[int]int{}}
}

// send sends n requests at once. The second half of the clients hang up after the time. It
// returns when all are answered.
func (c *crowdAtLock) send(ctx context.Context, n int, hangUp time.Duration) {
	for i := range n {
		c.clients.Go(func() {
			limited, cancel := context.WithTimeout(ctx, time.Minute)
			if i >= n/2 {
				limited, cancel = context.WithTimeout(ctx, hangUp)
			}
			defer cancel()
			begun := time.Now()
			done := write{}
			if i%2 == 0 {
				done = c.write(limited, fmt.Sprintf("write-%s", rand.Text()))
			} else {
				done.status, done.err = c.list(limited)
			}
			took := time.Since(begun)
			c.mutex.Lock()
			defer c.mutex.Unlock()
			switch {
			case errors.Is(done.err, context.DeadlineExceeded):
				c.left++
			case i%2 == 0:
				c.writes = append(c.writes, done)
				fallthrough
			default:
				c.answered[done.status]++
				c.slowest = max(c.slowest, took)
			}
		})
	}
	c.clients.Wait()
	c.client.CloseIdleConnections()
}

func (c *crowdAtLock) list(ctx context.Context) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+"/api/patients/", nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	resp, err := c.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// settled waits until the program holds nothing more than limit, or anything for a second if
// that is zero.
func (s *service) settled(t *testing.T, limit vitals) (v vitals) {
	t.Helper()
	home.http.CloseIdleConnections()
	last := vitals{}
	deadline := time.Now().Add(10 * time.Second)
	for {
		v = s.vitals()
		switch {
		case limit == vitals{} && v.goroutines == last.goroutines && v.sockets == last.sockets:
			return v
		case v.goroutines <= limit.goroutines && v.sockets <= limit.sockets && v.files <= limit.files:
			return v
		case time.Now().After(deadline):
			require.Fail(t, "the program still holds what it needed for requests", "before %+v, after %+v", limit, v)
		}
		last = v
		time.Sleep(200 * time.Millisecond)
	}
}
