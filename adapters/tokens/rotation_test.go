package tokens_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

func TestTokensOfAFallbackSecretStayValid(t *testing.T) {
	before := newTokens(t, olderKey)
	during := newTokens(t, secretKey, unknownKey, olderKey)
	after := newTokens(t, secretKey)
	older, newer := issue(t, before), issue(t, during)

	actor, err := during.Verify(older, now)
	require.NoError(t, err, "signed with a fallback")
	assert.Equal(t, staff, actor)

	_, err = after.Verify(older, now)
	assert.Equal(t, domain.ErrAccessToken(), err, "signed with a fallback that is gone")

	actor, err = after.Verify(newer, now)
	require.NoError(t, err, "signed with the current key")
	assert.Equal(t, staff, actor)
}

func TestFallbacksNeverSign(t *testing.T) {
	token := issue(t, newTokens(t, secretKey, olderKey, unknownKey))
	assert.True(t, strings.HasPrefix(token, encode(header)+"."), "the header names the current key")
	for _, fallback := range []string{olderKey, unknownKey} {
		_, err := newTokens(t, fallback).Verify(token, now)
		assert.Equal(t, domain.ErrAccessToken(), err)
	}
}

// Instances can get a new secret one after the other: first all of them know it as a
// fallback, then it becomes the current one.
func TestInstancesCanReplaceTheSecretOneByOne(t *testing.T) {
	first, second := newTokens(t, olderKey, secretKey), newTokens(t, secretKey, olderKey)
	for _, token := range []string{issue(t, first), issue(t, second)} {
		_, err := first.Verify(token, now)
		require.NoError(t, err)
		_, err = second.Verify(token, now)
		require.NoError(t, err)
	}
}
