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

// Session is one sign-in of one user, from login to logout or expiry.
type Session struct {
	ID        ID
	UserID    ID
	CreatedAt time.Time
	// Origin is where the login came from.
	Origin Origin
	// LastUsedAt is when the session was last continued, at login or by a refresh.
	LastUsedAt time.Time
	// ExpiresAt ends the session however much it is used.
	ExpiresAt time.Time
	// RevokedAt is when the session was ended early; zero if it was not.
	RevokedAt time.Time
	// Selector finds the session of a refresh token. It stays the same for the
	// session's whole life and is in no other token.
	Selector RefreshSelector
	// RefreshHash is of the one refresh token that is not spent.
	RefreshHash RefreshHash
	// SpentHash is of the token that was spent last, at SpentAt; zero before the first
	// refresh. Successor is the token that it was spent for: see SuccessorOf.
	SpentHash RefreshHash
	SpentAt   time.Time
	Successor SealedSecret
}

// SessionView is a session with what its user is now.
type SessionView struct {
	Session
	Owner SessionOwner
}

// SessionOwner is what a session needs to know of its user.
type SessionOwner struct {
	Role Role
	// Active is as User's.
	Active bool
	// PasswordTemporary is as User's.
	PasswordTemporary bool
	// SecondFactor is whether the user has a confirmed second factor.
	SecondFactor bool
}

// NewSession starts a session of user, to which token is the first refresh token.
func NewSession(user User, origin Origin, token RefreshToken, now time.Time, lifetime time.Duration) Session {
	return Session{
		UserID:     user.ID,
		Origin:     origin,
		CreatedAt:  now,
		LastUsedAt: now,
		// In microseconds, as stores keep times: rounding makes it no longer than lifetime.
		ExpiresAt:   now.Add(lifetime.Truncate(time.Microsecond)),
		Selector:    token.Selector(),
		RefreshHash: token.hash(),
	}
}

// Live reports whether the session was not revoked and has not expired.
func (s Session) Live(now time.Time) bool {
	return s.RevokedAt.IsZero() && now.Before(s.ExpiresAt)
}

// Usable reports whether the session can be used: it is live, and so is its
// user's account. Deactivating an account revokes its sessions; what was changed
// in the store by hand does not.
//
// A session that has not begun yet, or that was given more than lifetime, cannot be
// used: its times come from a clock that was ahead, or from a setting of before. So by
// any clock, it is of use for lifetime and ClockSkew at most.
func (s SessionView) Usable(now time.Time, lifetime time.Duration) bool {
	begun := !s.CreatedAt.After(now.Add(ClockSkew))
	return begun && s.ExpiresAt.Sub(s.CreatedAt) <= lifetime && s.Live(now) && s.Owner.Active
}

// Actor is the session's user, acting in it. adminsNeedSecondFactor is whether
// administrators may not do without.
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

// Accepts reports whether token is the session's one unspent refresh token, in
// constant time. A token with the session's selector that it does not accept
// was spent before: whoever holds it got it from somebody else, or somebody
// else got it from them (RFC 9700, 4.14.2).
func (s Session) Accepts(token RefreshToken) bool {
	presented := token.hash()
	return subtle.ConstantTimeCompare(presented[:], s.RefreshHash[:]) == 1
}

// Rotate spends token, which the session Accepts; secret is its successor's.
func (s Session) Rotate(token RefreshToken, secret RefreshSecret, now time.Time) (Session, RefreshToken) {
	next := NewRefreshToken(s.Selector, secret)
	s.SpentHash, s.SpentAt, s.Successor = s.RefreshHash, now, token.seal(secret)
	s.RefreshHash = next.hash()
	s.LastUsedAt = now
	return s, next
}

// SuccessorOf returns the successor of token if token is the one that was spent last, not
// longer than grace ago: two tabs refreshed at the same moment, or the answer got lost.
// An older token, or this one later, is in the wrong hands (RFC 9700, 4.14.2).
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

// Revoke ends the session for good. A session that was revoked before keeps its time.
func (s Session) Revoke(now time.Time) Session {
	if s.RevokedAt.IsZero() {
		s.RevokedAt = now
	}
	s.Successor = SealedSecret{}
	return s
}

// RefreshSelector is the part of a refresh token that says whose it is.
type RefreshSelector [16]byte

// RefreshSecret is the part of a refresh token that proves it: 256 random bits.
type RefreshSecret [32]byte

// RefreshHash is what is stored of a RefreshToken.
type RefreshHash [sha256.Size]byte

// SealedSecret is a RefreshSecret that only the holder of the token spent for it can
// read: neither what is stored nor any key of the service gives it away.
type SealedSecret [len(RefreshSecret{}) + 16]byte

// RefreshToken is an opaque token that gets a new access token, and its own
// successor, once. It is a selector, which all tokens of a session share, and a
// secret of its own: one stored row then recognizes every token that the
// session ever spent.
type RefreshToken struct{ Secret }

// NewRefreshToken puts a token together. Both parts must come from a
// cryptographically secure source.
func NewRefreshToken(selector RefreshSelector, secretPart RefreshSecret) RefreshToken {
	raw := append(selector[:], secretPart[:]...)
	return RefreshToken{NewSecret(base64.RawURLEncoding.EncodeToString(raw))}
}

// ParseRefreshToken reads a token as NewRefreshToken writes it: 64 characters
// of base64url. What is no refresh token is Unauthenticated.
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

// Selector returns the token's selector.
func (t RefreshToken) Selector() (selector RefreshSelector) {
	raw, _ := base64.RawURLEncoding.DecodeString(t.Reveal())
	copy(selector[:], raw)
	return selector
}

// hash needs no salt and no stretching: what is hashed has 256 random bits.
func (t RefreshToken) hash() RefreshHash { return sha256.Sum256([]byte(t.Reveal())) }

// seal seals the secret of the token's successor.
func (t RefreshToken) seal(secret RefreshSecret) (sealed SealedSecret) {
	aead, nonce := t.successorCipher()
	aead.Seal(sealed[:0], nonce, secret[:], nil)
	return sealed
}

// open returns what seal sealed with the same token.
func (t RefreshToken) open(sealed SealedSecret) (secret RefreshSecret, ok bool) {
	aead, nonce := t.successorCipher()
	_, err := aead.Open(secret[:0], nonce, sealed[:], nil)
	return secret, err == nil
}

// successorCipher is AES-256-GCM with a key and a nonce derived from the token (RFC
// 5869), of which the store has a hash only. A token has one successor, so the pair
// seals one secret only.
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

// ErrAccessToken refuses an access token, for whatever reason: one answer for all.
func ErrAccessToken() error {
	return &Error{Kind: Unauthenticated, Code: "token_not_valid", Message: "Given token not valid for any token type"}
}

// ErrRefreshToken refuses a refresh token, for whatever reason: one answer for all.
func ErrRefreshToken() error {
	return &Error{Kind: Unauthenticated, Code: "token_not_valid", Message: "Token is invalid or expired"}
}
