package domain

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"time"
)

// Session is one sign-in of a user. It lasts from login until logout, revocation or
// expiry.
type Session struct {
	ID        ID
	UserID    ID
	CreatedAt time.Time
	// Origin describes where the login came from.
	Origin Origin
	// LastUsedAt is the time of the login or of the last refresh.
	LastUsedAt time.Time
	// ExpiresAt is when the session ends, no matter how often it is refreshed.
	ExpiresAt time.Time
	// RevokedAt is when the session was revoked. It is zero if it was not.
	RevokedAt time.Time
	// Selector identifies the session in its refresh tokens. It never changes, and no
	// other session has it.
	Selector RefreshSelector
	// RefreshHash is the hash of the refresh token that is valid now.
	RefreshHash RefreshHash
	// SpentHash is the hash of the refresh token spent last, at SpentAt. It is zero
	// before the first refresh. Successor holds the token that replaced it: see
	// SuccessorOf.
	SpentHash RefreshHash
	SpentAt   time.Time
	Successor SealedSecret
}

// SessionView is a session together with the current state of its user.
type SessionView struct {
	Session
	Owner SessionOwner
}

// SessionOwner holds the properties of a user that apply to the user's sessions.
type SessionOwner struct {
	Role              Role
	Active            bool
	PasswordTemporary bool
	// SecondFactor says whether the user has a confirmed second factor.
	SecondFactor bool
}

// NewSession returns a session of the user, whose first refresh token is token.
func NewSession(user User, origin Origin, token RefreshToken, now time.Time, lifetime time.Duration) Session {
	return Session{
		UserID:     user.ID,
		Origin:     origin,
		CreatedAt:  now,
		LastUsedAt: now,
		// Truncated to what stores keep, so that rounding cannot exceed lifetime.
		ExpiresAt:   now.Add(lifetime.Truncate(time.Microsecond)),
		Selector:    token.Selector(),
		RefreshHash: token.hash(),
	}
}

// Live reports whether the session is neither revoked nor expired.
func (s Session) Live(now time.Time) bool {
	return s.RevokedAt.IsZero() && now.Before(s.ExpiresAt)
}

// Usable reports whether requests can use the session: it is live and its user is
// active. Deactivating a user through the API also revokes the sessions; a change made
// directly in the database does not, so Usable checks both.
//
// A session that starts more than ClockSkew in the future, or that lasts longer than
// lifetime, is refused: its times come from a wrong clock or an earlier setting. So no
// session is usable for longer than lifetime plus ClockSkew, by any instance's clock.
func (s SessionView) Usable(now time.Time, lifetime time.Duration) bool {
	begun := !s.CreatedAt.After(now.Add(ClockSkew))
	return begun && s.ExpiresAt.Sub(s.CreatedAt) <= lifetime && s.Live(now) && s.Owner.Active
}

// Actor returns the session's user as an actor. If adminsNeedSecondFactor is set, an
// administrator without a second factor has the duty to enroll one.
func (s SessionView) Actor(adminsNeedSecondFactor bool) Actor {
	actor := Actor{UserID: s.UserID, Role: s.Owner.Role, SessionID: s.ID, SecondFactor: s.Owner.SecondFactor}
	switch {
	case s.Owner.PasswordTemporary:
		actor.Duty = DutyPassword
	case adminsNeedSecondFactor && s.Owner.Role == Admin && !s.Owner.SecondFactor:
		actor.Duty = DutySecondFactor
	}
	return actor
}

// Accepts reports, in constant time, whether token is the session's valid refresh token.
// A token that has the session's selector and is not accepted was spent before. It may
// be stolen (RFC 9700, 4.14.2).
func (s Session) Accepts(token RefreshToken) bool {
	presented := token.hash()
	return subtle.ConstantTimeCompare(presented[:], s.RefreshHash[:]) == 1
}

// Rotate spends token, which must be accepted, and returns its successor, made from
// secret.
func (s Session) Rotate(token RefreshToken, secret RefreshSecret, now time.Time) (Session, RefreshToken) {
	next := NewRefreshToken(s.Selector, secret)
	s.SpentHash, s.SpentAt, s.Successor = s.RefreshHash, now, token.seal(secret)
	s.RefreshHash = next.hash()
	s.LastUsedAt = now
	return s, next
}

// SuccessorOf returns the successor of token again if token was spent last and at most
// grace ago. This happens when two browser tabs refresh at the same moment, or when a
// response is lost. An older token, or the same one after the grace, may be stolen (RFC
// 9700, 4.14.2).
func (s Session) SuccessorOf(token RefreshToken, grace time.Duration, now time.Time) (RefreshToken, bool) {
	presented := token.hash()
	isLast := subtle.ConstantTimeCompare(presented[:], s.SpentHash[:]) == 1
	since := now.Sub(s.SpentAt)
	if grace <= 0 || !isLast || since > grace || since < -ClockSkew {
		return RefreshToken{}, false
	}
	secret, ok := token.open(s.Successor)
	return NewRefreshToken(s.Selector, secret), ok
}

// Revoke ends the session. If it was revoked before, RevokedAt keeps the earlier time.
func (s Session) Revoke(now time.Time) Session {
	if s.RevokedAt.IsZero() {
		s.RevokedAt = now
	}
	s.Successor = SealedSecret{}
	return s
}

// RefreshSelector is the part of a refresh token that identifies its session.
type RefreshSelector [16]byte

// RefreshSecret is the secret part of a refresh token: 256 random bits.
type RefreshSecret [32]byte

// RefreshHash is the stored hash of a RefreshToken.
type RefreshHash [sha256.Size]byte

// SealedSecret is a RefreshSecret encrypted with a key derived from the token that it
// replaces. Only a holder of that token can decrypt it; the database and the service's
// keys are not enough.
type SealedSecret [len(RefreshSecret{}) + 16]byte

// RefreshToken is an opaque token that is exchanged, once, for a new access token and a
// new refresh token. It consists of a selector, which all refresh tokens of a session
// share, and a secret. The selector lets the service recognize every token that the
// session ever spent without storing them.
type RefreshToken struct{ Secret }

// NewRefreshToken returns the token with these parts. Both must come from a
// cryptographically secure source.
func NewRefreshToken(selector RefreshSelector, secretPart RefreshSecret) RefreshToken {
	raw := append(selector[:], secretPart[:]...)
	return RefreshToken{NewSecret(base64.RawURLEncoding.EncodeToString(raw))}
}

// ParseRefreshToken parses the form that NewRefreshToken writes: 64 characters of
// base64url. Anything else is Unauthenticated.
func ParseRefreshToken(text string) (RefreshToken, error) {
	if len(text) != base64.RawURLEncoding.EncodedLen(len(RefreshSelector{})+len(RefreshSecret{})) {
		return RefreshToken{}, ErrRefreshToken()
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) != len(RefreshSelector{})+len(RefreshSecret{}) {
		return RefreshToken{}, ErrRefreshToken()
	}
	return RefreshToken{NewSecret(text)}, nil
}

// Selector returns the part that identifies the session.
func (t RefreshToken) Selector() (selector RefreshSelector) {
	raw, _ := base64.RawURLEncoding.DecodeString(t.Reveal())
	copy(selector[:], raw)
	return selector
}

// hash uses neither salt nor stretching, because the token contains 256 random bits.
func (t RefreshToken) hash() RefreshHash { return sha256.Sum256([]byte(t.Reveal())) }

// seal encrypts the secret of the token's successor.
func (t RefreshToken) seal(secret RefreshSecret) (sealed SealedSecret) {
	aead, nonce := t.successorCipher()
	aead.Seal(sealed[:0], nonce, secret[:], nil)
	return sealed
}

// open decrypts what seal encrypted with the same token.
func (t RefreshToken) open(sealed SealedSecret) (secret RefreshSecret, ok bool) {
	aead, nonce := t.successorCipher()
	_, err := aead.Open(secret[:0], nonce, sealed[:], nil)
	return secret, err == nil
}

// successorCipher returns AES-256-GCM with a key and a nonce derived from the token (RFC
// 5869). The database has only a hash of the token. A token has one successor, so each
// pair of key and nonce encrypts only one secret.
func (t RefreshToken) successorCipher() (aead cipher.AEAD, nonce []byte) {
	const keySize, nonceSize = 32, 12
	derived, err := hkdf.Key(sha256.New, []byte(t.Reveal()), nil, "healthcare refresh successor 1", keySize+nonceSize)
	if err != nil {
		panic(err) // the length is right
	}
	block, err := aes.NewCipher(derived[:keySize])
	if err != nil {
		panic(err) // the length is right
	}
	aead, err = cipher.NewGCM(block)
	if err != nil {
		panic(err) // the block size is right
	}
	return aead, derived[keySize:]
}

// ErrAccessToken refuses an access token. The answer is the same for every reason.
func ErrAccessToken() error {
	return &Error{Kind: Unauthenticated, Code: "token_not_valid", Message: "Given token not valid for any token type"}
}

// ErrRefreshToken refuses a refresh token. The answer is the same for every reason.
func ErrRefreshToken() error {
	return &Error{Kind: Unauthenticated, Code: "token_not_valid", Message: "Token is invalid or expired"}
}
