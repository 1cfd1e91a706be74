package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

func TestParseAge(t *testing.T) {
	const now = "2026-11-26T10:30:00Z"
	for _, tt := range []struct{ text, now, want string }{
		{"1d", now, "2026-11-25T10:30:00Z"},
		{"30d", now, "2026-10-27T10:30:00Z"},
		{"3650d", now, "2016-11-28T10:30:00Z"}, // Ten years are two days longer.
		{"36500d", now, "1926-12-21T10:30:00Z"},
		{"1y", now, "2025-11-26T10:30:00Z"},
		{"10y", now, "2016-11-26T10:30:00Z"},
		{"100y", now, "1926-11-26T10:30:00Z"},
		{"10y", "2024-02-29T10:30:00Z", "2014-02-28T10:30:00Z"},
		{"4y", "2024-02-29T10:30:00Z", "2020-02-29T10:30:00Z"},
		{"10y", "2026-03-01T00:30:00+02:00", "2016-02-28T22:30:00Z"},
	} {
		age, err := domain.ParseAge(tt.text)
		require.NoError(t, err, tt.text)
		at, err := time.Parse(time.RFC3339, tt.now)
		require.NoError(t, err)
		assert.Equal(t, tt.want, age.Cutoff(at).Format(time.RFC3339), tt.text)
	}
	for _, text := range []string{
		"", "d", "y", "0d", "0y", "-1d", "-1y", "36501d", "101y", "99999999999999999999d", "3650", "3650D", "10Y", "3650h", "12m", "1.5d", "1.5y", "1e3d", "0x10d",
		"1_000d", "+5d", "007d", " 1d", "1d ", "1 d", "1dd", "1y1d", "1d1d", "one d", "٣d", "1ÿ",
	} {
		age, err := domain.ParseAge(text)
		assert.EqualError(t, err, "Give a number of years from 1 to 100, such as 10y, or of days from 1 to 36500, such as 90d.", text)
		assert.Equal(t, domain.Invalid, domain.KindOf(err), text)
		assert.Zero(t, age, text)
	}
}
