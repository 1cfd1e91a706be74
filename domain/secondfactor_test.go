package domain_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

// confirmedFactor returns a confirmed factor and its recovery codes, which all differ.
func confirmedFactor(step int64) (domain.SecondFactor, domain.RecoveryCodes) {
	var codes domain.RecoveryCodes
	for i := range codes {
		codes[i] = domain.NewRecoveryCode([domain.RecoveryCodeBytes]byte{0: byte(i), domain.RecoveryCodeBytes - 1: 1})
	}
	return domain.NewSecondFactor(domain.StoredSealedKey("sealed")).Confirm(step, codes), codes
}

func TestASecondFactorIsConfirmedWithItsFirstCode(t *testing.T) {
	enrolled := domain.NewSecondFactor(domain.StoredSealedKey("sealed"))
	assert.False(t, enrolled.Confirmed)
	assert.Zero(t, enrolled.RecoveryCodesLeft())
	_, ok := enrolled.UseRecovery(domain.RecoveryCode{})
	assert.False(t, ok, "the zero code is not a recovery code")

	confirmed, _ := confirmedFactor(100)
	assert.True(t, confirmed.Confirmed)
	assert.Equal(t, "sealed", confirmed.Key.Reveal())
	assert.Equal(t, domain.RecoveryCodeCount, confirmed.RecoveryCodesLeft())
	_, ok = confirmed.UseStep(100)
	assert.False(t, ok, "that code is spent")
}

func TestATimeStepCannotBeUsedAgainOrBackwards(t *testing.T) {
	factor, _ := confirmedFactor(100)
	for _, tt := range []struct {
		step int64
		ok   bool
		last int64
	}{
		{99, false, 100}, {100, false, 100}, {101, true, 101}, {101, false, 101}, {100, false, 101}, {103, true, 103}, {102, false, 103}, {-1, false, 103},
	} {
		used, ok := factor.UseStep(tt.step)
		assert.Equal(t, tt.ok, ok, tt.step)
		assert.Equal(t, tt.last, used.LastStep, tt.step)
		factor = used
	}
}

func TestARecoveryCodeIsUsedOnce(t *testing.T) {
	factor, codes := confirmedFactor(1)
	unknown := domain.NewRecoveryCode([domain.RecoveryCodeBytes]byte{1, 2, 3})
	for i, code := range codes {
		same, ok := factor.UseRecovery(unknown)
		assert.False(t, ok)
		assert.Equal(t, factor, same)

		typed, err := domain.ParseOneTimeCode(code.Formatted())
		require.NoError(t, err)
		recovery, can := typed.Recovery()
		require.True(t, can)
		used, ok := factor.UseRecovery(recovery)
		require.True(t, ok, code.Reveal())
		assert.Equal(t, domain.RecoveryCodeCount-1-i, used.RecoveryCodesLeft())
		assert.Equal(t, domain.RecoveryCodeCount-i, factor.RecoveryCodesLeft(), "a factor is a value")
		_, ok = used.UseRecovery(recovery)
		assert.False(t, ok, "the second time")
		factor = used
	}
	_, ok := factor.UseRecovery(domain.RecoveryCode{})
	assert.False(t, ok, "the zero code does not match a spent one")
}

func TestNewRecoveryCode(t *testing.T) {
	assert.Equal(t, "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA", domain.NewRecoveryCode([domain.RecoveryCodeBytes]byte{}).Formatted())
	random := [domain.RecoveryCodeBytes]byte{}
	for i := range random {
		random[i] = 0xff
	}
	random[len(random)-1] = 0xfe
	full := domain.NewRecoveryCode(random)
	assert.Equal(t, "7777-7777-7777-7777-7777-7776", full.Formatted(), "the code contains every bit")
	assert.Equal(t, strings.Repeat("7", 23)+"6", full.Reveal())
}

func TestParseOneTimeCode(t *testing.T) {
	for in, want := range map[string]string{
		"123456": "123456", " 123 456 ": "123456", "12-34-56": "123456",
		"123456\r\n": "123456", "123\u00a0456": "123456", "123\u2013456": "123456", "\u202a１２３\u2009٤٥٦\u202c": "123456", "123\t456\ufeff": "123456",
		"ABCD\u2013EFGH\u2011IJKL\u2212MNOP\u00a0QRST\nUVWX\n": "ABCDEFGHIJKLMNOPQRSTUVWX", "ＡＢＣＤ-EFGH-IJKL-MNOP-QRST-UVWX": "ABCDEFGHIJKLMNOPQRSTUVWX",
		"ABCD-EFGH-IJKL-MNOP-QRST-UVWX": "ABCDEFGHIJKLMNOPQRSTUVWX", "abcd efgh ijkl mnop qrst uvwx": "ABCDEFGHIJKLMNOPQRSTUVWX",
	} {
		code, err := domain.ParseOneTimeCode(in)
		require.NoError(t, err, in)
		assert.Equal(t, want, code.Reveal(), in)
		recovery, can := code.Recovery()
		assert.Equal(t, len(want) == 24, can, in)
		assert.Equal(t, want, recovery.Reveal(), in)
	}
	for _, in := range []string{"", " ", "-", "12345", "1234567", "ABCDEFGHIJKLMNOP", "ABCDEFGHIJKLMNOPQRSTUVW", "ABCDEFGHIJKLMNOPQRSTUVWXY", "12345²", "一二三四五六", "12345\xff"} {
		code, err := domain.ParseOneTimeCode(in)
		assert.EqualError(t, err, "Give the six digits that the device shows, or a recovery code.", in)
		assert.Equal(t, domain.Invalid, domain.KindOf(err))
		assert.True(t, code.IsZero())
	}
}
