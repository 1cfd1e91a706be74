package tokens_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

func TestNoOtherTokenIsAccepted(t *testing.T) {
	verifier := newTokens(t, secretKey, olderKey)
	_, err := verifier.Verify(golden, now)
	require.NoError(t, err, "the token that all the others are made from")

	for name, token := range otherTokens(t) {
		t.Run(name, func(t *testing.T) {
			require.NotEqual(t, golden, token, "this is no forgery")
			actor, err := verifier.Verify(token, now)
			assert.Equal(t, domain.ErrAccessToken(), err)
			assert.Zero(t, actor)
		})
	}
}

// algorithm returns a header with this algorithm.
func algorithm(name string) string { return replaceOnce(header, "HS256", name) }

// keyNamed returns a header with this key ID.
func keyNamed(id string) string { return replaceOnce(header, keyID, id) }

func signRSA(t *testing.T, key *rsa.PrivateKey) string {
	t.Helper()
	text := encode(algorithm("RS256")) + "." + encode(payload)
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	require.NoError(t, err)
	return text + "." + encode(string(signature))
}

// otherTokens are variants of golden, each with one change. The verifier
// has secretKey, and olderKey as a fallback.
func otherTokens(t *testing.T) map[string]string {
	t.Helper()
	fallback := keysOf(t, olderKey).For("access tokens").Current()
	removed := keysOf(t, unknownKey).For("access tokens").Current()
	other := keysOf(t, secretKey).For("other tokens").Current()

	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	publicDER, err := x509.MarshalPKIXPublicKey(&rsaKey.PublicKey)
	require.NoError(t, err)
	publicKey := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: publicDER})

	parts := strings.Split(golden, ".")
	rejoin := func(header, payload, signature string) string { return header + "." + payload + "." + signature }
	half := len(parts[1]) / 2

	all := map[string]string{
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
		"five parts, encrypted":      rejoin(encode(`{"alg":"dir","enc":"A256GCM","kid":"`+keyID+`"}`), "", "AAAA.AAAA.AAAA"),
		"in a JSON string":           strings.ReplaceAll(golden, "6", `\u0036`),
		"percent-encoded":            strings.ReplaceAll(golden, ".", "%2E"),

		"another's payload":           rejoin(parts[0], encode(replaceOnce(payload, `"42"`, `"43"`)), parts[2]),
		"another's role":              rejoin(parts[0], encode(replaceOnce(payload, `"STAFF"`, `"ADMIN"`)), parts[2]),
		"another's signature":         rejoin(parts[0], parts[1], strings.Split(forgePayload(`"42"`, `"43"`), ".")[2]),
		"the signature cut":           golden[:len(golden)-1],
		"the signature longer":        golden + "A",
		"a signature of zeros":        rejoin(parts[0], parts[1], strings.Repeat("A", 43)),
		"signed with no key":          sign(sha256.New, nil, header, payload),
		"signed with a zero key":      sign(sha256.New, make([]byte, 32), header, payload),
		"signed with the secret key":  sign(sha256.New, []byte(secretKey), header, payload),
		"signed with the key in hex":  sign(sha256.New, []byte(signingKeyHex), header, payload),
		"signed with half of the key": sign(sha256.New, signingKey()[:16], header, payload),
		"signed with its id":          sign(sha256.New, []byte(keyID), header, payload),
		"signed with a public key":    sign(sha256.New, publicKey, header, payload),
		"signed for another purpose":  sign(sha256.New, other.Bytes(), header, payload),
		"signed with the fallback":    sign(sha256.New, fallback.Bytes(), header, payload),
		"signed with a removed key":   sign(sha256.New, removed.Bytes(), header, payload),

		"HS384":                      sign(sha512.New384, signingKey(), algorithm("HS384"), payload),
		"HS512":                      sign(sha512.New, signingKey(), algorithm("HS512"), payload),
		"HS512, signed by HS256":     forge(algorithm("HS512"), payload),
		"HS256, signed by HS512":     sign(sha512.New, signingKey(), header, payload),
		"RS256":                      signRSA(t, rsaKey),
		"RS256, signed by HS256":     forge(algorithm("RS256"), payload),
		"RS256, with the public key": sign(sha256.New, publicKey, algorithm("RS256"), payload),
		"PS256, signed by HS256":     forge(algorithm("PS256"), payload),
		"ES256, signed by HS256":     forge(algorithm("ES256"), payload),
		"ES256, of zeros":            rejoin(encode(algorithm("ES256")), parts[1], strings.Repeat("A", 86)),
		"EdDSA, signed by HS256":     forge(algorithm("EdDSA"), payload),
		"none, no signature":         rejoin(encode(algorithm("none")), parts[1], ""),
		"none, the signature kept":   rejoin(encode(algorithm("none")), parts[1], parts[2]),
		"none, signed":               forge(algorithm("none"), payload),
		"None":                       rejoin(encode(algorithm("None")), parts[1], ""),
		"NONE":                       rejoin(encode(algorithm("NONE")), parts[1], ""),
		"no alg":                     forgeHeader(`"alg":"HS256",`, ``),
		"an empty alg":               forge(algorithm(""), payload),
		"alg in lower case":          forge(algorithm("hs256"), payload),
		"alg is a number":            forgeHeader(`"HS256"`, `256`),
		"alg is null":                forgeHeader(`"HS256"`, `null`),
		"alg is a list":              forgeHeader(`"HS256"`, `["HS256"]`),
		"two algs":                   forgeHeader(`"alg"`, `"alg":"none","alg"`),

		"no kid":                       forgeHeader(`"kid":"`+keyID+`",`, ``),
		"an empty kid":                 forge(keyNamed(``), payload),
		"an unknown kid":               forge(keyNamed(`AAAAAAAAAAAAAAAA`), payload),
		"kid cut":                      forge(keyNamed(keyID[1:]), payload),
		"kid in capitals":              forge(keyNamed(strings.ToUpper(keyID)), payload),
		"kid and a space":              forge(keyNamed(keyID+` `), payload),
		"kid escaped":                  forge(keyNamed(`\u0069`+keyID[1:]), payload),
		"kid is a path":                forge(keyNamed(`../../dev/null`), payload),
		"kid is a path, no key":        sign(sha256.New, nil, keyNamed(`/dev/null`), payload),
		"kid is SQL":                   forge(keyNamed(`' UNION SELECT 'key`), payload),
		"kid is a number":              forgeHeader(`"`+keyID+`"`, `1`),
		"kid is null":                  forgeHeader(`"`+keyID+`"`, `null`),
		"kid is a list":                forgeHeader(`"`+keyID+`"`, `["`+keyID+`"]`),
		"kid is an object":             forgeHeader(`"`+keyID+`"`, `{"`+keyID+`":1}`),
		"the same kid twice":           forgeHeader(`"kid"`, `"kid":"`+keyID+`","kid"`),
		"two kids":                     forgeHeader(`"kid"`, `"kid":"`+fallback.ID+`","kid"`),
		"kid in another case":          forgeHeader(`"kid"`, `"KID"`),
		"kid of the fallback":          forge(keyNamed(fallback.ID), payload),
		"kid of a removed fallback":    sign(sha256.New, removed.Bytes(), keyNamed(removed.ID), payload),
		"kid for another purpose":      sign(sha256.New, other.Bytes(), keyNamed(other.ID), payload),
		"kid of another purpose's key": forge(keyNamed(other.ID), payload),

		"no typ":                    forgeHeader(`,"typ":"JWT"`, ``),
		"typ in lower case":         forgeHeader(`"JWT"`, `"jwt"`),
		"typ at+jwt":                forgeHeader(`"JWT"`, `"at+jwt"`),
		"typ JOSE":                  forgeHeader(`"JWT"`, `"JOSE"`),
		"cty":                       forgeHeader(`"kid"`, `"cty":"JWT","kid"`),
		"crit":                      forgeHeader(`"kid"`, `"crit":["exp"],"kid"`),
		"crit, empty":               forgeHeader(`"kid"`, `"crit":[],"kid"`),
		"b64":                       forgeHeader(`"kid"`, `"b64":false,"kid"`),
		"crit and b64":              forgeHeader(`"kid"`, `"b64":false,"crit":["b64"],"kid"`),
		"crit and b64, not encoded": signText(sha256.New, signingKey(), encode(replaceOnce(header, `"kid"`, `"b64":false,"crit":["b64"],"kid"`))+"."+payload),
		"jwk":                       forgeHeader(`"kid"`, `"jwk":{"kty":"oct","k":"AA"},"kid"`),
		"jwk, signed with it":       sign(sha256.New, []byte{0}, replaceOnce(header, `"kid"`, `"jwk":{"kty":"oct","k":"AA"},"kid"`), payload),
		"jku":                       forgeHeader(`"kid"`, `"jku":"https://attacker.example/keys","kid"`),
		"x5u":                       forgeHeader(`"typ":"JWT"`, `"typ":"JWT","x5u":"https://attacker.example/chain"`),
		"x5c":                       forgeHeader(`"typ":"JWT"`, `"typ":"JWT","x5c":["AA=="]`),
		"compressed":                forgeHeader(`"typ":"JWT"`, `"typ":"JWT","zip":"DEF"`),
		"header with a space":       forgeHeader(`"alg":`, `"alg": `),
		"header in another order":   forge(`{"typ":"JWT","alg":"HS256","kid":"`+keyID+`"}`, payload),
		"header is null":            forge(`null`, payload),
		"header is a list":          forge(`["HS256"]`, payload),
		"header is no JSON":         forge(header[:len(header)-1], payload),
		"header and more":           forge(header+header, payload),

		"payload is null":           forge(header, `null`),
		"payload is empty":          forge(header, `{}`),
		"payload is nothing":        forge(header, ``),
		"payload is a list":         forge(header, `[]`),
		"payload is a string":       forge(header, `"access"`),
		"payload is no JSON":        forge(header, payload[:len(payload)-1]),
		"payload and more":          forge(header, payload+payload),
		"payload with a space":      forge(header, payload+" "),
		"payload is a token":        forge(header, golden),
		"payload is a token's text": forge(header, `"`+golden+`"`),
		"payload deeply nested":     forge(header, strings.Repeat(`{"a":`, 500)+`1`+strings.Repeat(`}`, 500)),

		"another issuer":       forgePayload(`"healthcare",`, `"https://attacker.example",`),
		"issuer with a slash":  forgePayload(`"healthcare",`, `"healthcare/",`),
		"issuer is a list":     forgePayload(`"healthcare",`, `["healthcare"],`),
		"no issuer":            forgePayload(`"iss":"healthcare",`, ``),
		"another audience":     forgePayload(`["healthcare-api"]`, `["billing-api"]`),
		"a second audience":    forgePayload(`["healthcare-api"]`, `["healthcare-api","billing-api"]`),
		"audience is a string": forgePayload(`["healthcare-api"]`, `"healthcare-api"`),
		"audience is empty":    forgePayload(`["healthcare-api"]`, `[]`),
		"audience is null":     forgePayload(`["healthcare-api"]`, `null`),
		"audience is nested":   forgePayload(`["healthcare-api"]`, `[["healthcare-api"]]`),
		"no audience":          forgePayload(`"aud":["healthcare-api"],`, ``),
		"a refresh token":      forgePayload(`"access"`, `"refresh"`),
		"use in capitals":      forgePayload(`"access"`, `"ACCESS"`),
		"use is null":          forgePayload(`"access"`, `null`),
		"use is a list":        forgePayload(`"access"`, `["access"]`),
		"no use":               forgePayload(`"token_use":"access",`, ``),
		"SimpleJWT's use":      forgePayload(`"token_use":"access"`, `"token_type":"access"`),

		"expired long ago":             forgePayload(`1767226500`, `1500000000`),
		"expired a moment ago":         forgePayload(`1767226500`, fmt.Sprint(now.Unix())),
		"no expiry":                    forgePayload(`"exp":1767226500,`, ``),
		"expiry is null":               forgePayload(`1767226500`, `null`),
		"expiry is a string":           forgePayload(`1767226500`, `"1767226500"`),
		"expiry is a fraction":         forgePayload(`1767226500`, `1767226500.5`),
		"expiry has an exponent":       forgePayload(`1767226500`, `1.7672265e9`),
		"expiry exceeds all floats":    forgePayload(`1767226500`, `1e999`),
		"expiry exceeds all integers":  forgePayload(`1767226500`, `1e300`),
		"expiry is negative":           forgePayload(`1767226500`, `-1`),
		"expiry is true":               forgePayload(`1767226500`, `true`),
		"begins later":                 forge(header, strings.ReplaceAll(payload, `1767225600`, fmt.Sprint(now.Add(domain.ClockSkew).Unix()+1))),
		"is not yet valid":             forgePayload(`"nbf":1767225600`, `"nbf":1767226400`),
		"no beginning":                 forgePayload(`"nbf":1767225600,`, ``),
		"beginning is null":            forgePayload(`"nbf":1767225600`, `"nbf":null`),
		"issued later":                 forgePayload(`"iat":1767225600`, `"iat":1767226400`),
		"is too old":                   forge(header, strings.ReplaceAll(payload, `1767225600`, fmt.Sprint(now.Add(-lifetime).Unix()-1))),
		"begins in 1970":               forge(header, strings.ReplaceAll(payload, `1767225600`, `0`)),
		"beginning is a string":        forgePayload(`"nbf":1767225600`, `"nbf":"1767225600"`),
		"beginning is a fraction":      forge(header, strings.ReplaceAll(payload, `1767225600`, `1767225600.5`)),
		"issued earlier than it began": forgePayload(`"iat":1767225600`, `"iat":1767225599`),
		"no time of issue":             forgePayload(`"iat":1767225600,`, ``),

		"no jti":                  forgePayload(`"jti":"RANDOMTEXTOFTWENTYSIXCHARS",`, ``),
		"an empty jti":            forgePayload(`"RANDOMTEXTOFTWENTYSIXCHARS"`, `""`),
		"jti is a number":         forgePayload(`"RANDOMTEXTOFTWENTYSIXCHARS"`, `1`),
		"no user":                 forgePayload(`"sub":"42",`, ``),
		"an empty user":           forgePayload(`"42"`, `""`),
		"user zero":               forgePayload(`"42"`, `"0"`),
		"a negative user":         forgePayload(`"42"`, `"-42"`),
		"user with a sign":        forgePayload(`"42"`, `"+42"`),
		"user with a zero before": forgePayload(`"42"`, `"042"`),
		"user with a space":       forgePayload(`"42"`, `" 42"`),
		"user in other digits":    forgePayload(`"42"`, `"٤٢"`),
		"user is a number":        forgePayload(`"42"`, `42`),
		"user is too large":       forgePayload(`"42"`, `"9223372036854775808"`),
		"user is a name":          forgePayload(`"42"`, `"admin"`),
		"user escaped":            forgePayload(`"42"`, `"\u00342"`),
		"no session":              forgePayload(`"sid":"7",`, ``),
		"session zero":            forgePayload(`"7"`, `"0"`),
		"session is a number":     forgePayload(`"7"`, `7`),
		"session is a list":       forgePayload(`"7"`, `["7"]`),
		"no role":                 forgePayload(`,"role":"STAFF"`, ``),
		"an empty role":           forgePayload(`"STAFF"`, `""`),
		"the operator's role":     forgePayload(`"STAFF"`, `"OPERATOR"`),
		"an unknown role":         forgePayload(`"STAFF"`, `"ROOT"`),
		"role in lower case":      forgePayload(`"STAFF"`, `"staff"`),
		"role is a list":          forgePayload(`"STAFF"`, `["STAFF"]`),
		"two roles":               forgePayload(`"role":"STAFF"`, `"role":"STAFF","role":"ADMIN"`),
		"the same role twice":     forgePayload(`"role":"STAFF"`, `"role":"STAFF","role":"STAFF"`),
		"two users":               forgePayload(`"sub":"42"`, `"sub":"1","sub":"42"`),
		"two times of expiry":     forgePayload(`"exp":`, `"exp":1,"exp":`),
		"role in another case":    forgePayload(`"role":"STAFF"`, `"role":"STAFF","ROLE":"ADMIN"`),
		"an empty duty":           forgePayload(`"STAFF"`, `"STAFF","duty":""`),
		"an unknown duty":         forgePayload(`"STAFF"`, `"STAFF","duty":"dance"`),
		"duty in capitals":        forgePayload(`"STAFF"`, `"STAFF","duty":"ENROL_MFA"`),
		"duty is null":            forgePayload(`"STAFF"`, `"STAFF","duty":null`),
		"duty is a list":          forgePayload(`"STAFF"`, `"STAFF","duty":["enrol_mfa"]`),
		"two duties":              forgePayload(`"STAFF"`, `"STAFF","duty":"enrol_mfa","duty":"change_password"`),
		"duty in another place":   forgePayload(`"role"`, `"duty":"enrol_mfa","role"`),
		"an origin":               forgePayload(`"STAFF"`, `"STAFF","origin":"::1"`),
		"names in another case":   forgePayload(`"sub"`, `"Sub"`),
		"an unknown claim":        forgePayload(`"role":"STAFF"`, `"role":"STAFF","admin":true`),
		"claims in another order": forgePayload(`"sid":"7","role":"STAFF"`, `"role":"STAFF","sid":"7"`),
		"bad UTF-8 in a claim":    forgePayload(`RANDOMTEXTOFTWENTYSIXCHARS`, "RANDOM\xff"),
		"signed, and too long":    forgePayload(`RANDOMTEXTOFTWENTYSIXCHARS`, strings.Repeat("A", 4096)),
	}
	const base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for _, c := range strings.ReplaceAll(base64url, golden[len(golden)-1:], "") {
		all["its last character is "+string(c)] = golden[:len(golden)-1] + string(c)
	}
	return all
}
