package domain

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Restore rebuilds a text value from storage without applying the rules for new
// ones, so that what was once accepted always loads. It is for adapters; input
// goes through the value's Parse function.
func Restore[T ~struct{ text string }](stored string) T { return T{text: stored} }

// Name is the name of a doctor or patient: one line of 1 to 100 characters.
type Name struct{ text string }

// ParseName trims, normalizes to NFC and checks a name.
func ParseName(text string) (Name, error) {
	s, err := parseLine(text, 100)
	return Name{s}, err
}

// String returns the name.
func (n Name) String() string { return n.text }

// PersonName is a user's first or last name: one line of at most 150
// characters, possibly empty.
type PersonName struct{ text string }

// ParsePersonName trims, normalizes to NFC and checks a first or last name.
func ParsePersonName(text string) (PersonName, error) {
	if strings.TrimSpace(text) == "" {
		return PersonName{}, nil
	}
	s, err := parseLine(text, 150)
	return PersonName{s}, err
}

// String returns the name.
func (n PersonName) String() string { return n.text }

// MaxTextBytes is the longest free text, in bytes of UTF-8.
const MaxTextBytes = 1 << 20

// Text is free text of any number of lines, possibly empty, at most MaxTextBytes long.
type Text struct{ text string }

// ParseText trims free text and checks it. Control characters other than tab
// and line ends are refused.
func ParseText(text string) (Text, error) {
	s := strings.TrimSpace(text)
	if len(s) > MaxTextBytes {
		return Text{}, invalid(fmt.Sprintf("Ensure this field has no more than %d bytes.", MaxTextBytes))
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r'
	}) {
		return Text{}, errNotText
	}
	return Text{s}, nil
}

// String returns the text.
func (t Text) String() string { return t.text }

// Email is an e-mail address in lower case: two spellings of one address that
// differ in letter case are the same Email.
type Email struct{ text string }

// The local part and the domain as in the HTML standard's "valid e-mail
// address", with at least one dot in the domain. Addresses in other alphabets
// are refused: look-alike letters would let one person pass for another.
var emailPattern = regexp.MustCompile(
	`^[a-z0-9.!#$%&'*+/=?^_{|}~` + "`" + `-]{1,64}@` +
		`[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$`)

// ParseEmail trims, lower-cases and checks an address of at most 254 characters
// (RFC 5321, 4.5.3.1.3, less the angle brackets).
func ParseEmail(text string) (Email, error) {
	s := strings.TrimSpace(text)
	if s == "" {
		return Email{}, errBlank
	}
	// Checked before lower-casing, which turns the Kelvin sign into a plain k.
	if !isASCII(s) {
		return Email{}, invalid("Enter a valid email address.")
	}
	s = strings.ToLower(s)
	if len(s) > 254 || !emailPattern.MatchString(s) {
		return Email{}, invalid("Enter a valid email address.")
	}
	return Email{s}, nil
}

// String returns the address in lower case.
func (e Email) String() string { return e.text }

// Phone is a phone number as people write it, or empty.
type Phone struct{ text string }

var phonePattern = regexp.MustCompile(`^\+?[0-9(][0-9 ()./-]*$`)

// ParsePhone trims and checks a number: at most 15 characters, at least three
// of them digits, otherwise spaces and ( ) . / - with one leading +.
func ParsePhone(text string) (Phone, error) {
	s := strings.TrimSpace(text)
	if s == "" {
		return Phone{}, nil
	}
	if utf8.RuneCountInString(s) > 15 {
		return Phone{}, errTooLong(15)
	}
	if !phonePattern.MatchString(s) || countDigits(s) < 3 {
		return Phone{}, invalid("Enter a valid phone number: digits, spaces and ( ) . / - with an optional leading +.")
	}
	return Phone{s}, nil
}

// String returns the number as it was written.
func (p Phone) String() string { return p.text }

// Date is a day in the proleptic Gregorian calendar. The zero Date is no day.
type Date struct{ text string }

// DateOf returns the day of t in UTC.
func DateOf(t time.Time) Date { return Date{t.UTC().Format(time.DateOnly)} }

// String returns YYYY-MM-DD, or nothing for the zero Date.
func (d Date) String() string { return d.text }

// IsZero reports whether d is no day.
func (d Date) IsZero() bool { return d.text == "" }

// earliestBirth keeps typing errors such as 0198-05-01 out of the records.
const earliestBirth = "1850-01-01"

// ParseBirthDate reads YYYY-MM-DD: not before 1850, and not in the future. A
// day that has begun anywhere on Earth (UTC+14) is not in the future: a child
// born this morning in Auckland is not refused because London still sleeps.
func ParseBirthDate(text string, now time.Time) (Date, error) {
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return Date{}, invalid("Date has wrong format. Use YYYY-MM-DD.")
	}
	// Dates of this form order like their text.
	if text < earliestBirth {
		return Date{}, invalid("Date of birth may not be before 1850.")
	}
	if text > now.UTC().Add(14*time.Hour).Format(time.DateOnly) {
		return Date{}, invalid("Date of birth may not be in the future.")
	}
	return Date{text}, nil
}

var (
	errBlank   = invalid("This field may not be blank.")
	errNotText = invalid("Control characters and invalid UTF-8 are not allowed.")
)

func errTooLong(limit int) error {
	return invalid(fmt.Sprintf("Ensure this field has no more than %d characters.", limit))
}

// parseLine trims and normalizes one line of 1 to limit characters, of which at
// least one can be seen.
func parseLine(text string, limit int) (string, error) {
	if !utf8.ValidString(text) {
		return "", errNotText
	}
	s := norm.NFC.String(strings.TrimSpace(text))
	if !strings.ContainsFunc(s, func(r rune) bool { return r != ' ' && unicode.IsPrint(r) && !isIgnorable(r) }) {
		if strings.ContainsFunc(s, unicode.IsControl) {
			return "", errNotText
		}
		return "", errBlank
	}
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, reordering) }) {
		return "", errNotText
	}
	if utf8.RuneCountInString(s) > limit {
		return "", errTooLong(limit)
	}
	return s, nil
}

// isIgnorable reports whether r is a character that nobody sees by itself.
func isIgnorable(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// reordering are the characters that let a line be shown in another order than
// it is stored in (Unicode Standard Annex #9: embeddings and overrides).
var reordering = &unicode.RangeTable{R16: []unicode.Range16{{Lo: 0x202a, Hi: 0x202e, Stride: 1}}}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}

func countDigits(s string) (n int) {
	for _, r := range s {
		if '0' <= r && r <= '9' {
			n++
		}
	}
	return n
}
