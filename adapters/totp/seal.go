package totp

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"example.com/healthcare/adapters/secretkeys"
	"example.com/healthcare/domain"
)

// A sealed key consists of "v1:", the ID of the key that sealed it, ":", and the base64url
// of nonce, ciphertext and tag. All parts are authenticated.
const sealVersion = "v1"

// The errors do not contain the sealed key, because they are logged.
var (
	errFormat     = errors.New("totp: the sealed key has an unknown format")
	errUnknownKey = errors.New("totp: the key was encrypted with a SECRET_KEY that is neither the current one nor a fallback")
	errTampered   = errors.New("totp: the sealed key was altered")
)

func sealHeader(keyID string) string { return sealVersion + ":" + keyID + ":" }

// newAEAD returns the cipher for a key. The cipher is not stored, because formatters would
// print its key. A key can seal 2^32 times (NIST SP 800-38D, 8.3).
func newAEAD(key secretkeys.Key) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key.Bytes())
	if err != nil {
		return nil, fmt.Errorf("totp: create a cipher with key %s: %w", key.ID, err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func seal(key secretkeys.Key, secret domain.Secret) (domain.SealedKey, error) {
	aead, err := newAEAD(key)
	if err != nil {
		return domain.SealedKey{}, err
	}
	header := sealHeader(key.ID)
	sealed := aead.Seal(nil, nil, []byte(secret.Reveal()), []byte(header)) //nolint:gosec // G407: Seal generates the nonce
	return domain.StoredSealedKey(header + base64.RawURLEncoding.EncodeToString(sealed)), nil
}

// open decrypts a sealed key. It returns the ID of the key that sealed it, too.
func (c *Codes) open(sealed domain.SealedKey) (secret domain.Secret, keyID string, err error) {
	parts := strings.Split(sealed.Reveal(), ":")
	if len(parts) != 3 || parts[0] != sealVersion {
		return domain.Secret{}, "", errFormat
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return domain.Secret{}, "", errFormat
	}
	key, ok := c.ring.ByID(parts[1])
	if !ok {
		return domain.Secret{}, "", errUnknownKey
	}
	aead, err := newAEAD(key)
	if err != nil {
		return domain.Secret{}, "", err
	}
	opened, err := aead.Open(nil, nil, text, []byte(sealHeader(key.ID)))
	if err != nil {
		return domain.Secret{}, "", errTampered
	}
	return domain.NewSecret(string(opened)), key.ID, nil
}
