// Package tokens implements ports.AccessTokens with JSON Web Tokens (RFC 7519)
// under HS256, checked as RFC 8725 asks.
package tokens

import (
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"example.com/healthcare/adapters/secretkeys"
	"example.com/healthcare/domain"
)

const (
	issuer    = "healthcare"
	audience  = "healthcare-api"
	accessUse = "access"
	purpose   = "access tokens"

	// maxLength is many times what Issue writes, and bounds what is parsed
	// before the signature is checked.
	maxLength = 4096
)

// duties are those that a token may name.
var duties = []domain.Duty{domain.NoDuty, domain.DutyPassword, domain.DutySecondFactor}

// Tokens implements ports.AccessTokens. It is safe for concurrent use.
type Tokens struct {
	keys     secretkeys.Ring
	lifetime time.Duration
}

// New returns tokens that are good for lifetime at most. They are signed with
// the current one of keys, and those signed with a fallback are good until they
// expire.
func New(keys *secretkeys.Keys, lifetime time.Duration) *Tokens {
	return &Tokens{keys: keys.For(purpose), lifetime: lifetime}
}

type claims struct {
	jwt.RegisteredClaims
	// Use keeps other tokens that may one day be signed here from passing for
	// access tokens (RFC 8725, 3.12).
	Use     string `json:"token_use"`
	Session string `json:"sid"`
	Role    string `json:"role"`
	Duty    string `json:"duty,omitempty"`
	// SecondFactor is whether the account had one (RFC 8176 has "mfa" for a login
	// that used it, which comes to the same).
	SecondFactor bool `json:"mfa,omitempty"`
}

// Issue implements ports.AccessTokens. Tokens count in whole seconds: one
// begins with the second of now and ends with the second of expires, so at
// times a little before expires and never after it. One that would end in the
// second in which it begins is dead from the start. Refused as Internal are an
// actor without a user, a session or a role that can be stored, or with an
// unknown duty, and a token that would outlive the lifetime.
func (t *Tokens) Issue(actor domain.Actor, now, expires time.Time) (domain.AccessToken, error) {
	_, err := domain.ParseRole(string(actor.Role))
	switch {
	case err != nil || actor.UserID <= 0 || actor.SessionID <= 0:
		return domain.AccessToken{}, errors.New("tokens: the actor has no user, session or role")
	case !slices.Contains(duties, actor.Duty):
		return domain.AccessToken{}, errors.New("tokens: the actor has an unknown duty")
	case expires.After(now.Add(t.lifetime)):
		return domain.AccessToken{}, errors.New("tokens: the token would outlive the lifetime")
	}
	// At least 128 random bits.
	text, err := write(t.keys.Current(), actor, rand.Text(), now, expires)
	return domain.NewAccessToken(text), err
}

func write(key secretkeys.Key, actor domain.Actor, id string, begins, expires time.Time) (string, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			ID:        id,
			Issuer:    issuer,
			Audience:  jwt.ClaimStrings{audience},
			Subject:   actor.UserID.String(),
			IssuedAt:  jwt.NewNumericDate(begins),
			NotBefore: jwt.NewNumericDate(begins),
			ExpiresAt: jwt.NewNumericDate(expires),
		},
		Use:          accessUse,
		Session:      actor.SessionID.String(),
		Role:         string(actor.Role),
		Duty:         string(actor.Duty),
		SecondFactor: actor.SecondFactor,
	})
	token.Header["kid"] = key.ID
	return token.SignedString(key.Bytes())
}

// Verify implements ports.AccessTokens. A token that begins up to domain.ClockSkew
// after now is taken, for clocks differ; one that expired at now is not.
//
// Neither is one that began longer ago than the lifetime and the second to which its
// beginning was rounded down, whatever it says of its end: that a session was revoked
// is remembered for as long as its tokens can be good, and a shorter lifetime counts
// at once, for tokens that were issued under a longer one too.
func (t *Tokens) Verify(token string, now time.Time) (domain.Actor, error) {
	actor, ok := t.read(token, now)
	if !ok {
		return domain.Actor{}, domain.ErrAccessToken()
	}
	return actor, nil
}

func (t *Tokens) read(token string, now time.Time) (domain.Actor, bool) {
	if len(token) > maxLength {
		return domain.Actor{}, false
	}
	var c claims
	var key secretkeys.Key
	_, err := jwt.ParseWithClaims(token, &c,
		func(parsed *jwt.Token) (any, error) {
			id, _ := parsed.Header["kid"].(string)
			var known bool
			if key, known = t.keys.ByID(id); !known {
				return nil, jwt.ErrTokenUnverifiable
			}
			return key.Bytes(), nil
		},
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithStrictDecoding(),
		jwt.WithIssuer(issuer),
		jwt.WithAudience(audience),
		jwt.WithIssuedAt(),
		jwt.WithNotBeforeRequired(),
		jwt.WithExpirationRequired(),
		jwt.WithLeeway(domain.ClockSkew),
		jwt.WithTimeFunc(func() time.Time { return now }))
	// The library's leeway prolongs tokens, too.
	if err != nil || !now.Before(c.ExpiresAt.Time) || now.Sub(c.NotBefore.Time) >= t.lifetime+time.Second || c.ID == "" {
		return domain.Actor{}, false
	}

	user, userErr := domain.ParseID(c.Subject)
	session, sessionErr := domain.ParseID(c.Session)
	role, roleErr := domain.ParseRole(c.Role)
	duty := domain.Duty(c.Duty)
	if userErr != nil || sessionErr != nil || roleErr != nil || !slices.Contains(duties, duty) {
		return domain.Actor{}, false
	}
	actor := domain.Actor{UserID: user, Role: role, SessionID: session, Duty: duty, SecondFactor: c.SecondFactor}

	// The library overlooks much: line breaks within base64, members that are
	// repeated, unknown or in other letter case, further audiences, headers such
	// as crit, jwk and another typ. Nothing but the text that Issue would have
	// written is a token, and all that is left to check is in it. So a release
	// that writes other claims does not take the tokens of the one before, and
	// their holders refresh.
	written, err := write(key, actor, c.ID, c.NotBefore.Time, c.ExpiresAt.Time)
	return actor, err == nil && written == token
}
