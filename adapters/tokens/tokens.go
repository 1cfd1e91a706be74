// Package tokens implements ports.AccessTokens with JSON Web Tokens (RFC 7519) that are
// signed with HS256 and verified as RFC 8725 recommends.
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

	// maxLength limits the text that is read before its signature is checked. It is many
	// times the length of an issued token.
	maxLength = 4096
)

// duties are the duties that a token can contain.
var duties = []domain.Duty{domain.NoDuty, domain.DutyPassword, domain.DutySecondFactor}

// Tokens implements ports.AccessTokens. It is safe for concurrent use.
type Tokens struct {
	keys       secretkeys.Ring
	lifetime   time.Duration
	start      time.Time
	remembered *remembered
}

// New returns a Tokens that issues tokens with at most this lifetime. It signs with the
// current key and accepts tokens that a fallback signed.
func New(keys *secretkeys.Keys, lifetime time.Duration) *Tokens {
	return &Tokens{keys: keys.For(purpose), lifetime: lifetime, remembered: newRemembered()}
}

// StartAfter returns a Tokens that refuses every token issued before the time or in the same
// second. Its own tokens begin up to a second later instead.
func (t *Tokens) StartAfter(past time.Time) *Tokens {
	started := *t
	started.start = past.Truncate(time.Second).Add(time.Second)
	started.remembered = newRemembered()
	return &started
}

type claims struct {
	jwt.RegisteredClaims
	// Use distinguishes access tokens from other tokens that a later release could sign
	// with the same keys (RFC 8725, 3.12).
	Use     string `json:"token_use"`
	Session string `json:"sid"`
	Role    string `json:"role"`
	Duty    string `json:"duty,omitempty"`
	// SecondFactor is whether the user has a second factor. A login with one always uses
	// it, so the claim means the same as "mfa" in RFC 8176.
	SecondFactor bool `json:"mfa,omitempty"`
}

// Issue implements ports.AccessTokens. The times in a token are rounded down to whole
// seconds, so a token can end up to a second before expires and never after it. A token
// that begins and ends in the same second is never valid. The error is Internal if the
// actor has no user, no session, an invalid role or an unknown duty, or if expires is
// beyond the lifetime.
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
	// rand.Text has at least 128 random bits.
	text, err := write(t.keys.Current(), actor, rand.Text(), latest(now, t.start), expires)
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

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// Verify implements ports.AccessTokens. It accepts a token that begins up to
// domain.ClockSkew after now, because the clocks of instances differ. It refuses a token
// that expires at now.
//
// It also refuses a token that began longer ago than the lifetime plus one second for
// rounding, whatever its expiry. Revocations are remembered only for the lifetime of
// tokens, and a shorter lifetime must apply to tokens that were issued before it was set.
//
// It remembers the tokens that it has accepted, and then only compares their times with now.
// Their keys do not change while the process runs.
func (t *Tokens) Verify(token string, now time.Time) (domain.Actor, error) {
	if len(token) > maxLength {
		return domain.Actor{}, domain.ErrAccessToken()
	}
	digest := t.remembered.digest(token)
	v, known := t.remembered.get(digest)
	ok := known
	if !known {
		v, ok = t.read(token, now)
	}
	if !ok || !t.isValid(v, now) {
		return domain.Actor{}, domain.ErrAccessToken()
	}
	if !known {
		t.remembered.add(digest, v)
	}
	return v.actor, nil
}

// isValid compares the times of a token with now, as Verify documents.
func (t *Tokens) isValid(v verified, now time.Time) bool {
	return !v.begins.After(now.Add(domain.ClockSkew)) && now.Before(v.expires) &&
		now.Sub(v.begins) < t.lifetime+time.Second && !v.begins.Before(t.start)
}

// read checks the signature and the text of a token, and returns its claims.
func (t *Tokens) read(token string, now time.Time) (verified, bool) {
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
		// The library adds the leeway to the expiry, too; isValid does not.
		jwt.WithLeeway(domain.ClockSkew),
		jwt.WithTimeFunc(func() time.Time { return now }))
	if err != nil || c.ID == "" {
		return verified{}, false
	}

	user, userErr := domain.ParseID(c.Subject)
	session, sessionErr := domain.ParseID(c.Session)
	role, roleErr := domain.ParseRole(c.Role)
	duty := domain.Duty(c.Duty)
	if userErr != nil || sessionErr != nil || roleErr != nil || !slices.Contains(duties, duty) {
		return verified{}, false
	}
	actor := domain.Actor{UserID: user, Role: role, SessionID: session, Duty: duty, SecondFactor: c.SecondFactor}

	// The library accepts line breaks within base64, members that are repeated, unknown or
	// in other letter case, further audiences, and headers such as crit, jwk and another
	// typ. To refuse all of these, only the exact text that Issue would have written is
	// accepted. As a consequence, a release that changes the claims refuses the tokens of
	// earlier releases, and their clients refresh them.
	written, err := write(key, actor, c.ID, c.NotBefore.Time, c.ExpiresAt.Time)
	return verified{actor: actor, begins: c.NotBefore.Time, expires: c.ExpiresAt.Time}, err == nil && written == token
}
