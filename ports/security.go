package ports

import (
	"context"
	"time"

	"example.com/healthcare/domain"
)

// Passwords hashes passwords so that a stolen store does not give them away.
type Passwords interface {
	// Hash returns a salted hash in the current format. It is slow by design
	// and waits for its turn; Unavailable when ctx ends first.
	Hash(ctx context.Context, password domain.Password) (domain.PasswordHash, error)
	// Verify reports whether hash was made of password. For the zero hash,
	// which no password matches, it takes as long as for one in the current
	// format. It waits like Hash; Internal when hash is in no known format. A
	// format that came from elsewhere may take another time.
	Verify(ctx context.Context, password domain.Password, hash domain.PasswordHash) (bool, error)
	// Outdated reports whether hash is not in the current format and should be
	// replaced at the next chance.
	Outdated(hash domain.PasswordHash) bool
	// Weakness says in one sentence why password is too easy to guess by
	// somebody who knows the given words about its owner, or nothing.
	Weakness(password domain.Password, known ...string) string
}

// AccessTokens makes and checks the tokens that signed-in callers show.
type AccessTokens interface {
	// Issue signs a token that proves actor from now until expires.
	Issue(actor domain.Actor, now, expires time.Time) (domain.AccessToken, error)
	// Verify returns the actor of a token that was issued here and has not
	// expired at now, and domain.ErrAccessToken for every other text.
	Verify(token string, now time.Time) (domain.Actor, error)
}
