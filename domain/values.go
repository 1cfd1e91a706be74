package domain

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// FromStored rebuilds a value from storage without checking it, so that values accepted
// by earlier rules still load. Only storage adapters use it. Input goes through the
// type's Parse function.
func FromStored[T ~struct{ text string }](stored string) T { return T{text: stored} }

// Name is the name of a doctor or patient: one line of 1 to 100 characters.
type Name struct{ text string }

// ParseName trims, normalizes to NFC and checks a name.
func ParseName(text string) (Name, error) {
	s, err := parseLine(text, 100)
	return Name{s}, err
}

// String returns the name.
func (n Name) String() string { return n.text }

// PersonName is a user's first or last name: one line of at most 150 characters. It can
// be empty.
type PersonName struct{ text string }

// ParsePersonName trims, normalizes to NFC and checks a first or last name.
func ParsePersonName(text string) (PersonName, error) {
	if trimInvisible(text) == "" {
		return PersonName{}, nil
	}
	s, err := parseLine(text, 150)
	return PersonName{s}, err
}

// String returns the name.
func (n PersonName) String() string { return n.text }

// MaxTextBytes is the maximum size of a free text, in bytes of UTF-8.
const MaxTextBytes = 1 << 20

// Text is free text of any number of lines and at most MaxTextBytes. It can be empty.
type Text struct{ text string }

// lineEnds replaces the line breaks that texts copied from word processors and printouts
// contain: vertical tab, form feed and NEL.
var lineEnds = strings.NewReplacer("\v", "\n", "\f", "\n", "\u0085", "\n")

// ParseText trims and checks free text. It turns vertical tabs, form feeds and NEL into
// line breaks, and refuses all other control characters except tab, line feed and
// carriage return.
func ParseText(text string) (Text, error) {
	if !utf8.ValidString(text) {
		return Text{}, errNotText
	}
	s := strings.TrimSpace(lineEnds.Replace(text))
	if len(s) > MaxTextBytes {
		return Text{}, invalid(fmt.Sprintf("Ensure this field has no more than %d bytes.", MaxTextBytes))
	}
	trimmed := utf8.RuneCountInString(text) - utf8.RuneCountInString(strings.TrimLeftFunc(text, unicode.IsSpace))
	if err := refuseCharacters(s, trimmed, func(r rune) bool {
		return unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r'
	}); err != nil {
		return Text{}, err
	}
	return Text{s}, nil
}

// String returns the text.
func (t Text) String() string { return t.text }

// Email is an e-mail address in lower case. Addresses that differ only in letter case
// are the same Email.
type Email struct{ text string }

// emailPattern follows the HTML standard's "valid e-mail address" and requires a dot in
// the domain. Addresses in other alphabets are refused: with look-alike letters, one
// person could pass for another.
var emailPattern = regexp.MustCompile(
	`^[a-z0-9.!#$%&'*+/=?^_{|}~` + "`" + `-]{1,64}@` +
		`[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$`)

// ParseEmail trims, lower-cases and checks an address of at most 254 characters
// (RFC 5321, 4.5.3.1.3, less the angle brackets).
func ParseEmail(text string) (Email, error) {
	s := trimInvisible(text)
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

// ParseOptionalEmail is like ParseEmail, but a blank address is valid and zero.
func ParseOptionalEmail(text string) (Email, error) {
	if trimInvisible(text) == "" {
		return Email{}, nil
	}
	return ParseEmail(text)
}

// String returns the address in lower case.
func (e Email) String() string { return e.text }

// Date is a day in the proleptic Gregorian calendar. The zero Date means that no day is
// set.
type Date struct{ text string }

// DateOf returns the day of t in UTC.
func DateOf(t time.Time) Date { return Date{t.UTC().Format(time.DateOnly)} }

// String returns YYYY-MM-DD, or nothing for the zero Date.
func (d Date) String() string { return d.text }

// IsZero reports whether no day is set.
func (d Date) IsZero() bool { return d.text == "" }

// earliestBirth catches typing errors such as 0198-05-01.
const earliestBirth = "1850-01-01"

// ParseBirthDate parses YYYY-MM-DD. It refuses dates before 1850 and dates in the
// future. Today is the date in the earliest time zone (UTC+14): a child born this morning
// in Auckland can be registered while it is still yesterday in UTC.
func ParseBirthDate(text string, now time.Time) (Date, error) {
	text = trimInvisible(text)
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return Date{}, invalid("Date has wrong format. Use YYYY-MM-DD.")
	}
	// Dates in this form sort by their text.
	if text < earliestBirth {
		return Date{}, invalid("Date of birth may not be before 1850.")
	}
	if text > now.UTC().Add(14*time.Hour).Format(time.DateOnly) {
		return Date{}, invalid("Date of birth may not be in the future.")
	}
	return Date{text}, nil
}
