package pgtest

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The pool modes of pgbouncer.
const (
	SessionPooling     = "session"
	TransactionPooling = "transaction"
	StatementPooling   = "statement"
)

// Pooler starts a pgbouncer in front of the server of dsn and returns dsn with the pooler's
// address. The pooler is stopped at the end of the test. The test is skipped if pgbouncer is
// not installed; .ci/postgres installs it where possible.
func Pooler(t testing.TB, dsn, mode string) string {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		if program, err = exec.LookPath("/usr/sbin/pgbouncer"); err != nil {
			t.Skip("pgtest: no pgbouncer found (Debian: apt-get install pgbouncer)")
		}
	}
	target, err := url.Parse(dsn)
	if err != nil {
		t.Fatal("pgtest: the server's address is not a URL")
	}
	port, err := freePort()
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	// The user postgres may have no access to t.TempDir.
	dir, err := os.MkdirTemp("", "pgbouncer")
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	settings := filepath.Join(dir, "pgbouncer.ini")
	if err := os.WriteFile(settings, []byte(poolerSettings(target, port, mode)), 0o644); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	account, err := serverUser()
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	if account != nil {
		if err := os.Chown(dir, int(account.Uid), int(account.Gid)); err != nil {
			t.Fatalf("pgtest: %v", err)
		}
	}
	command := exec.Command(program, settings)
	command.Dir = dir
	command.SysProcAttr = &syscall.SysProcAttr{Credential: account}
	var log bytes.Buffer
	command.Stdout, command.Stderr = &log, &log
	if err := command.Start(); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	target.Host = fmt.Sprintf("127.0.0.1:%d", port)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for poll := time.Tick(10 * time.Millisecond); ; <-poll {
		err := execute(ctx, target.String(), "SELECT")
		if err == nil {
			return target.String()
		}
		if ctx.Err() != nil {
			t.Fatalf("pgtest: pgbouncer does not answer: %v", err)
		}
	}
}

// poolerSettings returns a pgbouncer.ini for the server of target.
func poolerSettings(target *url.URL, port int, mode string) string {
	server := "host=" + target.Hostname() + " user=" + target.User.Username()
	if target.Port() != "" {
		server += " port=" + target.Port()
	}
	if password, set := target.User.Password(); set {
		server += " password='" + strings.ReplaceAll(password, "'", "''") + "'"
	}
	return fmt.Sprintf(`[databases]
* = %s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = any
pool_mode = %s
max_client_conn = 500
ignore_startup_parameters = extra_float_digits
`, server, port, mode)
}
