package main_test

import (
	"bufio"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	healthcare "example.com/healthcare/cmd/healthcare"
)

// TestServeSaysHowToCreateTheFirstAdministrator reads what serve prints.
func TestServeSaysHowToCreateTheFirstAdministrator(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		env = append(env, "SECRET_KEY="+secretKey, "USER_PASSWORD="+goodPassword)
		const hint = "To create the first administrator"
		for _, prepare := range []struct {
			args []string
			asks bool
		}{
			{[]string{"version"}, true},
			{[]string{"users", "create", "--noinput", "--email", "staff@example.com"}, true},
			{[]string{"users", "create", "--noinput", "--email", "admin@example.com", "--role", "ADMIN"}, false},
			{[]string{"users", "set-role", "--email", "admin@example.com", "--role", "ADMIN"}, false},
		} {
			if prepare.args[0] != "version" {
				code, _, stderr := healthcare.Run(t.Context(), env, prepare.args...)
				require.Zero(t, code, stderr)
			}
			said, _ := startAndStop(t, env)
			assert.Equal(t, prepare.asks, strings.Contains(said, hint), said)
		}
	})
}

// startAndStop runs serve and returns its output.
func startAndStop(t *testing.T, env []string) (stdout, stderr string) {
	t.Helper()
	cmd := command(t, env, "serve", "--migrate", "--addr", "127.0.0.1:0")
	var log syncBuffer
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	lines := make(chan string)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(out); scanner.Scan(); {
			lines <- scanner.Text() + "\n"
		}
	}()
	listens := func() bool {
		return strings.Contains(stdout, "Records are stored in") || strings.Contains(log.String(), `"msg":"listening"`)
	}
	require.Eventually(t, func() bool {
		select {
		case line := <-lines:
			stdout += line
		default:
		}
		return listens()
	}, time.Minute, 10*time.Millisecond, "%s", &log)
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	for line := range lines {
		stdout += line
	}
	require.NoError(t, cmd.Wait())
	return stdout, log.String()
}

func TestAJSONLogContainsOnlyJSON(t *testing.T) {
	env := append(engines["embedded"](t), "LOG_FORMAT=json", "REGISTRATON=closed")
	stdout, stderr := startAndStop(t, env)
	assert.Empty(t, stdout)
	said := map[string]map[string]any{}
	for line := range strings.Lines(stderr) {
		var entry map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &entry), line)
		said[entry["msg"].(string)] = entry
	}
	assert.Regexp(t, `^http://127\.0\.0\.1:\d+$`, said["listening"]["url"])
	assert.NotEmpty(t, said["listening"]["records"])
	assert.Contains(t, said, "no administrator exists yet: create one with the command createsuperuser")
	assert.Contains(t, said, "a variable has no effect and looks like a misspelt setting")
	assert.Contains(t, said, "stopped")
}

// TestAJSONLogNamesTheLastSeal compares it with the output of audit head.
func TestAJSONLogNamesTheLastSeal(t *testing.T) {
	env := append(engines["embedded"](t), "LOG_FORMAT=json")
	createSuperuser(t, env, "admin@example.com")
	_, stderr := startAndStop(t, env)
	_, head, _ := healthcare.Run(t.Context(), env, "audit", "head")
	require.NotEmpty(t, head)
	assert.Contains(t, stderr, `"head":"`+strings.TrimSpace(head)+`"`)
}

func TestAnAddressInUseNamesTheSetting(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	env := append(engines["embedded"](t), "HTTP_ADDR="+taken.Addr().String())
	code, _, stderr := run(t, env, "serve")
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr, "listen on "+taken.Addr().String()+": set HTTP_ADDR")
	assert.Contains(t, stderr, "address already in use")
}

// TestARestoredStoreWithoutItsKeyIsRefused expects that no new key is left in DATA_DIR, where
// it would take the place of the right one.
func TestARestoredStoreWithoutItsKeyIsRefused(t *testing.T) {
	for name, settings := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := settings(t)
			path := filepath.Join(strings.TrimPrefix(env[0], "DATA_DIR="), "secret_key")
			migrate(t, env)
			createSuperuser(t, env, "first@example.com")
			serve(t, env).stop() // It makes a seal.
			kept, err := os.ReadFile(path)
			require.NoError(t, err)
			require.NoError(t, os.Remove(path))
			for _, args := range [][]string{{"serve", "--addr", "127.0.0.1:0"}, {"createsuperuser", "--create", "--noinput", "--email", "admin@example.com"}} {
				code, _, stderr := run(t, append(env, "SUPERUSER_PASSWORD="+goodPassword), args...)
				assert.Equal(t, 1, code)
				assert.Contains(t, stderr, "secret_key", args)
				assert.NoFileExists(t, path, args)
			}
			code, _, _ := run(t, []string{env[0], "DATABASE_URL=postgres://u@127.0.0.1:1/x"}, "serve", "--addr", "127.0.0.1:0")
			assert.Equal(t, 1, code)
			assert.NoFileExists(t, path, "nor where the store cannot be opened: the next time it would look like the right one")
			require.NoError(t, os.WriteFile(path, kept, 0o600))
			createSuperuser(t, env, "admin@example.com")
			s := serve(t, env)
			s.login("first@example.com")
			s.stop()
		})
	}
}

func TestAdoptingTwiceShowsTheLastSeal(t *testing.T) {
	env := append(engines["embedded"](t), "SECRET_KEY="+secretKey)
	createSuperuser(t, env, "admin@example.com")
	serve(t, env).stop()
	_, head, _ := healthcare.Run(t.Context(), env, "audit", "head")
	head = strings.TrimSpace(head)
	other := append(env, "SECRET_KEY=f3Jq8Zt1Lw6Vb9Xc4Nm7Ks2Hd5Gp0RyA")
	adopt := func(why string, env []string, args ...string) {
		t.Helper()
		code, _, stderr := healthcare.Run(t.Context(), env, append([]string{"audit", "adopt"}, args...)...)
		assert.Equal(t, 1, code)
		assert.Contains(t, stderr, why)
	}
	adopt("there is nothing to adopt: the last seal, "+head+", was made with SECRET_KEY", env)
	adopt("the trail has seals, and the last one was made with another key: "+head, other)
	adopt("healthcare audit adopt --head "+head, other)
	adopt("--head is not the last seal of the trail, which is "+head, other, "--head", "99:"+strings.Repeat("0", 64))
	code, _, stderr := healthcare.Run(t.Context(), other, "audit", "adopt", "--head", head)
	require.Zero(t, code, stderr)
	adopt("there is nothing to adopt", other)
}

// TestTheEmailIsCheckedBeforeThePasswordPrompt types at a terminal.
func TestTheEmailIsCheckedBeforeThePasswordPrompt(t *testing.T) {
	env := engines["embedded"](t)
	createSuperuser(t, env, "admin@example.com")
	for _, tt := range []struct {
		args    []string
		answers []string // what is expected, and then what is typed
	}{
		{[]string{"createsuperuser"}, []string{
			"Email address: ", "admin", "email: Enter a valid email address.\r\nEmail address: ", "ADMIN@example.com",
			"email: user with this email already exists.\r\nEmail address: ", "ada@example.com", "Password: ", goodPassword, "again): ", goodPassword, "Superuser created",
		}},
		{[]string{"createsuperuser", "--email", "ada"}, []string{"email: Enter a valid email address.\r\nEmail address: ", "\x03", "cancelled"}},
		{[]string{"users", "create", "--email", "admin@example.com"}, []string{"email: user with this email already exists.\r\nEmail address: ", "\x03", "cancelled"}},
		{[]string{"users", "set-password"}, []string{"Email address: ", "nobody@example.com", "no user has this email address"}},
		{[]string{"users", "set-password"}, []string{"Email address: ", "admin@example.com", "Password: ", "\x03", "cancelled"}},
	} {
		cmd := command(t, env, tt.args...)
		terminal, err := pty.Start(cmd)
		require.NoError(t, err)
		var shown strings.Builder
		buffer := make([]byte, 1)
		for i, text := range tt.answers {
			if i%2 == 1 {
				_, err := terminal.WriteString(strings.TrimSuffix(text+"\n", "\x03\n") + strings.Repeat("\x03", strings.Count(text, "\x03")))
				require.NoError(t, err)
				continue
			}
			for !strings.HasSuffix(shown.String(), text) {
				n, err := terminal.Read(buffer)
				require.NoError(t, err, "%v: waiting for %q after %q", tt.args, text, &shown)
				shown.Write(buffer[:n])
			}
		}
		_ = cmd.Wait()
		require.NoError(t, terminal.Close())
	}
}
