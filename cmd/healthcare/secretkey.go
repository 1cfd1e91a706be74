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

// wellKnownKeys are parts of the sample keys in public documentation.
var wellKnownKeys = []string{
	"django-insecure-", "secret-key", "secret_key", "secretkey", "256-bit-secret", "string-secret", "supersecret", "super-secret",
	"change-me", "change_me", "changeme", "changethis", "replace-me", "replace_me", "0123456789", "1234567890", "abcdefghijklm",
}

// minDistinctCharacters rejects keys such as 32 times the letter x. A key of 32 random
// hexadecimal digits has fewer distinct ones with a probability below 1 in 20 million.
const minDistinctCharacters = 8

const secretKeyAdvice = "at least 32 random bytes, such as `openssl rand -base64 48` prints"

// secretKeyProblem says what is wrong with the key, "" if nothing is.
func secretKeyProblem(key domain.Secret) string {
	distinct := map[rune]bool{}
	for _, r := range key.Reveal() {
		distinct[r] = true
	}
	isSample := slices.ContainsFunc(wellKnownKeys, func(sample string) bool {
		return strings.Contains(strings.ToLower(key.Reveal()), sample)
	})
	switch {
	case len(key.Reveal()) < secretkeys.MinLength:
		return secretKeyAdvice + "; it is too short"
	case isSample:
		return secretKeyAdvice + "; it is a well-known sample"
	case len(distinct) < minDistinctCharacters:
		return secretKeyAdvice + "; it is easy to guess"
	}
	return ""
}

// secretKey returns SECRET_KEY or, if that is not set, the key in DATA_DIR. It creates the
// latter if it does not exist.
func (c config) secretKey() (domain.Secret, error) {
	if !c.SecretKey.IsZero() {
		return c.SecretKey, nil
	}
	return loadOrCreateSecretKey(c.secretKeyPath())
}

// resolveSecretKey returns the settings with the result of secretKey as their SecretKey.
// It creates no key if the store cannot be opened or its trail is sealed: the new key would
// take the place of the right one.
func (c config) resolveSecretKey(ctx context.Context, log *slog.Logger) (config, error) {
	_, err := os.Stat(c.secretKeyPath())
	isNew := c.SecretKey.IsZero() && errors.Is(err, fs.ErrNotExist)
	if isNew {
		withRandomKey := c // No seal was made with this key.
		withRandomKey.SecretKey = domain.NewSecret(rand.Text() + rand.Text())
		if err := withRandomKey.checkSealedTrail(ctx, log); err != nil {
			return c, err
		}
	}
	c.createdSecretKey = isNew
	c.SecretKey, err = c.secretKey()
	return c, err
}

// requireOwnTrail returns an error if the trail was sealed with another key. In that case
// it removes a key that this process created, so that the right one can take its place.
func (c config) requireOwnTrail(ctx context.Context, trail *application.Trail) error {
	err := requireOwnTrail(ctx, trail)
	if c.createdSecretKey && errors.Is(err, errForeignTrail) {
		return errors.Join(err, os.Remove(c.secretKeyPath()))
	}
	return err
}

// secretKeyPath is the file of the key that is used if SECRET_KEY is not set.
func (c config) secretKeyPath() string { return filepath.Join(c.DataDir, "secret_key") }

// loadOrCreateSecretKey returns the key in the file. It creates the file with a random key
// if it does not exist.
func loadOrCreateSecretKey(path string) (domain.Secret, error) {
	dir := filepath.Dir(path)
	key, err := readSecretKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return domain.Secret{}, fmt.Errorf("create DATA_DIR: %w", err)
	}
	// The key is written to a temporary file and then linked. If several instances start at
	// once, each of them reads a complete key, the one that was linked first.
	temporary, err := os.CreateTemp(dir, "secret_key.*")
	if err != nil {
		return domain.Secret{}, fmt.Errorf("create a SECRET_KEY in DATA_DIR: %w", err)
	}
	defer func() { _ = os.Remove(temporary.Name()) }()
	_, err = temporary.WriteString(rand.Text() + rand.Text() + "\n")
	if err := errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return domain.Secret{}, fmt.Errorf("write a SECRET_KEY to DATA_DIR: %w", err)
	}
	if err := os.Link(temporary.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return domain.Secret{}, fmt.Errorf("write a SECRET_KEY to DATA_DIR: %w", err)
	}
	return readSecretKey(path)
}

func readSecretKey(path string) (domain.Secret, error) {
	info, err := os.Stat(path)
	if err != nil {
		return domain.Secret{}, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return domain.Secret{}, fmt.Errorf("other accounts of this machine can read or change %s: chmod 600 %s", path, path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return domain.Secret{}, err
	}
	key := domain.NewSecret(strings.TrimSpace(string(text)))
	if must := secretKeyProblem(key); must != "" {
		return domain.Secret{}, fmt.Errorf("the key in %s must be %s", path, must)
	}
	return key, nil
}

// hasUnusedSecretKeyFile reports whether DATA_DIR contains a key that is neither SECRET_KEY
// nor a fallback. Second factors that were encrypted with it cannot be used.
func (c config) hasUnusedSecretKeyFile() bool {
	unused, err := readSecretKey(c.secretKeyPath())
	return err == nil && !slices.ContainsFunc(append(c.SecretKeyFallbacks, c.SecretKey), func(key domain.Secret) bool {
		return key.Reveal() == unused.Reveal()
	})
}
