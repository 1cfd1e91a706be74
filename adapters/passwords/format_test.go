package passwords_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/adapters/passwords"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func TestTheFormatOfAHashSaysWhereItComesFrom(t *testing.T) {
	hashing, err := passwords.New(clinictest.CheapHashing)
	require.NoError(t, err)
	own, err := hashing.Hash(t.Context(), ports.KnownCaller(1), domain.TypedPassword("password"))
	require.NoError(t, err)
	assert.Equal(t, ports.HashOfService, hashing.Format(own))
	for stored, want := range map[string]ports.HashFormat{
		"":  ports.HashNone,
		"!": ports.HashNone,
		"!trzPiyIGwIe6lzAnVdbZqHeScHauwPzTJy2gKZ71":                                                  ports.HashNone,
		"pbkdf2_sha256$260000$sBX5jnd5MXp82foUL3Wkv4$ziQCg47dErLFOxNXFQQA+FO7Y9XTblOvv+34ACLROxc=":   ports.HashOfOldBackend,
		"pbkdf2_sha256$99000000$sBX5jnd5MXp82foUL3Wkv4$ziQCg47dErLFOxNXFQQA+FO7Y9XTblOvv+34ACLROxc=": ports.HashUnknown,
		"bcrypt_sha256$$2b$12$abcdefghijklmnopqrstuv":                                                ports.HashUnknown,
		"argon2$argon2id$v=19$m=102400,t=2,p=8$c2FsdHNhbHQ$aGFzaA":                                   ports.HashUnknown,
	} {
		assert.Equal(t, want, hashing.Format(domain.StoredPasswordHash(stored)), stored)
	}
}
