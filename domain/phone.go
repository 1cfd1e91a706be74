package domain

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Phone is a phone number as people write it, or empty.
type Phone struct{ text string }

const (
	// maxPhoneDigits is the most that a number has (ITU-T E.164, 6).
	maxPhoneDigits = 15
	// maxPhoneLength is with all that people write between the digits.
	maxPhoneLength = 32
)

var phonePattern = regexp.MustCompile(`^\+?[0-9(][0-9 ()./-]*$`)

// ParsePhone trims and checks a number: 3 to 15 digits, otherwise spaces and ( ) . / -
// with one leading +, at most 32 characters. Digits, spaces and hyphens of other kinds
// become plain ones, and what cannot be seen is dropped: contacts are full of both.
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

// String returns the number as it was written.
func (p Phone) String() string { return p.text }

func countDigits(s string) (n int) {
	for _, r := range s {
		if '0' <= r && r <= '9' {
			n++
		}
	}
	return n
}
