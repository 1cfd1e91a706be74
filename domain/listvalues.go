package domain

import (
	"strings"
	"time"
	"unicode/utf8"
)

// valueKind says how the values of a filter or an ordering are read.
type valueKind struct {
	// parse reads the value of a parameter.
	parse func(text string) (Value, error)
	// decode reads the value from a cursor, which has the form that encodeValue gives it.
	// It is nil for kinds that lists are not ordered by.
	decode func(text string) (Value, error)
}

var (
	idValue      = valueKind{parse: parseValue(ParseID)}
	flagValue    = valueKind{parse: parseValue(parseFlag)}
	dateValue    = valueKind{parse: parseValue(parseDate), decode: parseValue(parseDate)}
	instantValue = valueKind{parse: parseValue(parseMicroseconds), decode: parseValue(parseMicroseconds)}
	// foldedValue is a text that is compared whole, in its folded form.
	foldedValue = valueKind{parse: parseFolded, decode: decodeText}
	// emailValue ignores letter case.
	emailValue      = valueKind{parse: parseText(ParseEmail, Email.String), decode: decodeText}
	externalIDValue = valueKind{parse: parseText(ParseExternalID, ExternalID.String)}
	licenseValue    = valueKind{parse: parseText(ParseLicenseNumber, LicenseNumber.Key), decode: decodeText}
	// phoneValue compares phone numbers by their digits.
	phoneValue = valueKind{parse: parseValue(parsePhoneDigits)}
)

// choiceValue is one of a few texts.
func choiceValue(choices ...string) valueKind {
	return valueKind{parse: func(text string) (Value, error) {
		for _, choice := range choices {
			if text == choice {
				return text, nil
			}
		}
		last := len(choices) - 1
		return nil, invalid("Not a valid choice: use " + strings.Join(choices[:last], ", ") + " or " + choices[last] + ".")
	}}
}

// parseValue makes a parse function of a valueKind from that of a type.
func parseValue[T any](parse func(string) (T, error)) func(string) (Value, error) {
	return func(text string) (Value, error) {
		if trimInvisible(text) == "" {
			return nil, errBlank
		}
		value, err := parse(text)
		if err != nil {
			return nil, err
		}
		return value, nil
	}
}

// parseText is parseValue for a type that is compared by a text.
func parseText[T any](parse func(string) (T, error), text func(T) string) func(string) (Value, error) {
	return parseValue(func(given string) (string, error) {
		value, err := parse(given)
		return text(value), err
	})
}

// parsePhoneDigits returns the digits of a phone number (see Phone.Digits). It refuses
// zeros alone: they have the digits of patients without a phone number, which are none.
func parsePhoneDigits(text string) (string, error) {
	phone, err := ParsePhone(text)
	if err == nil && phone.Digits() == "" {
		err = invalid("Give a phone number with a digit other than 0.")
	}
	return phone.Digits(), err
}

func decodeText(text string) (Value, error) { return text, nil }

// maxFilterLength is in characters. No text that a filter compares whole is longer.
const maxFilterLength = 200

func parseFolded(text string) (Value, error) {
	if !utf8.ValidString(text) {
		return nil, errNotText
	}
	if utf8.RuneCountInString(text) > maxFilterLength {
		return nil, errTooLong(maxFilterLength)
	}
	folded := SortKey(text)
	if folded == "" {
		return nil, errBlank
	}
	return folded, nil
}

// parseDate parses YYYY-MM-DD, from the year 1.
func parseDate(text string) (Date, error) {
	text = trimInvisible(text)
	day, err := time.Parse(time.DateOnly, text)
	if err != nil || day.Year() < 1 {
		return Date{}, invalid("Date has wrong format. Use YYYY-MM-DD.")
	}
	return Date{text}, nil
}

// parseMicroseconds parses an RFC 3339 time. Times are stored to the microsecond, so a
// more precise one would compare differently on each store.
func parseMicroseconds(text string) (time.Time, error) {
	t, err := parseInstant(text)
	if err == nil && t.Nanosecond()%int(time.Microsecond) != 0 {
		return time.Time{}, invalid("Give the time with at most six decimals of a second.")
	}
	return t, err
}

// encodeValue returns the text of a value in a cursor.
func encodeValue(value Value) string {
	switch value := value.(type) {
	case Date:
		return value.String()
	case time.Time:
		return value.UTC().Format(time.RFC3339Nano)
	default:
		return value.(string)
	}
}
