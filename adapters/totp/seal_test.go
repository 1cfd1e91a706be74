package totp

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/secretkeys"
	"example.com/healthcare/domain"
)

// assertOpens asserts that the code of a device with key matches.
func assertOpens(t *testing.T, codes *Codes, sealed domain.SealedKey, key string) {
	t.Helper()
	got, matches, err := codes.Match(sealed, code(deviceCode(t, key, step)), now)
	require.NoError(t, err)
	assert.True(t, matches)
	assert.Equal(t, step, got)
}

// assertStaysShut asserts that every method refuses the sealed key, even
// with the right code, and that the error is want and shows no secret.
func assertStaysShut(t *testing.T, codes *Codes, sealed string, want error) {
	t.Helper()
	_, matches, err := codes.Match(domain.StoredSealedKey(sealed), code(deviceCode(t, rfcKey, step)), now)
	assert.False(t, matches, sealed)
	require.Equal(t, want, err, sealed)

	resealed, changed, err := codes.Reseal(domain.StoredSealedKey(sealed))
	assert.True(t, resealed.IsZero(), sealed)
	assert.False(t, changed, sealed)
	require.Equal(t, want, err, sealed)

	assert.Equal(t, domain.Internal, domain.KindOf(err))
	for _, hidden := range append(strings.Split(sealed, ":"), rfcKey, secretKey, older) {
		if len(hidden) > 8 {
			assert.NotContains(t, err.Error(), hidden)
		}
	}
}

func TestReplacingTheSecretKeyLosesNoSecondFactor(t *testing.T) {
	enrolment := enrol(t, newCodes(t, older))
	key := keyIn(t, enrolment)
	replaced, afterwards := newCodes(t, secretKey, older), newCodes(t, secretKey)

	assertOpens(t, replaced, enrolment.Key, key)
	resealed, changed, err := replaced.Reseal(enrolment.Key)
	require.NoError(t, err)
	assert.True(t, changed)
	assertOpens(t, replaced, resealed, key)
	assertOpens(t, afterwards, resealed, key)

	again, changed, err := replaced.Reseal(resealed)
	require.NoError(t, err)
	assert.False(t, changed)
	assert.Equal(t, resealed.Reveal(), again.Reveal())
}

func TestNewKeysAreSealedWithTheCurrentSecretKey(t *testing.T) {
	enrolment := enrol(t, newCodes(t, secretKey, older))
	assertOpens(t, newCodes(t, secretKey), enrolment.Key, keyIn(t, enrolment))
}

func TestAKeySealedWithALostSecretKeyIsRefusedWithTheReason(t *testing.T) {
	sealed := enrol(t, newCodes(t, older)).Key.Reveal()
	assertStaysShut(t, newCodes(t, secretKey), sealed, errUnknownKey)
	assert.ErrorContains(t, errUnknownKey, "SECRET_KEY")
}

func TestKeysOfOtherPurposesOpenNoSeal(t *testing.T) {
	keys, err := secretkeys.New(domain.NewSecret(secretKey))
	require.NoError(t, err)
	others, err := New(keys.For("another purpose"))
	require.NoError(t, err)
	assertStaysShut(t, others, sealedRFCKey, errUnknownKey)
}

func TestEveryAlteredCharacterIsDetected(t *testing.T) {
	codes := newCodes(t, secretKey, older)
	// The tests below are meaningful only if this one opens.
	assertOpens(t, codes, domain.StoredSealedKey(sealedRFCKey), rfcKey)

	for i := range sealedRFCKey {
		for _, c := range "ABZabz059-_:+/= \x00" {
			altered := sealedRFCKey[:i] + string(c) + sealedRFCKey[i+1:]
			if altered == sealedRFCKey {
				continue
			}
			_, matches, err := codes.Match(domain.StoredSealedKey(altered), code(deviceCode(t, rfcKey, step)), now)
			assert.Error(t, err, altered)
			assert.False(t, matches, altered)
		}
	}
}

func TestTextThatWasNotSealedIsRefused(t *testing.T) {
	codes := newCodes(t, secretKey, older)
	parts := strings.Split(sealedRFCKey, ":")
	version, id, text := parts[0], parts[1], parts[2]
	aead, err := newAEAD(codes.ring.Current())
	require.NoError(t, err)
	// boundTo is sealed with the right key and another header.
	boundTo := func(header string) string {
		return sealHeader(id) + base64.RawURLEncoding.EncodeToString(aead.Seal(nil, nil, []byte(rfcKey), []byte(header)))
	}
	assertOpens(t, codes, domain.StoredSealedKey(boundTo(sealHeader(id))), rfcKey)
	other := newCodes(t, older).ring.Current().ID

	for sealed, want := range map[string]error{
		"":                                 errFormat,
		rfcKey:                             errFormat,
		"::":                               errFormat,
		version:                            errFormat,
		version + ":" + id:                 errFormat,
		id + ":" + text:                    errFormat,
		text:                               errFormat,
		"v2:" + id + ":" + text:            errFormat,
		"V1:" + id + ":" + text:            errFormat,
		" " + sealedRFCKey:                 errFormat,
		sealedRFCKey + ":":                 errFormat,
		sealedRFCKey + ":" + text:          errFormat,
		sealedRFCKey + " ":                 errFormat,
		sealedRFCKey + "=":                 errFormat,
		version + "::" + text:              errUnknownKey,
		version + ":" + id + "A:" + text:   errUnknownKey,
		version + ": " + id + ":" + text:   errUnknownKey,
		sealHeader(id):                     errTampered,
		sealHeader(id) + text[:4]:          errTampered,
		sealHeader(id) + text[4:]:          errTampered,
		sealedRFCKey[:len(sealedRFCKey)-4]: errTampered,
		sealedRFCKey + "AAAA":              errTampered,
		sealHeader(id) + text + text:       errTampered,
		boundTo(""):                        errTampered,
		boundTo(sealHeader(other)):         errTampered,
		sealHeader(id) + strings.Repeat("A", len(text)): errTampered,
		sealHeader(other) + text:                        errTampered,
	} {
		assertStaysShut(t, codes, sealed, want)
	}
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	codes := newCodes(t, secretKey, older)
	enrolment := enrol(t, codes)
	key := keyIn(t, enrolment)

	var shown bytes.Buffer
	for _, value := range []any{codes, *codes, enrolment.Key, enrolment.URI, enrolment} {
		type unexported struct{ value any }
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			fmt.Fprintf(&shown, verb, value)
			fmt.Fprintf(&shown, verb, unexported{value})
		}
		asJSON, err := json.Marshal(value)
		require.NoError(t, err)
		shown.Write(asJSON)
		slog.New(slog.NewTextHandler(&shown, nil)).Info("x", "value", value)
		slog.New(slog.NewJSONHandler(&shown, nil)).Info("x", "value", value)
	}
	require.Contains(t, shown.String(), "[redacted]", "nothing was printed")
	for _, hidden := range []string{
		key, "otpauth", enrolment.Key.Reveal(), secretKey, older, string(codes.ring.Current().Bytes()),
	} {
		for _, form := range []string{
			hidden, fmt.Sprintf("%x", hidden), fmt.Sprintf("%X", hidden), strings.Trim(fmt.Sprint([]byte(hidden)), "[]"),
			base64.StdEncoding.EncodeToString([]byte(hidden)),
		} {
			assert.NotContains(t, shown.String(), form)
		}
	}
}
