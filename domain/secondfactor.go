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

// SecondFactor proves the identity of a user in addition to the password. It is a device
// that shows time-based one-time codes (TOTP, RFC 6238), with recovery codes in case the
// device is lost. The zero SecondFactor means that the user has none.
type SecondFactor struct {
	// Key is the key shared with the device, encrypted by ports.OneTimeCodes.
	Key SealedKey
	// Confirmed is set once the user has entered a code of the device. Before that, a
	// login does not require the second factor.
	Confirmed bool
	// LastStep is the time step of the last accepted code. Codes of this and earlier
	// steps are spent (RFC 6238, 5.2).
	LastStep int64
	Recovery RecoveryHashes
}

// SealedKey is a TOTP key encrypted with a key of the service.
type SealedKey struct{ Secret }

// StoredSealedKey returns the sealed key with this text, from storage or from the
// component that sealed it.
func StoredSealedKey(text string) SealedKey { return SealedKey{NewSecret(text)} }

// NewSecondFactor returns a second factor that the user must still confirm.
func NewSecondFactor(key SealedKey) SecondFactor { return SecondFactor{Key: key} }

// Confirm returns the confirmed factor with new recovery codes. The code of step is
// spent.
func (f SecondFactor) Confirm(step int64, codes RecoveryCodes) SecondFactor {
	f.Confirmed, f.LastStep = true, step
	for i, code := range codes {
		f.Recovery[i] = code.hash()
	}
	return f
}

// UseStep spends the code of a time step. It returns false if that code was spent
// before.
func (f SecondFactor) UseStep(step int64) (SecondFactor, bool) {
	if step <= f.LastStep {
		return f, false
	}
	f.LastStep = step
	return f, true
}

// UseRecovery spends a recovery code. It returns false if the factor has no such code or
// it was spent before. The time it takes does not depend on the code.
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

// RecoveryCodesLeft returns the number of unspent recovery codes.
func (f SecondFactor) RecoveryCodesLeft() int {
	left := 0
	for _, hash := range f.Recovery {
		if hash != (RecoveryHash{}) {
			left++
		}
	}
	return left
}

// RecoveryCodeCount is the number of recovery codes that a user gets.
const RecoveryCodeCount = 10

// RecoveryCodes are the codes of one user, issued together.
type RecoveryCodes [RecoveryCodeCount]RecoveryCode

// RecoveryCodeBytes is the number of random bytes in a recovery code. 120 bits allow
// storing it with a plain hash (OWASP ASVS 5.0, 6.5.2 requires 112).
const RecoveryCodeBytes = 15

// RecoveryCode is a code that replaces a code of the device once.
type RecoveryCode struct{ Secret }

// NewRecoveryCode encodes bytes from a cryptographically secure source as a code.
func NewRecoveryCode(random [RecoveryCodeBytes]byte) RecoveryCode {
	return RecoveryCode{NewSecret(base32.StdEncoding.EncodeToString(random[:]))}
}

// Formatted returns the code in groups of four characters, as it is shown to the user.
func (c RecoveryCode) Formatted() string {
	var groups []string
	for group := range slices.Chunk([]byte(c.Reveal()), 4) {
		groups = append(groups, string(group))
	}
	return strings.Join(groups, "-")
}

func (c RecoveryCode) hash() RecoveryHash { return sha256.Sum256([]byte(c.Reveal())) }

// RecoveryHash is the stored hash of a RecoveryCode. It is zero after the code is spent.
type RecoveryHash [sha256.Size]byte

// RecoveryHashes are the hashes of a user's recovery codes.
type RecoveryHashes [RecoveryCodeCount]RecoveryHash

// OneTimeCode is the code that a user enters to prove the second factor: the six digits
// that the device shows, or a recovery code. The zero OneTimeCode means that none was
// entered.
type OneTimeCode struct{ Secret }

// ParseOneTimeCode parses a code as people type or paste it: in either letter case, with
// spaces, line breaks and hyphens of any kind. It does not check whether the code is
// right.
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

// oneTimeCode matches totpDigits digits, or the base32 encoding of RecoveryCodeBytes
// bytes.
var oneTimeCode = regexp.MustCompile(`^([0-9]{6}|[A-Z2-7]{24})$`)

// Recovery returns the code as a recovery code. It returns false if the code is one of
// the device.
func (c OneTimeCode) Recovery() (RecoveryCode, bool) {
	return RecoveryCode(c), len(c.Reveal()) != totpDigits
}

// ErrOneTimeCodeRequired asks for the code of the second factor after the password was
// verified.
func ErrOneTimeCodeRequired() error {
	return &Error{Kind: Unauthenticated, Code: "otp_required", Message: "Give the one-time code of your second factor, too."}
}

// ErrOneTimeCode refuses a code of the second factor that is wrong or spent.
func ErrOneTimeCode() error {
	return &Error{Kind: Unauthenticated, Code: "otp_invalid", Message: "This one-time code is wrong, or was used before. Wait for the next one."}
}

// ErrSecondFactorExists returns a Conflict: the account already has a second factor.
func ErrSecondFactorExists() error {
	return &Error{Kind: Conflict, Code: "mfa_enabled", Message: "This account has a second factor. Disable it first."}
}

// ErrNothingToConfirm returns a Conflict: the account has no second factor that is still
// to be confirmed.
func ErrNothingToConfirm() error {
	return &Error{Kind: Conflict, Code: "mfa_not_enrolled", Message: "There is no second factor to confirm. Enrol one first."}
}
