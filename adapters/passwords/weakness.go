package passwords

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ccojocar/zxcvbn-go/match"
	"github.com/ccojocar/zxcvbn-go/matching"
	"github.com/ccojocar/zxcvbn-go/scoring"
	"golang.org/x/text/unicode/norm"

	"example.com/healthcare/domain"
)

const (
	// goodScore is zxcvbn's "safely unguessable": by its reckoning at least 10^6
	// seconds at 10^4 guesses a second.
	goodScore = 3

	// scoredLength bounds the time, which grows with the cube of the length:
	// milliseconds for 64 characters, a quarter of a second for 256.
	scoredLength = 64

	// shortestWord keeps initials and "de" from making every password weak.
	shortestWord = 3
)

const tooWeak = "This password is too easy to guess: use a longer one, such as several unrelated words, without your name or email address."

// Weakness implements ports.Passwords. Besides common passwords, words, dates
// and keyboard patterns it looks for the known words and their pieces, all in
// any letter case, with or without accents, and with digits and signs in place
// of letters. Only the first 64 characters count. It takes some milliseconds.
func (p *Passwords) Weakness(password domain.Password, known ...string) string {
	text := plain(password.Reveal())
	text = text[:min(len(text), scoredLength)]
	words := pieces(known)

	// The library's own l33t matcher tries every combination of substitutions:
	// two seconds and half a gigabyte for 100 well-chosen characters. Two fixed
	// readings find nearly the same.
	var matches []match.Match
	for _, reading := range []string{text, letters.Replace(text), letters.Replace(ells.Replace(text))} {
		matches = append(matches, matching.Omnimatch(reading, words, matching.FilterL33tMatcher)...)
	}
	for i := range matches {
		// The library ends a date one character too late, and then loses those
		// at the end of the password.
		matches[i].J = min(matches[i].J, len(text)-1)
	}
	if scoring.MinimumEntropyMatchSequence(text, matches).Score < goodScore {
		return tooWeak
	}
	return ""
}

// letters undoes l33t, and ells its other reading of three signs. Each
// character becomes exactly one other, so that positions stay.
var (
	letters = strings.NewReplacer("4", "a", "@", "a", "8", "b", "(", "c", "{", "c", "[", "c", "<", "c", "3", "e",
		"6", "g", "9", "g", "1", "i", "!", "i", "|", "i", "0", "o", "$", "s", "5", "s", "+", "t", "7", "t", "%", "x", "2", "z")
	ells = strings.NewReplacer("1", "l", "|", "l", "7", "l")
)

// pieces returns the known words, the local part of an address, and every run
// of letters: the names in either, and the labels of the domain.
func pieces(known []string) []string {
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
		if word = plain(word); len(word) >= shortestWord {
			long = append(long, word)
		}
	}
	return long
}

// plain writes text in one byte for each character, without accents, because
// the library counts now bytes, now characters, and so takes eight times "é"
// for a strong password. Letters of other alphabets become control characters:
// these are in no dictionary, yet repetitions and known words still show.
func plain(text string) string {
	const first, count = 0x0e, 0x20 - 0x0e // The controls that are no white space.
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
