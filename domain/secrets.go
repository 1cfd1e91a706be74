package domain

import (
	"fmt"
	"io"
	"log/slog"
	"unicode/utf8"
)

const redacted = "[redacted]"

// Secret is a text that no formatter, encoder or logger prints. It is behind a
// pointer because package fmt calls no methods on unexported fields: of a struct
// that has a Secret in one it prints an address. So two Secrets are compared by
// what they Reveal.
type Secret struct{ text *string }

// NewSecret takes over a text; the empty one is no secret.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{&text}
}

// Reveal returns the secret itself. Whoever calls it answers for where it goes.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero reports whether there is no secret.
func (s Secret) IsZero() bool { return s.text == nil }

// Format prints [redacted] for every verb.
func (Secret) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, redacted) }

// String returns [redacted].
func (Secret) String() string { return redacted }

// MarshalText returns [redacted], for JSON and every encoder that knows it.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue returns [redacted].
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// Password is a password as a person types it.
type Password struct{ Secret }

// TypedPassword takes a password over for comparison with a stored hash: what
// was never a good password is just a wrong one.
func TypedPassword(text string) Password { return Password{NewSecret(text)} }

// The bounds of a new password, in characters (NIST SP 800-63B-3, 5.1.1.2: at
// least 8; allow at least 64).
const (
	MinPasswordLength = 8
	MaxPasswordLength = 256
)

// ParseNewPassword checks the length of a password about to be set. Nothing is
// trimmed. Whether it is easy to guess is for ports.Passwords to say.
func ParseNewPassword(text string) (Password, error) {
	switch n := utf8.RuneCountInString(text); {
	case text == "":
		return Password{}, errBlank
	case !utf8.ValidString(text):
		return Password{}, errNotText
	case n < MinPasswordLength:
		return Password{}, invalid(fmt.Sprintf("This password is too short. It must contain at least %d characters.", MinPasswordLength))
	case n > MaxPasswordLength:
		return Password{}, errTooLong(MaxPasswordLength)
	}
	return TypedPassword(text), nil
}

// PasswordHash is what is stored of a password, in the encoding of the hasher
// that made it. The zero PasswordHash matches no password.
type PasswordHash struct{ Secret }

// StoredPasswordHash takes over a hash from storage or from a hasher.
func StoredPasswordHash(encoded string) PasswordHash { return PasswordHash{NewSecret(encoded)} }

// AccessToken is a signed token that proves an Actor for some minutes.
type AccessToken struct{ Secret }

// NewAccessToken takes over a token's text.
func NewAccessToken(text string) AccessToken { return AccessToken{NewSecret(text)} }
