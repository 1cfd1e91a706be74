package domain_test

import (
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

// TestEveryUnicodeDigitIsParsedByItsValue checks the assumption of digitValue: each
// script has ten consecutive digits, starting with zero.
func TestEveryUnicodeDigitIsParsedByItsValue(t *testing.T) {
	sets := 0
	for r, run := rune(0), 0; r <= unicode.MaxRune; r++ {
		if !unicode.Is(unicode.Nd, r) {
			require.Zero(t, run%10, "before %U", r)
			run = 0
			continue
		}
		if run%10 == 0 {
			sets++
		}
		phone, err := domain.ParsePhone("100" + string(r))
		require.NoError(t, err, "%U", r)
		require.Equal(t, "100"+string(rune('0'+run%10)), phone.String(), "%U", r)
		run++
	}
	assert.Greater(t, sets, 50)
}
