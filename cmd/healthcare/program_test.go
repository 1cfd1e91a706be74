package main_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/httpapi/apitest"
	"example.com/healthcare/adapters/httpapi/client"
	"example.com/healthcare/adapters/postgres/pgtest"
	healthcare "example.com/healthcare/cmd/healthcare"
)

const goodPassword = "orbit-walnut-73-lagoon"

// program is the path of an executable file.
type program string

// cheap is the program with cheap password hashing, built once. Nearly all tests
// run it, because hashing would take most of their time.
var cheap program

// builds is the directory of the executable files.
var builds string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if builds, err = os.MkdirTemp("", "healthcare"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(builds)
		if cheap, err = build("cheap", "-tags=cheaphashing"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

func build(name string, flags ...string) (program, error) {
	path := filepath.Join(builds, name)
	command := exec.Command("go", append(append([]string{"build", "-o", path}, flags...), ".")...)
	if !slices.ContainsFunc(flags, func(flag string) bool { return strings.HasPrefix(flag, "-race") }) {
		command.Env = append(os.Environ(), "CGO_ENABLED=0") // as make builds the program
	}
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return program(path), nil
}

// raceFlags are the build flags of the race detector if the tests run with
// it. Few tests run the program with it, because it is several times slower.
func raceFlags() (flags []string) {
	info, _ := debug.ReadBuildInfo()
	for _, setting := range info.Settings {
		if setting.Key == "-race" || setting.Key == "-gcflags" {
			flags = append(flags, setting.Key+"="+setting.Value)
		}
	}
	return flags
}

// released returns the program as make builds it, for tests that depend on the time
// and memory that it takes. It omits -trimpath, with which Go would compile every dependency
// again.
var released = sync.OnceValues(func() (program, error) {
	path := filepath.Join(builds, "released")
	recipe, err := exec.Command("make", "--no-print-directory", "-C", "../..", "-n", "build", "PROGRAM="+path).Output()
	if err != nil {
		return "", fmt.Errorf("make -n build: %w", err)
	}
	build := exec.Command("sh", "-c", strings.Replace(string(recipe), " -trimpath", "", 1))
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return program(path), nil
})

// engines maps each engine to a function that returns its environment variables.
var engines = map[string]func(t *testing.T) []string{
	"embedded": func(t *testing.T) []string { return []string{"DATA_DIR=" + t.TempDir()} },
	"postgres": func(t *testing.T) []string {
		return []string{"DATA_DIR=" + t.TempDir(), "DATABASE_URL=" + pgtest.NewEmpty(t, "")}
	},
}

// overEachEngine runs test once for each engine.
func overEachEngine(t *testing.T, test func(t *testing.T, env []string)) {
	for name, settings := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, settings(t))
		})
	}
}

// command prepares the program in an empty directory without this process's settings.
func command(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	return cheap.command(t, env, args...)
}

func (p program) command(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute+2**soakTime)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, string(p), args...)
	cmd.Dir = t.TempDir()
	// No delay, because tests often stop the program.
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + cmd.Dir, "SHUTDOWN_DELAY=0"}, env...)
	return cmd
}

// run runs the program until it exits. healthcare.Run is faster for tests that need no
// separate process.
func run(t *testing.T, env []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return cheap.run(t, env, args...)
}

func (p program) run(t *testing.T, env []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := p.command(t, env, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	require.NoError(t, ignoreExit(cmd.Run()))
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

func ignoreExit(err error) error {
	if _, exited := err.(*exec.ExitError); exited { //nolint:errorlint // os/exec returns it unwrapped
		return nil
	}
	return err
}

func migrate(t *testing.T, env []string) {
	t.Helper()
	code, _, stderr := healthcare.Run(t.Context(), env, "migrate")
	require.Zero(t, code, stderr)
}

func createSuperuser(t *testing.T, env []string, email string) {
	t.Helper()
	code, _, stderr := healthcare.Run(t.Context(), append(slices.Clone(env), "SUPERUSER_PASSWORD="+goodPassword), "createsuperuser", "--create", "--noinput", "--email", email)
	require.Zero(t, code, stderr)
}

func (p program) createSuperuser(t *testing.T, env []string, email string) {
	t.Helper()
	code, _, stderr := p.run(t, append(env, "SUPERUSER_PASSWORD="+goodPassword), "createsuperuser", "--create", "--noinput", "--email", email)
	require.Zero(t, code, stderr)
}

// service is a running `healthcare serve`.
type service struct {
	t   *testing.T
	url string
	cmd *exec.Cmd
	log *syncBuffer
}

// serve starts the program on a free port and waits until it prints the address.
func serve(t *testing.T, env []string) *service {
	t.Helper()
	return cheap.serve(t, env)
}

// serve starts p like the function serve, with args before the command serve. p can also be
// a program that starts the service, such as nohup; then args end with the service's path.
func (p program) serve(t *testing.T, env []string, args ...string) *service {
	t.Helper()
	return p.serveAs(t, env, func(*exec.Cmd) {}, args...)
}

// serveAs is serve after change has modified the command.
func (p program) serveAs(t *testing.T, env []string, change func(*exec.Cmd), args ...string) *service {
	t.Helper()
	cmd := p.command(t, env, append(args, "serve", "--migrate", "--addr", "127.0.0.1:0")...)
	change(cmd)
	return started(t, cmd)
}

// started starts a command that serves, and waits until it prints the address.
func started(t *testing.T, cmd *exec.Cmd) *service {
	t.Helper()
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	s := &service{t: t, cmd: cmd, log: &syncBuffer{}}
	cmd.Stderr = s.log
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if _, url, found := strings.Cut(lines.Text(), " listens on "); found {
			s.url = url
			break
		}
	}
	require.NotEmpty(t, s.url, "%s", s.log)
	go io.Copy(io.Discard, stdout)
	return s
}

// stop sends SIGTERM and requires that the program logs "stopped".
func (s *service) stop() {
	s.t.Helper()
	require.NoError(s.t, s.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(s.t, s.cmd.Wait(), "%s", s.log)
}

// kill sends SIGKILL.
func (s *service) kill() {
	s.t.Helper()
	require.NoError(s.t, s.cmd.Process.Kill())
	_ = s.cmd.Wait()
}

// api returns a client that checks the responses against openapi.yaml.
func (s *service) api(token string) *client.ClientWithResponses {
	s.t.Helper()
	api, err := client.NewClientWithResponses(s.url,
		client.WithHTTPClient(&http.Client{Transport: apitest.Transport(s.t), Timeout: time.Minute}),
		client.WithRequestEditorFn(func(_ context.Context, req *http.Request) error {
			if token != "" {
				req.Header.Set("Authorization", "Bearer "+token)
			}
			return nil
		}))
	require.NoError(s.t, err)
	return api
}

func (s *service) login(email string) (access string) {
	s.t.Helper()
	return s.loginWith(email, goodPassword)
}

func (s *service) loginWith(email, password string) (access string) {
	s.t.Helper()
	tokens, err := s.api("").LoginWithResponse(s.t.Context(), client.LoginJSONRequestBody{Username: email, Password: password})
	require.NoError(s.t, err)
	require.NotNil(s.t, tokens.JSON200, "%s", tokens.Body)
	return tokens.JSON200.Access
}

// syncBuffer is a buffer that is safe for concurrent use.
type syncBuffer struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (b *syncBuffer) Write(text []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.text.Write(text)
}

func (b *syncBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.text.String()
}
