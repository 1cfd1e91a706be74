package domain

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"
)

// The bounds of a search.
const (
	maxSearchWords      = 10
	maxSearchCharacters = 100
)

// Search selects the records that contain every one of its words. The zero Search selects
// all records.
type Search struct {
	// words holds for each word its alternatives. The word is found if a record's search
	// text contains one of them.
	words [][]string
}

// ParseSearch parses a search: at most 10 words and 100 characters. A blank text is the
// zero Search.
func ParseSearch(text string) (Search, error) {
	if !utf8.ValidString(text) {
		return Search{}, errNotText
	}
	words := strings.Fields(text)
	if len(words) > maxSearchWords || utf8.RuneCountInString(strings.Join(words, " ")) > maxSearchCharacters {
		return Search{}, invalid(fmt.Sprintf("Search for at most %d words and %d characters.", maxSearchWords, maxSearchCharacters))
	}
	var search Search
	for _, word := range words {
		search.words = append(search.words, alternatives(word))
	}
	return search, nil
}

var (
	phoneWord = regexp.MustCompile(`^\+?[0-9()./-]+$`)
	dateWord  = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
)

// minSearchDigits is the number of digits from which a word is compared with the digits of
// phone numbers.
const minSearchDigits = 4

// alternatives returns the texts of which a search text must contain one. There are none
// if nothing is left of the word: it finds nothing.
func alternatives(word string) []string {
	folded := Fold(word)
	if folded == "" {
		return nil
	}
	found := []string{folded}
	typed := foldTyped(word)
	if phoneWord.MatchString(typed) && countDigits(typed) >= minSearchDigits {
		if digits := significantDigits(typed); digits != "" {
			found = append(found, searchedDigits(digits))
		}
	}
	if dateWord.MatchString(typed) {
		found = append(found, searchedDate(typed))
	}
	return found
}

// IsZero reports whether the search selects all records.
func (s Search) IsZero() bool { return len(s.words) == 0 }

// Words returns for each word its alternatives: a record is selected if, for each word, its
// search text contains one of them. A word without alternatives finds nothing.
func (s Search) Words() [][]string { return s.words }

// Matches reports whether the search selects the record with this search text.
func (s Search) Matches(searchText string) bool {
	for _, word := range s.words {
		if !containsAny(searchText, word) {
			return false
		}
	}
	return true
}

func containsAny(text string, parts []string) bool {
	for _, part := range parts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// Format prints [search] for every verb, because searches are names and birth dates.
func (Search) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, "[search]") }

// SearchText returns the text in which a Search looks for the doctor.
func (d Doctor) SearchText() string {
	return searchText(Fold(d.Name.String()), Fold(d.Specialization.String()), Fold(d.LicenseNumber.String()))
}

// SearchText returns the text in which a Search looks for the patient.
func (p Patient) SearchText() string {
	return searchText(Fold(p.Name.String()), Fold(p.Email.String()), Fold(p.ExternalID.String()),
		Fold(p.Phone.String()), searchedDigits(p.Phone.Digits()), searchedDate(p.DateOfBirth.String()))
}

// SearchText returns the text in which a Search looks for the user.
func (u User) SearchText() string {
	return searchText(Fold(u.FirstName.String()), Fold(u.LastName.String()), Fold(u.Email.String()))
}

// sectionEnd separates the sections of a search text. No alternative of a word contains it,
// so no word is found across sections.
const sectionEnd = "\n"

// searchText returns the sections that are not empty.
func searchText(sections ...string) string {
	var text []string
	for _, section := range sections {
		if section != "" {
			text = append(text, section)
		}
	}
	return strings.Join(text, sectionEnd)
}

// searchedDigits writes the digits of a phone number as the letters A to J. Fold never
// returns capital letters: only the digits of a word that is like a phone number can be
// found in them.
func searchedDigits(digits string) string { return lettersFrom('A', digits) }

// searchedDate writes the digits of a date as the letters K to T. Only a word that is a
// date can be found in them: neither a year nor a phone number is part of a date.
func searchedDate(date string) string { return lettersFrom('K', date) }

// lettersFrom replaces the digits by capital letters, 0 by the letter zero.
func lettersFrom(zero rune, text string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return r - '0' + zero
		}
		return r
	}, text)
}
