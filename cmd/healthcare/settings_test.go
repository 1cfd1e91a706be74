package main_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	healthcare "example.com/healthcare/cmd/healthcare"
)

// TestSettingsReachTheService sets the settings that other tests leave at the default and
// checks their effect on responses.
func TestSettingsReachTheService(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		certFile, keyFile, authority := certificate(t)
		env = append(env, "SECRET_KEY="+secretKey, "TLS_CERT_FILE="+certFile, "TLS_KEY_FILE="+keyFile,
			"CORS_ALLOWED_ORIGINS=https://app.example, https://other.example, capacitor://localhost", "REGISTRATION=approval", "REQUIRE_ADMIN_MFA=true",
			"LIMIT_REGISTER=1/1h", "LIMIT_REFRESH=2/1m", "DOCS=off")
		migrate(t, env)
		createSuperuser(t, env, "admin@example.com")
		s := serve(t, env)
		browser := place{&http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authority}}, Timeout: time.Minute}}

		got := browser.request(s, http.MethodGet, "/livez", "", "", "Origin", "https://other.example")
		assert.Equal(t, http.StatusOK, got.status)
		assert.Equal(t, "https://other.example", got.header.Get("Access-Control-Allow-Origin"))
		assert.NotEmpty(t, got.header.Get("Strict-Transport-Security"))

		got = browser.request(s, http.MethodGet, "/livez", "", "", "Origin", "capacitor://localhost")
		assert.Equal(t, "capacitor://localhost", got.header.Get("Access-Control-Allow-Origin"))

		assert.Equal(t, http.StatusNotFound, browser.request(s, http.MethodGet, "/docs/", "", "").status)
		assert.Equal(t, http.StatusOK, browser.request(s, http.MethodGet, "/openapi.yaml", "", "").status)

		register := func() int {
			return browser.request(s, http.MethodPost, "/api/auth/register/", "", `{"email": "sam@example.com", "password": "`+goodPassword+`"}`).status
		}
		assert.Equal(t, http.StatusAccepted, register())
		assert.Equal(t, http.StatusTooManyRequests, register())
		for _, want := range []int{http.StatusUnauthorized, http.StatusUnauthorized, http.StatusTooManyRequests} {
			token := `{"refresh": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`
			assert.Equal(t, want, browser.request(s, http.MethodPost, "/api/auth/login/refresh/", "", token).status)
		}
		granted := browser.login(s, "admin@example.com", goodPassword)
		assert.Equal(t, "enrol_mfa", granted.member(s, "duty"))
	})
}

// The commands change accounts in whatever state they are, because an operator has read none.
func TestRequireIfMatchIsForTheAPIAndNotForCommands(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		env = append(env, "SECRET_KEY="+secretKey, "REQUIRE_IF_MATCH=true")
		migrate(t, env)
		createSuperuser(t, env, "admin@example.com")
		createSuperuser(t, env, "ada@example.com")
		s := serve(t, env)
		token := home.login(s, "admin@example.com", goodPassword).member(s, "access")
		const me, change = "/api/auth/me/", `{"first_name": "Olga"}`
		refused := home.request(s, http.MethodPatch, me, token, change)
		assert.Equal(t, http.StatusPreconditionRequired, refused.status, refused.body)
		read := home.request(s, http.MethodGet, me, token, "").header.Get("ETag")
		assert.Equal(t, http.StatusOK, home.request(s, http.MethodPatch, me, token, change, "If-Match", read).status)
		assert.Equal(t, http.StatusPreconditionFailed, home.request(s, http.MethodPatch, me, token, change, "If-Match", read).status)

		for _, command := range []string{"deactivate", "activate"} {
			code, _, stderr := healthcare.Run(t.Context(), env, "users", command, "--email", "ada@example.com")
			assert.Zero(t, code, stderr)
		}
	})
}

// certificate creates a self-signed certificate for 127.0.0.1.
func certificate(t *testing.T) (certFile, keyFile string, authority *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	certFile, keyFile = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	require.NoError(t, os.WriteFile(certFile, certPEM, 0o600))
	require.NoError(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), 0o600))
	authority = x509.NewCertPool()
	require.True(t, authority.AppendCertsFromPEM(certPEM))
	return certFile, keyFile, authority
}

// TestAnUnusedSecretKeyFileIsLogged sets SECRET_KEY for a service that has created a key
// in DATA_DIR before.
func TestAnUnusedSecretKeyFileIsLogged(t *testing.T) {
	env := engines["embedded"](t)
	s := serve(t, env)
	s.stop()
	assert.NotContains(t, s.log.String(), "SECRET_KEY_FALLBACKS")
	s = serve(t, append(env, "SECRET_KEY="+secretKey))
	s.stop()
	assert.Contains(t, s.log.String(), "SECRET_KEY_FALLBACKS")
	kept, err := os.ReadFile(filepath.Join(env[0][len("DATA_DIR="):], "secret_key"))
	require.NoError(t, err)
	s = serve(t, append(env, "SECRET_KEY="+secretKey, "SECRET_KEY_FALLBACKS="+string(kept)))
	s.stop()
	assert.NotContains(t, s.log.String(), "is not in use")
}
