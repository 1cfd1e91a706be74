package console

import (
	"html/template"
	"time"

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

// fieldLabel returns the label of a field, which the API calls name.
func (p *page) fieldLabel(name string) string {
	switch name {
	case "created_by":
		return p.T("fields.created_by")
	case "name":
		return p.T("fields.name")
	case "date_of_birth":
		return p.T("fields.date_of_birth")
	case "phone_number":
		return p.T("fields.phone_number")
	case "gender":
		return p.T("fields.gender")
	case "address":
		return p.T("fields.address")
	case "medical_record":
		return p.T("fields.medical_record")
	case "email":
		return p.T("fields.email")
	case "external_id":
		return p.T("fields.external_id")
	case "joined_at":
		return p.T("fields.joined_at")
	case "specialization":
		return p.T("fields.specialization")
	case "license_number":
		return p.T("fields.license_number")
	case "salary":
		return p.T("fields.salary")
	case "patient":
		return p.T("fields.patient")
	case "doctor":
		return p.T("fields.doctor")
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

func (p *page) shownText(field, text string) string {
	if field == "gender" {
		return p.genderName(text)
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil && (field == "date_of_birth" || field == "joined_at") {
		return p.locale.Date(domain.DateOf(day))
	}
	return text
}

func (p *page) genderName(gender string) string {
	switch gender {
	case "F":
		return p.T("fields.female")
	case "M":
		return p.T("fields.male")
	case "O":
		return p.T("fields.other")
	}
	return gender
}

const (
	// longText is the length from which only the part of a text that differs is shown, with
	// textAround characters on each side.
	longText   = 200
	textAround = 40
	// maxDifference bounds the part that differs.
	maxDifference = 600
)

// shortened cuts two long texts to the part in which they differ.
func shortened(before, after shownValue) (shownBefore, shownAfter shownValue) {
	old, changed := []rune(before.Text), []rune(after.Text)
	if len(old) <= longText && len(changed) <= longText {
		return before, after
	}
	shorter := min(len(old), len(changed))
	same := 0
	for same < shorter && old[same] == changed[same] {
		same++
	}
	tail := 0
	for tail < shorter-same && old[len(old)-1-tail] == changed[len(changed)-1-tail] {
		tail++
	}
	return partOf(old, same, tail), partOf(changed, same, tail)
}

// partOf returns a text without its first and last characters, except some around the rest.
func partOf(text []rune, first, last int) shownValue {
	if len(text) == 0 {
		return shownValue{}
	}
	difference, after := text[first:len(text)-last], text[len(text)-last:]
	part := shownValue{Lead: string(text[:first]), Text: string(difference), Tail: string(after)}
	if first > textAround {
		part.Lead = "… " + string(text[first-textAround:first])
	}
	if last > textAround {
		part.Tail = string(after[:textAround]) + " …"
	}
	if len(difference) > maxDifference {
		part.Text = string(difference[:maxDifference]) + " …"
	}
	return part
}
