package ports

import (
	"cmp"
	"context"
	"time"

	"example.com/healthcare/domain"
)

// Caller is the person for whom a password is hashed or verified. Known callers and
// strangers wait in lines of their own, so that a flood of strangers keeps no known
// caller out.
type Caller struct {
	// Known tells the caller from a stranger.
	Known bool
	// Share is the user, or the site or network of a stranger. It cannot have all
	// places of its line.
	QueueKey string
}

// KnownCaller is a user who is signed in, or whose address is given in a login from a
// network that the user is known to sign in from.
func KnownCaller(user domain.ID) Caller { return Caller{Known: true, QueueKey: user.String()} }

// UnknownCaller is anybody else.
func UnknownCaller(origin domain.Origin) Caller {
	return Caller{QueueKey: cmp.Or(origin.Site(), origin.Network())}
}

// Passwords hashes passwords so that a stolen store does not give them away.
type Passwords interface {
	// Hash returns a salted hash in the current format. It is slow by design
	// and waits for its turn; Unavailable when ctx ends first, and at once when
	// too many wait already in the caller's line, or of the caller's share.
	Hash(ctx context.Context, caller Caller, password domain.Password) (domain.PasswordHash, error)
	// Verify reports whether hash was made of password. For the zero hash,
	// which no password matches, it takes as long as for one in the current
	// format. It waits like Hash; Internal when hash is in no known format. A
	// format that came from elsewhere may take another time.
	Verify(ctx context.Context, caller Caller, password domain.Password, hash domain.PasswordHash) (bool, error)
	// Outdated reports whether hash, which was made of password, is not in the current
	// format and should be replaced by a new one of password.
	Outdated(password domain.Password, hash domain.PasswordHash) bool
	// Weakness says in one sentence why password is too easy to guess by
	// somebody who knows the given words about its owner, or nothing.
	Weakness(password domain.Password, known ...string) string
}

// AccessTokens makes and checks the tokens that signed-in callers show.
type AccessTokens interface {
	// Issue signs a token that proves actor from now until expires. What an
	// actor has of an Origin is not in it.
	Issue(actor domain.Actor, now, expires time.Time) (domain.AccessToken, error)
	// Verify returns the actor of a token that was issued here and has not
	// expired at now, and domain.ErrAccessToken for every other text. No token
	// is good for longer than the lifetime that Revocations are kept for.
	Verify(token string, now time.Time) (domain.Actor, error)
}

// Revocations knows which sessions were revoked, on whichever instance, without
// asking the Store each time.
type Revocations interface {
	// Revoked reports whether a session was revoked while a token of it may still
	// be good. It is not known when what was revoked on other instances
	// more than a second ago may not have got here: then the Store has to be asked.
	Revoked(session domain.ID) (revoked, known bool)
	// Revoke puts revoked sessions in force on this instance at once; that the
	// others learn of them follows from the Store.
	Revoke(sessions ...domain.ID)
}

// OneTimeCodes makes and checks time-based one-time passwords (RFC 6238).
type OneTimeCodes interface {
	// Enrol makes a key for the account of email, to be put into a device.
	Enrol(email domain.Email) (Enrolment, error)
	// Match returns the time step whose code this is, at most one step away from
	// that of now, and false when there is none. Internal when key cannot be opened.
	Match(key domain.SealedKey, code domain.OneTimeCode, now time.Time) (step int64, matches bool, err error)
	// Reseal returns key sealed with the current key of the service; the same
	// one, and false, when it is already. Internal when it cannot be opened.
	Reseal(key domain.SealedKey) (resealed domain.SealedKey, changed bool, err error)
}

// Enrolment is a new TOTP key, to be shown to its user once.
type Enrolment struct {
	Key domain.SealedKey
	// URI is "otpauth://totp/..." with the key in it.
	URI domain.Secret
	// QRCode is the URI as a PNG image.
	QRCode domain.Secret
}

// MACs makes and checks message authentication codes for what is kept of the
// trail, with a key that is not kept there.
type MACs interface {
	// Sum returns the code of hash under the service's current key.
	Sum(hash domain.Hash) domain.MAC
	// Verify reports whether mac is that of hash under any of the service's keys,
	// those that were replaced included. The time it takes does not depend on mac.
	Verify(hash domain.Hash, mac domain.MAC) bool
}
