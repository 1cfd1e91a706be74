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

// parseLine trims and normalizes one line of 1 to limit characters, of which at
// least one can be seen.
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

// refuseCharacters names the first character that is bad, and its position after the
// given number of others. It does not show the text around it.
func refuseCharacters(text string, others int, bad func(rune) bool) error {
	for _, r := range text {
		others++
		if bad(r) {
			return invalid(fmt.Sprintf("Character %d is U+%04X, which is not allowed here.", others, r))
		}
	}
	return nil
}

// trimInvisible removes from both ends what nobody sees: white space, and characters that
// were copied along with a text, such as directional marks.
func trimInvisible(text string) string {
	text = strings.TrimLeftFunc(text, isInvisible)
	trimmed := strings.TrimRightFunc(text, isInvisible)
	last, _ := utf8.DecodeLastRuneInString(trimmed)
	if next, size := utf8.DecodeRuneInString(text[len(trimmed):]); shapes(next, last) {
		trimmed = text[:len(trimmed)+size]
	}
	return trimmed
}

// shapes reports whether an invisible character changes how the one before it looks: a
// variation selector, as some Japanese names end with, and a joiner after a virama, as
// some Malayalam names do.
func shapes(r, before rune) bool {
	switch {
	case unicode.Is(unicode.Variation_Selector, r):
		return !unicode.In(before, unicode.Latin, unicode.Cyrillic, unicode.Greek)
	case r == '\u200c', r == '\u200d':
		return norm.NFC.PropertiesString(string(before)).CCC() == virama
	}
	return false
}

// virama is the canonical combining class of the sign that takes a letter's vowel away.
const virama = 9

// isInvisible reports whether nobody sees r at the end of a text.
func isInvisible(r rune) bool { return unicode.IsSpace(r) || isIgnorable(r) }

// isVisible reports whether r can be seen by itself.
func isVisible(r rune) bool { return r != ' ' && unicode.IsPrint(r) && !isIgnorable(r) }

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

// foldTyped makes plain characters of what people type or copy where digits are wanted:
// digits of any script, spaces and tabs, hyphens and dashes, and full-width signs. What
// cannot be seen is dropped.
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

// digitValue is what a decimal digit counts. The digits of a script follow each other from
// zero, and several sets can follow each other in one range (Unicode Standard, 4.6).
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
