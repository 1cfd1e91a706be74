package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/httpapi/client"
	"example.com/healthcare/adapters/postgres/pgtest"
	healthcare "example.com/healthcare/cmd/healthcare"
)

func TestCreatesuperuserCreatesAnAdministrator(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		createSuperuserOn(t, env)

		code, _, stderr := healthcare.Run(t.Context(), append(env, "SUPERUSER_PASSWORD=another-"+goodPassword), "createsuperuser", "--noinput", "--email", "ADMIN@example.com")
		assert.Equal(t, 1, code)
		assert.Contains(t, stderr, "email: user with this email already exists.")
		code, _, stderr = healthcare.Run(t.Context(), append(env, "SUPERUSER_PASSWORD=password1"), "createsuperuser", "--noinput", "--email", "no address")
		assert.Equal(t, 1, code)
		assert.Contains(t, stderr, "email: Enter a valid email address.")
		assert.Contains(t, stderr, "password: This password is too easy to guess")
		assert.NotContains(t, stderr, "password1")
		code, _, stderr = healthcare.Run(t.Context(), env, "createsuperuser", "--noinput", "--email", "x@example.com")
		assert.Equal(t, 1, code)
		assert.Contains(t, stderr, "SUPERUSER_PASSWORD")
		code, _, stderr = run(t, env, "createsuperuser")
		assert.Equal(t, 1, code)
		assert.Contains(t, stderr, "not a terminal")

		service := serve(t, env)
		me, err := service.api(service.login("admin@example.com")).GetMeWithResponse(t.Context(), nil)
		require.NoError(t, err)
		assert.Equal(t, client.RoleAdmin, me.JSON200.Role, "the first password still works")
		service.stop()
	})
}

// TestCreatesuperuserAsksForCredentials types at a terminal.
func TestCreatesuperuserAsksForCredentials(t *testing.T) {
	env := engines["embedded"](t)
	cmd := command(t, env, "createsuperuser", "--create")
	terminal, err := pty.Start(cmd)
	require.NoError(t, err)
	defer terminal.Close()
	shown := &strings.Builder{}
	await := func(prompt string) {
		t.Helper()
		buffer := make([]byte, 1)
		for !strings.HasSuffix(shown.String(), prompt) {
			n, err := terminal.Read(buffer)
			require.NoError(t, err, "waiting for %q after %q", prompt, shown)
			shown.Write(buffer[:n])
		}
	}
	typeIn := func(text string) {
		t.Helper()
		_, err := terminal.WriteString(text + "\n")
		require.NoError(t, err)
	}
	await("Email address: ")
	typeIn("admin@example.com")
	await("Password: ")
	typeIn(goodPassword)
	await("Password (again): ")
	typeIn("something else")
	await("Try again.\r\n")
	await("Password: ")
	typeIn("password1")
	await("Password (again): ")
	typeIn("password1")
	await("too easy to guess")
	await("Email address: ")
	typeIn("admin@example.com")
	await("Password: ")
	typeIn(goodPassword)
	await("Password (again): ")
	typeIn(goodPassword)
	await("Superuser created")
	_ = cmd.Wait()
	assert.Zero(t, cmd.ProcessState.ExitCode())
	assert.NotContains(t, shown.String(), goodPassword, "passwords are not shown")
}

func TestCreatesuperuserIsCancelledByCtrlC(t *testing.T) {
	env := engines["embedded"](t)
	cmd := command(t, env, "createsuperuser", "--create", "--email", "admin@example.com")
	terminal, err := pty.Start(cmd)
	require.NoError(t, err)
	defer terminal.Close()
	var shown strings.Builder
	buffer := make([]byte, 256)
	for !strings.Contains(shown.String(), "Password: ") {
		n, err := terminal.Read(buffer)
		require.NoError(t, err)
		shown.Write(buffer[:n])
	}
	_, err = terminal.Write([]byte{3})
	require.NoError(t, err)
	for err == nil {
		var n int
		n, err = terminal.Read(buffer)
		shown.Write(buffer[:n])
	}
	_ = cmd.Wait()
	assert.Equal(t, 1, cmd.ProcessState.ExitCode())
	assert.Contains(t, shown.String(), "cancelled, nothing was changed")
}

func TestMigrate(t *testing.T) {
	env := []string{"DATABASE_URL=" + pgtest.NewEmpty(t, ""), "DATA_DIR=" + t.TempDir()}

	code, _, stderr := run(t, env, "serve", "--addr", "127.0.0.1:0")
	assert.Equal(t, 1, code, "the schema is behind")
	assert.Contains(t, stderr, "healthcare migrate")
	_, stdout, _ := healthcare.Run(t.Context(), env, "migrate", "status")
	assert.Contains(t, stdout, "pending")

	var starters sync.WaitGroup
	for range 4 {
		starters.Go(func() {
			code, _, stderr := run(t, env, "migrate")
			assert.Zero(t, code, stderr)
		})
	}
	starters.Wait()
	_, stdout, _ = healthcare.Run(t.Context(), env, "migrate", "status")
	assert.NotContains(t, stdout, "pending")
	code, stdout, _ = healthcare.Run(t.Context(), env, "migrate", "up")
	assert.Zero(t, code)
	assert.Contains(t, stdout, "up to date")
}

func TestEmbeddedStoreIsForItsOwnerOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "records of the clinic")
	env := []string{"DATA_DIR=" + dir}
	createSuperuser(t, env, "admin@example.com")
	service := serve(t, env)
	service.login("admin@example.com")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	names := map[string]bool{}
	for _, entry := range entries {
		info, err := entry.Info()
		require.NoError(t, err)
		assert.Zero(t, info.Mode().Perm()&0o077, entry.Name())
		names[entry.Name()] = true
	}
	assert.True(t, names["secret_key"] && names["healthcare.db"], names)
	info, err := os.Stat(dir)
	require.NoError(t, err)
	assert.Zero(t, info.Mode().Perm()&0o077)
	service.stop()
}

// A command that reads or changes the store refuses a directory in which no service has
// run, and creates nothing: verifying a new, empty trail would succeed.
func TestCommandsRefuseADirectoryThatNoServiceHasUsed(t *testing.T) {
	commands := [][]string{
		{"audit", "verify"},
		{"audit", "head"},
		{"audit", "adopt"},
		{"purge", "--older-than", "3650d"},
		{"users", "list"},
		{"users", "deactivate", "--email", "ada@example.com"},
	}
	refused := func(env []string, remedy string) {
		t.Helper()
		for _, args := range commands {
			code, stdout, stderr := healthcare.Run(t.Context(), env, args...)
			assert.Equal(t, 1, code, args)
			assert.Empty(t, stdout)
			assert.Contains(t, stderr, remedy)
		}
	}
	dir := filepath.Join(t.TempDir(), "data")
	refused([]string{"DATA_DIR=" + dir, "SECRET_KEY=" + secretKey}, dir+"/healthcare.db does not exist: run the command in the service's directory")
	refused([]string{"DATA_DIR=" + dir}, dir+"/healthcare.db")
	assert.NoDirExists(t, dir)
	overEachEngine(t, func(t *testing.T, env []string) {
		migrate(t, env)
		dir := strings.TrimPrefix(env[0], "DATA_DIR=")
		refused(env, dir+"/secret_key does not exist: set SECRET_KEY or DATA_DIR")
		assert.NoFileExists(t, dir+"/secret_key")
	})
}

func TestPolicyHelpAndVersionPrintTheirOutput(t *testing.T) {
	code, stdout, _ := healthcare.Run(t.Context(), nil, "policy")
	assert.Zero(t, code)
	assert.Regexp(t, `doctor:create +- +- +yes`, stdout)
	code, stdout, _ = run(t, nil, "version")
	assert.Zero(t, code)
	assert.Contains(t, stdout, "healthcare ")
	code, stdout, _ = healthcare.Run(t.Context(), nil, "--help")
	assert.Zero(t, code)
	assert.Contains(t, stdout, "createsuperuser")
	code, _, stderr := healthcare.Run(t.Context(), nil, "fly")
	assert.Equal(t, 2, code)
	assert.Contains(t, stderr, "fly")
}

func TestServeRefusesBadSettings(t *testing.T) {
	const password = "s3cr3t-of-the-database"
	goodKey := "SECRET_KEY=" + strings.Repeat("0a1b2c3d4e5f6789", 3)[1:]
	for name, tt := range map[string]struct {
		env   []string
		addr  string
		named []string
	}{
		"everything at once": {
			[]string{"SECRET_KEY=short", "ACCESS_TOKEN_TTL=soon", "REFRESH_TOKEN_TTL=9999h", "REFRESH_GRACE=1h", "IDLE_TIMEOUT=2h", "MAX_REQUESTS_IN_FLIGHT=1", "SHUTDOWN_DELAY=2m", "DOCS=perhaps", "REGISTRATION=maybe", "LOG_LEVEL=LOUD", "LOG_FORMAT=xml", "DB_PORT=0", "DB_SSLMODE=maybe", "DB_PASSWORD=" + password},
			"127.0.0.1:99999",
			[]string{"SECRET_KEY", "ACCESS_TOKEN_TTL", "REFRESH_TOKEN_TTL", "REFRESH_GRACE", "IDLE_TIMEOUT", "MAX_REQUESTS_IN_FLIGHT must be from 10 to 100000", "SHUTDOWN_DELAY", "DOCS must be on or off", "REGISTRATION", "LOG_LEVEL", "LOG_FORMAT", "DB_PORT", "DB_NAME", "DB_USER", "DB_SSLMODE", "HTTP_ADDR"},
		},
		"security settings": {
			[]string{
				"SECRET_KEY_FALLBACKS=" + goodKey[len("SECRET_KEY="):] + ",short", "TLS_CERT_FILE=cert.pem", "TRUSTED_PROXIES=10.0.0.0/8,0.0.0.0/0", "CORS_ALLOWED_ORIGINS=*", "REQUIRE_ADMIN_MFA=perhaps", "REQUIRE_IF_MATCH=perhaps",
				"LIMIT_LOGIN_PAIR=10", "LIMIT_LOGIN_ACCOUNT=ten/15m", "LIMIT_LOGIN_ADDRESS=500", "LIMIT_REGISTER=-1/1h", "LIMIT_REFRESH=60/1ms",
			},
			"",
			[]string{"SECRET_KEY_FALLBACKS", "TLS_KEY_FILE", "TRUSTED_PROXIES", "CORS_ALLOWED_ORIGINS", "REQUIRE_ADMIN_MFA", "REQUIRE_IF_MATCH", "LIMIT_LOGIN_PAIR", "LIMIT_LOGIN_ACCOUNT", "LIMIT_LOGIN_ADDRESS", "LIMIT_REGISTER", "LIMIT_REFRESH"},
		},
		"a missing certificate file": {[]string{"TLS_CERT_FILE=cert.pem", "TLS_KEY_FILE=key.pem"}, "", []string{"cert.pem"}},
		"all IPv4 addresses":         {[]string{"LOG_FORMAT=xml"}, "0.0.0.0:0", []string{"SECRET_KEY", "REGISTRATION", "LOG_FORMAT"}},
		"all addresses":              {[]string{goodKey}, ":0", []string{"REGISTRATION"}},
		"sample key":                 {[]string{"SECRET_KEY=django-insecure-abcdefghijklmnopqrstuvwxyz0123456789"}, "", []string{"SECRET_KEY"}},
		"sample in quotes":           {[]string{"SECRET_KEY=' django-insecure-abcdefghijklmnopqrstuvwxyz0123456789'"}, "", []string{"SECRET_KEY"}},
		"monotonous key":             {[]string{"SECRET_KEY=" + strings.Repeat("ab", 32)}, "", []string{"SECRET_KEY"}},
		"two databases":              {[]string{"DATABASE_URL=postgres://u:" + password + "@127.0.0.1:1/x", "DB_NAME=x"}, "", []string{"DATABASE_URL"}},
		"bad sslmode":                {[]string{"DATABASE_URL=postgres://u:" + password + "@127.0.0.1:1/x?sslmode=bogus"}, "", []string{"sslmode"}},
		"lost sslmode":               {[]string{"DATABASE_URL=postgres://u:" + password + "@127.0.0.1:1/x?sslmode=verify-full;sslrootcert=/ca.pem"}, "", []string{"DATABASE_URL"}},
		"bad database port":          {[]string{"DATABASE_URL=postgres://u:" + password + "@127.0.0.1:99999/x"}, "", []string{"DATABASE_URL"}},
		"bad database URL":           {[]string{"DATABASE_URL=postgres://u:" + password + "%zz@h/x"}, "", []string{"DATABASE_URL"}},
		"database not running":       {[]string{"DATABASE_URL=postgres://u:" + password + "@127.0.0.1:1/x"}, "", []string{"refused"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := []string{"serve"}
			if tt.addr != "" {
				args = append(args, "--addr", tt.addr)
			}
			code, _, stderr := healthcare.Run(t.Context(), append(tt.env, "DATA_DIR="+t.TempDir()), args...)
			assert.Equal(t, 1, code)
			for _, named := range tt.named {
				assert.Contains(t, stderr, named)
			}
			assert.NotContains(t, stderr, password)
			assert.NotContains(t, stderr, "=short")
			assert.NotContains(t, stderr, "abcdefgh")
		})
	}
}
