package secretkeys

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
)

// Cursors implements ports.Cursors with the keys of a Ring.
type Cursors struct{ keys []Key }

// Cursors returns a Cursors that uses the keys of the ring.
func (r Ring) Cursors() *Cursors { return &Cursors{keys: r.keys} }

// Seal implements ports.Cursors. Its nonces are random: XChaCha20-Poly1305 has room for any
// number of them, while a busy service would reach the 2^32 of AES-GCM within months.
func (c *Cursors) Seal(text, context string) string {
	aead := c.keys[0].xchacha()
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(text)+aead.Overhead())
	_, _ = rand.Read(nonce) // It never fails.
	return base64.RawURLEncoding.EncodeToString(aead.Seal(nonce, nonce, []byte(text), []byte(context)))
}

// Open implements ports.Cursors.
func (c *Cursors) Open(sealed, context string) (text string, ok bool) {
	if strings.ContainsAny(sealed, "\r\n") { // The decoder ignores line breaks.
		return "", false
	}
	bytes, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil || len(bytes) < chacha20poly1305.NonceSizeX {
		return "", false
	}
	nonce, encrypted := bytes[:chacha20poly1305.NonceSizeX], bytes[chacha20poly1305.NonceSizeX:]
	for _, key := range c.keys {
		if opened, err := key.xchacha().Open(nil, nonce, encrypted, []byte(context)); err == nil {
			return string(opened), true
		}
	}
	return "", false
}

// xchacha returns the cipher of the key. It is not stored, because formatters would print
// its key.
func (k Key) xchacha() cipher.AEAD {
	aead, err := chacha20poly1305.NewX(k.Bytes())
	if err != nil {
		panic(err) // It fails only for keys that do not have 32 bytes.
	}
	return aead
}
