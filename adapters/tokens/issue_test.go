package tokens_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

func TestIssueWritesTheDocumentedClaims(t *testing.T) {
	for name, test := range map[string]struct {
		actor domain.Actor
		want  map[string]any
	}{
		"without a duty":        {staff, map[string]any{}},
		"with a second factor":  {domain.Actor{UserID: 42, Role: domain.Staff, SessionID: 7, SecondFactor: true}, map[string]any{"mfa": true}},
		"with a duty":           {domain.Actor{UserID: 42, Role: domain.Staff, SessionID: 7, Duty: domain.DutyPassword}, map[string]any{"duty": "change_password"}},
		"without their origins": {domain.Actor{UserID: 42, Role: domain.Staff, SessionID: 7, Origin: domain.NewOrigin(netip.MustParseAddr("::1"), "curl")}, map[string]any{}},
	} {
		t.Run(name, func(t *testing.T) {
			token, err := newTokens(t, secretKey, olderKey).Issue(test.actor, issued, expires)
			require.NoError(t, err)

			parts := strings.Split(token.Reveal(), ".")
			require.Len(t, parts, 3)
			gotHeader, err := base64.RawURLEncoding.DecodeString(parts[0])
			require.NoError(t, err)
			assert.Equal(t, header, string(gotHeader))

			gotPayload, err := base64.RawURLEncoding.DecodeString(parts[1])
			require.NoError(t, err)
			var got map[string]any
			require.NoError(t, json.Unmarshal(gotPayload, &got))
			assert.Regexp(t, `^[A-Z2-7]{26}$`, got["jti"])
			delete(got, "jti")
			want := map[string]any{
				"iss": "healthcare", "aud": []any{"healthcare-api"}, "token_use": "access",
				"sub": "42", "sid": "7", "role": "STAFF",
				"iat": 1767225600., "nbf": 1767225600., "exp": 1767226500.,
			}
			for claim, value := range test.want {
				want[claim] = value
			}
			assert.Equal(t, want, got)
		})
	}
}

func TestEachTokenIsUnique(t *testing.T) {
	made := newTokens(t, secretKey)
	assert.NotEqual(t, issue(t, made), issue(t, made))
}

func TestIssueRefusesActorsWhoCannotSignIn(t *testing.T) {
	for _, actor := range []domain.Actor{
		{},
		{Role: domain.Staff, SessionID: 7},
		{UserID: 42, Role: domain.Staff},
		{UserID: 42, SessionID: 7},
		{UserID: 42, Role: domain.Operator, SessionID: 7},
		{UserID: 42, Role: "staff", SessionID: 7},
		{UserID: -1, Role: domain.Staff, SessionID: 7},
		{UserID: 42, Role: domain.Staff, SessionID: -1},
		{UserID: 42, Role: domain.Staff, SessionID: 7, Duty: "dance"},
		{UserID: 42, Role: domain.Staff, SessionID: 7, Duty: " "},
	} {
		token, err := newTokens(t, secretKey).Issue(actor, issued, expires)
		require.Error(t, err, "%+v", actor)
		assert.Equal(t, domain.Internal, domain.KindOf(err))
		assert.True(t, token.IsZero())
	}
}

func TestIssueRefusesAnExpiryBeyondTheLifetime(t *testing.T) {
	made := newTokens(t, secretKey)
	_, err := made.Issue(staff, now, now.Add(lifetime))
	require.NoError(t, err)
	for _, excess := range []time.Duration{1, time.Second, 1e6 * time.Hour} {
		token, err := made.Issue(staff, now, now.Add(lifetime+excess))
		require.Error(t, err, excess)
		assert.Equal(t, domain.Internal, domain.KindOf(err))
		assert.True(t, token.IsZero())
	}
}

func TestKeysAndTokensAreNeverPrinted(t *testing.T) {
	made := newTokens(t, secretKey, olderKey)
	token, err := made.Issue(staff, issued, expires)
	require.NoError(t, err)
	_, err = made.Verify(token.Reveal(), now) // It is remembered.
	require.NoError(t, err)
	asJSON, err := json.Marshal([]any{made, token})
	require.NoError(t, err)

	shown := string(asJSON)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		shown += fmt.Sprintf(verb, made) + fmt.Sprintf(verb, *made) + fmt.Sprintf(verb, token)
	}
	key := signingKey()
	for _, secret := range []string{
		secretKey, olderKey, signingKeyHex, string(key), strings.Trim(fmt.Sprintf("%d", key), "[]"), fmt.Sprintf("%#v", key)[6:],
		token.Reveal(), encode(header), fmt.Sprintf("%x", token.Reveal()),
	} {
		assert.NotContains(t, shown, secret)
	}
}
