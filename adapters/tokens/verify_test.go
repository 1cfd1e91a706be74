package tokens_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/tokens"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

var _ ports.AccessTokens = (*tokens.Tokens)(nil)

func TestVerifyAcceptsIssuedTokens(t *testing.T) {
	// The forgeries are meaningful only if forge can produce a valid token.
	require.Equal(t, golden, forge(header, payload))

	actor, err := newTokens(t, secretKey).Verify(golden, now)
	require.NoError(t, err)
	assert.Equal(t, staff, actor)
}

func TestVerifyReturnsTheDuty(t *testing.T) {
	for _, duty := range []domain.Duty{domain.DutyPassword, domain.DutySecondFactor} {
		actor, err := newTokens(t, secretKey).Verify(forgePayload(`"STAFF"`, `"STAFF","duty":"`+string(duty)+`"`), now)
		require.NoError(t, err)
		want := staff
		want.Duty = duty
		assert.Equal(t, want, actor)
	}
}

func TestVerifyRefusesOtherKeys(t *testing.T) {
	for _, other := range []string{secretKey + "x", secretKey[1:], strings.ToUpper(secretKey), signingKeyHex} {
		_, err := newTokens(t, other).Verify(golden, now)
		assert.Equal(t, domain.ErrAccessToken(), err, other)
	}
}

func TestVerifyRefusesEveryAlteredCharacter(t *testing.T) {
	verifier := newTokens(t, secretKey)
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.= \n"
	for i := range golden {
		_, err := verifier.Verify(golden[:i], now)
		require.Equal(t, domain.ErrAccessToken(), err, "the first %d characters", i)
		_, err = verifier.Verify(golden[:i]+golden[i+1:], now)
		require.Equal(t, domain.ErrAccessToken(), err, "without character %d", i)
		for _, c := range alphabet {
			if altered := golden[:i] + string(c) + golden[i+1:]; altered != golden {
				_, err := verifier.Verify(altered, now)
				require.Equal(t, domain.ErrAccessToken(), err, "%q for character %d", c, i)
			}
			_, err := verifier.Verify(golden[:i]+string(c)+golden[i:], now)
			require.Equal(t, domain.ErrAccessToken(), err, "%q before character %d", c, i)
		}
	}
}
