package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/healthcare/adapters/postgres"
)

// Server is a PostgreSQL server that a single test uses and can stop and kill. For speed,
// fsync is off and the files are in memory if there is enough: the data survives Kill, but
// not a crash of the machine.
type Server struct {
	programs string // the folder of initdb and postgres
	dir      string
	port     int
	settings []string
	process  *exec.Cmd // nil while the server is stopped
	// caretaker is the pipe to the caretaker, which cleans up when the pipe is closed.
	caretaker io.Closer
	done      func() error
}

// Start returns a running server whose only database is migrated and empty. The server is
// removed at the end of the test. settings, such as "fsync=on", override the defaults.
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	s, err := start(settings...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.remove(); err != nil {
			t.Error(err)
		}
	})
	if _, err := postgres.Migrate(t.Context(), s.DSN(), nil); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	return s
}

// DSN returns the URL of the server's database. Restart does not change it.
func (s *Server) DSN() string {
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/postgres?sslmode=disable", superuser, s.port)
}

// Dir returns the server's folder. The user who runs the server owns it.
func (s *Server) Dir() string { return s.dir }

// Stop shuts the server down like an administrator. Running transactions are rolled back
// (PostgreSQL manual, 19.5, "fast shutdown").
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	s.stopWith(t, syscall.SIGINT)
}

// Kill ends the server like a crash: it writes nothing more, and Restart has to recover
// (PostgreSQL manual, 19.5, "immediate shutdown"). All connections are closed when Kill
// returns.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	s.stopWith(t, syscall.SIGQUIT)
}

func (s *Server) stopWith(t testing.TB, signal syscall.Signal) {
	t.Helper()
	if s.process == nil {
		t.Fatal("pgtest: the server is not running")
	}
	if err := s.stop(signal); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
}

// Restart starts the server again after Stop or Kill and waits until it accepts
// connections.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	if s.process != nil {
		t.Fatal("pgtest: the server is already running")
	}
	if err := s.run(); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
}

// RestartAsStandby is like Restart, but the server is then a read-only standby.
func (s *Server) RestartAsStandby(t testing.TB) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.data(), "standby.signal"), nil, 0o644); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	s.Restart(t)
}

const superuser = "postgres"

// start starts a server with a cluster of its own.
func start(settings ...string) (s *Server, err error) {
	programs, err := findPrograms()
	if err != nil {
		return nil, err
	}
	if s, err = newServer(programs); err != nil {
		return nil, fmt.Errorf("pgtest: %w", err)
	}
	s.settings = settings
	if err := s.copyCluster(); err != nil {
		return nil, fmt.Errorf("pgtest: %w", errors.Join(err, s.remove()))
	}
	// Another program can take a free port before the server does.
	for range 5 {
		if s.port, err = freePort(); err != nil {
			break
		}
		if err = s.run(); err == nil {
			return s, nil
		}
	}
	return nil, fmt.Errorf("pgtest: %w", errors.Join(err, s.remove()))
}

// newServer returns a server without a cluster.
func newServer(programs string) (*Server, error) {
	// The user postgres may have no access to t.TempDir.
	dir, err := os.MkdirTemp(memory(), "pgtest")
	if err != nil {
		return nil, err
	}
	s := &Server{programs: programs, dir: dir}
	account, err := serverUser()
	if err == nil && account != nil {
		err = os.Chown(s.dir, int(account.Uid), int(account.Gid))
	}
	if err == nil {
		err = s.startCaretaker()
	}
	if err != nil {
		return nil, errors.Join(err, s.remove())
	}
	return s, nil
}

// memory returns a folder that is kept in memory, or "" if there is none with enough space.
// Each test database consists of hundreds of files, and on a disk the system needs ten times as
// long to create and remove them.
func memory() string {
	const folder, enough = "/dev/shm", 2 << 30
	var disk syscall.Statfs_t
	if err := syscall.Statfs(folder, &disk); err != nil || uint64(disk.Bavail)*uint64(disk.Bsize) < enough {
		return ""
	}
	return folder
}

// template returns a server with a new cluster, which is never started. Its caretaker
// removes it after this process has ended.
var template = sync.OnceValues(func() (*Server, error) {
	programs, err := findPrograms()
	if err != nil {
		return nil, err
	}
	s, err := newServer(programs)
	if err != nil {
		return nil, err
	}
	return s, s.runCommand("initdb", "--pgdata", s.data(), "--username", superuser,
		"--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync")
})

// copyCluster copies the cluster of template, which takes a tenth of the time of initdb.
func (s *Server) copyCluster() error {
	from, err := template()
	if err != nil {
		return err
	}
	return s.runCommand("/bin/cp", "-Rp", from.data(), s.data())
}

// runCommand runs a command that must succeed.
func (s *Server) runCommand(name string, args ...string) error {
	command, err := s.command(name, args...)
	if err != nil {
		return err
	}
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, output)
	}
	return nil
}

// startCaretaker starts a process that stops the server and removes its files after this process
// has ended. It waits for the end of a pipe that only this process has open, so it also
// works when this process crashes, on every Unix.
func (s *Server) startCaretaker() error {
	const script = `cat
		pid=$(head -n 1 "$1/postmaster.pid" 2>/dev/null)
		if [ -n "$pid" ]; then
			kill -QUIT "$pid" 2>/dev/null
			kill -CONT "$pid" $(cat "/proc/$pid/task/$pid/children" 2>/dev/null) 2>/dev/null
			for i in 1 2 3 4 5 6 7 8 9 10; do
				[ -e "$1/postmaster.pid" ] || break
				sleep 0.1
			done
		fi
		rm -rf "$2"`
	caretaker, err := s.command("/bin/sh", "-c", script, "caretaker", s.data(), s.dir)
	if err != nil {
		return err
	}
	// Without its own process group, Ctrl-C at a terminal would also stop the caretaker.
	caretaker.SysProcAttr.Setpgid = true
	pipe, err := caretaker.StdinPipe()
	if err != nil {
		return err
	}
	if err := caretaker.Start(); err != nil {
		return err
	}
	s.caretaker, s.done = pipe, caretaker.Wait
	return nil
}

// remove stops the server and removes its files.
func (s *Server) remove() error {
	if s.process != nil {
		if err := s.stop(syscall.SIGQUIT); err != nil {
			return err
		}
	}
	if s.caretaker == nil {
		return os.RemoveAll(s.dir)
	}
	return errors.Join(s.caretaker.Close(), s.done())
}

// run starts the server and waits until it accepts connections.
func (s *Server) run() error {
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	args := []string{
		"-D", s.data(), "-p", strconv.Itoa(s.port),
		"-c", "listen_addresses=127.0.0.1",
		"-c", "unix_socket_directories=",
		"-c", "max_connections=500",
		"-c", "shared_buffers=64MB",
		"-c", "fsync=off",
		"-c", "full_page_writes=off",
		"-c", "max_wal_size=64MB",
		// Without this setting, package postgres refuses a server with fsync=off.
		"-c", "healthcare.throwaway=on",
		"-c", "deadlock_timeout=100ms",
		"-c", "log_error_verbosity=terse",
	}
	for _, setting := range s.settings {
		args = append(args, "-c", setting)
	}
	server, err := s.command("postgres", args...)
	if err != nil {
		return err
	}
	server.Stdout, server.Stderr = log, log
	server.SysProcAttr.Setpgid = true
	if err := server.Start(); err != nil {
		return err
	}
	s.process = server
	if err := s.awaitReady(); err != nil {
		_ = s.stop(syscall.SIGQUIT)
		said, _ := os.ReadFile(log.Name())
		return fmt.Errorf("%w\n%s", err, said)
	}
	return nil
}

// awaitReady waits until the server answers. After Kill, the server first has to recover.
func (s *Server) awaitReady() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for {
		err := execute(ctx, s.DSN(), "SELECT")
		if err == nil {
			return nil
		}
		if !s.running() {
			return errors.New("the server has exited")
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			return fmt.Errorf("the server does not answer: %w", err)
		}
	}
}

// running reports whether the process is still running.
func (s *Server) running() bool {
	var status syscall.WaitStatus
	pid, err := syscall.Wait4(s.process.Process.Pid, &status, syscall.WNOHANG, nil)
	return err == nil && pid == 0
}

func (s *Server) stop(signal syscall.Signal) error {
	process := s.process
	s.process = nil
	if err := process.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	_ = process.Wait() // Its error is the signal, or says that running has already waited.
	return nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// command returns a command that runs as the owner of the cluster.
func (s *Server) command(name string, args ...string) (*exec.Cmd, error) {
	if !filepath.IsAbs(name) {
		name = filepath.Join(s.programs, name)
	}
	account, err := serverUser()
	command := exec.Command(name, args...)
	command.Dir = s.dir
	command.Env = append(os.Environ(), "LC_ALL=C")
	command.SysProcAttr = &syscall.SysProcAttr{Credential: account}
	return command, err
}
