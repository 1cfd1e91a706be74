package domain_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

func TestSecretsAreNotPrinted(t *testing.T) {
	const hidden = "hunter2-hunter2-hunter2"
	for _, secret := range []interface{ Reveal() string }{
		domain.TypedPassword(hidden),
		domain.StoredPasswordHash(hidden),
		domain.NewAccessToken(hidden),
		domain.StoredSealedKey(hidden),
		domain.RecoveryCode{Secret: domain.NewSecret(hidden)},
		domain.OneTimeCode{Secret: domain.NewSecret(hidden)},
	} {
		type unexported struct{ secret any }
		assert.Equal(t, hidden, secret.Reveal())
		var out bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T %v"} {
			fmt.Fprintf(&out, verb, secret)
			fmt.Fprintf(&out, verb, struct{ Nested any }{secret})
			fmt.Fprintf(&out, verb, []any{secret, &secret})
			fmt.Fprintf(&out, verb, unexported{secret})
			fmt.Fprintf(&out, verb, struct{ password domain.Password }{domain.TypedPassword(hidden)})
			fmt.Fprintf(&out, verb, domain.Registration{Password: domain.Given(hidden)})
			fmt.Fprintf(&out, verb, domain.Credentials{Password: domain.Given(hidden), Code: domain.Given(hidden)})
			fmt.Fprintf(&out, verb, domain.Proof{Password: domain.TypedPassword(hidden)})
		}
		encoded, err := json.Marshal(map[string]any{"secret": secret})
		require.NoError(t, err)
		out.Write(encoded)
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "secret", secret, "user", domain.User{
			PasswordHash: domain.StoredPasswordHash(hidden), SecondFactor: domain.NewSecondFactor(domain.StoredSealedKey(hidden)),
		})
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "secret", secret, "group", slog.GroupValue(slog.Any("y", secret)))
		assert.NotContains(t, out.String(), hidden)
		assert.NotContains(t, out.String(), fmt.Sprintf("%x", hidden))
		assert.Contains(t, out.String(), "[redacted]")
	}
}
