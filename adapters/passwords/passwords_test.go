package passwords

import (
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

var _ ports.Passwords = (*Passwords)(nil)

// cheap has the lowest cost of argon2id, to keep the tests fast.
var cheap = Params{MemoryKiB: 8, Iterations: 1, Parallelism: 1, Concurrent: 2}

const phrase = "correct horse battery staple"

// Hashes of phrase: argon2id by libargon2, the reference implementation,
// pbkdf2_sha256 by Python's hashlib, which Django uses.
const (
	argon2idOfPhrase = "$argon2id$v=19$m=64,t=2,p=2$c29tZXNhbHRvZjE2Ynl0ZQ$GYkJ68HBE+9utNopdha2h+VKifGJ8AMc6AarFmGYOjU"
	djangoOfPhrase   = "pbkdf2_sha256$1000$aSalt123$OI5oX+wOXLY7tgmv5At/l1eP6/aSMaOe8TxENWfJ654="
	djangoOfUnicode  = "pbkdf2_sha256$2$Kq3rT9$KNmnKJfdHctrJkALV543ief+EBR3kBaOj5JERXDRm2Q="
)

func newPasswords(t testing.TB, params Params) *Passwords {
	t.Helper()
	p, err := New(params)
	require.NoError(t, err)
	return p
}

func verify(t testing.TB, p *Passwords, password, stored string) (bool, error) {
	t.Helper()
	return p.Verify(t.Context(), stranger(), domain.TypedPassword(password), domain.StoredPasswordHash(stored))
}

func TestNewRefusesParamsOutOfRange(t *testing.T) {
	tests := map[string]Params{
		"nothing set":            {},
		"no memory":              {MemoryKiB: 0, Iterations: 1, Parallelism: 1, Concurrent: 1},
		"too little for lanes":   {MemoryKiB: 15, Iterations: 1, Parallelism: 2, Concurrent: 1},
		"more than can be read":  {MemoryKiB: 1<<20 + 1, Iterations: 1, Parallelism: 1, Concurrent: 1},
		"no pass":                {MemoryKiB: 8, Iterations: 0, Parallelism: 1, Concurrent: 1},
		"too many passes":        {MemoryKiB: 8, Iterations: 17, Parallelism: 1, Concurrent: 1},
		"no lane":                {MemoryKiB: 8, Iterations: 1, Parallelism: 0, Concurrent: 1},
		"nobody's turn":          {MemoryKiB: 8, Iterations: 1, Parallelism: 1, Concurrent: 0},
		"less than nobody waits": {MemoryKiB: 8, Iterations: 1, Parallelism: 1, Concurrent: 1, Waiting: -1},
	}
	for name, params := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := New(params)
			assert.Error(t, err)
		})
	}
}

func TestRecommendedIsWhatOWASPRecommends(t *testing.T) {
	hash, err := newPasswords(t, Recommended).Hash(t.Context(), stranger(), domain.TypedPassword(phrase))
	require.NoError(t, err)
	assert.Regexp(t, `^\$argon2id\$v=19\$m=47104,t=1,p=1\$[^$]{22}\$[^$]{43}$`, hash.Reveal())
}

func TestVerifyAcceptsThePasswordThatWasHashed(t *testing.T) {
	p := newPasswords(t, cheap)
	for _, password := range []string{phrase, "", " ", "pässwörd🔑", "nul\x00byte", "bad\xffutf8", strings.Repeat("long", 1000)} {
		hash, err := p.Hash(t.Context(), stranger(), domain.TypedPassword(password))
		require.NoError(t, err)
		assert.False(t, p.Outdated(domain.TypedPassword(password), hash))

		match, err := p.Verify(t.Context(), stranger(), domain.TypedPassword(password), hash)
		require.NoError(t, err)
		assert.True(t, match, "%q", password)

		match, err = p.Verify(t.Context(), stranger(), domain.TypedPassword(password+"x"), hash)
		require.NoError(t, err)
		assert.False(t, match, "%q and one character more", password)
	}
}

func TestHashIsSalted(t *testing.T) {
	p := newPasswords(t, cheap)
	one, err := p.Hash(t.Context(), stranger(), domain.TypedPassword(phrase))
	require.NoError(t, err)
	two, err := p.Hash(t.Context(), stranger(), domain.TypedPassword(phrase))
	require.NoError(t, err)
	assert.NotEqual(t, one.Reveal(), two.Reveal())
}

func TestVerifyAcceptsHashesOfOtherPrograms(t *testing.T) {
	p := newPasswords(t, cheap)
	tests := []struct {
		name, stored, password string
		want                   bool
	}{
		{"argon2id", argon2idOfPhrase, phrase, true},
		{"argon2id, another password", argon2idOfPhrase, "Correct horse battery staple", false},
		{"argon2id, no password", argon2idOfPhrase, "", false},
		{"Django", djangoOfPhrase, phrase, true},
		{"Django, another password", djangoOfPhrase, "Correct horse battery staple", false},
		{"Django, no password", djangoOfPhrase, "", false},
		{"Django, beyond ASCII", djangoOfUnicode, "pässwörd🔑", true},
		{"Django, another number of iterations", strings.Replace(djangoOfPhrase, "1000", "1001", 1), phrase, false},
		{"Django, another salt", strings.Replace(djangoOfPhrase, "aSalt123", "aSalt124", 1), phrase, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			match, err := verify(t, p, test.password, test.stored)
			require.NoError(t, err)
			assert.Equal(t, test.want, match)
			assert.True(t, p.Outdated(domain.TypedPassword(test.password), domain.StoredPasswordHash(test.stored)))
		})
	}
}

func TestOutdatedIsTrueForOtherFormatsAndParameters(t *testing.T) {
	p := newPasswords(t, Params{MemoryKiB: 16, Iterations: 2, Parallelism: 2, Concurrent: 1})
	const salt, key = "$c2FsdHNhbHRzYWx0c2FsdA", "$MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE"
	tests := map[string]bool{
		"$argon2id$v=19$m=16,t=2,p=2" + salt + key:                       false,
		"$argon2id$v=19$m=17,t=2,p=2" + salt + key:                       true,
		"$argon2id$v=19$m=16,t=1,p=2" + salt + key:                       true,
		"$argon2id$v=19$m=16,t=3,p=2" + salt + key:                       true,
		"$argon2id$v=19$m=16,t=2,p=1" + salt + key:                       true,
		"$argon2id$v=16$m=16,t=2,p=2" + salt + key:                       true,
		"$argon2i$v=19$m=16,t=2,p=2" + salt + key:                        true,
		"$argon2id$v=19$m=16,t=2,p=2$c2FsdHNhbHQ" + key:                  true,
		"$argon2id$v=19$m=16,t=2,p=2" + salt + "$MDEyMzQ1Njc4OTAxMjM0NQ": true,
		djangoOfPhrase: true,
		"!unusable":    true,
		"garbage":      true,
		"":             true,
	}
	for stored, want := range tests {
		assert.Equal(t, want, p.Outdated(domain.TypedPassword(" "+phrase), domain.StoredPasswordHash(stored)), stored)
	}
}

func TestHashIsNeverPrinted(t *testing.T) {
	hash, err := newPasswords(t, cheap).Hash(t.Context(), stranger(), domain.TypedPassword(phrase))
	require.NoError(t, err)
	shown := fmt.Sprintf("%v %+v %#v %s %q %x", hash, hash, hash, hash, hash, hash)
	assert.NotContains(t, shown, "argon2id")
	assert.NotContains(t, shown, hash.Reveal()[len(hash.Reveal())-10:])
}

func TestNoPasswordMatchesAUserWithoutPassword(t *testing.T) {
	p := newPasswords(t, cheap)
	p.decoy = argon2idOfPhrase // The decoy's own password does not match either.
	for _, stored := range []string{"", "!", "!qT9vL3", "!" + djangoOfPhrase} {
		for _, password := range []string{"", "!", stored, phrase} {
			match, err := verify(t, p, password, stored)
			require.NoError(t, err)
			assert.False(t, match, "%q against %q", password, stored)
		}
	}
}

// A shorter time would reveal unknown users. The cost of argon2id is its memory,
// which can be measured without a clock.
func TestVerifyTakesAsLongForUsersWithoutPassword(t *testing.T) {
	const size = 4 << 20
	p := newPasswords(t, Params{MemoryKiB: size / 1024, Iterations: 1, Parallelism: 1, Concurrent: 1})
	for _, stored := range []string{"", "!unusable"} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := verify(t, p, phrase, stored)
		runtime.ReadMemStats(&after)
		require.NoError(t, err)
		assert.GreaterOrEqual(t, after.TotalAlloc-before.TotalAlloc, uint64(size), "%q", stored)
	}
}

func BenchmarkRecommended(b *testing.B) {
	p := newPasswords(b, Recommended)
	hash, err := p.Hash(b.Context(), stranger(), domain.TypedPassword(phrase))
	require.NoError(b, err)
	b.Run("Hash", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = p.Hash(b.Context(), stranger(), domain.TypedPassword(phrase))
		}
	})
	// Django 5.2's default number of iterations.
	django := "pbkdf2_sha256$1000000$aSalt123$" + base64.StdEncoding.EncodeToString(make([]byte, 32))
	for name, stored := range map[string]string{"argon2id": hash.Reveal(), "none": "", "Django": django} {
		b.Run("Verify/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = verify(b, p, phrase, stored)
			}
		})
	}
}
