package main_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// reverseProxies start the programs with the configurations in deploy, in front of two instances. Each changes
// only addresses, paths and what two programs on one machine cannot share.
var reverseProxies = map[string]func(t *testing.T, i *instances, folder, port string) *exec.Cmd{
	"nginx": func(t *testing.T, i *instances, folder, port string) *exec.Cmd {
		cert, key := selfSigned(t, "clinic.example")
		site := configuration(t, i, "../../deploy/nginx/healthcare.conf", strings.NewReplacer(
			"listen [::]:443 ssl http2;", "", "443", "127.0.0.1:"+port,
			"/etc/ssl/clinic.pem", cert, "/etc/ssl/clinic.key", key, "/var/log/nginx", folder))
		writeText(t, filepath.Join(folder, "site.conf"), site)
		writeText(t, filepath.Join(folder, "nginx.conf"), `
			daemon off; pid nginx.pid; error_log start.log;
			events {}
			http {
				access_log off;
				client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
				include site.conf;
			}`)
		return exec.Command(installed(t, "nginx"), "-p", folder, "-c", "nginx.conf", "-e", "start.log")
	},
	"caddy": func(t *testing.T, i *instances, folder, port string) *exec.Cmd {
		cert, key := selfSigned(t, "clinic.example")
		site := configuration(t, i, "../../deploy/caddy/Caddyfile", strings.NewReplacer(
			"\n{\n", "\n{\n\tadmin off\n\tauto_https disable_redirects\n",
			"\nclinic.example {", "\nclinic.example:"+port+" {\n\tbind 127.0.0.1\n\ttls "+cert+" "+key, "/var/log/caddy", folder))
		writeText(t, filepath.Join(folder, "Caddyfile"), site)
		caddy := exec.Command(installed(t, "caddy"), "run", "--adapter", "caddyfile", "--config", "Caddyfile")
		caddy.Env = []string{"HOME=" + folder}
		return caddy
	},
}

// installed returns the path of a program, and skips the test if there is none.
func installed(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if path, err = exec.LookPath("/usr/sbin/" + name); err != nil {
			t.Skipf("no %s found (Debian: apt-get install %s; .ci/postgres installs it where possible)", name, name)
		}
	}
	return path
}

// configuration returns a configuration that leads to the two instances, after change has replaced the rest.
func configuration(t *testing.T, i *instances, path string, change *strings.Replacer) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	instances := strings.NewReplacer("127.0.0.1:8001", strings.TrimPrefix(i.here.url, "http://"), "127.0.0.1:8002", strings.TrimPrefix(i.there.url, "http://"))
	return change.Replace(instances.Replace(string(text)))
}

func writeText(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

// proxied is a proxy in front of instances, and a client computer at 127.0.0.2. The proxy's own address is
// 127.0.0.1, which the instances trust.
type proxied struct {
	*instances
	*service
	client place
	folder string // with the logs of the proxy
}

// startProxied starts a proxy in front of two instances and waits until it answers.
func startProxied(t *testing.T, name string) *proxied {
	t.Helper()
	installed(t, name)
	i := startInstances(t, append(noLimits, "TRUSTED_PROXIES=127.0.0.1")...)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	p := &proxied{instances: i, folder: t.TempDir(), service: &service{t: t, url: "https://clinic.example:" + port}}
	command := reverseProxies[name](t, i, p.folder, port)
	command.Dir = p.folder
	var said bytes.Buffer
	command.Stdout, command.Stderr = &said, &said
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Signal(os.Interrupt)
		_ = command.Wait()
		if t.Failed() {
			t.Logf("%s", &said)
		}
	})
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	p.client = place{&http.Client{Timeout: time.Minute, Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, "127.0.0.1:"+port)
		},
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // The certificate is of this test.
	}}}
	require.Eventually(t, func() bool {
		conn, err := tls.Dial("tcp", "127.0.0.1:"+port, &tls.Config{ServerName: "clinic.example", InsecureSkipVerify: true})
		if err != nil {
			return false
		}
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0].VerifyHostname("clinic.example") == nil
	}, 30*time.Second, 20*time.Millisecond, "%s does not answer", name)
	return p
}

// get sends a GET with words in every place where a client can put some.
func (p *proxied) get(path string, header ...string) answer {
	p.service.t.Helper()
	header = append(header, "Referer", "https://clinic.example/?q=canaryreferer", "X-Forwarded-Prefix", "/canaryprefix", "X-Forwarded-For", "203.0.113.9")
	return p.client.request(p.service, http.MethodGet, path, p.admin, "", header...)
}

// TestTheProxiesOfDeployServeAndLogNoQueryString uses real proxies with the configurations in deploy.
func TestTheProxiesOfDeployServeAndLogNoQueryString(t *testing.T) {
	for name := range reverseProxies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startProxied(t, name)
			for range 2 {
				added := p.client.request(p.service, http.MethodPost, "/api/patients/", p.admin, `{"name": "Canaryquery Lovelace"}`)
				require.Equal(t, http.StatusCreated, added.status, added.body)
			}
			found := p.get("/api/patients/?search=canaryquery&limit=1")
			assert.Equal(t, http.StatusOK, found.status, found.body)
			assert.Contains(t, found.header.Get("Link"), `/api/patients/?`)
			assert.NotContains(t, found.header.Get("Link"), "canaryprefix", "the proxy removes what clients must not set")
			assert.NotEmpty(t, found.header.Get("Strict-Transport-Security"), "the service knows that the client used TLS")
			exported := p.get("/api/patients/?search=canaryquery", "Accept", "text/csv")
			assert.Equal(t, http.StatusOK, exported.status, exported.body)
			assert.Equal(t, 2, strings.Count(exported.body, "Canaryquery"))
			assert.Equal(t, http.StatusNotFound, p.get("/metrics").status)

			refused := p.client.login(p.service, "nobody@example.com", "canarypassword", "X-Forwarded-For", "203.0.113.9")
			assert.Equal(t, http.StatusUnauthorized, refused.status, refused.body)
			assert.Eventually(t, func() bool {
				return strings.Contains(p.here.log.String()+p.there.log.String(), "client=127.0.0.2")
			}, 10*time.Second, 20*time.Millisecond, "the service knows the client's address")

			longest := p.client.request(p.service, http.MethodPost, "/api/patients/bulk/", p.admin, "{"+strings.Repeat(" ", 8<<20-2)+"}")
			assert.Equal(t, http.StatusBadRequest, longest.status, "the service judges it, not the proxy")
			tooLong := p.client.request(p.service, http.MethodPost, "/api/patients/bulk/", p.admin, "{"+strings.Repeat(" ", 8<<20)+"}")
			assert.Equal(t, http.StatusRequestEntityTooLarge, tooLong.status)

			if name == "nginx" {
				release := p.holdRequests(t, 100)
				assert.Eventually(t, func() bool { return p.get("/livez").status == 503 }, 10*time.Second, 20*time.Millisecond, "one address cannot have more")
				release()
				assert.Eventually(t, func() bool { return p.get("/livez").status == 200 }, 10*time.Second, 20*time.Millisecond)
			}

			p.here.stop()
			for range 10 {
				assert.Equal(t, http.StatusOK, p.get("/api/patients/?search=canaryquery").status, "the other instance serves")
			}
			p.there.stop()
			assert.GreaterOrEqual(t, p.get("/api/patients/?search=canaryquery").status, 502)
			p.expectPrivateLogs(t)
		})
	}
}

// holdRequests begins n requests of the client whose bodies do not arrive, until release is called.
func (p *proxied) holdRequests(t *testing.T, n int) (release func()) {
	t.Helper()
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	var held []net.Conn
	for range n {
		address := "127.0.0.1:" + p.service.url[strings.LastIndex(p.service.url, ":")+1:]
		conn, err := tls.DialWithDialer(dialer, "tcp", address, &tls.Config{InsecureSkipVerify: true}) // The certificate is of this test.
		require.NoError(t, err)
		_, err = conn.Write([]byte("POST /api/auth/login/ HTTP/1.1\r\nHost: clinic.example\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"))
		require.NoError(t, err)
		held = append(held, conn)
	}
	release = sync.OnceFunc(func() {
		for _, conn := range held {
			_ = conn.Close()
		}
	})
	t.Cleanup(release)
	return release
}

// expectPrivateLogs looks for the canaries in everything that the proxy has written.
func (p *proxied) expectPrivateLogs(t *testing.T) {
	t.Helper()
	logs := map[string]string{}
	require.NoError(t, filepath.WalkDir(p.folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		logs[entry.Name()] = string(text)
		return err
	}))
	require.Contains(t, logs, "healthcare.log")
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(filepath.Join(p.folder, "healthcare.log"))
		logs["healthcare.log"] = string(text)
		return err == nil && (strings.Contains(string(text), " 502 ") || strings.Contains(string(text), `"status":50`))
	}, 10*time.Second, 20*time.Millisecond, "the last request is in the log")
	assert.Contains(t, logs["healthcare.log"], "/api/patients/")
	for name, text := range logs {
		assert.NotContains(t, strings.ToLower(text), "canary", name)
		assert.NotContains(t, text, p.admin, name)
	}
}
