package passwords

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

// djangoOf returns the hash that Django creates of a password.
func djangoOf(t *testing.T, password string) string {
	t.Helper()
	key, err := pbkdf2.Key(sha256.New, password, []byte("aSalt123"), 1000, sha256.Size)
	require.NoError(t, err)
	return djangoPrefix + "1000$aSalt123$" + base64.StdEncoding.EncodeToString(key)
}

func TestTrimForDjangoIgnoresSpaceAtTheEnds(t *testing.T) {
	trimming := cheap
	trimming.TrimForDjango = true
	strict, trims := newPasswords(t, cheap), newPasswords(t, trimming)
	for _, typed := range []string{" " + phrase, phrase + " ", "\t" + phrase + "\r\n", "\u00a0" + phrase + "\u3000", "\x1c" + phrase} {
		match, err := verify(t, strict, typed, djangoOfPhrase)
		require.NoError(t, err)
		assert.False(t, match, "%q, not told so", typed)
		match, err = verify(t, trims, typed, djangoOfPhrase)
		require.NoError(t, err)
		assert.True(t, match, "%q", typed)
		match, err = verify(t, trims, typed, argon2idOfPhrase)
		require.NoError(t, err)
		assert.False(t, match, "%q with a hash of this service", typed)
	}
	for _, typed := range []string{phrase + "\u200b", phrase + " x", "correct  horse battery staple"} {
		match, err := verify(t, trims, typed, djangoOfPhrase)
		require.NoError(t, err)
		assert.False(t, match, "%q", typed)
	}
}

// A new hash of the untrimmed password would refuse the trimmed one, and the other
// way around.
func TestAPasswordWithSpaceAtTheEndsDoesNotOutdateDjangosHash(t *testing.T) {
	trimming := cheap
	trimming.TrimForDjango = true
	django := domain.StoredPasswordHash(djangoOfPhrase)
	assert.False(t, newPasswords(t, trimming).Outdated(domain.TypedPassword(phrase+" "), django))
	assert.True(t, newPasswords(t, trimming).Outdated(domain.TypedPassword(phrase), django))
	assert.True(t, newPasswords(t, trimming).Outdated(domain.TypedPassword(phrase+" "), domain.StoredPasswordHash(argon2idOfPhrase)))
	assert.True(t, newPasswords(t, cheap).Outdated(domain.TypedPassword(phrase+" "), django), "not told so")
}

func TestAPasswordOfSpacesIsNotTrimmed(t *testing.T) {
	trimming := cheap
	trimming.TrimForDjango = true
	match, err := verify(t, newPasswords(t, trimming), "  ", djangoOf(t, ""))
	require.NoError(t, err)
	assert.False(t, match)
	match, err = verify(t, newPasswords(t, trimming), "  ", djangoOf(t, "  "))
	require.NoError(t, err)
	assert.True(t, match)
}
