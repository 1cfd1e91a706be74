package domain

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Phone is a phone number as the user wrote it, or empty.
type Phone struct{ text string }

const (
	// maxPhoneDigits is the most digits that a phone number has (ITU-T E.164, 6).
	maxPhoneDigits = 15
	// maxPhoneLength is in characters, separators included.
	maxPhoneLength = 32
)

var phonePattern = regexp.MustCompile(`^\+?[0-9(][0-9 ()./-]*$`)

// ParsePhone trims and checks a phone number: 3 to 15 digits, an optional leading +, and
// spaces or ( ) . / - as separators; at most 32 characters. Numbers copied from address
// books often contain other kinds of digits, spaces and hyphens. These become ASCII
// ones, and invisible characters are removed.
func ParsePhone(text string) (Phone, error) {
	s := strings.TrimSpace(foldTyped(text))
	if s == "" {
		return Phone{}, nil
	}
	if utf8.RuneCountInString(s) > maxPhoneLength {
		return Phone{}, errTooLong(maxPhoneLength)
	}
	digits := countDigits(s)
	if !phonePattern.MatchString(s) || digits < 3 {
		return Phone{}, invalid("Enter a valid phone number: digits, spaces and ( ) . / - with an optional leading +.")
	}
	if digits > maxPhoneDigits {
		return Phone{}, invalid(fmt.Sprintf("Ensure this field has no more than %d digits.", maxPhoneDigits))
	}
	return Phone{s}, nil
}

// String returns the number as the user wrote it.
func (p Phone) String() string { return p.text }

// Digits returns the digits of the number without leading zeros: what stays the same when
// the number is written with other separators, or with 00 in place of +.
func (p Phone) Digits() string { return significantDigits(p.text) }

func significantDigits(s string) string {
	digits := strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, s)
	return strings.TrimLeft(digits, "0")
}

func countDigits(s string) (n int) {
	for _, r := range s {
		if '0' <= r && r <= '9' {
			n++
		}
	}
	return n
}
