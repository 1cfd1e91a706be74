// Package secretkeys derives the service's cryptographic keys from its secrets, separate
// keys for each purpose. To replace a secret, make the new one the current secret and the
// old one a fallback. Keep the fallback as long as anything that its keys signed or sealed
// is in use.
package secretkeys

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"

	"example.com/healthcare/domain"
)

// MinLength is the minimum length of a secret in bytes. It is the length of the derived
// keys, because HKDF cannot add entropy (RFC 5869, 4).
const MinLength = 32

const (
	// keyLength is the minimum for HS256 (RFC 7518, 3.2) and the key length of AES-256.
	keyLength = 32
	// idLength is in bytes. The base64 of an ID has 16 characters.
	idLength = 12
)

// Keys holds the secrets of the service. It is safe for concurrent use. Formatters do not
// print the secrets.
type Keys struct {
	// secrets are the current secret and then the fallbacks.
	secrets []domain.Secret
}

// New returns the Keys of the current secret and the fallbacks. All instances of the
// service need the same secrets. It fails if a secret has fewer than MinLength bytes. A
// secret can be given twice.
func New(current domain.Secret, fallbacks ...domain.Secret) (*Keys, error) {
	secrets := slices.Concat([]domain.Secret{current}, fallbacks)
	for i, secret := range secrets {
		if len(secret.Reveal()) < MinLength {
			return nil, fmt.Errorf("secretkeys: secret %d of %d has fewer than %d bytes", i+1, len(secrets), MinLength)
		}
	}
	return &Keys{secrets: secrets}, nil
}

// For derives the keys for one purpose (HKDF with SHA-256, RFC 5869). The keys of different
// purposes are independent, even if the purposes differ by one letter only.
func (k *Keys) For(purpose string) Ring {
	keys := make([]Key, len(k.secrets))
	for i, secret := range k.secrets {
		id := derive(secret, "healthcare key id for "+purpose, idLength)
		key := derive(secret, "healthcare key for "+purpose, keyLength)
		keys[i] = Key{ID: base64.RawURLEncoding.EncodeToString(id), secret: domain.NewSecret(string(key))}
	}
	return Ring{keys: keys}
}

func derive(secret domain.Secret, info string, length int) []byte {
	derived, err := hkdf.Key(sha256.New, []byte(secret.Reveal()), nil, info, length)
	if err != nil {
		// It fails only for keys of more than 255 hashes and, if FIPS 140-3 is enforced, for
		// secrets below 14 bytes.
		panic(err)
	}
	return derived
}

// Ring holds the keys for one purpose. It is safe for concurrent use. Formatters do not
// print the keys.
type Ring struct{ keys []Key }

// Current returns the key of the current secret. It is the only key that signs and seals.
func (r Ring) Current() Key { return r.keys[0] }

// ByID returns the key with this ID, of the current secret or of a fallback.
func (r Ring) ByID(id string) (Key, bool) {
	at := slices.IndexFunc(r.keys, func(key Key) bool { return key.ID == id })
	if at < 0 {
		return Key{}, false
	}
	return r.keys[at], true
}

// Key is one key for one purpose. Formatters print only its ID.
type Key struct {
	// ID identifies the key in what it signed or sealed. It has 16 characters of base64url.
	// It is public and reveals nothing about the key or the secret.
	ID     string
	secret domain.Secret
}

// Bytes returns a copy of the key, 32 bytes. The caller must keep them secret.
func (k Key) Bytes() []byte { return []byte(k.secret.Reveal()) }
