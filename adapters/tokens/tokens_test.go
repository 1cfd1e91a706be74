package tokens_test

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.com/healthcare/adapters/tokens"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

var _ ports.AccessTokens = (*tokens.Tokens)(nil)

// Made with Python's hmac and hashlib: the signing key by RFC 5869, the token
// by RFC 7515.
const (
	secretKey     = "a secret key for tests, of 42 bytes in all"
	signingKeyHex = "44b61f45adf2441177bca91272e277d5796cdd63e5e65d455ac96e0136c50a39"
	header        = `{"alg":"HS256","typ":"JWT"}`
	payload       = `{"iss":"healthcare","sub":"42","aud":["healthcare-api"],"exp":1767226500,"nbf":1767225600,"iat":1767225600,` +
		`"jti":"RANDOMTEXTOFTWENTYSIXCHARS","token_use":"access","sid":"7","role":"STAFF"}`
	golden = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." +
		"eyJpc3MiOiJoZWFsdGhjYXJlIiwic3ViIjoiNDIiLCJhdWQiOlsiaGVhbHRoY2FyZS1hcGkiXSwiZXhwIjoxNzY3MjI2NTAwLCJuYmYiOjE3NjcyMjU2MDAs" +
		"ImlhdCI6MTc2NzIyNTYwMCwianRpIjoiUkFORE9NVEVYVE9GVFdFTlRZU0lYQ0hBUlMiLCJ0b2tlbl91c2UiOiJhY2Nlc3MiLCJzaWQiOiI3Iiwicm9sZSI6" +
		"IlNUQUZGIn0.i71MLrzbGcQr5jjUSX8LqCPe6ripzcRiLKi0Zd_014M"
)

// issued to expires is the life of golden.
var (
	issued  = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	expires = issued.Add(15 * time.Minute)
	now     = issued.Add(time.Minute)
	staff   = domain.Actor{UserID: 42, Role: domain.Staff, SessionID: 7}
)

func newTokens(t testing.TB, secretKey string) *tokens.Tokens {
	t.Helper()
	made, err := tokens.New(secretKey)
	require.NoError(t, err)
	return made
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
	text := encode(header) + "." + encode(payload)
	mac := hmac.New(newHash, key)
	mac.Write([]byte(text))
	return text + "." + encode(string(mac.Sum(nil)))
}

// forge signs as Issue does, with the true key.
func forge(header, payload string) string { return sign(sha256.New, signingKey(), header, payload) }

// with is payload with old replaced.
func with(old, replacement string) string {
	if strings.Count(payload, old) != 1 {
		panic(old + " is not once in the payload")
	}
	return strings.Replace(payload, old, replacement, 1)
}

func TestVerifyAcceptsWhatWasIssued(t *testing.T) {
	// The forgeries below prove something only if forge can make a good token.
	require.Equal(t, golden, forge(header, payload))

	actor, err := newTokens(t, secretKey).Verify(golden, now)
	require.NoError(t, err)
	assert.Equal(t, staff, actor)
}

func TestIssue(t *testing.T) {
	token, err := newTokens(t, secretKey).Issue(staff, issued, expires)
	require.NoError(t, err)

	parts := strings.Split(token.Reveal(), ".")
	require.Len(t, parts, 3)
	gotHeader, err := base64.RawURLEncoding.DecodeString(parts[0])
	require.NoError(t, err)
	assert.Equal(t, header, string(gotHeader))

	gotPayload, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	var got map[string]any
	require.NoError(t, json.Unmarshal(gotPayload, &got))
	assert.Regexp(t, `^[A-Z2-7]{26}$`, got["jti"])
	delete(got, "jti")
	assert.Equal(t, map[string]any{
		"iss": "healthcare", "aud": []any{"healthcare-api"}, "token_use": "access",
		"sub": "42", "sid": "7", "role": "STAFF",
		"iat": 1767225600., "nbf": 1767225600., "exp": 1767226500.,
	}, got)
}

func TestNoTwoTokensAreAlike(t *testing.T) {
	made := newTokens(t, secretKey)
	one, err := made.Issue(staff, issued, expires)
	require.NoError(t, err)
	two, err := made.Issue(staff, issued, expires)
	require.NoError(t, err)
	assert.NotEqual(t, one.Reveal(), two.Reveal())
}

func TestIssueRefusesActorsWhoCannotSignIn(t *testing.T) {
	for _, actor := range []domain.Actor{
		{},
		{Role: domain.Staff, SessionID: 7},
		{UserID: 42, Role: domain.Staff},
		{UserID: 42, SessionID: 7},
		{UserID: 42, Role: domain.Operator, SessionID: 7},
		{UserID: 42, Role: "staff", SessionID: 7},
		{UserID: -1, Role: domain.Staff, SessionID: 7},
		{UserID: 42, Role: domain.Staff, SessionID: -1},
	} {
		token, err := newTokens(t, secretKey).Issue(actor, issued, expires)
		require.Error(t, err, "%+v", actor)
		assert.Equal(t, domain.Internal, domain.KindOf(err))
		assert.True(t, token.IsZero())
	}
}

func TestNewRefusesShortKeysAndDoesNotShowThem(t *testing.T) {
	for _, key := range []string{"", "hunter2", strings.Repeat("k", tokens.MinSecretKeyLength-1)} {
		_, err := tokens.New(key)
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "hunter2")
	}
	_, err := tokens.New(strings.Repeat("k", tokens.MinSecretKeyLength))
	assert.NoError(t, err)
}

func TestKeysAndTokensAreNeverPrinted(t *testing.T) {
	made := newTokens(t, secretKey)
	token, err := made.Issue(staff, issued, expires)
	require.NoError(t, err)
	asJSON, err := json.Marshal([]any{made, token})
	require.NoError(t, err)

	shown := string(asJSON)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		shown += fmt.Sprintf(verb, made) + fmt.Sprintf(verb, *made) + fmt.Sprintf(verb, token)
	}
	key := signingKey()
	for _, secret := range []string{
		secretKey, signingKeyHex, string(key), strings.Trim(fmt.Sprintf("%d", key), "[]"), fmt.Sprintf("%#v", key)[6:],
		token.Reveal(), encode(header), fmt.Sprintf("%x", token.Reveal()),
	} {
		assert.NotContains(t, shown, secret)
	}
}

func TestVerifyRefusesEverythingElse(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	rs256, err := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"iss": "healthcare", "sub": "42", "aud": "healthcare-api", "exp": expires.Unix(), "nbf": issued.Unix(), "iat": issued.Unix(),
		"jti": "RANDOMTEXTOFTWENTYSIXCHARS", "token_use": "access", "sid": "7", "role": "STAFF",
	}).SignedString(rsaKey)
	require.NoError(t, err)

	parts := strings.Split(golden, ".")
	rejoin := func(header, payload, signature string) string { return header + "." + payload + "." + signature }
	half := len(parts[1]) / 2

	tests := map[string]string{
		"empty":                      "",
		"a word":                     "token",
		"dots":                       "..",
		"a space":                    " ",
		"a NUL":                      "\x00",
		"not UTF-8":                  "\xff\xfe.\xff.\xff",
		"emoji":                      "🔑.🔑.🔑",
		"two parts":                  parts[0] + "." + parts[1],
		"no signature":               rejoin(parts[0], parts[1], ""),
		"no header":                  rejoin("", parts[1], parts[2]),
		"no payload":                 rejoin(parts[0], "", parts[2]),
		"four parts":                 golden + "." + parts[2],
		"a trailing dot":             golden + ".",
		"twice":                      golden + golden,
		"two tokens":                 golden + " " + golden,
		"with its scheme":            "Bearer " + golden,
		"a space before":             " " + golden,
		"a space after":              golden + " ",
		"a line break after":         golden + "\n",
		"a line break in the header": rejoin(parts[0][:4]+"\n"+parts[0][4:], parts[1], parts[2]),
		"a line break in it":         rejoin(parts[0], parts[1][:half]+"\r\n"+parts[1][half:], parts[2]),
		"a line break in its end":    rejoin(parts[0], parts[1], parts[2][:9]+"\n"+parts[2][9:]),
		"a NUL after":                golden + "\x00",
		"a byte order mark":          "\ufeff" + golden,
		"full-width letters":         strings.ReplaceAll(golden, "e", "ｅ"),
		"a zero-width space":         rejoin(parts[0], parts[1][:half]+"\u200b"+parts[1][half:], parts[2]),
		"padded":                     rejoin(parts[0], parts[1], parts[2]+"="),
		"plain base64":               strings.NewReplacer("-", "+", "_", "/").Replace(golden),
		"huge":                       rejoin(parts[0], strings.Repeat("A", 1<<20), parts[2]),
		"a million dots":             strings.Repeat(".", 1<<20),
		"quoted":                     `"` + golden + `"`,
		"JSON serialization":         `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`,

		"another's payload":            rejoin(parts[0], encode(with(`"42"`, `"43"`)), parts[2]),
		"another's role":               rejoin(parts[0], encode(with(`"STAFF"`, `"ADMIN"`)), parts[2]),
		"another's signature":          rejoin(parts[0], parts[1], strings.Split(forge(header, with(`"42"`, `"43"`)), ".")[2]),
		"the signature cut":            golden[:len(golden)-1],
		"the signature longer":         golden + "A",
		"the unused bits of its end":   golden[:len(golden)-1] + "N",
		"a signature of zeros":         rejoin(parts[0], parts[1], strings.Repeat("A", 43)),
		"signed with no key":           sign(sha256.New, nil, header, payload),
		"signed with a zero key":       sign(sha256.New, make([]byte, 32), header, payload),
		"signed with the secret key":   sign(sha256.New, []byte(secretKey), header, payload),
		"signed with the key in hex":   sign(sha256.New, []byte(signingKeyHex), header, payload),
		"signed with half of the key":  sign(sha256.New, signingKey()[:16], header, payload),
		"HS512":                        sign(sha512.New, signingKey(), `{"alg":"HS512","typ":"JWT"}`, payload),
		"HS384":                        sign(sha512.New384, signingKey(), `{"alg":"HS384","typ":"JWT"}`, payload),
		"HS512, signed by HS256":       forge(`{"alg":"HS512","typ":"JWT"}`, payload),
		"HS256, signed by HS512":       sign(sha512.New, signingKey(), header, payload),
		"RS256":                        rs256,
		"RS256, signed by HS256":       forge(`{"alg":"RS256","typ":"JWT"}`, payload),
		"none, no signature":           rejoin(encode(`{"alg":"none","typ":"JWT"}`), parts[1], ""),
		"none, signed":                 forge(`{"alg":"none","typ":"JWT"}`, payload),
		"None":                         rejoin(encode(`{"alg":"None","typ":"JWT"}`), parts[1], ""),
		"no alg":                       forge(`{"typ":"JWT"}`, payload),
		"an empty alg":                 forge(`{"alg":"","typ":"JWT"}`, payload),
		"alg in small letters":         forge(`{"alg":"hs256","typ":"JWT"}`, payload),
		"alg is a number":              forge(`{"alg":256,"typ":"JWT"}`, payload),
		"alg is null":                  forge(`{"alg":null,"typ":"JWT"}`, payload),
		"alg is a list":                forge(`{"alg":["HS256"],"typ":"JWT"}`, payload),
		"two algs":                     forge(`{"alg":"none","alg":"HS256","typ":"JWT"}`, payload),
		"no typ":                       forge(`{"alg":"HS256"}`, payload),
		"typ in small letters":         forge(`{"alg":"HS256","typ":"jwt"}`, payload),
		"typ at+jwt":                   forge(`{"alg":"HS256","typ":"at+jwt"}`, payload),
		"typ JOSE":                     forge(`{"alg":"HS256","typ":"JOSE"}`, payload),
		"crit":                         forge(`{"alg":"HS256","crit":["exp"],"typ":"JWT"}`, payload),
		"crit, empty":                  forge(`{"alg":"HS256","crit":[],"typ":"JWT"}`, payload),
		"crit and b64":                 forge(`{"alg":"HS256","b64":false,"crit":["b64"],"typ":"JWT"}`, payload),
		"kid":                          forge(`{"alg":"HS256","kid":"../../dev/null","typ":"JWT"}`, payload),
		"jwk":                          forge(`{"alg":"HS256","jwk":{"kty":"oct","k":"AA"},"typ":"JWT"}`, payload),
		"jku":                          forge(`{"alg":"HS256","jku":"https://attacker.example/keys","typ":"JWT"}`, payload),
		"compressed":                   forge(`{"alg":"HS256","typ":"JWT","zip":"DEF"}`, payload),
		"header with a space":          forge(`{"alg": "HS256","typ":"JWT"}`, payload),
		"header in another order":      forge(`{"typ":"JWT","alg":"HS256"}`, payload),
		"header is null":               forge(`null`, payload),
		"header is a list":             forge(`["HS256"]`, payload),
		"header is no JSON":            forge(`{"alg":"HS256"`, payload),
		"header and more":              forge(header+header, payload),
		"payload is null":              forge(header, `null`),
		"payload is empty":             forge(header, `{}`),
		"payload is nothing":           forge(header, ``),
		"payload is a list":            forge(header, `[]`),
		"payload is a string":          forge(header, `"access"`),
		"payload is no JSON":           forge(header, payload[:len(payload)-1]),
		"payload and more":             forge(header, payload+payload),
		"payload with a space":         forge(header, payload+" "),
		"payload deeply nested":        forge(header, strings.Repeat(`{"a":`, 500)+`1`+strings.Repeat(`}`, 500)),
		"another issuer":               forge(header, with(`"healthcare",`, `"https://attacker.example",`)),
		"issuer with a slash":          forge(header, with(`"healthcare",`, `"healthcare/",`)),
		"issuer is a list":             forge(header, with(`"healthcare",`, `["healthcare"],`)),
		"no issuer":                    forge(header, with(`"iss":"healthcare",`, ``)),
		"another audience":             forge(header, with(`["healthcare-api"]`, `["billing-api"]`)),
		"a second audience":            forge(header, with(`["healthcare-api"]`, `["healthcare-api","billing-api"]`)),
		"audience is a string":         forge(header, with(`["healthcare-api"]`, `"healthcare-api"`)),
		"audience is empty":            forge(header, with(`["healthcare-api"]`, `[]`)),
		"audience is null":             forge(header, with(`["healthcare-api"]`, `null`)),
		"audience is nested":           forge(header, with(`["healthcare-api"]`, `[["healthcare-api"]]`)),
		"no audience":                  forge(header, with(`"aud":["healthcare-api"],`, ``)),
		"a refresh token":              forge(header, with(`"access"`, `"refresh"`)),
		"use in capitals":              forge(header, with(`"access"`, `"ACCESS"`)),
		"use is null":                  forge(header, with(`"access"`, `null`)),
		"use is a list":                forge(header, with(`"access"`, `["access"]`)),
		"no use":                       forge(header, with(`"token_use":"access",`, ``)),
		"SimpleJWT's use":              forge(header, with(`"token_use":"access"`, `"token_type":"access"`)),
		"expired long ago":             forge(header, with(`1767226500`, `1500000000`)),
		"expired a moment ago":         forge(header, with(`1767226500`, fmt.Sprint(now.Unix()))),
		"expires at no time":           forge(header, with(`"exp":1767226500,`, ``)),
		"expires at null":              forge(header, with(`1767226500`, `null`)),
		"expires at a text":            forge(header, with(`1767226500`, `"1767226500"`)),
		"expires at a fraction":        forge(header, with(`1767226500`, `1767226500.5`)),
		"expires at an exponent":       forge(header, with(`1767226500`, `1.7672265e9`)),
		"expires beyond all numbers":   forge(header, with(`1767226500`, `1e999`)),
		"expires beyond all integers":  forge(header, with(`1767226500`, `1e300`)),
		"expires before all time":      forge(header, with(`1767226500`, `-1`)),
		"expires at true":              forge(header, with(`1767226500`, `true`)),
		"begins later":                 forge(header, strings.ReplaceAll(payload, `1767225600`, fmt.Sprint(now.Unix()+6))),
		"is not yet valid":             forge(header, with(`"nbf":1767225600`, `"nbf":1767226400`)),
		"begins at no time":            forge(header, with(`"nbf":1767225600,`, ``)),
		"begins at null":               forge(header, with(`"nbf":1767225600`, `"nbf":null`)),
		"issued later":                 forge(header, with(`"iat":1767225600`, `"iat":1767226400`)),
		"issued earlier than it began": forge(header, with(`"iat":1767225600`, `"iat":1767225599`)),
		"issued at no time":            forge(header, with(`"iat":1767225600,`, ``)),
		"no jti":                       forge(header, with(`"jti":"RANDOMTEXTOFTWENTYSIXCHARS",`, ``)),
		"an empty jti":                 forge(header, with(`"RANDOMTEXTOFTWENTYSIXCHARS"`, `""`)),
		"jti is a number":              forge(header, with(`"RANDOMTEXTOFTWENTYSIXCHARS"`, `1`)),
		"no user":                      forge(header, with(`"sub":"42",`, ``)),
		"an empty user":                forge(header, with(`"42"`, `""`)),
		"user zero":                    forge(header, with(`"42"`, `"0"`)),
		"a negative user":              forge(header, with(`"42"`, `"-42"`)),
		"user with a sign":             forge(header, with(`"42"`, `"+42"`)),
		"user with a zero before":      forge(header, with(`"42"`, `"042"`)),
		"user with a space":            forge(header, with(`"42"`, `" 42"`)),
		"user in other digits":         forge(header, with(`"42"`, `"٤٢"`)),
		"user is a number":             forge(header, with(`"42"`, `42`)),
		"user is too large":            forge(header, with(`"42"`, `"9223372036854775808"`)),
		"user is a name":               forge(header, with(`"42"`, `"admin"`)),
		"user escaped":                 forge(header, with(`"42"`, `"\u00342"`)),
		"no session":                   forge(header, with(`"sid":"7",`, ``)),
		"session zero":                 forge(header, with(`"7"`, `"0"`)),
		"session is a number":          forge(header, with(`"7"`, `7`)),
		"session is a list":            forge(header, with(`"7"`, `["7"]`)),
		"no role":                      forge(header, with(`,"role":"STAFF"`, ``)),
		"an empty role":                forge(header, with(`"STAFF"`, `""`)),
		"the operator's role":          forge(header, with(`"STAFF"`, `"OPERATOR"`)),
		"an unknown role":              forge(header, with(`"STAFF"`, `"ROOT"`)),
		"role in small letters":        forge(header, with(`"STAFF"`, `"staff"`)),
		"role is a list":               forge(header, with(`"STAFF"`, `["STAFF"]`)),
		"two roles":                    forge(header, with(`"role":"STAFF"`, `"role":"STAFF","role":"ADMIN"`)),
		"the same role twice":          forge(header, with(`"role":"STAFF"`, `"role":"STAFF","role":"STAFF"`)),
		"two users":                    forge(header, with(`"sub":"42"`, `"sub":"1","sub":"42"`)),
		"two times of expiry":          forge(header, with(`"exp":`, `"exp":1,"exp":`)),
		"role in another case":         forge(header, with(`"role":"STAFF"`, `"role":"STAFF","ROLE":"ADMIN"`)),
		"names in another case":        forge(header, with(`"sub"`, `"Sub"`)),
		"an unknown claim":             forge(header, with(`"role":"STAFF"`, `"role":"STAFF","admin":true`)),
		"claims in another order":      forge(header, with(`"sid":"7","role":"STAFF"`, `"role":"STAFF","sid":"7"`)),
		"bad UTF-8 in a claim":         forge(header, with(`RANDOMTEXTOFTWENTYSIXCHARS`, "RANDOM\xff")),
		"signed, and too long":         forge(header, with(`RANDOMTEXTOFTWENTYSIXCHARS`, strings.Repeat("A", 4096))),
	}
	verifier := newTokens(t, secretKey)
	for name, token := range tests {
		t.Run(name, func(t *testing.T) {
			require.NotEqual(t, golden, token, "this is no forgery")
			actor, err := verifier.Verify(token, now)
			assert.Equal(t, domain.ErrAccessToken(), err)
			assert.Zero(t, actor)
		})
	}
}

func TestVerifyRefusesOtherKeys(t *testing.T) {
	for _, other := range []string{secretKey + "x", secretKey[1:], strings.ToUpper(secretKey), signingKeyHex} {
		_, err := newTokens(t, other).Verify(golden, now)
		assert.Equal(t, domain.ErrAccessToken(), err, other)
	}
}

func TestVerifyRefusesEveryAlteredCharacter(t *testing.T) {
	verifier := newTokens(t, secretKey)
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.= \n"
	for i := range golden {
		_, err := verifier.Verify(golden[:i], now)
		require.Equal(t, domain.ErrAccessToken(), err, "the first %d characters", i)
		_, err = verifier.Verify(golden[:i]+golden[i+1:], now)
		require.Equal(t, domain.ErrAccessToken(), err, "without character %d", i)
		for _, c := range alphabet {
			if altered := golden[:i] + string(c) + golden[i+1:]; altered != golden {
				_, err := verifier.Verify(altered, now)
				require.Equal(t, domain.ErrAccessToken(), err, "%q for character %d", c, i)
			}
			_, err := verifier.Verify(golden[:i]+string(c)+golden[i:], now)
			require.Equal(t, domain.ErrAccessToken(), err, "%q before character %d", c, i)
		}
	}
}

func TestLifeOfAToken(t *testing.T) {
	const second = time.Second
	tests := []struct {
		name            string
		issued, expires time.Time
		now             time.Time
		want            bool
	}{
		{"at once", issued, expires, issued, true},
		{"at the last moment", issued, expires, expires.Add(-1), true},
		{"when it expires", issued, expires, expires, false},
		{"when it has expired", issued, expires, expires.Add(1), false},
		{"when it has expired, within the skew", issued, expires, expires.Add(second), false},
		{"by a clock behind", issued, expires, issued.Add(-5 * second), true},
		{"by a clock too far behind", issued, expires, issued.Add(-5*second - 1), false},
		{"at once, within a second", issued.Add(900e6), expires, issued.Add(900e6), true},
		{"within the second of a fractional expiry", issued, expires.Add(900e6), expires.Add(-1), true},
		{"a fractional expiry is rounded down", issued, expires.Add(900e6), expires, false},
		{"less than a second to live, over a second's end", issued.Add(900e6), issued.Add(1100e6), issued.Add(900e6), true},
		{"the same, expired", issued.Add(900e6), issued.Add(1100e6), issued.Add(1000e6), false},
		{"less than a second to live, within one", issued.Add(100e6), issued.Add(900e6), issued.Add(100e6), false},
		{"no life at all", issued, issued, issued, false},
		{"a life that ends before it begins", expires, issued, expires, false},
		{"before 1970", time.Unix(-100, 5e8), time.Unix(-10, 5e8), time.Unix(-12, 0), true},
		{"before 1970, expired", time.Unix(-100, 5e8), time.Unix(-10, 5e8), time.Unix(-10, 5e8), false},
		{"in another zone", issued, expires, now.In(time.FixedZone("", 5*3600)), true},
	}
	made := newTokens(t, secretKey)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			token, err := made.Issue(staff, test.issued, test.expires)
			require.NoError(t, err)
			actor, err := made.Verify(token.Reveal(), test.now)
			if test.want {
				require.NoError(t, err)
				assert.Equal(t, staff, actor)
			} else {
				assert.Equal(t, domain.ErrAccessToken(), err)
			}
		})
	}
}

func TestRoundTrip(t *testing.T) {
	made := newTokens(t, secretKey)
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.Int64Range(1, math.MaxInt64)
		actor := domain.Actor{
			UserID:    domain.ID(id.Draw(t, "user")),
			Role:      rapid.SampledFrom([]domain.Role{domain.Staff, domain.Admin}).Draw(t, "role"),
			SessionID: domain.ID(id.Draw(t, "session")),
		}
		begins := time.Unix(rapid.Int64Range(0, 1<<35).Draw(t, "begins"), rapid.Int64Range(0, 1e9-1).Draw(t, "fraction"))
		ends := begins.Add(time.Duration(rapid.Int64Range(0, int64(24*time.Hour)).Draw(t, "life")))
		token, err := made.Issue(actor, begins, ends)
		require.NoError(t, err)

		at := begins.Add(time.Duration(rapid.Int64Range(0, int64(25*time.Hour)).Draw(t, "age")))
		got, err := made.Verify(token.Reveal(), at)
		if at.Unix() < ends.Unix() {
			require.NoError(t, err)
			require.Equal(t, actor, got)
		} else {
			require.Equal(t, domain.ErrAccessToken(), err)
		}
	})
}

// FuzzVerify tries each text as a token, and as the payload of a token that is
// signed with the true key.
func FuzzVerify(f *testing.F) {
	verifier := newTokens(f, secretKey)
	f.Add(golden)
	f.Add(payload)
	f.Add(with(`["healthcare-api"]`, `"healthcare-api"`))
	f.Add(with(`"role":"STAFF"`, `"role":"ADMIN","role":"STAFF"`))
	f.Add(with(`1767226500`, `1.7672265e9`))
	f.Add(golden[:len(golden)-1] + "N")
	f.Add("..")
	f.Fuzz(func(t *testing.T, text string) {
		actor, err := verifier.Verify(text, now)
		switch {
		case err == nil && text != golden:
			t.Fatal("accepted what was not issued")
		case err != nil:
			require.Equal(t, domain.ErrAccessToken(), err)
			require.Zero(t, actor)
		}

		actor, err = verifier.Verify(forge(header, text), now)
		if err != nil {
			require.Equal(t, domain.ErrAccessToken(), err)
			return
		}
		var c struct {
			Exp, Nbf int64
			Jti      json.RawMessage
		}
		require.NoError(t, json.Unmarshal([]byte(text), &c))
		require.Equal(t, fmt.Sprintf(`{"iss":"healthcare","sub":"%d","aud":["healthcare-api"],"exp":%d,"nbf":%d,"iat":%d,`+
			`"jti":%s,"token_use":"access","sid":"%d","role":"%s"}`,
			actor.UserID, c.Exp, c.Nbf, c.Nbf, c.Jti, actor.SessionID, actor.Role), text)
		require.Positive(t, actor.UserID)
		require.Positive(t, actor.SessionID)
		require.Contains(t, []domain.Role{domain.Staff, domain.Admin}, actor.Role)
		require.Greater(t, c.Exp, now.Unix())
		require.LessOrEqual(t, c.Nbf, now.Unix()+5)
	})
}

func BenchmarkIssue(b *testing.B) {
	made := newTokens(b, secretKey)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = made.Issue(staff, issued, expires)
	}
}

func BenchmarkVerify(b *testing.B) {
	verifier := newTokens(b, secretKey)
	for name, token := range map[string]string{
		"good":    golden,
		"forged":  golden[:len(golden)-1] + "N",
		"longest": strings.Repeat("A", 4096),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = verifier.Verify(token, now)
			}
		})
	}
}
