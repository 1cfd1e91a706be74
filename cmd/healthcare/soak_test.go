package main_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres/pgtest"
)

var soakTime = flag.Duration("soak", 0, "how long TestSoak runs; 0 skips it")

// soakPhases is how many phases TestSoak has. The first two fill caches and pools: each connection
// to PostgreSQL keeps the statements that it has met prepared.
const soakPhases = 5

// fault makes something fail for some seconds.
type fault struct {
	name string
	do   func(t *testing.T, s *service)
}

// soaked are a service's settings and the faults that TestSoak makes.
type soaked struct {
	env    []string
	faults []fault
}

// pauseService stops the program for a second: its clients and the database wait.
var pauseService = fault{"service paused", func(t *testing.T, s *service) {
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGSTOP))
	time.Sleep(time.Second)
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGCONT))
}}

// lockOut is a lock by another process for two seconds.
func lockOut(env []string, lock string) fault {
	return fault{"locked", func(t *testing.T, _ *service) {
		db := openDatabase(t, env)
		defer db.Close()
		db.SetMaxOpenConns(1)
		if _, err := db.ExecContext(t.Context(), lock); err != nil {
			t.Logf("no lock: %v", err) // Somebody else has it.
			return
		}
		time.Sleep(2 * time.Second)
		_, err := db.ExecContext(t.Context(), "ROLLBACK")
		assert.NoError(t, err)
	}}
}

// soakedEngines maps each engine to a function that starts it.
var soakedEngines = map[string]func(t *testing.T) soaked{
	"embedded": func(t *testing.T) soaked {
		env := []string{"DATA_DIR=" + t.TempDir()}
		return soaked{env, []fault{lockOut(env, lockers["sqlite"]), pauseService}}
	},
	"postgres": func(t *testing.T) soaked {
		server := pgtest.Start(t)
		proxy, proxied := pgtest.StartProxy(t, server.DSN())
		for1s := func(begin, end func(testing.TB)) func(*testing.T, *service) {
			return func(t *testing.T, _ *service) {
				begin(t)
				time.Sleep(time.Second)
				end(t)
			}
		}
		return soaked{[]string{"DATA_DIR=" + t.TempDir(), "DATABASE_URL=" + proxied}, []fault{
			lockOut([]string{"", "DATABASE_URL=" + server.DSN()}, lockers["postgres"]),
			{"server restarted", for1s(server.Stop, server.Restart)},
			pauseService,
			{"server killed", for1s(server.KillProcesses, server.Restart)},
			{"server paused", for1s(server.Pause, server.Resume)},
			{"connections cut", for1s(func(testing.TB) { proxy.Stop() }, proxy.Start)},
			{"network hangs", for1s(func(testing.TB) { proxy.ToServer.Hang(); proxy.FromServer.Hang() }, proxy.Restore)},
		}}
	},
}

// TestSoak runs a mixed load with faults for -soak, and requires that nothing that was
// acknowledged is lost and that the program does not grow. make soak runs it.
func TestSoak(t *testing.T) {
	if *soakTime == 0 {
		t.Skip("it takes minutes: make soak")
	}
	for engine, start := range soakedEngines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			with := start(t)
			env := append(append(with.env, "SECRET_KEY="+secretKey), noLimits...)
			createSuperuserOn(t, env)
			s := serve(t, env)
			rows := engine + "\nphase\tgoroutines\theap KiB\tsockets\tfiles\twrites\tacknowledged\tother requests\tfailed or hung up\tfaults\t\n"
			var writes []write
			var first, filled, last vitals
			for phase := range soakPhases {
				load := newLoad(s)
				w := startWriter(t, s, s.login("admin@example.com"))
				made := load.run(t, *soakTime/soakPhases, with.faults)
				written := w.stop()
				writes = append(writes, written...)
				acknowledged := 0
				for _, one := range written {
					if one.status == http.StatusCreated {
						acknowledged++
					}
				}
				last = s.quiet(t)
				switch phase {
				case 0:
					first = last
				case 1:
					filled = last
				}
				rows += fmt.Sprintf("%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n", phase+1, last.goroutines, last.bytes>>10, last.sockets, last.files, len(written), acknowledged, load.sent, load.failed, made)
				table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
				fmt.Fprint(table, rows)
				table.Flush()
			}
			assert.LessOrEqual(t, last.goroutines, first.goroutines+5)
			assert.LessOrEqual(t, last.sockets, first.sockets+5)
			assert.LessOrEqual(t, last.files, first.files+5)
			// Up to 4,096 verified tokens are remembered, and sessions that were revoked until their
			// tokens expire: half a KiB for each of the thousand logins of a phase. 3 MiB allow for
			// them, and are 90 bytes for each of the 35,000 requests of three phases of two minutes.
			assert.Less(t, last.bytes, filled.bytes+3<<20)
			requireWrites(t, env, writes, 30*time.Second)
			assert.NotContains(t, s.log.String(), "status=500")
			assert.NotContains(t, s.log.String(), "panic")
		})
	}
}

// quiet returns the vitals once they no longer change.
func (s *service) quiet(t *testing.T) (v vitals) {
	t.Helper()
	time.Sleep(2 * time.Second) // The revocation feed may be connecting.
	for deadline := time.Now().Add(20 * time.Second); ; {
		next := s.settled(t, vitals{})
		if next.goroutines == v.goroutines || time.Now().After(deadline) {
			return next
		}
		v = next
		time.Sleep(time.Second)
	}
}

// load is clients of every kind.
type load struct {
	s      *service
	client *http.Client

	mutex        sync.Mutex
	sent, failed int
}

func newLoad(s *service) *load {
	return &load{s: s, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}, Timeout: time.Minute}}
}

// run runs all clients for the time, with a fault every seven seconds, and returns the number
// of faults.
func (l *load) run(t *testing.T, takes time.Duration, faults []fault) (made int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), takes)
	defer cancel()
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() { l.repeat(ctx, l.work) })
	}
	clients.Go(func() { l.repeat(ctx, l.hangUp) })
	clients.Go(func() { l.repeat(ctx, l.readSlowly) })
	for ctx.Err() == nil {
		select {
		case <-time.After(5 * time.Second):
			faults[made%len(faults)].do(t, l.s)
			made++
		case <-ctx.Done():
		}
	}
	clients.Wait()
	l.client.CloseIdleConnections()
	return made
}

func (l *load) repeat(ctx context.Context, do func(context.Context)) {
	for ctx.Err() == nil {
		do(context.WithoutCancel(ctx))
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// work is what a user does: sign in, read, change, list, export, sign out.
func (l *load) work(ctx context.Context) {
	var tokens struct{ Access string }
	if !l.send(ctx, http.MethodPost, "/api/auth/login/", "", `{"username": "admin@example.com", "password": "`+goodPassword+`"}`, &tokens) {
		return
	}
	var patient struct{ ID json.Number }
	if l.send(ctx, http.MethodPost, "/api/patients/", tokens.Access, `{"name": "Ada Lovelace"}`, &patient) {
		path := "/api/patients/" + patient.ID.String() + "/"
		l.send(ctx, http.MethodGet, path, tokens.Access, "", nil)
		l.send(ctx, http.MethodPatch, path, tokens.Access, `{"name": "Ada King"}`, nil)
		l.send(ctx, http.MethodGet, path+"history/", tokens.Access, "", nil)
		l.send(ctx, http.MethodDelete, path, tokens.Access, "", nil)
	}
	l.send(ctx, http.MethodGet, "/api/patients/?search=ada", tokens.Access, "", nil)
	l.send(ctx, http.MethodGet, "/api/audit/", tokens.Access, "", nil)
	l.send(ctx, http.MethodGet, "/api/patients/", tokens.Access, "", nil, "Accept", "text/csv")
	l.send(ctx, http.MethodPost, "/api/auth/logout/", tokens.Access, "", nil)
}

// send sends a request, decodes a successful answer, and reports whether it was successful.
func (l *load) send(ctx context.Context, method, path, token, body string, into any, header ...string) bool {
	err := func() error {
		req, err := http.NewRequestWithContext(ctx, method, l.s.url+path, strings.NewReader(body))
		if err != nil {
			return err
		}
		if body != "" {
			req.Header.Set("Content-Type", "application/json")
		}
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		resp, err := l.client.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err == nil && resp.StatusCode >= 300 {
			err = fmt.Errorf("status %d", resp.StatusCode)
		}
		if err == nil && into != nil {
			err = json.Unmarshal(text, into)
		}
		return err
	}()
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.sent++
	if err != nil {
		l.failed++
	}
	return err == nil
}

// hangUp sends a login and does not wait for the answer.
func (l *load) hangUp(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Millisecond)
	defer cancel()
	l.send(ctx, http.MethodPost, "/api/auth/login/", "", `{"username": "admin@example.com", "password": "`+goodPassword+`"}`, nil)
}

// readSlowly asks for a long document and reads a part of it, over a connection of its own.
func (l *load) readSlowly(ctx context.Context) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", strings.TrimPrefix(l.s.url, "http://"))
	if err != nil {
		return
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /openapi.yaml HTTP/1.1\r\nHost: x\r\n\r\n")
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	part := make([]byte, 1024)
	for range 10 {
		if _, err := conn.Read(part); err != nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}
