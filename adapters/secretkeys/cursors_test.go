package secretkeys_test

import (
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/secretkeys"
	"example.com/healthcare/domain"
)

func TestACursorOpensOnlyWithItsContextAndAKeyOfTheService(t *testing.T) {
	older, newer := domain.NewSecret("an older secret of more than 32 bytes"), domain.NewSecret("a newer secret of more than 32 bytes!")
	cursors := func(current domain.Secret, fallbacks ...domain.Secret) *secretkeys.Cursors {
		keys, err := secretkeys.New(current, fallbacks...)
		require.NoError(t, err)
		return keys.For("cursors").Cursors()
	}
	const text, context = `{"v":"ada lovelace","i":7}`, "patients"
	sealed := cursors(older).Seal(text, context)

	for name, by := range map[string]*secretkeys.Cursors{"same key": cursors(older), "rotated key": cursors(newer, older)} {
		opened, ok := by.Open(sealed, context)
		assert.True(t, ok, name)
		assert.Equal(t, text, opened, name)
	}
	_, ok := cursors(newer).Open(sealed, context)
	assert.False(t, ok, "another service's key")
	_, ok = cursors(older).Open(sealed, "doctors")
	assert.False(t, ok, "another list")

	assert.NotEqual(t, sealed, cursors(older).Seal(text, context), "equal cursors must not show that they are equal")
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	require.NoError(t, err)
	assert.NotContains(t, string(raw), "ada")
	for i := range raw {
		raw[i] ^= 1
		_, ok := cursors(older).Open(base64.RawURLEncoding.EncodeToString(raw), context)
		assert.False(t, ok, "byte %d was changed", i)
		raw[i] ^= 1
	}
	for _, short := range []string{"", "A", "7", sealed[:20], sealed + "A", sealed + "\n", "\r" + sealed, "ä"} {
		_, ok := cursors(older).Open(short, context)
		assert.False(t, ok, "%q", short)
	}
}
