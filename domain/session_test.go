package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

func TestSessionAcceptsItsUnspentTokenOnly(t *testing.T) {
	selector := domain.RefreshSelector{1, 2, 3}
	first := domain.NewRefreshToken(selector, domain.RefreshSecret{1})
	session := domain.NewSession(domain.User{ID: 5, Role: domain.Staff}, first, now, time.Hour)
	assert.True(t, session.Accepts(first))

	rotated, second := session.Rotate(domain.RefreshSecret{2})
	assert.True(t, rotated.Accepts(second))
	assert.False(t, rotated.Accepts(first))
	assert.Equal(t, selector, second.Selector())
	assert.Equal(t, session.ExpiresAt, rotated.ExpiresAt, "use does not prolong a session")

	parsed, err := domain.ParseRefreshToken(second.Reveal())
	require.NoError(t, err)
	assert.True(t, rotated.Accepts(parsed))
	for _, other := range []string{"", "x", second.Reveal() + "A", second.Reveal()[1:], second.Reveal() + "\n", "=" + second.Reveal()[1:]} {
		_, err := domain.ParseRefreshToken(other)
		assert.Equal(t, domain.ErrRefreshToken(), err, "%q", other)
	}
}

func TestSessionEnds(t *testing.T) {
	session := domain.NewSession(domain.User{ID: 5, Role: domain.Staff}, domain.NewRefreshToken(domain.RefreshSelector{}, domain.RefreshSecret{}), now, time.Hour)
	assert.True(t, session.Live(now.Add(time.Hour-1)))
	assert.False(t, session.Live(now.Add(time.Hour)))

	revoked := session.Revoke(now.Add(time.Minute))
	assert.False(t, revoked.Live(now))
	assert.Equal(t, now.Add(time.Minute), revoked.Revoke(now.Add(time.Hour)).RevokedAt, "the first revocation counts")
}
