package main_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	healthcare "example.com/healthcare/cmd/healthcare"
)

// health runs the command health, with patience for a busy machine, and returns its exit code
// and everything it prints.
func health(t *testing.T, env []string, args ...string) (code int, said string) {
	t.Helper()
	code, stdout, stderr := healthcare.Run(t.Context(), env, append([]string{"health", "--timeout=1m"}, args...)...)
	return code, stdout + stderr
}

func TestHealthSaysHowTheServiceIs(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		s := serve(t, env)
		addr := strings.TrimPrefix(s.url, "http://")
		_, port, err := net.SplitHostPort(addr)
		require.NoError(t, err)
		nowhere := filepath.Join(t.TempDir(), "data")
		for _, listen := range []string{addr, "0.0.0.0:" + port, ":" + port, "localhost:" + port} {
			code, said := health(t, []string{"HTTP_ADDR=" + listen, "DATA_DIR=" + nowhere})
			assert.Zero(t, code, said)
			assert.Equal(t, 1, strings.Count(said, "\n"), "one line: %s", said)
		}
		code, said := health(t, []string{"PORT=" + port, "DATA_DIR=" + nowhere})
		assert.Zero(t, code, said)
		assert.NoDirExists(t, nowhere)

		takeUnknownStep(t, env)
		require.Eventually(t, func() bool { return s.status("/readyz") == http.StatusServiceUnavailable }, 20*time.Second, 50*time.Millisecond)
		code, said = health(t, env, "--addr", addr)
		assert.Equal(t, 1, code)
		assert.Equal(t, "healthcare: "+s.url+"/readyz: status 503, code \"schema_unknown\"\n", said)
		code, said = health(t, env, "--addr", addr, "--live")
		assert.Zero(t, code, said)

		s.stop()
		code, said = health(t, env, "--addr", addr)
		assert.Equal(t, 1, code)
		assert.Contains(t, said, "connection refused")
	})
}

// TestHealthNeedsNoCertificateForTheLoopbackAddress uses a certificate for the public name of the service,
// which no authority of this machine has signed.
func TestHealthNeedsNoCertificateForTheLoopbackAddress(t *testing.T) {
	cert, key := selfSigned(t, "clinic.example")
	env := append(engines["embedded"](t), "TLS_CERT_FILE="+cert, "TLS_KEY_FILE="+key)
	s := serve(t, env)
	code, said := health(t, env, "--addr", strings.TrimPrefix(s.url, "https://"))
	assert.Zero(t, code, said)
	assert.Contains(t, said, "https://127.0.0.1:")
	s.stop()
}

func TestHealthIsNotMisledByOtherServers(t *testing.T) {
	good := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(good.Close)
	for name, tt := range map[string]struct {
		answer        http.HandlerFunc
		timeout, want string
	}{
		"redirect": {http.RedirectHandler(good.URL, http.StatusFound).ServeHTTP, "1m", "status 302"},
		"silence":  {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "100ms", "no answer within 100ms"},
		"nonsense": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadGateway)
			_, _ = w.Write([]byte("<html>"))
		}, "1m", "status 502"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(tt.answer)
			t.Cleanup(server.Close)
			code, said := health(t, nil, "--addr", strings.TrimPrefix(server.URL, "http://"), "--timeout", tt.timeout)
			assert.Equal(t, 1, code)
			assert.Contains(t, said, tt.want)
		})
	}
	code, said := health(t, []string{"HTTP_ADDR=127.0.0.1:0"})
	assert.Equal(t, 1, code)
	assert.Contains(t, said, "--addr")
}

// selfSigned writes a certificate for the host name and its key, and returns their paths.
func selfSigned(t *testing.T, host string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: host},
		DNSNames:     []string{host},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	require.NoError(t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	folder := t.TempDir()
	cert, key = filepath.Join(folder, "clinic.pem"), filepath.Join(folder, "clinic.key")
	require.NoError(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), 0o600))
	return cert, key
}
