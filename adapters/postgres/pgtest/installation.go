package pgtest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// serverUser returns the user who runs PostgreSQL: postgres if the current user is root, because
// PostgreSQL refuses to run as root. It is nil for the current user.
func serverUser() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	found, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("as root, PostgreSQL is run as user postgres: %w", err)
	}
	uid, uidErr := strconv.ParseUint(found.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(found.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(uidErr, gidErr)
}

// findPrograms returns the folder with the newest PostgreSQL's initdb and postgres.
func findPrograms() (string, error) {
	var folders []string
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",         // Debian, Ubuntu
		"/usr/pgsql-*/bin",                  // Red Hat, Fedora
		"/opt/homebrew/opt/postgresql*/bin", // Homebrew
		"/usr/local/opt/postgresql*/bin",    // Homebrew on Intel
		"/Applications/Postgres.app/Contents/Versions/*/bin",
	} {
		found, _ := filepath.Glob(pattern) // Glob fails only for a malformed pattern.
		slices.SortFunc(found, func(a, b string) int { return version(b) - version(a) })
		folders = append(folders, found...)
	}
	if initdb, err := exec.LookPath("initdb"); err == nil {
		// The folder can have links to some of the programs only.
		if target, err := filepath.EvalSymlinks(initdb); err == nil {
			initdb = target
		}
		folders = append([]string{filepath.Dir(initdb)}, folders...)
	}
	for _, folder := range folders {
		_, initdbErr := os.Stat(filepath.Join(folder, "initdb"))
		_, postgresErr := os.Stat(filepath.Join(folder, "postgres"))
		if initdbErr == nil && postgresErr == nil {
			return folder, nil
		}
	}
	return "", errors.New("pgtest: no PostgreSQL found: install the server (Debian: apt-get install postgresql; " +
		"macOS: brew install postgresql), or set TEST_DATABASE_URL to a server whose user can create databases")
}

// version returns the number in a folder such as /usr/lib/postgresql/15/bin, or 0.
func version(folder string) int {
	digits := strings.TrimFunc(folder, func(r rune) bool { return r < '0' || r > '9' })
	n, _ := strconv.Atoi(digits)
	return n
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port, nil
}
