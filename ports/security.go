package ports

import (
	"cmp"
	"context"
	"time"

	"example.com/healthcare/domain"
)

// Caller is the person for whom a password is hashed or verified. Known callers and
// strangers wait in separate queues, so that a flood of login attempts by strangers does
// not block known callers.
type Caller struct {
	// Known selects the queue of known callers.
	Known bool
	// QueueKey is the user's ID, or the site or network of a stranger. All callers with
	// the same key together can take only a part of the queue.
	QueueKey string
}

// KnownCaller returns the caller for a signed-in user, and for a login to a user's
// account from a client network that the user signed in from before.
func KnownCaller(user domain.ID) Caller { return Caller{Known: true, QueueKey: user.String()} }

// UnknownCaller returns the caller for all other requests.
func UnknownCaller(origin domain.Origin) Caller {
	return Caller{QueueKey: cmp.Or(origin.Site(), origin.Network())}
}

// Passwords hashes passwords such that a stolen database does not reveal them.
type Passwords interface {
	// Hash returns a salted hash in the current format. It is slow by design and waits
	// in a queue. It returns Unavailable if ctx ends first, or immediately if the queue
	// or the share of the caller's QueueKey is full.
	Hash(ctx context.Context, caller Caller, password domain.Password) (domain.PasswordHash, error)
	// Verify reports whether hash was made from password. The zero hash matches no
	// password, and verifying it takes as long as verifying a hash in the current
	// format. Other formats can take another time. Verify queues like Hash. It returns
	// Internal if the format of hash is unknown.
	Verify(ctx context.Context, caller Caller, password domain.Password, hash domain.PasswordHash) (bool, error)
	// Outdated reports whether hash, which was made from password, should be replaced
	// because it is not in the current format.
	Outdated(password domain.Password, hash domain.PasswordHash) bool
	// Weakness explains in one sentence why password is too easy to guess for somebody
	// who knows the given words about its owner. It returns an empty text if the
	// password is good.
	Weakness(password domain.Password, known ...string) string
}

// AccessTokens issues and verifies access tokens.
type AccessTokens interface {
	// Issue signs a token that proves actor from now until expires. The actor's Origin
	// is not part of it.
	Issue(actor domain.Actor, now, expires time.Time) (domain.AccessToken, error)
	// Verify returns the actor of a token that this service issued and that has not
	// expired at now. For any other text it returns domain.ErrAccessToken. No token is
	// valid for longer than Revocations remembers a revocation.
	Verify(token string, now time.Time) (domain.Actor, error)
}

// Revocations knows which sessions were revoked on any instance, without a query to the
// Store for each request.
type Revocations interface {
	// Revoked reports whether the session was revoked. Revocations are remembered until all
	// access tokens of the session have expired. If known is false, this instance may lack
	// revocations that other instances made more than a second ago, and the caller must ask
	// the Store.
	Revoked(session domain.ID) (revoked, known bool)
	// Revoke makes revocations effective on this instance immediately. Other instances
	// learn of them through the Store.
	Revoke(sessions ...domain.ID)
}

// OneTimeCodes creates TOTP keys and verifies time-based one-time codes (RFC 6238).
type OneTimeCodes interface {
	// Enrol creates a key for the account with this address, to be stored in the user's
	// device.
	Enrol(email domain.Email) (Enrolment, error)
	// Match returns the time step to which the code belongs, if it is the current one or
	// a neighbour. Otherwise matches is false. It returns Internal if key cannot be
	// decrypted.
	Match(key domain.SealedKey, code domain.OneTimeCode, now time.Time) (step int64, matches bool, err error)
	// Reseal returns key encrypted with the service's current key. If it already was,
	// Reseal returns key and false. It returns Internal if key cannot be decrypted.
	Reseal(key domain.SealedKey) (resealed domain.SealedKey, changed bool, err error)
}

// Enrolment is a new TOTP key. It is shown to its user once.
type Enrolment struct {
	Key domain.SealedKey
	// URI is the "otpauth://totp/..." URI that contains the key.
	URI domain.Secret
	// QRCode is a PNG image of the URI.
	QRCode domain.Secret
}

// Cursors encrypts the cursors of lists, which can contain a name or a birth date, so that
// callers can neither read nor change them.
type Cursors interface {
	// Seal encrypts text into characters that need no escaping in a URL. Only Open with
	// the same context returns it.
	Seal(text, context string) string
	// Open returns the text that Seal encrypted with the current or a previous key of the
	// service, and false for any other input.
	Open(sealed, context string) (text string, ok bool)
}

// MACs computes and verifies the message authentication codes of the audit trail, with
// keys that are not stored with the trail.
type MACs interface {
	// Sum returns the code of hash under the service's current key.
	Sum(hash domain.Hash) domain.MAC
	// Verify reports, in constant time, whether mac is the code of hash under the
	// current or a previous key of the service.
	Verify(hash domain.Hash, mac domain.MAC) bool
}

// RequestMACs are MACs for the contents of requests that have an idempotency key. Their keys
// are others than those of the audit trail.
type RequestMACs interface{ MACs }
