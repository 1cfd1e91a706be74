package domain

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

var (
	errBlank   = invalid("This field may not be blank.")
	errNotText = invalid("Invalid UTF-8 is not allowed.")
)

func errTooLong(limit int) error {
	return invalid(fmt.Sprintf("Ensure this field has no more than %d characters.", limit))
}

// parseLine parses one line of 1 to limit characters. It trims the text, normalizes it
// to NFC, and requires at least one visible character.
func parseLine(text string, limit int) (string, error) {
	if !utf8.ValidString(text) {
		return "", errNotText
	}
	s := trimInvisible(text)
	trimmed := utf8.RuneCountInString(text[:strings.Index(text, s)])
	if err := refuseCharacters(s, trimmed, func(r rune) bool {
		return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, reordering)
	}); err != nil {
		return "", err
	}
	s = norm.NFC.String(s)
	if !strings.ContainsFunc(s, isVisible) {
		return "", errBlank
	}
	if utf8.RuneCountInString(s) > limit {
		return "", errTooLong(limit)
	}
	return s, nil
}

// refuseCharacters returns an error for the first bad character in text. The error contains
// that character and its position, and no other part of the text. The position includes the
// others, which are the characters that were trimmed from the start.
func refuseCharacters(text string, others int, bad func(rune) bool) error {
	for _, r := range text {
		others++
		if bad(r) {
			return invalid(fmt.Sprintf("Character %d is U+%04X, which is not allowed here.", others, r))
		}
	}
	return nil
}

// trimInvisible trims white space and other invisible characters, such as directional
// marks that were copied along with the text, from both ends.
func trimInvisible(text string) string {
	text = strings.TrimLeftFunc(text, isInvisible)
	trimmed := strings.TrimRightFunc(text, isInvisible)
	last, _ := utf8.DecodeLastRuneInString(trimmed)
	if next, size := utf8.DecodeRuneInString(text[len(trimmed):]); shapes(next, last) {
		trimmed = text[:len(trimmed)+size]
	}
	return trimmed
}

// shapes reports whether the invisible character r changes how the character before it
// is displayed. Two cases occur at the end of names: a variation selector (in Japanese
// names), and a joiner after a virama (in Malayalam names).
func shapes(r, before rune) bool {
	switch {
	case unicode.Is(unicode.Variation_Selector, r):
		return !unicode.In(before, unicode.Latin, unicode.Cyrillic, unicode.Greek)
	case r == '\u200c', r == '\u200d':
		return norm.NFC.PropertiesString(string(before)).CCC() == virama
	}
	return false
}

// virama is the canonical combining class of the sign that suppresses a letter's vowel.
const virama = 9

// isInvisible reports whether r is white space or an ignorable character.
func isInvisible(r rune) bool { return unicode.IsSpace(r) || isIgnorable(r) }

// isVisible reports whether r is visible on its own.
func isVisible(r rune) bool { return r != ' ' && unicode.IsPrint(r) && !isIgnorable(r) }

// isIgnorable reports whether r is a format character, a variation selector or another
// character that has no visible glyph.
func isIgnorable(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// reordering holds the characters that change the order in which a line is displayed
// (Unicode Standard Annex #9: embeddings and overrides).
var reordering = &unicode.RangeTable{R16: []unicode.Range16{{Lo: 0x202a, Hi: 0x202e, Stride: 1}}}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}

// foldTyped replaces the characters that people type or paste in place of ASCII ones:
// digits of any script, tabs and other spaces, dashes, and full-width characters. It
// removes invisible characters.
func foldTyped(text string) string {
	return strings.Map(func(r rune) rune {
		const minus = '\u2212'
		switch {
		case r < utf8.RuneSelf && r != '\t':
			return r
		case isIgnorable(r):
			return -1
		case unicode.Is(unicode.Nd, r):
			return '0' + digitValue(r)
		case r == '\t', unicode.Is(unicode.Zs, r):
			return ' '
		case r == minus, unicode.Is(unicode.Pd, r):
			return '-'
		}
		if wide := width.LookupRune(r); wide.Kind() == width.EastAsianFullwidth {
			return wide.Narrow()
		}
		return r
	}, text)
}

// digitValue returns the value of a decimal digit of any script. Each script's digits
// are consecutive and start with zero; one range of the table can hold several such sets
// (Unicode Standard, 4.6).
func digitValue(digit rune) rune {
	for _, digits := range unicode.Nd.R16 {
		if digit <= rune(digits.Hi) {
			return (digit - rune(digits.Lo)) % 10
		}
	}
	for _, digits := range unicode.Nd.R32 {
		if digit <= rune(digits.Hi) {
			return (digit - rune(digits.Lo)) % 10
		}
	}
	return 0
}
