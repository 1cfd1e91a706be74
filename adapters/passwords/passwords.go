// Package passwords implements ports.Passwords: argon2id for new hashes, Django's PBKDF2
// for the hashes of users of the old backend, and zxcvbn for the strength of passwords.
package passwords

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"github.com/alexedwards/argon2id"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Params are the cost of a hash, the limits of the queue, and the treatment of Django's
// hashes.
type Params struct {
	// MemoryKiB is the memory of one hash: from 8 KiB for each lane (RFC 9106,
	// 3.1) to 1 GiB.
	MemoryKiB uint32
	// Iterations is the number of passes over the memory, 1 to 16.
	Iterations uint32
	// Parallelism is the number of lanes, at least 1.
	Parallelism uint8
	// Concurrent is the number of hashes that are computed at once, at least 1. Together
	// they need Concurrent times MemoryKiB.
	Concurrent int
	// Waiting is the number of known callers that can wait for their turn, at least 0. The
	// same number of strangers can wait. Further callers are refused at once, so Waiting
	// limits the waiting time.
	Waiting int
	// TrimForDjango ignores white space at the ends of a password when it is compared with
	// a Django hash. The old backend removed it before it hashed a password, and some
	// clients send it.
	TrimForDjango bool
}

// Recommended is the first choice of the OWASP Password Storage Cheat Sheet: 46 MiB, one
// pass and one lane. Half of the CPUs compute hashes, at most four, so that the others
// serve signed-in users during a flood of logins. A hash takes about 30 ms, so a caller
// waits up to two seconds, or four while known callers and strangers are both waiting.
var Recommended = Params{
	MemoryKiB: 46 * 1024, Iterations: 1, Parallelism: 1,
	Concurrent: min(max(runtime.GOMAXPROCS(0)/2, 1), 4), Waiting: 64,
}

// Passwords implements ports.Passwords. It is safe for concurrent use.
type Passwords struct {
	current argon2id.Params
	// decoy is compared for users without a password, so that the comparison takes the usual
	// time: see newDecoy.
	decoy         string
	trimForDjango bool
	queue         *queue
}

// New returns a Passwords that creates argon2id hashes with params. It fails if params are
// out of range.
func New(params Params) (*Passwords, error) {
	current := argon2id.Params{
		Memory:      params.MemoryKiB,
		Iterations:  params.Iterations,
		Parallelism: params.Parallelism,
		SaltLength:  16, // RFC 9106, 4: salts of 128 bits, tags of 256.
		KeyLength:   32,
	}
	if !affordable(current) || params.Concurrent < 1 || params.Waiting < 0 {
		return nil, fmt.Errorf("passwords: parameters out of range: %+v", params)
	}
	return &Passwords{current: current, decoy: newDecoy(current), trimForDjango: params.TrimForDjango, queue: newQueue(params.Concurrent, params.Waiting)}, nil
}

// newDecoy returns what looks like a hash with the parameters and is random, so that no
// password matches it. A real hash would take 46 MiB at the start of every command.
func newDecoy(params argon2id.Params) string {
	random := make([]byte, params.SaltLength+params.KeyLength)
	_, _ = rand.Read(random) // never fails (crypto/rand)
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", params.Memory, params.Iterations, params.Parallelism,
		encode(random[:params.SaltLength]), encode(random[params.SaltLength:]))
}

// Hash implements ports.Passwords. ctx limits the time in the queue; a computation that has
// begun is finished.
func (p *Passwords) Hash(ctx context.Context, caller ports.Caller, password domain.Password) (domain.PasswordHash, error) {
	release, err := p.queue.acquire(ctx, caller)
	if err != nil {
		return domain.PasswordHash{}, err
	}
	defer release()
	encoded, err := argon2id.CreateHash(password.Reveal(), &p.current)
	if err != nil {
		return domain.PasswordHash{}, fmt.Errorf("passwords: hash: %w", err)
	}
	return domain.StoredPasswordHash(encoded), nil
}

// Verify implements ports.Passwords. It accepts argon2id hashes of up to 1 GiB and 16
// passes, Django's pbkdf2_sha256 hashes of up to 10 million iterations, and Django's hash of
// a user without a password ("!" and any text), which counts as the zero hash. ctx limits
// the time in the queue; a computation that has begun is finished.
//
// The time of a Django hash depends on its iterations. Until the hash is replaced, that
// time can reveal that the user exists.
func (p *Passwords) Verify(ctx context.Context, caller ports.Caller, password domain.Password, hash domain.PasswordHash) (bool, error) {
	stored := hash.Reveal()
	hasNoPassword := hash.IsZero() || strings.HasPrefix(stored, djangoUnusable)
	if hasNoPassword {
		stored = p.decoy
	}
	release, err := p.queue.acquire(ctx, caller)
	if err != nil {
		return false, err
	}
	defer release()
	compare, input := compareArgon2id, password.Reveal()
	if strings.HasPrefix(stored, djangoPrefix) {
		compare, input = compareDjango, p.djangoInput(input)
	}
	match, err := compare(input, stored)
	return match && !hasNoPassword, err
}

// Outdated implements ports.Passwords. Every hash is outdated, with two exceptions: an
// argon2id hash with the parameters given to New, and a Django hash that the password
// matches only after trimming. The latter is kept because it accepts both the trimmed and
// the untrimmed password, and clients of the user can send either. A new hash would accept
// only one of them.
func (p *Passwords) Outdated(password domain.Password, hash domain.PasswordHash) bool {
	input := password.Reveal()
	if strings.HasPrefix(hash.Reveal(), djangoPrefix) && p.djangoInput(input) != input {
		return false
	}
	params, err := parseArgon2id(hash.Reveal())
	return err != nil || params != p.current
}

// Format implements ports.Passwords.
func (p *Passwords) Format(hash domain.PasswordHash) ports.HashFormat {
	stored := hash.Reveal()
	if hash.IsZero() || strings.HasPrefix(stored, djangoUnusable) {
		return ports.HashNone
	}
	if _, err := parseDjango(stored); err == nil {
		return ports.HashOfOldBackend
	}
	if _, err := parseArgon2id(stored); err == nil {
		return ports.HashOfService
	}
	return ports.HashUnknown
}

// errFormat does not contain the hash, because it is logged.
var errFormat = errors.New("passwords: the stored hash has an unknown format or excessive parameters")
