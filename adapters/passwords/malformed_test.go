package passwords

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

const marker = "c2VjcmV0bWFya2Vy"

// malformed holds malformed hashes. Each contains marker, so
// that the test notices an error that shows a part of the hash.
var malformed = []string{
	marker,
	"md5$" + marker + "$0cc175b9c0f1b6a831c399e269772661",
	"$2b$12$" + marker,
	"$argon2id$" + marker,
	"$argon2i$v=19$m=8,t=1,p=1$" + marker + "$" + marker + marker,
	"$argon2id$v=16$m=8,t=1,p=1$" + marker + "$" + marker + marker,
	"$argon2id$v=19$m=8,t=0,p=1$" + marker + "$" + marker + marker,
	"$argon2id$v=19$m=8,t=1,p=0$" + marker + "$" + marker + marker,
	"$argon2id$v=19$m=8,t=1,p=2$" + marker + "$" + marker + marker,
	"$argon2id$v=19$m=8,t=17,p=1$" + marker + "$" + marker + marker,
	"$argon2id$v=19$m=9999,t=1,p=256$" + marker + "$" + marker + marker,
	"$argon2id$v=19$m=1048577,t=1,p=1$" + marker + "$" + marker + marker,
	"$argon2id$v=19$m=4294967295,t=1,p=1$" + marker + "$" + marker + marker,
	"$argon2id$v=19$m=8,t=4294967295,p=1$" + marker + "$" + marker + marker,
	"$argon2id$v=19$m=+8,t=1,p=1$" + marker + "$" + marker + marker,
	"$argon2id$v=19$m=08,t=1,p=1$" + marker + "$" + marker + marker,
	"$argon2id$v=19x$m=8,t=1,p=1$" + marker + "$" + marker + marker,
	"$argon2id$v=19$m=8,t=1,p=1x$" + marker + "$" + marker + marker,
	"$argon2id$v=19$m=8,t=1,p=1$" + marker + "$",
	"$argon2id$v=19$m=8,t=1,p=1$" + marker + "$MDEy",
	"$argon2id$v=19$m=8,t=1,p=1$$" + marker + marker,
	"$argon2id$v=19$m=8,t=1,p=1$" + marker + "$" + marker + marker + "$",
	"$argon2id$v=19$m=8,t=1,p=1$" + marker + "$" + marker + "\n" + marker,
	"$argon2id$v=19$m=8,t=1,p=1$" + marker + "$" + marker + marker + "\n",
	"$argon2id$v=19$m=8,t=1,p=1$" + marker + "$" + marker + marker + "B",
	"$argon2id$v=19$m=8,t=1,p=1$" + marker + "$" + marker + marker + "+_==",
	" " + strings.Replace(djangoOfPhrase, "aSalt123", marker, 1),
	"pbkdf2_sha1$1000$" + marker + "$OI5oX+wOXLY7tgmv5At/l1eP6/aSMaOe8TxENWfJ654=",
	"pbkdf2_sha256$" + marker,
	"pbkdf2_sha256$1000$" + marker,
	"pbkdf2_sha256$1000$" + marker + "$",
	"pbkdf2_sha256$$" + marker + "$OI5oX+wOXLY7tgmv5At/l1eP6/aSMaOe8TxENWfJ654=",
	"pbkdf2_sha256$0$" + marker + "$OI5oX+wOXLY7tgmv5At/l1eP6/aSMaOe8TxENWfJ654=",
	"pbkdf2_sha256$-1$" + marker + "$OI5oX+wOXLY7tgmv5At/l1eP6/aSMaOe8TxENWfJ654=",
	"pbkdf2_sha256$01$" + marker + "$OI5oX+wOXLY7tgmv5At/l1eP6/aSMaOe8TxENWfJ654=",
	"pbkdf2_sha256$1e3$" + marker + "$OI5oX+wOXLY7tgmv5At/l1eP6/aSMaOe8TxENWfJ654=",
	"pbkdf2_sha256$10000001$" + marker + "$OI5oX+wOXLY7tgmv5At/l1eP6/aSMaOe8TxENWfJ654=",
	"pbkdf2_sha256$99999999999999999999$" + marker + "$OI5oX+wOXLY7tgmv5At/l1eP6/aSMaOe8TxENWfJ654=",
	"pbkdf2_sha256$1000$$" + marker,
	"pbkdf2_sha256$1000$" + marker + "$OI5oX+wOXLY7tgmv5At/l1eP6/aSMaOe8TxENWfJ654",
	"pbkdf2_sha256$1000$" + marker + "$OI5oX+wOXLY7tgmv5At/l1eP6/aSMaOe8TxENWfJ655=",
	"pbkdf2_sha256$1000$" + marker + "$OI5oX+wOXLY7tgmv5At/l1eP6/aSMaOe8TxENWfJ654=\n",
	"pbkdf2_sha256$1000$" + marker + "$OI5oX+wOXLY7tgmv5At/l1eP6/aSMaOe8TxENWfJ654=$",
	"pbkdf2_sha256$1000$" + marker + "$OI5oX-wOXLY7tgmv5At_l1eP6_aSMaOe8TxENWfJ654=",
	"pbkdf2_sha256$1000$" + strings.Repeat(marker, 9) + "$OI5oX+wOXLY7tgmv5At/l1eP6/aSMaOe8TxENWfJ654=",
}

func TestVerifyRefusesMalformedHashesAndShowsNothingOfThem(t *testing.T) {
	p := newPasswords(t, cheap)
	for _, stored := range malformed {
		match, err := verify(t, p, "a password", stored)
		assert.False(t, match, stored)
		require.Error(t, err, stored)
		assert.Equal(t, domain.Internal, domain.KindOf(err), stored)
		shown := fmt.Sprintf("%v %+v %#v %q", err, err, err, err)
		for _, part := range []string{marker, "OI5oX", "a password", "1048577", "4294967295"} {
			assert.NotContains(t, shown, part, stored)
		}
	}
}

func FuzzVerifyStoredHash(f *testing.F) {
	p := newPasswords(f, cheap)
	for _, stored := range malformed {
		f.Add(stored)
	}
	f.Add("")
	f.Add("!unusable")
	f.Add(argon2idOfPhrase)
	f.Add(djangoOfPhrase)
	f.Fuzz(func(t *testing.T, stored string) {
		outdated := p.Outdated(domain.TypedPassword(phrase), domain.StoredPasswordHash(stored))
		// Expensive valid hashes are skipped, because they would slow the fuzzing.
		if params, err := parseArgon2id(stored); err == nil && params.Memory*params.Iterations > 1024 {
			return
		}
		if hash, err := parseDjango(stored); err == nil && hash.iterations > 10_000 {
			return
		}
		match, err := verify(t, p, phrase, stored)
		switch {
		case err != nil:
			if match || !errors.Is(err, errFormat) || !outdated {
				t.Fatalf("match %v, outdated %v, error %v", match, outdated, err)
			}
		case match && stored != argon2idOfPhrase && stored != djangoOfPhrase:
			t.Fatal("a hash that nobody made matches")
		}
		// A hash with an empty or short key would match every password.
		if match, _ := verify(t, p, rand.Text(), stored); match {
			t.Fatal("a random password matches")
		}
	})
}
