// Package tokens implements ports.AccessTokens with JSON Web Tokens (RFC 7519)
// under HS256, checked as RFC 8725 asks.
package tokens

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"example.com/healthcare/domain"
)

// MinSecretKeyLength is the shortest secret key, in bytes: as long as what
// HS256 needs (RFC 7518, 3.2).
const MinSecretKeyLength = 32

const (
	issuer    = "healthcare"
	audience  = "healthcare-api"
	accessUse = "access"
	keyInfo   = "healthcare access token v1"

	// maxLength is many times what Issue writes, and bounds what is parsed
	// before the signature is checked.
	maxLength = 4096

	// clockSkew is how far the clock of the instance that issued a token may be
	// ahead. It never prolongs a token.
	clockSkew = 5 * time.Second
)

// Tokens implements ports.AccessTokens. It is safe for concurrent use.
type Tokens struct {
	// key is a function because no formatter prints what that returns.
	key func() []byte
}

// New returns tokens signed with a key derived from secretKey (HKDF with
// SHA-256, RFC 5869), so that the same secret can serve other purposes. All
// instances of the service need the same one. It fails when secretKey has
// fewer than MinSecretKeyLength bytes.
func New(secretKey string) (*Tokens, error) {
	if len(secretKey) < MinSecretKeyLength {
		return nil, fmt.Errorf("tokens: the secret key has fewer than %d bytes", MinSecretKeyLength)
	}
	key, err := hkdf.Key(sha256.New, []byte(secretKey), nil, keyInfo, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("tokens: derive the signing key: %w", err)
	}
	return &Tokens{key: func() []byte { return key }}, nil
}

type claims struct {
	jwt.RegisteredClaims
	// Use keeps other tokens that may one day be signed here from passing for
	// access tokens (RFC 8725, 3.12).
	Use     string `json:"token_use"`
	Session string `json:"sid"`
	Role    string `json:"role"`
}

// Issue implements ports.AccessTokens. Tokens count in whole seconds: one
// begins with the second of now and ends with the second of expires, so at
// times a little before expires and never after it. One that would end in the
// second in which it begins is dead from the start. An actor without a user, a
// session or a role that can be stored is refused as Internal.
func (t *Tokens) Issue(actor domain.Actor, now, expires time.Time) (domain.AccessToken, error) {
	if _, err := domain.ParseRole(string(actor.Role)); err != nil || actor.UserID <= 0 || actor.SessionID <= 0 {
		return domain.AccessToken{}, errors.New("tokens: the actor has no user, session or role")
	}
	// At least 128 random bits.
	text, err := t.write(actor, rand.Text(), now, expires)
	return domain.NewAccessToken(text), err
}

func (t *Tokens) write(actor domain.Actor, id string, begins, expires time.Time) (string, error) {
	return jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			ID:        id,
			Issuer:    issuer,
			Audience:  jwt.ClaimStrings{audience},
			Subject:   actor.UserID.String(),
			IssuedAt:  jwt.NewNumericDate(begins),
			NotBefore: jwt.NewNumericDate(begins),
			ExpiresAt: jwt.NewNumericDate(expires),
		},
		Use:     accessUse,
		Session: actor.SessionID.String(),
		Role:    string(actor.Role),
	}).SignedString(t.key())
}

// Verify implements ports.AccessTokens. A token that begins up to five seconds
// after now is taken, for clocks differ; one that expired at now is not.
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
	_, err := jwt.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return t.key(), nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithStrictDecoding(),
		jwt.WithIssuer(issuer),
		jwt.WithAudience(audience),
		jwt.WithIssuedAt(),
		jwt.WithNotBeforeRequired(),
		jwt.WithExpirationRequired(),
		jwt.WithLeeway(clockSkew),
		jwt.WithTimeFunc(func() time.Time { return now }))
	// The library's leeway prolongs tokens, too.
	if err != nil || !now.Before(c.ExpiresAt.Time) || c.ID == "" {
		return domain.Actor{}, false
	}

	user, userErr := domain.ParseID(c.Subject)
	session, sessionErr := domain.ParseID(c.Session)
	role, roleErr := domain.ParseRole(c.Role)
	if userErr != nil || sessionErr != nil || roleErr != nil {
		return domain.Actor{}, false
	}
	actor := domain.Actor{UserID: user, Role: role, SessionID: session}

	// The library overlooks much: line breaks within base64, members that are
	// repeated, unknown or in other letter case, further audiences, headers such
	// as crit, kid and another typ. Nothing but the text that Issue would have
	// written is a token, and all that is left to check is in it. So a release
	// that writes other claims does not take the tokens of the one before, and
	// their holders refresh.
	written, err := t.write(actor, c.ID, c.NotBefore.Time, c.ExpiresAt.Time)
	return actor, err == nil && written == token
}
