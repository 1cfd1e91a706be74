package secretkeys_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
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

const (
	secret = "a secret key for tests, of 42 bytes in all"
	older  = "an older secret key for tests, long enough"
)

func newKeys(t *testing.T, secrets ...string) *secretkeys.Keys {
	t.Helper()
	var all []domain.Secret
	for _, secret := range secrets {
		all = append(all, domain.NewSecret(secret))
	}
	keys, err := secretkeys.New(all[0], all[1:]...)
	require.NoError(t, err)
	return keys
}

// If the keys of a secret changed, everything sealed with them would be lost.
func TestKeysAreStableAcrossReleases(t *testing.T) {
	// Computed with Python's hmac and hashlib, by RFC 5869.
	for _, want := range []struct{ purpose, id, key string }{
		{"access tokens", "iVAthPt4QlNsp0bZ", "0e646ccd71ca835fb8a87720df71d790667b3a45782338707ff39c59b9a53468"},
		{"tests", "ADMUGRMnwkOuvZLu", "b3570763134f967c31ea7fca45af5f315604a35f2883125017f1b3c99b59417d"},
	} {
		key := newKeys(t, secret).For(want.purpose).Current()
		assert.Equal(t, want.id, key.ID)
		assert.Equal(t, want.key, hex.EncodeToString(key.Bytes()))
	}
}

func TestEachPurposeAndEachSecretHasItsOwnKeys(t *testing.T) {
	var ids, keys []string
	for _, secret := range []string{secret, older, secret + " ", strings.ToUpper(secret)} {
		for _, purpose := range []string{"", "tests", "Tests", "tests ", "for tests", "id for tests"} {
			key := newKeys(t, secret).For(purpose).Current()
			ids, keys = append(ids, key.ID), append(keys, string(key.Bytes()))
		}
	}
	distinct := map[string]bool{}
	for _, text := range append(ids, keys...) {
		distinct[text] = true
	}
	assert.Len(t, distinct, len(ids)+len(keys))
}

func TestFallbacksAreFoundByTheirIDs(t *testing.T) {
	before := newKeys(t, older).For("tests")
	after := newKeys(t, secret, older).For("tests")

	for _, key := range []secretkeys.Key{before.Current(), after.Current()} {
		found, ok := after.ByID(key.ID)
		require.True(t, ok)
		assert.Equal(t, key.ID, found.ID)
		assert.Equal(t, key.Bytes(), found.Bytes())
	}
	assert.Equal(t, newKeys(t, secret).For("tests").Current().ID, after.Current().ID, "a fallback is not for new things")
}

func TestByIDFindsNoOtherIDs(t *testing.T) {
	ring := newKeys(t, secret, older).For("tests")
	id := ring.Current().ID
	for _, other := range []string{
		"", " ", id[1:], id + "A", id + "\x00", strings.ToLower(id), secret,
		newKeys(t, secret).For("other tests").Current().ID,
		newKeys(t, "a secret that is neither of the two there").For("tests").Current().ID,
	} {
		key, ok := ring.ByID(other)
		assert.False(t, ok, other)
		assert.Empty(t, key.Bytes(), other)
	}
}

func TestTheSameSecretCanBeGivenTwice(t *testing.T) {
	ring := newKeys(t, secret, secret, older, secret).For("tests")
	for _, want := range []secretkeys.Key{newKeys(t, secret).For("tests").Current(), newKeys(t, older).For("tests").Current()} {
		found, ok := ring.ByID(want.ID)
		require.True(t, ok)
		assert.Equal(t, want.Bytes(), found.Bytes())
	}
}

func TestBytesIsACopy(t *testing.T) {
	key := newKeys(t, secret).For("tests").Current()
	want := bytes.Clone(key.Bytes())
	clear(key.Bytes())
	assert.Equal(t, want, key.Bytes())
}

func TestNewRefusesShortSecretsAndDoesNotShowThem(t *testing.T) {
	long := domain.NewSecret(strings.Repeat("k", secretkeys.MinLength))
	_, err := secretkeys.New(long, long)
	require.NoError(t, err)

	for _, text := range []string{"", "hunter2", strings.Repeat("hunter2", 5)[:secretkeys.MinLength-1]} {
		short := domain.NewSecret(text)
		for _, secrets := range [][]domain.Secret{{short}, {short, long}, {long, short}, {long, long, short}} {
			keys, err := secretkeys.New(secrets[0], secrets[1:]...)
			require.Error(t, err)
			assert.Nil(t, keys)
			assert.NotContains(t, err.Error(), "hunter2")
		}
	}
}

func TestKeysAreNeverPrinted(t *testing.T) {
	keys := newKeys(t, secret, older)
	ring := keys.For("tests")
	key := ring.Current()
	fallback, ok := ring.ByID(newKeys(t, older).For("tests").Current().ID)
	require.True(t, ok)

	var shown bytes.Buffer
	for _, value := range []any{keys, *keys, ring, &ring, key, &key, ring.MACs(), *ring.MACs()} {
		type unexported struct{ value any }
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			fmt.Fprintf(&shown, verb, value)
			fmt.Fprintf(&shown, verb, []any{value})
			fmt.Fprintf(&shown, verb, unexported{value})
		}
		asJSON, err := json.Marshal(map[string]any{"value": value})
		require.NoError(t, err)
		shown.Write(asJSON)
		slog.New(slog.NewTextHandler(&shown, nil)).Info("x", "value", value)
		slog.New(slog.NewJSONHandler(&shown, nil)).Info("x", "value", value)
	}
	require.Contains(t, shown.String(), key.ID, "nothing was printed")
	for _, hidden := range [][]byte{[]byte(secret), []byte(older), key.Bytes(), fallback.Bytes()} {
		for _, form := range []string{
			string(hidden), fmt.Sprintf("%q", hidden), fmt.Sprintf("%x", hidden), fmt.Sprintf("%X", hidden),
			strings.Trim(fmt.Sprint(hidden), "[]"), strings.TrimPrefix(fmt.Sprintf("%#v", hidden), "[]byte"), base64.StdEncoding.EncodeToString(hidden),
		} {
			assert.NotContains(t, shown.String(), form)
		}
	}
}
