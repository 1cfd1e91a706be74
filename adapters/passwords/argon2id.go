package passwords

import (
	"regexp"

	"github.com/alexedwards/argon2id"
)

// The highest cost of a stored argon2id hash that is verified: 1 GiB and about half a
// minute. It is far above the recommendations for servers (OWASP: 46 MiB; RFC 9106, 4: 64
// MiB and three passes), and low enough that a corrupted row does not overload the machine.
const (
	maxMemoryKiB  = 1 << 20
	maxIterations = 16
)

func affordable(params argon2id.Params) bool {
	return 8*uint32(params.Parallelism) <= params.Memory && params.Memory <= maxMemoryKiB &&
		1 <= params.Iterations && params.Iterations <= maxIterations &&
		1 <= params.Parallelism
}

// argon2idPattern is stricter than the library, which accepts numbers followed by other
// text, base64 with line breaks, and an empty key, which every password would match. Salts
// have 8 to 48 bytes and keys 16 to 48.
var argon2idPattern = regexp.MustCompile(
	`^\$argon2id\$v=19\$m=[1-9][0-9]{0,6},t=[1-9][0-9]?,p=[1-9][0-9]{0,2}\$[A-Za-z0-9+/]{11,64}\$[A-Za-z0-9+/]{22,64}$`)

func parseArgon2id(stored string) (argon2id.Params, error) {
	if !argon2idPattern.MatchString(stored) {
		return argon2id.Params{}, errFormat
	}
	params, _, _, err := argon2id.DecodeHash(stored)
	if err != nil || !affordable(*params) {
		return argon2id.Params{}, errFormat
	}
	return *params, nil
}

// compareArgon2id reports whether password matches the hash, in constant time.
func compareArgon2id(password, stored string) (bool, error) {
	if _, err := parseArgon2id(stored); err != nil {
		return false, err
	}
	match, err := argon2id.ComparePasswordAndHash(password, stored)
	if err != nil {
		return false, errFormat
	}
	return match, nil
}
