package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// secret is a setting that is never printed.
type secret string

func (secret) String() string       { return "[redacted]" }
func (secret) GoString() string     { return "[redacted]" }
func (secret) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// minSecretKeyBytes is the length of the keys that are derived from SECRET_KEY,
// and the least for HS256 (RFC 7518, 3.2).
const minSecretKeyBytes = 32

// sampleKeys begin keys that stand in documentation for everybody to read.
var sampleKeys = []string{
	"django-insecure-", "your-secret-key", "your-256-bit-secret", "your_secret_key",
	"a-string-secret-at-least-256-bits-long", "changeme", "change-me", "change_me",
	"secret", "supersecret", "super-secret", "replace-me", "replace_me", "0123456789", "1234567890",
}

// minDistinctBytes refuses keys such as 32 times the letter x. Of 32 random
// hexadecimal digits fewer than 8 are different once in a hundred thousand times.
const minDistinctBytes = 8

const goodSecretKey = "at least 32 random bytes, such as `openssl rand -base64 48` prints"

// secretKeyMust says what key fails to be, or nothing.
func secretKeyMust(key secret) string {
	distinct := map[rune]bool{}
	for _, r := range string(key) {
		distinct[r] = true
	}
	isSample := slices.ContainsFunc(sampleKeys, func(sample string) bool {
		return strings.HasPrefix(strings.ToLower(string(key)), sample)
	})
	switch {
	case len(key) < minSecretKeyBytes:
		return goodSecretKey + "; it is too short"
	case isSample:
		return goodSecretKey + "; it is a well-known sample"
	case len(distinct) < minDistinctBytes:
		return goodSecretKey + "; it is easy to guess"
	}
	return ""
}

// keptSecretKey returns the key that is kept in dir, and makes one the first time.
func keptSecretKey(dir string) (secret, error) {
	path := filepath.Join(dir, "secret_key")
	key, err := readSecretKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("cannot make DATA_DIR: %w", err)
	}
	// Written whole under another name first: whoever else starts now sees no
	// key or a whole one, and the first one linked is everybody's.
	fresh, err := os.CreateTemp(dir, "secret_key.*")
	if err != nil {
		return "", fmt.Errorf("cannot keep a SECRET_KEY in DATA_DIR: %w", err)
	}
	defer func() { _ = os.Remove(fresh.Name()) }()
	_, err = fresh.WriteString(rand.Text() + rand.Text() + "\n")
	if err := errors.Join(err, fresh.Sync(), fresh.Close()); err != nil {
		return "", fmt.Errorf("cannot keep a SECRET_KEY in DATA_DIR: %w", err)
	}
	if err := os.Link(fresh.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("cannot keep a SECRET_KEY in DATA_DIR: %w", err)
	}
	return readSecretKey(path)
}

func readSecretKey(path string) (secret, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("%s can be read by others: chmod 600 %s", path, path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	key := secret(strings.TrimSpace(string(text)))
	if must := secretKeyMust(key); must != "" {
		return "", fmt.Errorf("the key in %s must be %s", path, must)
	}
	return key, nil
}
