package tokens_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/secretkeys"
	"example.com/healthcare/adapters/tokens"
	"example.com/healthcare/domain"
)

// Computed with Python's hmac and hashlib: the signing key and its id by RFC 5869,
// the token by RFC 7515.
const (
	secretKey     = "a secret key for tests, of 42 bytes in all"
	signingKeyHex = "0e646ccd71ca835fb8a87720df71d790667b3a45782338707ff39c59b9a53468"
	keyID         = "iVAthPt4QlNsp0bZ"
	header        = `{"alg":"HS256","kid":"` + keyID + `","typ":"JWT"}`
	payload       = `{"iss":"healthcare","sub":"42","aud":["healthcare-api"],"exp":1767226500,"nbf":1767225600,"iat":1767225600,` +
		`"jti":"RANDOMTEXTOFTWENTYSIXCHARS","token_use":"access","sid":"7","role":"STAFF"}`
	golden = "eyJhbGciOiJIUzI1NiIsImtpZCI6ImlWQXRoUHQ0UWxOc3AwYloiLCJ0eXAiOiJKV1QifQ." +
		"eyJpc3MiOiJoZWFsdGhjYXJlIiwic3ViIjoiNDIiLCJhdWQiOlsiaGVhbHRoY2FyZS1hcGkiXSwiZXhwIjoxNzY3MjI2NTAwLCJuYmYiOjE3NjcyMjU2MDAs" +
		"ImlhdCI6MTc2NzIyNTYwMCwianRpIjoiUkFORE9NVEVYVE9GVFdFTlRZU0lYQ0hBUlMiLCJ0b2tlbl91c2UiOiJhY2Nlc3MiLCJzaWQiOiI3Iiwicm9sZSI6" +
		"IlNUQUZGIn0.6zIWbFCg4qxy3K3_2k7mkck3ElFN1NT1gkj-0o6bM2g"
)

const (
	olderKey   = "an older secret key for tests, long enough"
	unknownKey = "a secret key that no verifier knows, at all"

	lifetime = time.Hour
)

// golden is valid from issued to expires.
var (
	issued  = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	expires = issued.Add(15 * time.Minute)
	now     = issued.Add(time.Minute)
	staff   = domain.Actor{UserID: 42, Role: domain.Staff, SessionID: 7}
)

func keysOf(t testing.TB, current string, fallbacks ...string) *secretkeys.Keys {
	t.Helper()
	var older []domain.Secret
	for _, fallback := range fallbacks {
		older = append(older, domain.NewSecret(fallback))
	}
	keys, err := secretkeys.New(domain.NewSecret(current), older...)
	require.NoError(t, err)
	return keys
}

func newTokens(t testing.TB, current string, fallbacks ...string) *tokens.Tokens {
	t.Helper()
	return tokens.New(keysOf(t, current, fallbacks...), lifetime)
}

func issue(t testing.TB, issuer *tokens.Tokens) string {
	t.Helper()
	token, err := issuer.Issue(staff, issued, expires)
	require.NoError(t, err)
	return token.Reveal()
}

func signingKey() []byte {
	key, err := hex.DecodeString(signingKeyHex)
	if err != nil {
		panic(err)
	}
	return key
}

func encode(part string) string { return base64.RawURLEncoding.EncodeToString([]byte(part)) }

func sign(newHash func() hash.Hash, key []byte, header, payload string) string {
	return signText(newHash, key, encode(header)+"."+encode(payload))
}

func signText(newHash func() hash.Hash, key []byte, text string) string {
	mac := hmac.New(newHash, key)
	mac.Write([]byte(text))
	return text + "." + encode(string(mac.Sum(nil)))
}

// forge signs claims as Issue does, with the real key.
func forge(header, payload string) string { return sign(sha256.New, signingKey(), header, payload) }

// forgeHeader returns golden with old replaced in its header, signed with the real
// key.
func forgeHeader(old, replacement string) string {
	return forge(replaceOnce(header, old, replacement), payload)
}

// forgePayload returns golden with old replaced in its payload, signed with the real
// key.
func forgePayload(old, replacement string) string {
	return forge(header, replaceOnce(payload, old, replacement))
}

func replaceOnce(text, old, replacement string) string {
	if strings.Count(text, old) != 1 {
		panic(old + " is not once in " + text)
	}
	return strings.Replace(text, old, replacement, 1)
}
