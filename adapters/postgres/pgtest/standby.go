package pgtest

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// StartStandby returns a running standby of primary, which then waits at each commit until
// the standby has it (PostgreSQL manual, 27.2.8). The standby is removed at the end of the
// test.
func StartStandby(t testing.TB, primary *Server) *Server {
	t.Helper()
	s, err := newServer(primary.programs)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		if err := s.remove(); err != nil {
			t.Error(err)
		}
	})
	err = s.runCommand("pg_basebackup", "--pgdata", s.data(), "--host", "127.0.0.1", "--port", strconv.Itoa(primary.port),
		"--username", superuser, "--checkpoint", "fast", "--no-sync", "--write-recovery-conf")
	if err == nil {
		s.port, err = freePort()
	}
	if err == nil {
		err = s.run()
	}
	for _, statement := range []string{"ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"} {
		if err == nil {
			err = execute(t.Context(), primary.DSN(), statement)
		}
	}
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	return s
}

// Promote makes a standby the primary and waits until it accepts changes.
func (s *Server) Promote(t testing.TB) {
	t.Helper()
	if err := execute(t.Context(), s.DSN(), "SELECT pg_promote()"); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
}

// KillProcesses ends all processes of the server with SIGKILL, like a power failure. Restart
// has to recover.
func (s *Server) KillProcesses(t testing.TB) {
	t.Helper()
	s.signalAll(t, syscall.SIGKILL)
	if err := s.stop(syscall.SIGKILL); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
}

// Pause stops all processes of the server until Resume: it keeps its connections, and the
// kernel even accepts new ones, but nothing is answered. It is resumed at the end of the test.
func (s *Server) Pause(t testing.TB) {
	t.Helper()
	s.signalAll(t, syscall.SIGSTOP)
	t.Cleanup(func() {
		if s.process != nil {
			s.signalAll(t, syscall.SIGCONT)
		}
	})
}

// Resume ends Pause.
func (s *Server) Resume(t testing.TB) {
	t.Helper()
	s.signalAll(t, syscall.SIGCONT)
}

// signalAll sends a signal to the first process of the server, which then starts no more
// processes, and to those that it has started.
func (s *Server) signalAll(t testing.TB, signal syscall.Signal) {
	t.Helper()
	if s.process == nil {
		t.Fatal("pgtest: the server is not running")
	}
	pid := s.process.Process.Pid
	children, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "task", strconv.Itoa(pid), "children"))
	if err != nil {
		t.Skipf("pgtest: the processes of a server are found on Linux only: %v", err)
	}
	for _, field := range append([]string{strconv.Itoa(pid)}, strings.Fields(string(children))...) {
		process, err := strconv.Atoi(field)
		if err != nil {
			t.Fatalf("pgtest: %v", err)
		}
		if err := syscall.Kill(process, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			t.Fatalf("pgtest: %v", err)
		}
	}
}
