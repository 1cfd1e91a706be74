package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"example.com/healthcare/adapters/secretkeys"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// sampleKeys are parts of keys that stand in documentation for everybody to read.
var sampleKeys = []string{
	"django-insecure-", "secret-key", "secret_key", "secretkey", "256-bit-secret", "string-secret", "supersecret", "super-secret",
	"change-me", "change_me", "changeme", "changethis", "replace-me", "replace_me", "0123456789", "1234567890", "abcdefghijklm",
}

// minDistinctBytes refuses keys such as 32 times the letter x. Of 32 random
// hexadecimal digits fewer than 8 are different less than once in 20 million times.
const minDistinctBytes = 8

const goodSecretKey = "at least 32 random bytes, such as `openssl rand -base64 48` prints"

// secretKeyMust says what key fails to be, or nothing.
func secretKeyMust(key domain.Secret) string {
	distinct := map[rune]bool{}
	for _, r := range key.Reveal() {
		distinct[r] = true
	}
	isSample := slices.ContainsFunc(sampleKeys, func(sample string) bool {
		return strings.Contains(strings.ToLower(key.Reveal()), sample)
	})
	switch {
	case len(key.Reveal()) < secretkeys.MinLength:
		return goodSecretKey + "; it is too short"
	case isSample:
		return goodSecretKey + "; it is a well-known sample"
	case len(distinct) < minDistinctBytes:
		return goodSecretKey + "; it is easy to guess"
	}
	return ""
}

// secretKey returns SECRET_KEY, or else the key that is kept in DATA_DIR.
func (c config) secretKey() (domain.Secret, error) {
	if !c.SecretKey.IsZero() {
		return c.SecretKey, nil
	}
	return keptSecretKey(c.keptKeyPath())
}

// withSecretKey returns the settings with the key of secretKey, and remembers whether that
// was made just now. It makes none for a store that cannot be opened, or whose trail
// another key has sealed: the right key could not come into its place.
func (c config) withSecretKey(ctx context.Context, log *slog.Logger) (config, error) {
	_, err := os.Stat(c.keptKeyPath())
	isNew := c.SecretKey.IsZero() && errors.Is(err, fs.ErrNotExist)
	if isNew {
		unlike := c
		unlike.SecretKey = domain.NewSecret(rand.Text() + rand.Text())
		if err := unlike.lookBack(ctx, log); err != nil {
			return c, err
		}
	}
	c.keyIsNew = isNew
	c.SecretKey, err = c.secretKey()
	return c, err
}

// requireOwnTrail refuses to write into a trail that was sealed with another key. It
// removes a key that was made just now: the right one comes into its place.
func (c config) requireOwnTrail(ctx context.Context, trail *application.Trail) error {
	err := requireOwnTrail(ctx, trail)
	if c.keyIsNew && errors.Is(err, errForeignTrail) {
		return errors.Join(err, os.Remove(c.keptKeyPath()))
	}
	return err
}

// keptKeyPath is the file of the key that is kept where none is given.
func (c config) keptKeyPath() string { return filepath.Join(c.DataDir, "secret_key") }

// keptSecretKey returns the key that is kept at path, and makes one the first time.
func keptSecretKey(path string) (domain.Secret, error) {
	dir := filepath.Dir(path)
	key, err := readSecretKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return domain.Secret{}, fmt.Errorf("cannot make DATA_DIR: %w", err)
	}
	// Written whole under another name first: whoever else starts now sees no
	// key or a whole one, and the first one linked is everybody's.
	fresh, err := os.CreateTemp(dir, "secret_key.*")
	if err != nil {
		return domain.Secret{}, fmt.Errorf("cannot keep a SECRET_KEY in DATA_DIR: %w", err)
	}
	defer func() { _ = os.Remove(fresh.Name()) }()
	_, err = fresh.WriteString(rand.Text() + rand.Text() + "\n")
	if err := errors.Join(err, fresh.Sync(), fresh.Close()); err != nil {
		return domain.Secret{}, fmt.Errorf("cannot keep a SECRET_KEY in DATA_DIR: %w", err)
	}
	if err := os.Link(fresh.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return domain.Secret{}, fmt.Errorf("cannot keep a SECRET_KEY in DATA_DIR: %w", err)
	}
	return readSecretKey(path)
}

func readSecretKey(path string) (domain.Secret, error) {
	info, err := os.Stat(path)
	if err != nil {
		return domain.Secret{}, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return domain.Secret{}, fmt.Errorf("%s can be read by others: chmod 600 %s", path, path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return domain.Secret{}, err
	}
	key := domain.NewSecret(strings.TrimSpace(string(text)))
	if must := secretKeyMust(key); must != "" {
		return domain.Secret{}, fmt.Errorf("the key in %s must be %s", path, must)
	}
	return key, nil
}

// forgetsKey reports whether DATA_DIR holds a key that this process does not know:
// what was sealed with it, such as second factors, stays shut.
func (c config) forgetsKey() bool {
	kept, err := readSecretKey(c.keptKeyPath())
	return err == nil && !slices.ContainsFunc(append(c.SecretKeyFallbacks, c.SecretKey), func(key domain.Secret) bool {
		return key.Reveal() == kept.Reveal()
	})
}
