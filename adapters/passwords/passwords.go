// Package passwords implements ports.Passwords: argon2id for new hashes,
// Django's PBKDF2 for those that came with the users, and zxcvbn for strength.
package passwords

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"github.com/alexedwards/argon2id"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Params is what one hash costs, how many may cost it at once, how many wait, and how a
// password is compared with a hash of Django's.
type Params struct {
	// MemoryKiB is the memory of one hash: from 8 KiB for each lane (RFC 9106,
	// 3.1) to 1 GiB.
	MemoryKiB uint32
	// Iterations is the number of passes over the memory, 1 to 16.
	Iterations uint32
	// Parallelism is the number of lanes, at least 1.
	Parallelism uint8
	// Concurrent is how many hashes are computed at once, at least 1. Concurrent
	// times MemoryKiB is what they need together.
	Concurrent int
	// Waiting is how many more known callers may wait for their turn, and how many
	// more strangers, at least 0. It bounds for how long they do: whoever comes on
	// top is better told at once than kept.
	Waiting int
	// TrimForDjango compares a password without the blanks at its ends with a hash of
	// Django's, for clients that send them: the old backend removed them before it
	// hashed and compared.
	TrimForDjango bool
}

// Recommended is the first choice of the OWASP Password Storage Cheat Sheet, 46
// MiB, one pass and one lane. Half of the CPUs may hash at once, at most four: the
// others serve who is signed in meanwhile. A hash takes some 30 ms, so the last of
// those who wait does so for up to two seconds, or twice as long while known callers
// and strangers both wait.
var Recommended = Params{
	MemoryKiB: 46 * 1024, Iterations: 1, Parallelism: 1,
	Concurrent: min(max(runtime.GOMAXPROCS(0)/2, 1), 4), Waiting: 64,
}

// Passwords implements ports.Passwords. It is safe for concurrent use.
type Passwords struct {
	current argon2id.Params
	// decoy is of a password that nobody knows, for users who have none.
	decoy         string
	trimForDjango bool
	queue         *queue
}

// New returns a hasher whose current format is argon2id with params. It costs
// one hash, and fails when params are out of their bounds.
func New(params Params) (*Passwords, error) {
	current := argon2id.Params{
		Memory:      params.MemoryKiB,
		Iterations:  params.Iterations,
		Parallelism: params.Parallelism,
		SaltLength:  16, // RFC 9106, 4: salts of 128 bits, tags of 256.
		KeyLength:   32,
	}
	if !affordable(current) || params.Concurrent < 1 || params.Waiting < 0 {
		return nil, fmt.Errorf("passwords: parameters out of bounds: %+v", params)
	}
	decoy, err := argon2id.CreateHash(rand.Text(), &current)
	if err != nil {
		return nil, fmt.Errorf("passwords: make a decoy: %w", err)
	}
	return &Passwords{current: current, decoy: decoy, trimForDjango: params.TrimForDjango, queue: newQueue(params.Concurrent, params.Waiting)}, nil
}

// Hash implements ports.Passwords. Once the work has begun, ctx does not end it.
func (p *Passwords) Hash(ctx context.Context, caller ports.Caller, password domain.Password) (domain.PasswordHash, error) {
	leave, err := p.queue.enter(ctx, caller)
	if err != nil {
		return domain.PasswordHash{}, err
	}
	defer leave()
	encoded, err := argon2id.CreateHash(password.Reveal(), &p.current)
	if err != nil {
		return domain.PasswordHash{}, fmt.Errorf("passwords: hash: %w", err)
	}
	return domain.StoredPasswordHash(encoded), nil
}

// Verify implements ports.Passwords. It knows argon2id with any parameters up
// to 1 GiB and 16 passes, Django's pbkdf2_sha256 up to 10 million iterations,
// and Django's mark for users without a password ("!" and anything), which is
// treated like the zero hash. Once the work has begun, ctx does not end it.
//
// Django's hashes take as long as their own parameters say, so until a user's
// is replaced its time differs from that of an unknown user.
func (p *Passwords) Verify(ctx context.Context, caller ports.Caller, password domain.Password, hash domain.PasswordHash) (bool, error) {
	stored := hash.Reveal()
	none := hash.IsZero() || strings.HasPrefix(stored, djangoUnusable)
	if none {
		stored = p.decoy
	}
	leave, err := p.queue.enter(ctx, caller)
	if err != nil {
		return false, err
	}
	defer leave()
	compare, typed := compareArgon2id, password.Reveal()
	if strings.HasPrefix(stored, djangoPrefix) {
		compare, typed = compareDjango, p.forDjango(typed)
	}
	match, err := compare(typed, stored)
	return match && !none, err
}

// Outdated implements ports.Passwords: all but argon2id with the parameters given to New is
// outdated. A hash of Django's is not for a password that matches it only without the blanks
// at its ends: of a new hash, either that password or the one without them would be wrong.
func (p *Passwords) Outdated(password domain.Password, hash domain.PasswordHash) bool {
	typed := password.Reveal()
	if strings.HasPrefix(hash.Reveal(), djangoPrefix) && p.forDjango(typed) != typed {
		return false
	}
	params, err := parseArgon2id(hash.Reveal())
	return err != nil || params != p.current
}

// errFormat says nothing of the hash: it goes to the log.
var errFormat = errors.New("passwords: the stored hash is in no known format, or costs more than any that was made on purpose")
