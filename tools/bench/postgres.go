package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// postgres is a PostgreSQL server with a cluster of its own and the default settings, so
// with fsync=on and synchronous_commit=on.
type postgres struct {
	*process
	programs string // the folder of its programs
	address  string
}

// startPostgres creates a cluster in the folder dir and starts a server.
func startPostgres(ctx context.Context, dir string) (*postgres, error) {
	programs, err := findPrograms()
	if err != nil {
		return nil, err
	}
	account, err := account()
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "postgres")
	if err := os.Mkdir(data, 0o700); err != nil {
		return nil, err
	}
	if account != nil {
		if err := errors.Join(os.Chmod(dir, 0o711), os.Chown(data, int(account.Uid), int(account.Gid))); err != nil {
			return nil, err
		}
	}
	initdb := exec.CommandContext(ctx, filepath.Join(programs, "initdb"),
		"--pgdata", data, "--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--locale", "C")
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: account}
	initdb.Dir = data
	if output, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, output)
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	_, port, _ := net.SplitHostPort(address)
	command := exec.CommandContext(ctx, filepath.Join(programs, "postgres"),
		"-D", data, "-p", port, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=")
	command.SysProcAttr = &syscall.SysProcAttr{Credential: account}
	running, err := start(command, dir)
	if err != nil {
		return nil, err
	}
	server := &postgres{running, programs, address}
	for range 1000 {
		if err = server.exec(ctx, "postgres", "SELECT 1"); err == nil {
			return server, nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return nil, running.failed(err)
}

// url returns the address of a database.
func (s *postgres) url(database string) string {
	return fmt.Sprintf("postgres://postgres@%s/%s?sslmode=disable", s.address, database)
}

// exec runs statements in a database.
func (s *postgres) exec(ctx context.Context, database, statements string) error {
	connection, err := pgx.Connect(ctx, s.url(database))
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close(ctx) }()
	_, err = connection.PgConn().Exec(ctx, statements).ReadAll()
	return err
}

// account returns the user who runs PostgreSQL if this program is run by root, because
// PostgreSQL refuses to run as root.
func account() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	found, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, uidErr := strconv.ParseUint(found.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(found.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(uidErr, gidErr)
}

// findPrograms returns the folder with PostgreSQL's programs: the last one that Debian or Red
// Hat have installed, or else that of initdb on the PATH.
func findPrograms() (string, error) {
	var found []string
	for _, pattern := range []string{"/usr/pgsql-*/bin/pgbench", "/usr/lib/postgresql/*/bin/pgbench"} {
		matches, _ := filepath.Glob(pattern) // Glob fails only for a malformed pattern.
		found = append(found, matches...)
	}
	if found != nil {
		return filepath.Dir(found[len(found)-1]), nil
	}
	initdb, err := exec.LookPath("initdb")
	if err != nil {
		return "", errors.New("PostgreSQL's server programs were not found: put the folder of initdb and pgbench on the PATH")
	}
	return filepath.Dir(initdb), nil
}
