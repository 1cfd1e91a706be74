package postgres_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/postgres/pgtest"
)

func TestSSLMode(t *testing.T) {
	services := filepath.Join(t.TempDir(), "services")
	require.NoError(t, os.WriteFile(services, []byte("[full]\nhost=db\nsslmode=verify-full\n\n[remote]\nhost=db\n\n[here]\nhost=127.0.0.1\n"), 0o600))
	for _, tt := range []struct {
		dsn  string
		env  string
		want string
	}{
		{dsn: "postgres://u@db/x", want: "require"},
		{dsn: "postgres://u@localhost/x", want: "disable"},
		{dsn: "postgres://u@127.9.9.9/x", want: "disable"},
		{dsn: "postgres://u@[::1]:5432/x", want: "disable"},
		{dsn: "postgres:///x?host=/run/postgresql", want: "disable"},
		{dsn: "postgres:///x", want: "disable"}, // lib/pq connects to localhost

		{dsn: "postgres://u@localhost/x", env: "PGSSLMODE=verify-full", want: "verify-full"},
		{dsn: "postgres://u@db/x", env: "PGSSLMODE=verify-ca", want: "verify-ca"},
		{dsn: "postgres://u@db/x?sslmode=require", env: "PGSSLMODE=verify-full", want: "require"},
		{dsn: "postgres://u@db/x", env: "PGSSLMODE=disable", want: "disable"},
		{dsn: "postgres://u@db/x", env: "PGSERVICE=full", want: "verify-full"},
		{dsn: "postgres://u@localhost/x", env: "PGSERVICE=full", want: "verify-full"},
		{dsn: "postgres://u@db/x?service=full", want: "verify-full"},
		{dsn: "postgres://u@localhost/x?service=remote", want: "require"},
		{dsn: "postgres://u@db/x?service=here", want: "disable"},

		{dsn: "postgres://u@localhost/x", env: "PGSSLROOTCERT=/ca.pem", want: "verify-ca"},
		{dsn: "postgres://u@db/x?sslrootcert=/ca.pem", want: "verify-ca"},
		{dsn: "postgres://u@db/x", env: "PGSSLROOTCERT=system", want: "verify-full"},
		{dsn: "postgres://u@localhost/x", env: "PGSSLCERT=/cert.pem", want: "require"},
		{dsn: "postgres://u@localhost/x?sslkey=/key.pem", want: "require"},

		// Other parameters can replace the host of the URL.
		{dsn: "postgres://u@localhost/x?host=server", want: "require"},
		{dsn: "postgres://u@localhost/x?hostaddr=192.0.2.1", want: "require"},
		{dsn: "postgres://u@localhost/x", env: "PGHOSTADDR=192.0.2.1", want: "require"},
		{dsn: "postgres://u@db/x?hostaddr=127.0.0.1", want: "disable"},
		{dsn: "postgres:///x", env: "PGHOST=db", want: "require"},
		{dsn: "postgres://localhost,db/x", want: "require"},
		{dsn: "postgres://localhost,127.0.0.1/x", want: "disable"},
		{dsn: "host=localhost dbname=x", want: "disable"},

		{dsn: "postgres://u@localhost:port/x", want: "require"},
		{dsn: "postgres://u@localhost/x", env: "PGSSLMODE=verify", want: "require"},
		{dsn: "postgres://u@localhost/x?service=none", want: "require"},
	} {
		t.Run(tt.dsn+" "+tt.env, func(t *testing.T) {
			t.Setenv("PGSERVICEFILE", services)
			if name, value, set := strings.Cut(tt.env, "="); set {
				t.Setenv(name, value)
			}
			assert.Equal(t, tt.want, postgres.SSLMode(tt.dsn))
		})
	}
}

// TestTheEnvironmentsSSLModeIsKept uses a server without TLS, which verify-full must refuse.
func TestTheEnvironmentsSSLModeIsKept(t *testing.T) {
	plain := strings.ReplaceAll(pgtest.New(t), "sslmode=disable", "")
	mode := func() string { return plain + "sslmode=" + postgres.SSLMode(plain) }
	open(t, mode(), postgres.Options{})
	t.Setenv("PGSSLMODE", "verify-full")
	_, err := postgres.Open(t.Context(), mode(), postgres.Options{})
	require.ErrorContains(t, err, "SSL")
}

// lib/pq disables TLS for all hosts of a list that begins with a socket.
func TestASocketDoesNotDisableTLSForOtherHosts(t *testing.T) {
	const refused = "a socket must not come before a host on another machine"
	for dsn, want := range map[string]string{
		"host=/run/none,db.invalid sslmode=verify-full":                      refused,
		"host=@none,db.invalid sslmode=verify-full":                          refused,
		"postgres:///x?host=/run/none,db.invalid&sslmode=verify-full":        refused,
		"host=/run/none,127.0.0.1 port=1 sslmode=verify-full":                "no such file",
		"host=db.invalid,/run/none sslmode=verify-full connect_timeout=1":    "db.invalid",
		"host=/run/none port=1 sslmode=verify-full dbname=x user=clinic":     "no such file",
		"host=127.0.0.1,db.invalid port=1 sslmode=disable connect_timeout=1": "refused",
	} {
		_, err := postgres.Open(t.Context(), dsn, postgres.Options{})
		require.ErrorContains(t, err, want, dsn)
	}
}
