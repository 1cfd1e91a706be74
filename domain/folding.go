package domain

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// FoldingRules is the number of the rules of Fold. Stores keep folded texts together with
// this number. A change of Fold, of SearchText or of the Unicode tables that changes a
// result must change it, so that stores fold their texts again.
const FoldingRules = 1

// Fold returns the form of a text in which finding and ordering compare it. Letter case,
// accents, compatibility forms, apostrophes and invisible characters do not count. A dash
// counts as a space, and spaces around words do not count. The result is valid UTF-8 in
// NFKC, without control characters, capital letters and hyphens. Folding it again changes
// nothing.
func Fold(text string) string {
	text = strings.Map(dropUncounted, strings.ToValidUTF8(text, "\ufffd"))
	// Compatibility forms can contain apostrophes and fillers.
	text = strings.Map(dropUncounted, norm.NFKD.String(text))
	// ToLower, too, because Fold of package cases exchanges the two cases of Cherokee.
	text = strings.Map(unicode.ToLower, cases.Fold().String(text))
	var folded strings.Builder
	var base rune // the last character that is not a mark
	space := false
	for _, r := range text {
		switch {
		case unicode.IsSpace(r), isDash(r):
			base, space = 0, true
			continue
		case unicode.IsMark(r):
			if isUncountedMark(r, base) {
				continue
			}
		default:
			base = r
		}
		if space && folded.Len() > 0 {
			folded.WriteByte(' ')
		}
		space = false
		if plain, ok := plainLetters[r]; ok {
			folded.WriteString(plain)
		} else if unicode.Is(unicode.Nd, r) {
			folded.WriteRune('0' + digitValue(r))
		} else {
			folded.WriteRune(r)
		}
	}
	return norm.NFKC.String(folded.String())
}

// maxSortKeyBytes is less than what an index of PostgreSQL can hold (2704 bytes). Only
// long texts of ligatures that stand for whole phrases reach it.
const maxSortKeyBytes = 2000

// SortKey returns the folded text by which lists are ordered, and by which a whole text is
// found. It has at most 2000 bytes.
func SortKey(text string) string {
	key := Fold(text)
	if len(key) > maxSortKeyBytes {
		key = strings.ToValidUTF8(key[:maxSortKeyBytes], "")
	}
	return key
}

// plainLetters maps the letters that are written with a stroke, a hook or as a ligature to
// what people type in place of them. Unicode does not decompose these letters.
var plainLetters = map[rune]string{
	'æ': "ae", 'œ': "oe", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th", 'ı': "i",
	'ħ': "h", 'ŧ': "t", 'ŋ': "n", 'ɓ': "b", 'ɗ': "d", 'ƙ': "k", 'ƴ': "y", 'ɨ': "i", 'ʉ': "u",
	'ٱ': "ا",
}

// dropUncounted returns -1, which strings.Map drops, for apostrophes, invisible characters
// and control characters.
func dropUncounted(r rune) rune {
	const (
		iotaSubscript = '\u0345' // Case folding would make a letter of this mark.
		tatweel       = '\u0640' // It stretches an Arabic word.
	)
	switch {
	case unicode.IsSpace(r):
		return r
	case unicode.IsControl(r), isIgnorable(r), isApostrophe(r), r == iotaSubscript, r == tatweel:
		return -1
	}
	return r
}

// isApostrophe reports whether r is an apostrophe, or a character that keyboards or
// transliterations have in place of it.
func isApostrophe(r rune) bool { return strings.ContainsRune(apostrophes, r) }

const apostrophes = "'`´" +
	"\u2018\u2019\u201b\u2032\u2035" + // quotation marks, primes
	"\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u02c8" + // modifier letters, such as the okina
	"\u055a\u05f3\u07f4\u07f5\ua78b\ua78c" + // Armenian, Hebrew (geresh), N'Ko, saltillo
	"\u1fbd\u1fbf\u1fef\u1ffd\u1ffe" // Greek

// isDash reports whether r is a dash, a hyphen or a minus sign.
func isDash(r rune) bool { return r == '\u2212' || unicode.Is(unicode.Pd, r) }

// plainScripts are the scripts whose readers take a letter with and without marks as the
// same letter.
var plainScripts = []*unicode.RangeTable{unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Arabic, unicode.Hebrew}

// isUncountedMark reports whether the mark r does not count after the character base:
// accents and points. Vowel signs, such as those of Khmer, Thai and Devanagari, belong to
// scripts of their own and count. The accents that several scripts share count after a
// letter of those scripts, such as the voicing mark of Japanese.
func isUncountedMark(r, base rune) bool {
	if unicode.Is(unicode.Inherited, r) {
		return !unicode.IsLetter(base) || unicode.In(base, plainScripts...)
	}
	return unicode.In(r, plainScripts...)
}
