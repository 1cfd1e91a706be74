package passwords

import (
	"cmp"
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

const (
	djangoPrefix = "pbkdf2_sha256$"
	// djangoUnusable is the first character of the hash of a user without a password.
	djangoUnusable = "!"

	// maxDjangoIterations is ten times the default of Django 5.2. Such a hash takes some
	// seconds.
	maxDjangoIterations = 10_000_000
)

// djangoPattern matches the algorithm, the iterations, the salt and the base64 of 32 bytes.
var djangoPattern = regexp.MustCompile(`^pbkdf2_sha256\$([1-9][0-9]{0,7})\$([^$]{1,128})\$([A-Za-z0-9+/]{43}=)$`)

type djangoHash struct {
	iterations int
	salt       []byte
	key        []byte
}

func parseDjango(stored string) (djangoHash, error) {
	parts := djangoPattern.FindStringSubmatch(stored)
	if parts == nil {
		return djangoHash{}, errFormat
	}
	iterations, err := strconv.Atoi(parts[1])
	if err != nil || iterations > maxDjangoIterations {
		return djangoHash{}, errFormat
	}
	key, err := base64.StdEncoding.Strict().DecodeString(parts[3])
	if err != nil {
		return djangoHash{}, errFormat
	}
	return djangoHash{iterations: iterations, salt: []byte(parts[2]), key: key}, nil
}

// djangoInput returns the text that is compared with a Django hash. With TrimForDjango
// this is the password without white space at its ends, as Python's str.strip removes it.
// A password of white space only is not trimmed: Django refused it.
func (p *Passwords) djangoInput(password string) string {
	if !p.trimForDjango {
		return password
	}
	trimmed := strings.TrimFunc(password, func(r rune) bool { return unicode.IsSpace(r) || '\x1c' <= r && r <= '\x1f' })
	return cmp.Or(trimmed, password)
}

// compareDjango reports whether password matches the hash, in constant time.
func compareDjango(password, stored string) (bool, error) {
	hash, err := parseDjango(stored)
	if err != nil {
		return false, err
	}
	key, err := pbkdf2.Key(sha256.New, password, hash.salt, hash.iterations, len(hash.key))
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(key, hash.key) == 1, nil
}
