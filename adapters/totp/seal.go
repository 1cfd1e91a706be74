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

// A sealed key is "v1:", the ID of the key it is sealed with, ":", and the
// base64url of nonce, ciphertext and tag. All of it is authenticated.
const sealVersion = "v1"

// These say nothing of the sealed key: they go to the log.
var (
	errFormat     = errors.New("totp: the sealed key is in no known format")
	errUnknownKey = errors.New("totp: the SECRET_KEY under which the key was sealed is set neither as the current one nor as a fallback")
	errTampered   = errors.New("totp: the sealed key is not what was once sealed")
)

func sealHeader(keyID string) string { return sealVersion + ":" + keyID + ":" }

// newAEAD is called each time, because formatters would print the key of a
// cipher that is kept. It allows 2^32 seals with a key (NIST SP 800-38D, 8.3).
func newAEAD(key secretkeys.Key) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key.Bytes())
	if err != nil {
		return nil, fmt.Errorf("totp: key %s is none of AES: %w", key.ID, err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func seal(key secretkeys.Key, secret domain.Secret) (domain.SealedKey, error) {
	aead, err := newAEAD(key)
	if err != nil {
		return domain.SealedKey{}, err
	}
	header := sealHeader(key.ID)
	sealed := aead.Seal(nil, nil, []byte(secret.Reveal()), []byte(header)) //nolint:gosec // G407: it makes the nonce itself
	return domain.StoredSealedKey(header + base64.RawURLEncoding.EncodeToString(sealed)), nil
}

// open returns what was sealed, and the ID of the key it was sealed with.
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
