package recordfiles

import (
	"regexp"
	"strings"

	"example.com/healthcare/domain"
)

// valueReader reads the text of a cell, which is not blank, as the value of a field.
type valueReader func(text string, how conventions) domain.Input

// conventions say how the values of a row are written.
type conventions struct {
	dates        dateFormat
	decimalComma bool
	// exact is set for rows from an export. A number such as 7.0 is then what is stored, and a
	// date that is none can have been stored under the rules of an earlier release.
	exact bool
	// isJSON is set for NDJSON, whose numbers no spreadsheet has shortened.
	isJSON bool
}

// GenderWords are the words that are read as a gender. Letter case does not count.
var GenderWords = map[string]string{
	"m": "M", "male": "M", "man": "M", "männlich": "M", "maennlich": "M", "mann": "M", "herr": "M",
	"f": "F", "female": "F", "woman": "F", "w": "F", "weiblich": "F", "frau": "F",
	"o": "O", "other": "O", "diverse": "O", "divers": "O", "d": "O", "non-binary": "O", "nonbinary": "O", "andere": "O",
	"u": "", "unknown": "", "unbekannt": "", "not specified": "", "keine angabe": "",
}

func readGender(text string, how conventions) domain.Input {
	letter, known := GenderWords[foldValue(text)]
	switch {
	case !known && how.exact:
		return domain.Given(text)
	case !known:
		return domain.Unreadable("Not a known word for a gender. Say what the word means, such as --value gender:WORD=F; F, M and O are the choices, and nothing is none.")
	case letter == "":
		return domain.Input{}
	}
	return domain.Given(letter)
}

var (
	// shortened matches how spreadsheets write long numbers.
	shortened = regexp.MustCompile(`^[0-9]([.,][0-9]+)?[eE]\+[0-9]{2,}$`)
	// zeroFraction matches an integer as programs write it that read it as a fraction.
	zeroFraction = regexp.MustCompile(`^[0-9]+\.0$`)
)

// readNumber reads a number whose digits are a name, such as that of a licence.
func readNumber(text string, how conventions) domain.Input {
	switch isShortened := shortened.MatchString(text); {
	case isShortened && !how.exact:
		return domain.Unreadable("A spreadsheet has shortened this number, and its last digits are lost. Format the column as text in the original file, and save it again.")
	case isShortened && !how.isJSON:
		return domain.Unreadable("A spreadsheet has probably shortened this number. Export the records as NDJSON, and import that file.")
	}
	if zeroFraction.MatchString(text) && !how.exact {
		text = strings.TrimSuffix(text, ".0")
	}
	return domain.Given(text)
}

// readPhone is like readNumber. What a phone number is, domain.ParsePhone says.
func readPhone(text string, how conventions) domain.Input { return readNumber(text, how) }

// withComma matches amounts such as 1.234,50 and 1234,5.
var withComma = regexp.MustCompile(`^([0-9]{1,3}(\.[0-9]{3})+|[0-9]+)(,[0-9]+)?$`)

func readAmount(text string, how conventions) domain.Input {
	switch {
	case how.exact:
	case how.decimalComma && withComma.MatchString(text):
		text = strings.ReplaceAll(strings.ReplaceAll(text, ".", ""), ",", ".")
	case how.decimalComma:
		return domain.Unreadable("Not an amount with a decimal comma. Write it as 1.234,50 or 1234,50, without a currency.")
	case strings.Contains(text, ","):
		return domain.Unreadable("Write the amount as 1234.50, without other commas or points. If amounts are written as 1.234,50, use --decimal-comma.")
	}
	return domain.Given(text)
}
