package console

import (
	"slices"
	"strings"
	"unicode"
)

const (
	// longText is the length from which only the part of a text that differs is shown, with
	// textAround characters on each side.
	longText   = 200
	textAround = 40
	// maxDifference bounds the part that differs.
	maxDifference = 600
)

// shortened cuts two long texts to the words in which they differ.
func shortened(before, after shownValue) (shownBefore, shownAfter shownValue) {
	old, changed := []rune(before.Text), []rune(after.Text)
	if len(old) <= longText && len(changed) <= longText {
		return before, after
	}
	first := commonWords(old, changed, func(text []rune, i int) rune { return text[i] })
	last := commonWords(old[first:], changed[first:], func(text []rune, i int) rune { return text[len(text)-1-i] })
	return partOf(old, first, last), partOf(changed, first, last)
}

// commonWords returns how many characters two texts have in common before the first word in
// which they differ. at returns a character; the last one can be the first.
func commonWords(a, b []rune, at func(text []rune, i int) rune) int {
	same, words := 0, 0
	isEnd := func(text []rune) bool { return same == len(text) || unicode.IsSpace(at(text, same)) }
	for {
		if isEnd(a) && isEnd(b) || same > 0 && unicode.IsSpace(at(a, same-1)) {
			words = same
		}
		if same == len(a) || same == len(b) || at(a, same) != at(b, same) {
			return words
		}
		same++
	}
}

// partOf returns a text without its first and last characters, except the words around the rest.
func partOf(text []rune, first, last int) shownValue {
	lead, difference, tail := string(text[:first]), text[first:len(text)-last], string(text[len(text)-last:])
	if first > textAround {
		lead = string(text[first-textAround : first])
		if _, words, found := strings.Cut(lead, " "); found {
			lead = words
		}
		lead = "… " + lead
	}
	if last > textAround {
		tail = string(text[len(text)-last:][:textAround])
		if space := strings.LastIndex(tail, " "); space >= 0 {
			tail = tail[:space]
		}
		tail += " …"
	}
	if len(difference) > maxDifference {
		difference = append(slices.Clone(difference[:maxDifference]), ' ', '…')
	}
	return shownValue{Lead: lead, Text: string(difference), Tail: tail}
}
