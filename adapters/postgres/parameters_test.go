package postgres_test

import (
	"bytes"
	"database/sql"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/postgres/pgtest"
)

func TestParseURL(t *testing.T) {
	for text, want := range map[string]string{
		"postgres://u:p@h/x":                           "postgres://u:p@h/x",
		"postgresql://u:p@[::1]:5433/x?a=b":            "postgresql://u:p@[::1]:5433/x?a=b",
		"postgres://h1:5432,h2:5433/x":                 "postgres:///x?host=h1%2Ch2&port=5432%2C5433",
		"postgres://u:p%2C@h1,h2/x?sslmode=require":    "postgres://u:p,@/x?host=h1%2Ch2&sslmode=require",
		"postgres://u@h1:6432,h2/x":                    "postgres://u@/x?host=h1%2Ch2&port=6432%2C5432",
		"postgres://u@[::1]:1,10.0.0.1:2,h?port=3,4,5": "postgres://u@?host=%3A%3A1%2C10.0.0.1%2Ch&port=3%2C4%2C5",
		"postgres://u:p@%2frun%2fpg:5433/x":            "postgres://u:p@/x?host=%2Frun%2Fpg&port=5433",
		"postgres://u@%2Frun%2Fpg/x":                   "postgres://u@/x?host=%2Frun%2Fpg",
		"postgres://u@%2Frun%2Fpg,h2/x":                "postgres://u@/x?host=%2Frun%2Fpg%2Ch2",
	} {
		got, err := postgres.ParseURL(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got.String(), text)
	}
	for _, text := range []string{
		"", "h/x", "mysql://h/x", "postgres://hunter2:port/x", "postgres://h:0/x", "postgres://h1:65536,h2/x", "postgres://h1:hunter2,h2/x", "postgres://[hunter2],h/x",
		"postgres://u:%hunter2@h1,h2/x", "postgres://h1,h2/x?a=%hunter2", "postgres://h/x?a=%hunter2",
	} {
		_, err := postgres.ParseURL(text)
		require.Error(t, err, text)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}

func TestAListOfHostsWithPorts(t *testing.T) {
	dsn := pgtest.New(t)
	target, err := url.Parse(dsn)
	require.NoError(t, err)
	open(t, strings.Replace(dsn, target.Host, "127.0.0.1:1,"+target.Host, 1), postgres.Options{})
	_, err = postgres.Open(t.Context(), "postgres://u@127.0.0.1:1,127.0.0.1:2/x?sslmode=disable", postgres.Options{})
	require.ErrorContains(t, err, "refused")
}

func TestUnsupportedParametersOfLibpqAreRefusedOrLogged(t *testing.T) {
	dsn := pgtest.New(t)
	for query, refused := range map[string]string{
		"channel_binding=prefer":  "",
		"channel_binding=disable": "",
		"channel_binding=require": "channel_binding",
		"gssencmode=disable":      "",
		"gssencmode=prefer":       "",
		"gssencmode=require":      "gssencmode",
		"require_auth=none":       "require_auth",
		"requirepeer=postgres":    "requirepeer",
		"sslcrl=/x.crl":           "sslcrl",
		"sslcertmode=allow":       "",
		"sslcertmode=require":     "sslcertmode",
		"sslpassword=hunter2":     "sslpassword",
		"sslcompression=0":        "",
		"keepalives=0":            "",
		"keepalives=hunter2":      "keepalives",
		"keepalives=1&keepalives_idle=30&keepalives_interval=10&keepalives_count=3": "",
		"keepalives_idle=-1":                  "keepalives_idle",
		"keepalives_idle=30s":                 "keepalives_idle",
		"statement_timeout=15000":             "",
		"connect_timeout=5&connect_timeout=6": "connect_timeout",
	} {
		var log bytes.Buffer
		store, err := postgres.Open(t.Context(), dsn+"&"+query, postgres.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
		if refused == "" {
			require.NoError(t, err, query)
			require.NoError(t, store.Close())
			assert.NotContains(t, log.String(), "no effect", query)
			continue
		}
		require.ErrorContains(t, err, "postgres: parameter "+refused+" in the database's address cannot be used: ", query)
		assert.NotContains(t, err.Error(), "hunter2")
		_, err = postgres.Migrate(t.Context(), dsn+"&"+query, nil)
		require.ErrorContains(t, err, refused+" in the database's address")
	}
	for query, name := range map[string]string{"sslcompression=1": "sslcompression", "tcp_user_timeout=1000": "tcp_user_timeout"} {
		var log bytes.Buffer
		open(t, dsn+"&"+query, postgres.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
		assert.Equal(t, 1, strings.Count(log.String(), "has no effect"), query)
		assert.Contains(t, log.String(), "parameter="+name)
		assert.NotContains(t, log.String(), "1000")
	}
	_, err := postgres.Open(t.Context(), "host=127.0.0.1 port=1 user=u dbname=x sslmode=disable require_auth=scram-sha-256", postgres.Options{})
	require.ErrorContains(t, err, "require_auth", "also in a list of parameters")
}

// TestPasswordsThatSASLprepChanges uses each authentication method of the server.
func TestPasswordsThatSASLprepChanges(t *testing.T) {
	server := pgtest.Start(t)
	admin, err := sql.Open("postgres", server.DSN())
	require.NoError(t, err)
	defer admin.Close()
	execute := func(statement string) {
		t.Helper()
		_, err := admin.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
	hba := filepath.Join(server.Dir(), "data", "pg_hba.conf")
	const passwords = "pass²word,pass2word,ｐａｓｓ,a\u00adb,a\u00a0b,plain,\u0627\u0031,\u2068x"
	for _, method := range []string{"scram-sha-256", "md5", "password"} {
		encryption := "scram-sha-256"
		if method == "md5" {
			encryption = "md5"
		}
		execute("SET password_encryption = '" + encryption + "'")
		require.NoError(t, os.WriteFile(hba, []byte("host all postgres 127.0.0.1/32 trust\nhost all clinic 127.0.0.1/32 "+method+"\n"), 0o644))
		execute("SELECT pg_reload_conf()")
		execute("DROP ROLE IF EXISTS clinic")
		execute("CREATE ROLE clinic LOGIN SUPERUSER")
		for password := range strings.SplitSeq(passwords, ",") {
			execute("SET password_encryption = '" + encryption + "'")
			execute("ALTER ROLE clinic PASSWORD '" + password + "'")
			target, err := url.Parse(server.DSN())
			require.NoError(t, err)
			target.User = url.UserPassword("clinic", password)
			store, err := postgres.Open(t.Context(), target.String(), postgres.Options{})
			require.NoError(t, err, "%s %q", method, password)
			require.NoError(t, store.Close())
			target.User = url.UserPassword("clinic", password+"²")
			_, err = postgres.Open(t.Context(), target.String(), postgres.Options{})
			require.ErrorContains(t, err, "password authentication failed", "%s %q", method, password)
		}
	}
}

// TestAnEnvironmentVariableThatCannotBeUsedIsNamedFirst uses a valid address.
func TestAnEnvironmentVariableThatCannotBeUsedIsNamedFirst(t *testing.T) {
	t.Setenv("PGCHANNELBINDING", "require")
	_, err := postgres.Open(t.Context(), "postgres://u@127.0.0.1:1/x?sslmode=disable", postgres.Options{})
	require.Error(t, err)
	first, _, _ := strings.Cut(err.Error(), "\n")
	assert.Contains(t, first, "PGCHANNELBINDING")
	assert.NotContains(t, first, "must look like")
}
