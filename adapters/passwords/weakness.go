package passwords

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ccojocar/zxcvbn-go/match"
	"github.com/ccojocar/zxcvbn-go/scoring"
	"golang.org/x/text/unicode/norm"

	"example.com/healthcare/domain"
)

const (
	// goodScore is zxcvbn's "safely unguessable": an estimate of at least 10^6 seconds at
	// 10^4 guesses per second.
	goodScore = 3

	// scoredLength limits the computing time, which grows with the cube of the length:
	// milliseconds for 64 characters, a quarter of a second for 256.
	scoredLength = 64

	// minWordLength excludes initials and words such as "de", which many good passwords
	// contain.
	minWordLength = 3
)

const tooWeak = "This password is too easy to guess: use a longer one, such as several unrelated words, without your name or email address."

// Weakness implements ports.Passwords. It scores as zxcvbn does, with the word lists, keyboards
// and estimates of the library. The matchers are our own: those of the library read all words
// whenever a program starts, take bytes for characters, and find no date at the end.
//
// It looks for common passwords, words, dates, keyboard patterns, and the known words and
// their parts. It ignores letter case and accents, and reads digits and signs as the letters
// that they resemble. Only the first 64 characters count. It takes some milliseconds.
func (p *Passwords) Weakness(password domain.Password, known ...string) string {
	text := toASCII(password.Reveal())
	text = text[:min(len(text), scoredLength)]
	ranks := map[string]int{}
	addRanks(ranks, splitWords(known))

	// The library's own l33t matcher tries every combination of substitutions: two seconds
	// and half a gigabyte for 100 well-chosen characters. Two fixed substitutions find
	// nearly the same.
	var matches []match.Match
	for _, variant := range []string{text, leetAsI.Replace(text), leetAsI.Replace(leetAsL.Replace(text))} {
		matches = append(matches, matchWords(variant, ranks)...)
		matches = append(matches, matchWords(variant, commonWords())...)
		matches = append(matches, matchKeys(variant)...)
		matches = append(matches, matchRepetitions(variant)...)
		matches = append(matches, matchSequences(variant)...)
		matches = append(matches, matchDates(variant)...)
	}
	if scoring.MinimumEntropyMatchSequence(text, matches).Score < goodScore {
		return tooWeak
	}
	return ""
}

// leetAsI replaces digits and signs by the letters that they resemble. leetAsL gives the second
// reading of three signs. Each replacement has one character, so positions stay the same.
var (
	leetAsI = strings.NewReplacer("4", "a", "@", "a", "8", "b", "(", "c", "{", "c", "[", "c", "<", "c", "3", "e",
		"6", "g", "9", "g", "1", "i", "!", "i", "|", "i", "0", "o", "$", "s", "5", "s", "+", "t", "7", "t", "%", "x", "2", "z")
	leetAsL = strings.NewReplacer("1", "l", "|", "l", "7", "l")
)

// splitWords returns the known words and their parts: the local part of an email address
// and every run of letters. It omits short words.
func splitWords(known []string) []string {
	var words []string
	for _, word := range known {
		local, _, _ := strings.Cut(word, "@")
		words = append(words, word, local)
		words = append(words, strings.FieldsFunc(word, func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsMark(r)
		})...)
	}
	var long []string
	for _, word := range words {
		if word = toASCII(word); len(word) >= minWordLength {
			long = append(long, word)
		}
	}
	return long
}

// toASCII returns text without accents and with one byte per character. The library
// confuses bytes and characters, and would accept "éééééééé" as a strong password. Letters
// of other alphabets become control characters: no dictionary contains these, but
// repetitions and known words are still found.
func toASCII(text string) string {
	const first, count = 0x0e, 0x20 - 0x0e // the control characters that are not white space
	var b strings.Builder
	for _, r := range norm.NFKD.String(text) {
		switch {
		case r < utf8.RuneSelf:
			b.WriteRune(r)
		case 0x300 <= r && r <= 0x36f: // Combining Diacritical Marks
		default:
			b.WriteRune(first + unicode.ToLower(r)%count)
		}
	}
	return b.String()
}
