package console

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// search is what somebody has typed to find a person, taken apart.
type search struct {
	// typed is the whole text.
	typed string
	parts []searchPart
}

// searchPart is a birth date, a phone number or a word.
type searchPart struct {
	// text is as it was typed.
	text string
	// date is YYYY-MM-DD if the text can be a date.
	date string
	// isNumber says that the text can be a part of a phone number.
	isNumber bool
}

var phonePart = regexp.MustCompile(`^\+?[0-9()./-]+$`)

// readSearch takes a text apart. A date can have spaces, as in 30 November 1987.
func (l locale) readSearch(text string) search {
	words := strings.Fields(text)
	found := search{typed: strings.Join(words, " ")}
	for len(words) > 0 {
		part := searchPart{text: words[0]}
		taken := 1
		for _, n := range []int{3, 1} {
			if n > len(words) {
				continue
			}
			joined := strings.Join(words[:n], " ")
			if iso, bad := l.parseDate(joined); bad == goodDate {
				part, taken = searchPart{text: joined, date: iso}, n
				break
			}
		}
		part.isNumber = phonePart.MatchString(strings.ReplaceAll(part.text, " ", ""))
		found.parts = append(found.parts, part)
		words = words[taken:]
	}
	return found
}

// readings returns the searches that the text can mean, the likeliest first. Dates become
// YYYY-MM-DD, and a phone number with spaces becomes one word, which is how the list of patients
// finds it. But 12 10 1990 can be both, and a number in another system can have spaces.
func (s search) readings() []string {
	readings := []string{s.words(true), s.words(false), s.typed}
	return slices.Compact(readings)
}

// firstFound lists the patients of the likeliest reading that finds any, and returns that reading.
// The cursor of a further page belongs to one reading; the others refuse it.
func (s search) firstFound(list func(words string) (application.Page[domain.PatientView], error)) (words string, found application.Page[domain.PatientView], err error) {
	for _, words = range s.readings() {
		if found, err = list(words); len(found.Items) > 0 {
			break
		}
	}
	return words, found, err
}

// words returns one reading of the text: dates as YYYY-MM-DD if dates is set, and each phone
// number as one word.
func (s search) words(dates bool) string {
	var words []string
	inNumber := false
	for _, part := range s.parts {
		text := strings.ReplaceAll(part.text, " ", "")
		if inNumber || strings.HasPrefix(text, "+") || strings.HasPrefix(text, "00") {
			text = strings.Replace(text, "(0)", "", 1) // In +44 (0)20 the zero is only dialled inside the country.
		}
		switch {
		case dates && part.date != "":
			words, inNumber = append(words, part.date), false
		case part.isNumber && inNumber:
			words[len(words)-1] += text
		case part.isNumber:
			words, inNumber = append(words, text), true
		default:
			words, inNumber = append(words, part.text), false
		}
	}
	return strings.Join(words, " ")
}

// newPatient returns the fields of the form for a new patient as far as they were typed.
func (s search) newPatient(l locale) url.Values {
	var names, numbers []string
	fields := url.Values{}
	for _, part := range s.parts {
		day, err := time.Parse(time.DateOnly, part.date)
		switch {
		case err == nil:
			fields.Set("date_of_birth", l.TypedDate(domain.DateOf(day)))
		case part.isNumber:
			numbers = append(numbers, part.text)
		default:
			names = append(names, part.text)
		}
	}
	if len(names) > 0 {
		fields.Set("name", strings.Join(names, " "))
	}
	if len(numbers) > 0 {
		fields.Set("phone_number", strings.Join(numbers, " "))
	}
	return fields
}
