// Package secretkeys makes the service's cryptographic keys out of its secrets:
// others for each purpose, so that no key serves two. A secret is replaced
// without breaking what was made under it: the new one becomes the current
// one, and the old one a fallback for as long as anything of it is in use.
package secretkeys

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"

	"example.com/healthcare/domain"
)

// MinLength is the shortest secret, in bytes: as long as the keys made of it,
// for HKDF cannot add to what is hard to guess of a secret (RFC 5869, 4).
const MinLength = 32

const (
	// keyLength is what HS256 needs (RFC 7518, 3.2), and AES-256 takes.
	keyLength = 32
	// idLength is in bytes, of which base64 makes 16 characters.
	idLength = 12
)

// Keys are the secrets of the service. They are safe for concurrent use, and no
// formatter prints them.
type Keys struct {
	// secrets holds the current one first.
	secrets []domain.Secret
}

// New returns the keys of the current secret and of those that it replaced. All
// instances of the service need the same ones. It fails when one has fewer than
// MinLength bytes. The same secret may be there twice.
func New(current domain.Secret, fallbacks ...domain.Secret) (*Keys, error) {
	secrets := slices.Concat([]domain.Secret{current}, fallbacks)
	for i, secret := range secrets {
		if len(secret.Reveal()) < MinLength {
			return nil, fmt.Errorf("secretkeys: secret %d of %d has fewer than %d bytes", i+1, len(secrets), MinLength)
		}
	}
	return &Keys{secrets: secrets}, nil
}

// For derives the keys for one purpose (HKDF with SHA-256, RFC 5869). Another
// purpose, or another spelling of it, gets keys that have nothing to do with these.
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
		// It objects to keys of more than 255 hashes and, where FIPS 140-3 is
		// enforced, to secrets below 14 bytes.
		panic(err)
	}
	return derived
}

// Ring holds the keys for one purpose, as For returns them. It is safe for
// concurrent use, and no formatter prints the keys in it.
type Ring struct{ keys []Key }

// Current returns the key of the current secret, for everything that is made from now on.
func (r Ring) Current() Key { return r.keys[0] }

// ByID returns the key with this ID, be it the current one or that of a fallback.
func (r Ring) ByID(id string) (Key, bool) {
	at := slices.IndexFunc(r.keys, func(key Key) bool { return key.ID == id })
	if at < 0 {
		return Key{}, false
	}
	return r.keys[at], true
}

// Key is one key for one purpose. No formatter prints more than its ID.
type Key struct {
	// ID names the key in what is made with it: 16 characters of base64url. It
	// is public, and says nothing of the key or the secret.
	ID     string
	secret domain.Secret
}

// Bytes returns a copy of the key itself: 32 bytes. Whoever calls it answers for
// where they go.
func (k Key) Bytes() []byte { return []byte(k.secret.Reveal()) }
