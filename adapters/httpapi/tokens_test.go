package httpapi_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"hash"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/adapters/secretkeys"
	"example.com/healthcare/domain"
)

// Each forged token differs in one thing from a valid one. All answers are the same byte for
// byte, so that they do not show what was wrong. adapters/tokens tests some hundred more.
func TestForgedTokensAreRefusedAlike(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		api.signUp("admin@example.com", domain.Admin)
		granted, ended := api.login("admin@example.com"), api.login("admin@example.com")["access"].(string)
		access := granted["access"].(string)
		path := api.want(http.StatusCreated, http.MethodPost, "/api/patients/", access, `{"name": "Ada"}`).Header.Get("Location")
		api.want(http.StatusNoContent, http.MethodPost, "/api/auth/logout/", ended, "")

		tokens := forgeries(t, access)
		tokens["a refresh token"] = granted["refresh"].(string)
		tokens["of a session that has ended"] = ended
		require.Greater(t, len(tokens), 40)
		bodies := map[string][]string{}
		refused := func(name, token string) {
			t.Helper()
			got := api.do(http.MethodGet, path, token, "")
			assert.Equal(t, http.StatusUnauthorized, got.StatusCode, name)
			assert.Equal(t, `Bearer error="invalid_token"`, got.Header.Get("WWW-Authenticate"), name)
			bodies[string(got.body)] = append(bodies[string(got.body)], name)
		}
		for name, token := range tokens {
			refused(name, token)
		}
		api.want(http.StatusOK, http.MethodGet, path, access, "") // the token that the others were forged from
		api.Advance(15 * time.Minute)
		refused("expired", access)
		assert.Len(t, bodies, 1, "%v", bodies)
	})
}

func forgeries(t *testing.T, token string) map[string]string {
	t.Helper()
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	header, payload := decode(t, parts[0]), decode(t, parts[1])
	keysOf := func(secret string) *secretkeys.Keys {
		keys, err := secretkeys.New(domain.NewSecret(secret))
		require.NoError(t, err)
		return keys
	}
	key := keysOf(clinictest.SecretKey).For("access tokens").Current().Bytes()
	require.Equal(t, token, sign(sha256.New, key, header, payload), "with the right key the result is the real token")

	all := map[string]string{
		"a word":                     "token",
		"two dots":                   "..",
		"no signature":               parts[0] + "." + parts[1] + ".",
		"no payload":                 parts[0] + ".." + parts[2],
		"no header":                  "." + parts[1] + "." + parts[2],
		"two parts":                  parts[0] + "." + parts[1],
		"four parts":                 token + "." + parts[2],
		"padded":                     token + "=",
		"twice":                      token + token,
		"in quotes":                  `"` + token + `"`,
		"with its scheme":            "Bearer " + token,
		"the signature cut":          token[:len(token)-1],
		"another signature":          parts[0] + "." + parts[1] + "." + strings.Repeat("A", 43),
		"signed with no key":         sign(sha256.New, nil, header, payload),
		"signed with the secret":     sign(sha256.New, []byte(clinictest.SecretKey), header, payload),
		"signed for another purpose": sign(sha256.New, keysOf(clinictest.SecretKey).For("second factor keys").Current().Bytes(), header, payload),
		"signed with another secret": sign(sha256.New, keysOf(strings.ToUpper(clinictest.SecretKey)).For("access tokens").Current().Bytes(), header, payload),
		"HS512":                      sign(sha512.New, key, replace(t, header, "HS256", "HS512"), payload),
		"HS384":                      sign(sha512.New384, key, replace(t, header, "HS256", "HS384"), payload),
		"RS256":                      sign(sha256.New, key, replace(t, header, "HS256", "RS256"), payload),
		"none":                       encode(replace(t, header, "HS256", "none")) + "." + parts[1] + ".",
		"None, signed":               sign(sha256.New, key, replace(t, header, "HS256", "None"), payload),
		"a NUL in the header":        encode(header+"\x00") + "." + parts[1] + "." + parts[2],
	}
	// The last character of a signature has unused bits: four characters decode to the same
	// bytes.
	for _, last := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
		if altered := token[:len(token)-1] + string(last); altered != token {
			all["the last character "+string(last)] = altered
		}
	}
	for name, change := range map[string][2]string{
		"no kid":       {`"kid":`, `"kidd":`},
		"another kid":  {`"kid":"`, `"kid":"A`},
		"crit":         {`"kid":`, `"crit":["exp"],"kid":`},
		"jwk":          {`"kid":`, `"jwk":{"kty":"oct","k":"AA"},"kid":`},
		"jku":          {`"kid":`, `"jku":"https://attacker.example/keys","kid":`},
		"another typ":  {`"JWT"`, `"JOSE"`},
		"a second alg": {`"alg":`, `"alg":"none","alg":`},
	} {
		all[name] = sign(sha256.New, key, replace(t, header, change[0], change[1]), payload)
	}
	for name, change := range map[string][2]string{
		"another role":        {`"role":"ADMIN"`, `"role":"admin"`},
		"the operator's role": {`"role":"ADMIN"`, `"role":"OPERATOR"`},
		"no role":             {`"role":`, `"roll":`},
		"another use":         {`"token_use":"access"`, `"token_use":"refresh"`},
		"no use":              {`"token_use":`, `"use":`},
		"another issuer":      {`"iss":"healthcare"`, `"iss":"elsewhere"`},
		"another audience":    {`"aud":["healthcare-api"]`, `"aud":["elsewhere"]`},
		"two audiences":       {`"aud":["healthcare-api"]`, `"aud":["healthcare-api","elsewhere"]`},
		"no expiry":           {`"exp":`, `"expp":`},
		"expiry as text":      {`"exp":`, `"exp":"`},
		"no beginning":        {`"nbf":`, `"nbff":`},
		"a later beginning":   {`"nbf":`, `"nbf":1`},
		"no session":          {`"sid":`, `"side":`},
		"session 0":           {`"sid":"`, `"sid":"0`},
		"session as number":   {`"sid":"`, `"sid":0,"x":"`},
		"no user":             {`"sub":`, `"subb":`},
		"user 0":              {`"sub":"`, `"sub":"0`},
		"a negative user":     {`"sub":"`, `"sub":"-`},
		"two users":           {`"sub":`, `"sub":"1","sub":`},
		"an unknown duty":     {`"role":`, `"duty":"rest","role":`},
		"an unknown claim":    {`"role":`, `"scope":"all","role":`},
		"a space":             {`"role":`, `"role": `},
	} {
		all[name] = sign(sha256.New, key, header, replace(t, payload, change[0], change[1]))
	}
	return all
}

func sign(algorithm func() hash.Hash, key []byte, header, payload string) string {
	text := encode(header) + "." + encode(payload)
	mac := hmac.New(algorithm, key)
	mac.Write([]byte(text))
	return text + "." + encode(string(mac.Sum(nil)))
}

func encode(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

func decode(t *testing.T, text string) string {
	t.Helper()
	decoded, err := base64.RawURLEncoding.DecodeString(text)
	require.NoError(t, err)
	return string(decoded)
}

// replace replaces old, which must occur in text.
func replace(t *testing.T, text, old, new string) string {
	t.Helper()
	require.Equal(t, 1, strings.Count(text, old), "%s in %s", old, text)
	return strings.Replace(text, old, new, 1)
}
