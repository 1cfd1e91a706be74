package domain

import (
	"fmt"
	"io"
	"log/slog"
	"unicode/utf8"
)

const redacted = "[redacted]"

// Secret is a text that formatters, encoders and loggers print as [redacted]. Package
// fmt does not call methods on unexported fields, so the text is behind a pointer: fmt
// then prints an address. For the same reason, == compares addresses; compare what
// Reveal returns.
type Secret struct{ text *string }

// NewSecret returns a secret with the text. The empty text gives the zero Secret.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{&text}
}

// Reveal returns the text. The caller is responsible for where it goes.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero reports whether the secret is empty.
func (s Secret) IsZero() bool { return s.text == nil }

// Format prints [redacted] for every verb.
func (Secret) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, redacted) }

// String returns [redacted].
func (Secret) String() string { return redacted }

// MarshalText returns [redacted], for JSON and other encoders.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue returns [redacted].
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// Password is a password as a person typed it.
type Password struct{ Secret }

// TypedPassword returns a password for comparison with a stored hash. It checks nothing:
// a text that could never be a password simply does not match.
func TypedPassword(text string) Password { return Password{NewSecret(text)} }

// The bounds of a new password, in characters (NIST SP 800-63B-3, 5.1.1.2: at least 8;
// allow at least 64).
const (
	MinPasswordLength = 8
	MaxPasswordLength = 256
)

// ParseNewPassword checks the length of a new password and trims nothing.
// ports.Passwords judges whether it is easy to guess.
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

// PasswordHash is a stored password hash, in the encoding of the hasher that made it.
// The zero PasswordHash matches no password.
type PasswordHash struct{ Secret }

// StoredPasswordHash returns the hash with this encoding, from storage or from a hasher.
func StoredPasswordHash(encoded string) PasswordHash { return PasswordHash{NewSecret(encoded)} }

// AccessToken is a signed token that proves an Actor for some minutes.
type AccessToken struct{ Secret }

// NewAccessToken returns the token with this text.
func NewAccessToken(text string) AccessToken { return AccessToken{NewSecret(text)} }
