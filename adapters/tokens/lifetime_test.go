package tokens_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.com/healthcare/adapters/tokens"
	"example.com/healthcare/domain"
)

func TestATokenIsValidFromIssueToExpiry(t *testing.T) {
	const second = time.Second
	tests := []struct {
		name            string
		issued, expires time.Time
		now             time.Time
		want            bool
	}{
		{"at once", issued, expires, issued, true},
		{"at the last moment", issued, expires, expires.Add(-1), true},
		{"when it expires", issued, expires, expires, false},
		{"when it has expired", issued, expires, expires.Add(1), false},
		{"when it has expired, within the skew", issued, expires, expires.Add(second), false},
		{"by a clock behind", issued, expires, issued.Add(-domain.ClockSkew), true},
		{"by a clock too far behind", issued, expires, issued.Add(-domain.ClockSkew - 1), false},
		{"at once, issued within a second", issued.Add(900e6), expires, issued.Add(900e6), true},
		{"within the second of a fractional expiry", issued, expires.Add(900e6), expires.Add(-1), true},
		{"a fractional expiry is rounded down", issued, expires.Add(900e6), expires, false},
		{"a lifetime below a second, across two seconds", issued.Add(900e6), issued.Add(1100e6), issued.Add(900e6), true},
		{"a lifetime below a second, across two seconds, expired", issued.Add(900e6), issued.Add(1100e6), issued.Add(1000e6), false},
		{"a lifetime below a second, within one second", issued.Add(100e6), issued.Add(900e6), issued.Add(100e6), false},
		{"no lifetime", issued, issued, issued, false},
		{"a negative lifetime", expires, issued, expires, false},
		{"before 1970", time.Unix(-100, 5e8), time.Unix(-10, 5e8), time.Unix(-12, 0), true},
		{"before 1970, expired", time.Unix(-100, 5e8), time.Unix(-10, 5e8), time.Unix(-10, 5e8), false},
		{"in another zone", issued, expires, now.In(time.FixedZone("", 5*3600)), true},
	}
	made := newTokens(t, secretKey)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			token, err := made.Issue(staff, test.issued, test.expires)
			require.NoError(t, err)
			actor, err := made.Verify(token.Reveal(), test.now)
			if test.want {
				require.NoError(t, err)
				assert.Equal(t, staff, actor)
			} else {
				assert.Equal(t, domain.ErrAccessToken(), err)
			}
		})
	}
}

func TestAShorterLifetimeAppliesToIssuedTokens(t *testing.T) {
	const rounding = time.Second
	keys := keysOf(t, secretKey)
	token, err := tokens.New(keys, 24*time.Hour).Issue(staff, issued, issued.Add(24*time.Hour))
	require.NoError(t, err)
	lowered := tokens.New(keys, lifetime)

	_, err = lowered.Verify(token.Reveal(), issued.Add(lifetime+rounding-1))
	require.NoError(t, err)
	_, err = lowered.Verify(token.Reveal(), issued.Add(lifetime+rounding))
	assert.Equal(t, domain.ErrAccessToken(), err)
}

func TestALaterExpiryDoesNotExtendTheLifetime(t *testing.T) {
	verifier := newTokens(t, secretKey)
	for _, end := range []string{"1767312000", "9223372036", "253402300799"} {
		token := forgePayload("1767226500", end)
		_, err := verifier.Verify(token, now)
		require.NoError(t, err, end)
		for _, at := range []time.Time{issued.Add(lifetime + time.Second), issued.Add(lifetime + time.Minute), issued.Add(23 * time.Hour)} {
			_, err := verifier.Verify(token, at)
			assert.Equal(t, domain.ErrAccessToken(), err, "%s at %s", end, at)
		}
	}
	ancient := forge(header, strings.ReplaceAll(payload, "1767225600", "-62135596800"))
	_, err := verifier.Verify(ancient, now)
	assert.Equal(t, domain.ErrAccessToken(), err)
}

func TestVerifyReturnsTheIssuedActor(t *testing.T) {
	const lifetime = 24 * time.Hour
	made := tokens.New(keysOf(t, secretKey), lifetime)
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.Int64Range(1, math.MaxInt64)
		actor := domain.Actor{
			UserID:       domain.ID(id.Draw(t, "user")),
			Role:         rapid.SampledFrom([]domain.Role{domain.Staff, domain.Admin}).Draw(t, "role"),
			SessionID:    domain.ID(id.Draw(t, "session")),
			Duty:         rapid.SampledFrom([]domain.Duty{domain.NoDuty, domain.DutyPassword, domain.DutySecondFactor}).Draw(t, "duty"),
			SecondFactor: rapid.Bool().Draw(t, "second factor"),
		}
		begins := time.Unix(rapid.Int64Range(0, 1<<35).Draw(t, "begins"), rapid.Int64Range(0, 1e9-1).Draw(t, "fraction"))
		ends := begins.Add(time.Duration(rapid.Int64Range(0, int64(lifetime)).Draw(t, "life")))
		token, err := made.Issue(actor, begins, ends)
		require.NoError(t, err)

		at := begins.Add(time.Duration(rapid.Int64Range(0, int64(25*time.Hour)).Draw(t, "age")))
		got, err := made.Verify(token.Reveal(), at)
		if at.Unix() < ends.Unix() {
			require.NoError(t, err)
			require.Equal(t, actor, got)
		} else {
			require.Equal(t, domain.ErrAccessToken(), err)
		}
	})
}

// TestTokensOfTheTimeBeforeTheStartAreRefused begins in the middle of a second, because the
// times in tokens are whole seconds.
func TestTokensOfTheTimeBeforeTheStartAreRefused(t *testing.T) {
	past := time.Date(2026, time.January, 2, 3, 4, 5, 600_000_000, time.UTC)
	before := tokens.New(keysOf(t, secretKey), lifetime)
	after := before.StartAfter(past)
	for _, issued := range []time.Time{past.Add(-time.Minute), past.Add(-500 * time.Millisecond), past} {
		token, err := before.Issue(staff, issued, issued.Add(lifetime))
		require.NoError(t, err)
		_, err = before.Verify(token.Reveal(), past)
		require.NoError(t, err)
		_, err = after.Verify(token.Reveal(), past)
		require.Error(t, err, issued)
	}
	for _, issued := range []time.Time{past, past.Add(100 * time.Millisecond), past.Add(time.Minute)} {
		token, err := after.Issue(staff, issued, issued.Add(lifetime))
		require.NoError(t, err)
		_, err = after.Verify(token.Reveal(), issued)
		require.NoError(t, err, issued)
	}
}
