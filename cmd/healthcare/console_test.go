package main_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// consoleUser is a browser with the console's cookies.
type consoleUser struct {
	t      *testing.T
	client *http.Client
}

func newConsoleUser(t *testing.T) consoleUser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return consoleUser{t, &http.Client{Jar: jar, Timeout: time.Minute}}
}

func (u consoleUser) signIn(s *service, email string) int {
	u.t.Helper()
	resp, err := u.client.PostForm(s.url+"/console/sign-in/", url.Values{"username": {email}, "password": {goodPassword}})
	require.NoError(u.t, err)
	require.NoError(u.t, resp.Body.Close())
	return resp.StatusCode
}

func (u consoleUser) open(s *service, path string) int {
	u.t.Helper()
	resp, err := u.client.Get(s.url + path)
	require.NoError(u.t, err)
	require.NoError(u.t, resp.Body.Close())
	return resp.StatusCode
}

// The cookies of 127.0.0.1 are the same for all ports, so a browser can use two instances.
func TestASessionOfTheConsoleEndsOnEveryInstance(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		env = append(env, "SECRET_KEY="+secretKey)
		migrate(t, env)
		createSuperuser(t, env, "admin@example.com")
		one := serve(t, env)
		other := serve(t, env)
		user := newConsoleUser(t)
		require.Equal(t, http.StatusOK, user.signIn(one, "admin@example.com"))
		for _, path := range []string{"/console/", "/console/patients/", "/console/doctors/", "/console/overview/", "/console/users/", "/console/audit/", "/console/account/"} {
			assert.Equal(t, http.StatusOK, user.open(one, path), path)
			assert.Equal(t, http.StatusOK, user.open(other, path), path)
		}

		_, err := one.api(one.login("admin@example.com")).EndOtherSessionsWithResponse(t.Context())
		require.NoError(t, err)
		assert.Equal(t, http.StatusUnauthorized, user.open(one, "/console/"))
		assert.Eventually(t, func() bool { return user.open(other, "/console/") == http.StatusUnauthorized }, 3*time.Second, 20*time.Millisecond)
	})
}

func TestTheConsoleIsOnUnlessOtherMachinesCanConnect(t *testing.T) {
	for name, tt := range map[string]struct {
		env    []string
		addr   string
		status int
		warned bool
	}{
		"loopback":              {nil, "127.0.0.1:0", http.StatusOK, false},
		"switched off":          {[]string{"CONSOLE=off"}, "127.0.0.1:0", http.StatusNotFound, false},
		"all addresses":         {nil, "0.0.0.0:0", http.StatusNotFound, false},
		"all addresses, on":     {[]string{"CONSOLE=on"}, "0.0.0.0:0", http.StatusOK, true},
		"all, behind a proxy":   {[]string{"CONSOLE=on", "TRUSTED_PROXIES=10.0.0.1"}, "0.0.0.0:0", http.StatusOK, false},
		"loopback, switched on": {[]string{"CONSOLE=on"}, "127.0.0.1:0", http.StatusOK, false},
	} {
		env := append(engines["embedded"](t), "SECRET_KEY="+secretKey, "REGISTRATION=closed", "HTTP_ADDR="+tt.addr)
		s := cheap.serveAs(t, append(env, tt.env...), func(cmd *exec.Cmd) { cmd.Args = cmd.Args[:len(cmd.Args)-2] }) // without --addr
		assert.Equal(t, tt.status, newConsoleUser(t).open(s, "/console/sign-in/"), name)
		s.stop()
		assertion := assert.NotContains
		if tt.warned {
			assertion = assert.Contains
		}
		assertion(t, s.log.String(), `level=WARN msg="the console is served without TLS`, name)
	}
}
