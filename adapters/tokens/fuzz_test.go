package tokens_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

// FuzzVerify verifies each text as a token, and as the header and the payload of a
// token that is signed with the real key.
func FuzzVerify(f *testing.F) {
	verifier := newTokens(f, secretKey)
	f.Add(golden)
	f.Add(header)
	f.Add(replaceOnce(header, `"kid"`, `"kid":"`+keyID+`","kid"`))
	f.Add(payload)
	f.Add(replaceOnce(payload, `"STAFF"`, `"STAFF","duty":"enrol_mfa"`))
	f.Add(replaceOnce(payload, `["healthcare-api"]`, `"healthcare-api"`))
	f.Add(replaceOnce(payload, `"role":"STAFF"`, `"role":"ADMIN","role":"STAFF"`))
	f.Add(replaceOnce(payload, `1767226500`, `1.7672265e9`))
	f.Add(golden[:len(golden)-1] + "h")
	f.Add("..")
	f.Fuzz(func(t *testing.T, text string) {
		for _, token := range []string{text, forge(text, payload)} {
			actor, err := verifier.Verify(token, now)
			switch {
			case err == nil && token != golden:
				t.Fatal("accepted what was not issued")
			case err != nil:
				require.Equal(t, domain.ErrAccessToken(), err)
				require.Zero(t, actor)
			}
		}

		actor, err := verifier.Verify(forge(header, text), now)
		if err != nil {
			require.Equal(t, domain.ErrAccessToken(), err)
			return
		}
		var c struct {
			Exp, Nbf int64
			Jti      json.RawMessage
		}
		require.NoError(t, json.Unmarshal([]byte(text), &c))
		duty := ""
		if actor.Duty != domain.NoDuty {
			duty = fmt.Sprintf(`,"duty":"%s"`, actor.Duty)
		}
		if actor.SecondFactor {
			duty += `,"mfa":true`
		}
		require.Equal(t, fmt.Sprintf(`{"iss":"healthcare","sub":"%d","aud":["healthcare-api"],"exp":%d,"nbf":%d,"iat":%d,`+
			`"jti":%s,"token_use":"access","sid":"%d","role":"%s"%s}`,
			actor.UserID, c.Exp, c.Nbf, c.Nbf, c.Jti, actor.SessionID, actor.Role, duty), text)
		require.Positive(t, actor.UserID)
		require.Positive(t, actor.SessionID)
		require.Contains(t, []domain.Role{domain.Staff, domain.Admin}, actor.Role)
		require.Contains(t, []domain.Duty{domain.NoDuty, domain.DutyPassword, domain.DutySecondFactor}, actor.Duty)
		require.Greater(t, c.Exp, now.Unix())
		require.LessOrEqual(t, c.Nbf, now.Add(domain.ClockSkew).Unix())
		require.GreaterOrEqual(t, c.Nbf, now.Add(-lifetime).Unix())
	})
}
