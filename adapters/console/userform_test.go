package console

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/passwords"
	"example.com/healthcare/domain"
)

func TestTemporaryPasswordsAreGood(t *testing.T) {
	judge, err := passwords.New(passwords.Params{MemoryKiB: 64, Iterations: 1, Parallelism: 1, Concurrent: 1, Waiting: 1})
	require.NoError(t, err)
	seen := map[string]bool{}
	for range 300 {
		password := newTemporaryPassword()
		assert.Regexp(t, `^[a-km-np-z2-9]{4}(-[a-km-np-z2-9]{4}){3}$`, password)
		assert.False(t, seen[password])
		seen[password] = true
		assert.Empty(t, judge.Weakness(domain.TypedPassword(password), "ada@clinic.example", "Ada", "Lovelace"), password)
	}
}
