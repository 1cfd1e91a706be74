package console

import (
	"html/template"
	"slices"
	"strings"
	"time"
	"unicode"

	"example.com/healthcare/domain"
)

// shownValue is a value of a field as people read it. It is empty if all parts are.
type shownValue struct {
	// Text is the value. In a long text it is the part that differs, Lead and Tail are what is
	// around it.
	Lead, Text, Tail string
	// Time is the element of an instant.
	Time template.HTML
}

// IsEmpty reports whether the field has no value.
func (v shownValue) IsEmpty() bool { return v == shownValue{} }

// Differs reports whether the value has more than what it has in common with the other one.
func (v shownValue) Differs() bool { return v.Text != "" || v.Time != "" }

// fieldLabel returns the label of a field that the API calls name. Forms have the same labels.
func (p *page) fieldLabel(name string) string {
	switch name {
	case "created_by":
		return p.T("fields.created_by")
	case "name":
		return p.T("patient.name")
	case "date_of_birth":
		return p.T("patient.date_of_birth")
	case "phone_number":
		return p.T("patient.phone")
	case "gender":
		return p.T("patient.gender")
	case "address":
		return p.T("patient.address")
	case "medical_record":
		return p.T("patient.medical_record")
	case "email":
		return p.T("patient.email")
	case "external_id":
		return p.T("patient.external_id")
	case "joined_at":
		return p.T("doctor.joined_at")
	case "specialization":
		return p.T("doctor.specialization")
	case "license_number":
		return p.T("doctor.license_number")
	case "salary":
		return p.T("doctor.salary")
	case "patient":
		return p.T("doctor.patient")
	case "doctor":
		return p.T("assigned.doctor")
	case "assigned_at":
		return p.T("fields.assigned_at")
	}
	return name
}

// shownValue returns the value of a field. names has the people whose IDs are values.
func (p *page) shownValue(names recordNames, field string, value any) shownValue {
	switch value := value.(type) {
	case time.Time:
		return shownValue{Time: view{Page: p}.Time(value)}
	case domain.ID:
		return shownValue{Text: names.of(field, value)}
	case string:
		return shownValue{Text: p.shownText(field, value)}
	}
	return shownValue{}
}

func (p *page) shownText(name, text string) string {
	switch name {
	case "gender":
		return p.shown(field{Value: text, Options: p.genders()})
	case "salary":
		if salary, err := domain.ParseSalary(text); err == nil {
			return p.locale.Amount(salary)
		}
	case "date_of_birth", "joined_at":
		if day, err := time.Parse(time.DateOnly, text); err == nil {
			return p.locale.Date(domain.DateOf(day))
		}
	}
	return text
}

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
