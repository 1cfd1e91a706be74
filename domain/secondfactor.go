package domain

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// SecondFactor is what proves a user besides the password: a device that shows
// time-based one-time passwords (TOTP, RFC 6238), and recovery codes for when it
// is lost. The zero SecondFactor is none.
type SecondFactor struct {
	// Key is what the device and the service share, as ports.OneTimeCodes sealed it.
	Key SealedKey
	// Confirmed is set once the user has shown a code of the device. Before, the
	// factor is asked of nobody.
	Confirmed bool
	// LastStep is the time step of the last code that was accepted. It and those
	// before are spent (RFC 6238, 5.2).
	LastStep int64
	Recovery RecoveryHashes
}

// SealedKey is a TOTP key that cannot be read without a key of the service.
type SealedKey struct{ Secret }

// StoredSealedKey takes over a sealed key from storage or from who sealed it.
func StoredSealedKey(text string) SealedKey { return SealedKey{NewSecret(text)} }

// NewSecondFactor is a factor with a key that the user has still to confirm.
func NewSecondFactor(key SealedKey) SecondFactor { return SecondFactor{Key: key} }

// Confirm returns the factor after the user has shown the code of step.
func (f SecondFactor) Confirm(step int64, codes RecoveryCodes) SecondFactor {
	f.Confirmed, f.LastStep = true, step
	for i, code := range codes {
		f.Recovery[i] = code.hash()
	}
	return f
}

// UseStep spends the code of a time step. It reports false when that was spent before.
func (f SecondFactor) UseStep(step int64) (SecondFactor, bool) {
	if step <= f.LastStep {
		return f, false
	}
	f.LastStep = step
	return f, true
}

// UseRecovery spends a recovery code. It reports false when it is none of the
// factor's, or was spent before. It takes the same time for each.
func (f SecondFactor) UseRecovery(code RecoveryCode) (SecondFactor, bool) {
	presented := code.hash()
	found := -1
	for i, hash := range f.Recovery {
		if subtle.ConstantTimeCompare(presented[:], hash[:]) == 1 {
			found = i
		}
	}
	if found < 0 {
		return f, false
	}
	f.Recovery[found] = RecoveryHash{}
	return f, true
}

// RecoveryCodesLeft is how many recovery codes are not spent.
func (f SecondFactor) RecoveryCodesLeft() int {
	left := 0
	for _, hash := range f.Recovery {
		if hash != (RecoveryHash{}) {
			left++
		}
	}
	return left
}

// RecoveryCodeCount is how many recovery codes a user gets.
const RecoveryCodeCount = 10

// RecoveryCodes are those that a user gets together.
type RecoveryCodes [RecoveryCodeCount]RecoveryCode

// RecoveryCodeBytes is how much randomness a recovery code has: 120 bits, so that
// a plain hash keeps it (OWASP ASVS 5.0, 6.5.2 asks for 112).
const RecoveryCodeBytes = 15

// RecoveryCode is a code that is taken in place of the device's, once.
type RecoveryCode struct{ Secret }

// NewRecoveryCode makes a code of what a cryptographically secure source gave.
func NewRecoveryCode(random [RecoveryCodeBytes]byte) RecoveryCode {
	return RecoveryCode{NewSecret(base32.StdEncoding.EncodeToString(random[:]))}
}

// Formatted is the code as it is shown to the user, in groups of four.
func (c RecoveryCode) Formatted() string {
	var groups []string
	for group := range slices.Chunk([]byte(c.Reveal()), 4) {
		groups = append(groups, string(group))
	}
	return strings.Join(groups, "-")
}

func (c RecoveryCode) hash() RecoveryHash { return sha256.Sum256([]byte(c.Reveal())) }

// RecoveryHash is what is stored of a RecoveryCode; zero once it is spent.
type RecoveryHash [sha256.Size]byte

// RecoveryHashes are those of a user's recovery codes.
type RecoveryHashes [RecoveryCodeCount]RecoveryHash

// OneTimeCode is what a user types to prove the second factor: six digits that
// the device shows, or a recovery code. The zero OneTimeCode is none.
type OneTimeCode struct{ Secret }

// ParseOneTimeCode reads a code as people type or copy it, with spaces, line ends and
// hyphens of any kind, in either letter case. Whether it is right is for others to say.
func ParseOneTimeCode(text string) (OneTimeCode, error) {
	code := strings.ToUpper(strings.Map(func(r rune) rune {
		if r == '-' || unicode.IsSpace(r) {
			return -1
		}
		return r
	}, foldTyped(text)))
	if !oneTimeCode.MatchString(code) {
		return OneTimeCode{}, invalid("Give the six digits that the device shows, or a recovery code.")
	}
	return OneTimeCode{NewSecret(code)}, nil
}

const totpDigits = 6

// oneTimeCode is totpDigits digits, or the base32 of RecoveryCodeBytes.
var oneTimeCode = regexp.MustCompile(`^([0-9]{6}|[A-Z2-7]{24})$`)

// Recovery returns the code as a recovery code, if it can be one.
func (c OneTimeCode) Recovery() (RecoveryCode, bool) {
	return RecoveryCode(c), len(c.Reveal()) != totpDigits
}

// ErrOneTimeCodeRequired asks for the code of the second factor, once the
// password was right.
func ErrOneTimeCodeRequired() error {
	return &Error{Kind: Unauthenticated, Code: "otp_required", Message: "Give the one-time code of your second factor, too."}
}

// ErrOneTimeCode refuses a code of the second factor, wrong or spent.
func ErrOneTimeCode() error {
	return &Error{Kind: Unauthenticated, Code: "otp_invalid", Message: "This one-time code is wrong, or was used before. Wait for the next one."}
}

// ErrSecondFactorExists says that the account has a second factor already.
func ErrSecondFactorExists() error {
	return &Error{Kind: Conflict, Code: "mfa_enabled", Message: "This account has a second factor. Disable it first."}
}

// ErrNothingToConfirm says that no second factor waits for its first code.
func ErrNothingToConfirm() error {
	return &Error{Kind: Conflict, Code: "mfa_not_enrolled", Message: "There is no second factor to confirm. Enrol one first."}
}
