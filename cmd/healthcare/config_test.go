package main

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

// load loads the settings of a process with this environment and .env file.
func load(environment []string, dotenv string) (config, error) {
	return loadConfig(process{environment: environment, dotenv: dotenv, err: io.Discard})
}

func dotenv(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), ".env")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestSettingsComeFromTheEnvironmentFirst(t *testing.T) {
	path := dotenv(t, "ACCESS_TOKEN_TTL=5m\nDATA_DIR=/from/file\nLOG_FORMAT=\n# a comment with a $\nDB_PASSWORD='p$ssw0rd'\nDB_NAME=Healthcare\nDB_USER=clinic\n")
	cfg, err := load([]string{"ACCESS_TOKEN_TTL=10m", "HOME=/x"}, path)
	require.NoError(t, err)
	assert.Equal(t, 10*time.Minute, cfg.AccessTokenTTL)
	assert.Equal(t, "/from/file", cfg.DataDir)
	assert.Equal(t, 24*time.Hour, cfg.RefreshTokenTTL)
	assert.Equal(t, 30*time.Second, cfg.RefreshGrace)
	assert.Equal(t, "text", cfg.LogFormat)
	assert.Equal(t, "p$ssw0rd", cfg.DBPassword.Reveal())

	_, err = load(nil, filepath.Join(t.TempDir(), "missing"))
	assert.NoError(t, err)
}

func TestDatabaseSettingsGiveThePostgresURL(t *testing.T) {
	for _, tt := range []struct {
		env  []string
		want string
	}{
		{[]string{"DB_NAME=Healthcare", "DB_USER=postgres", "DB_PASSWORD=p@ss/w:rd", "DB_HOST=localhost"}, "postgres://postgres:p%40ss%2Fw%3Ard@localhost:5432/Healthcare?sslmode=disable"},
		{[]string{"DB_NAME=x", "DB_USER=u", "DB_HOST=db.example.com", "DB_PORT=6432"}, "postgres://u:@db.example.com:6432/x?sslmode=require"},
		{[]string{"DB_NAME=x", "DB_HOST=db.example.com", "DB_SSLMODE=verify-full"}, "postgres://db.example.com:5432/x?sslmode=verify-full"},
		{[]string{"DB_NAME=x", "DB_HOST=/run/postgresql"}, "postgres:///x?host=%2Frun%2Fpostgresql&port=5432&sslmode=disable"},
		{[]string{"DB_NAME=x"}, "postgres://localhost:5432/x?sslmode=disable"},
		{[]string{"DATABASE_URL=postgres://u:p@h/x"}, "postgres://u:p@h/x?sslmode=require"},
		{[]string{"DATABASE_URL=postgresql://u:p@[::1]:5433/x?connect_timeout=3"}, "postgresql://u:p@[::1]:5433/x?connect_timeout=3&sslmode=disable"},
		{[]string{"DATABASE_URL=postgres://u:p@h1:5432,h2:5433/x"}, "postgres://u:p@/x?host=h1%2Ch2&port=5432%2C5433&sslmode=require"},
		{[]string{"DATABASE_URL=postgres://u:p@localhost:1,127.0.0.1/x"}, "postgres://u:p@/x?host=localhost%2C127.0.0.1&port=1%2C5432&sslmode=disable"},
		{[]string{"DATABASE_URL=postgres://u:p@h/x?sslmode=verify-full"}, "postgres://u:p@h/x?sslmode=verify-full"},

		{[]string{"DATABASE_URL=postgres://u:p@h/x", "PGSSLMODE=verify-full"}, "postgres://u:p@h/x?sslmode=verify-full"},
		{[]string{"DB_NAME=x", "PGSSLMODE=verify-ca"}, "postgres://localhost:5432/x?sslmode=verify-ca"},
		{[]string{"DB_NAME=x", "DB_HOST=h", "DB_SSLMODE=require", "PGSSLMODE=verify-full"}, "postgres://h:5432/x?sslmode=require"},
		{[]string{"DATABASE_URL=postgres://u:p@h/x?sslmode=require", "PGSSLMODE=verify-full"}, "postgres://u:p@h/x?sslmode=require"},
	} {
		cfg, err := load(tt.env, "")
		require.NoError(t, err, tt.env)
		assert.True(t, cfg.usesPostgres())
		assert.Equal(t, tt.want, cfg.postgresURL().Reveal())
	}
	cfg, err := load(nil, "")
	require.NoError(t, err)
	assert.False(t, cfg.usesPostgres())

	cfg, err = load([]string{"DB_NAME=x"}, dotenv(t, "PGSSLMODE=verify-full\n"))
	require.NoError(t, err)
	assert.Equal(t, "postgres://localhost:5432/x?sslmode=verify-full", cfg.postgresURL().Reveal())
	_, err = load([]string{"DB_NAME=x", "PGSSLMODE=verify"}, "")
	require.ErrorContains(t, err, "PGSSLMODE must be one of disable")
	cfg, err = load([]string{"PGSSLMODE=verify"}, "")
	require.NoError(t, err, "it is for other programs")
	assert.False(t, cfg.usesPostgres())
}

func TestLoopbackAddressesAreRecognized(t *testing.T) {
	for addr, want := range map[string]bool{
		"127.0.0.1:8000": true, "localhost:1": true, "[::1]:80": true, "127.9.9.9:1": true,
		":8000": false, "0.0.0.0:8000": false, "[::]:80": false, "10.0.0.1:80": false, "clinic.example:80": false, "localhost.example:80": false, "": false,
	} {
		assert.Equal(t, want, isLoopback(addr), addr)
	}
}

// TestListenUsesTheAddressFamilyOfTheAddress connects to the loopback addresses of both families.
func TestListenUsesTheAddressFamilyOfTheAddress(t *testing.T) {
	if has, err := listen(t.Context(), "HTTP_ADDR", "[::1]:0"); err != nil {
		t.Skip("there is no IPv6 here")
	} else {
		require.NoError(t, has.Close())
	}
	for addr, want := range map[string]struct{ ipv4, ipv6 bool }{
		"0.0.0.0:0":          {true, false},
		"[::ffff:0.0.0.0]:0": {true, false},
		"127.0.0.1:0":        {true, false},
		"[::1]:0":            {false, true},
		"[::]:0":             {true, true},
		":0":                 {true, true},
	} {
		listener, err := listen(t.Context(), "HTTP_ADDR", addr)
		require.NoError(t, err, addr)
		_, port, err := net.SplitHostPort(listener.Addr().String())
		require.NoError(t, err)
		answers := func(host string) bool {
			conn, err := net.DialTimeout("tcp", net.JoinHostPort(host, port), 5*time.Second)
			if err == nil {
				require.NoError(t, conn.Close())
			}
			return err == nil
		}
		assert.Equal(t, want.ipv4, answers("127.0.0.1"), "%s over IPv4", addr)
		assert.Equal(t, want.ipv6, answers("::1"), "%s over IPv6", addr)
		require.NoError(t, listener.Close())
	}
}

func TestInstancesThatStartAtOnceCreateOneSecretKey(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	path := filepath.Join(dir, "secret_key")
	keys := make(chan domain.Secret, 16)
	for range cap(keys) {
		go func() {
			key, err := loadOrCreateSecretKey(path)
			assert.NoError(t, err)
			keys <- key
		}()
	}
	first := <-keys
	for range cap(keys) - 1 {
		assert.Equal(t, first.Reveal(), (<-keys).Reveal(), "instances that start at once use the same key")
	}
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 1, "no temporary file remains")

	require.NoError(t, os.Chmod(path, 0o644))
	_, err = loadOrCreateSecretKey(path)
	assert.ErrorContains(t, err, "chmod 600")
}
