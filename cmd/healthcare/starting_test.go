package main_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	healthcare "example.com/healthcare/cmd/healthcare"
)

const otherKey = "quite another key also of many different bytes"

// TestAServiceThatCannotStartLeavesTheRunningOneAlone starts a second one on the same
// address and store, with a new key that the first one does not know.
func TestAServiceThatCannotStartLeavesTheRunningOneAlone(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		old := append(env, "SECRET_KEY="+secretKey)
		createSuperuserOn(t, old)
		s := serve(t, old)
		key := enrol(t, s, s.login("admin@example.com"))
		address := strings.TrimPrefix(s.url, "http://")
		for name, more := range map[string][]string{
			"address":     {"HTTP_ADDR=" + address},
			"certificate": {"HTTP_ADDR=127.0.0.1:0", "TLS_CERT_FILE=cert.pem", "TLS_KEY_FILE=key.pem"},
		} {
			settings := append(append(env, "SECRET_KEY="+otherKey, "SECRET_KEY_FALLBACKS="+secretKey), more...)
			code, _, stderr := healthcare.Run(t.Context(), settings, "serve", "--migrate")
			assert.Equal(t, 1, code, name)
			assert.NotContains(t, stderr, "sealed with the current SECRET_KEY", name)
		}
		// The code that confirmed the factor is used up, so the code of the next step is used.
		code, err := totp.GenerateCode(key, time.Now().Add(30*time.Second))
		require.NoError(t, err)
		got := home.request(s, http.MethodPost, "/api/auth/login/", "",
			`{"username": "admin@example.com", "password": "`+goodPassword+`", "otp": "`+code+`"}`)
		assert.Equal(t, http.StatusOK, got.status, got.body)
		s.stop()
		assert.NotContains(t, s.log.String(), "level=ERROR", "%s", s.log)
		exit, said := audit(t, old, "verify")
		assert.Zero(t, exit, said)
		assert.Contains(t, said, "0 of them not sealed yet")
	})
}

// TestAnAddressInUseCreatesNoFiles starts in an empty directory.
func TestAnAddressInUseCreatesNoFiles(t *testing.T) {
	s := serve(t, engines["embedded"](t))
	dir := filepath.Join(t.TempDir(), "data")
	code, _, stderr := healthcare.Run(t.Context(), []string{"DATA_DIR=" + dir}, "serve", "--addr", strings.TrimPrefix(s.url, "http://"))
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr, "address already in use")
	assert.NoDirExists(t, dir)
	s.stop()
}

// TestAnUnreadableCertificateNamesItsSettings gives the path of a missing file.
func TestAnUnreadableCertificateNamesItsSettings(t *testing.T) {
	env := []string{"DATA_DIR=" + t.TempDir(), "TLS_CERT_FILE=/nowhere.pem", "TLS_KEY_FILE=/nowhere.key"}
	code, _, stderr := healthcare.Run(t.Context(), env, "serve", "--addr", "127.0.0.1:0")
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr, "TLS_CERT_FILE")
	assert.Contains(t, stderr, "/nowhere.pem")
}

// TestAServiceWithTheWrongKeyMigratesNothing starts on a schema that is behind.
func TestAServiceWithTheWrongKeyMigratesNothing(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		old := append(env, "SECRET_KEY="+secretKey)
		createSuperuserOn(t, old)
		serve(t, old).stop()
		takeBackLastStep(t, env)
		code, _, stderr := healthcare.Run(t.Context(), append(env, "SECRET_KEY="+otherKey), "serve", "--migrate", "--addr", "127.0.0.1:0")
		assert.Equal(t, 1, code)
		assert.Contains(t, stderr, "was not made with SECRET_KEY")
		_, stdout, _ := healthcare.Run(t.Context(), old, "migrate", "status")
		assert.Contains(t, stdout, "pending")
		serve(t, old).stop()
		_, stdout, _ = healthcare.Run(t.Context(), old, "migrate", "status")
		assert.NotContains(t, stdout, "pending")
	})
}
