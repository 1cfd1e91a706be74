package console

import (
	"html/template"
	"slices"
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

// Differs reports whether the value has more than what it has in common with the other one.
func (v shownValue) Differs() bool { return v.Text != "" || v.Time != "" }

// formField returns the field of the forms for patients and doctors that the API calls name.
func (p *page) formField(name string) (field, bool) {
	if p.formFields == nil {
		p.formFields = slices.Concat(p.patientFields(domain.Patient{}), p.doctorFields(domain.Doctor{}))
	}
	at := slices.IndexFunc(p.formFields, func(field field) bool { return field.Name == name })
	if at < 0 {
		return field{}, false
	}
	return p.formFields[at], true
}

// fieldLabel returns the label of a field that the API calls name: that of the form, or one of
// those that no form has.
func (p *page) fieldLabel(name string) string {
	switch name {
	case "created_by":
		return p.T("fields.created_by")
	case "joined_at":
		return p.T("doctor.joined_at")
	case "patient":
		return p.T("doctor.patient")
	case "doctor":
		return p.T("assigned.doctor")
	case "assigned_at":
		return p.T("fields.assigned_at")
	}
	if field, found := p.formField(name); found {
		return field.Label
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

// shownText returns a text as people read it: a date, an amount, or the word for a choice.
func (p *page) shownText(name, text string) string {
	switch name {
	case "salary":
		if salary, err := domain.ParseSalary(text); err == nil {
			return p.locale.Amount(salary)
		}
	case "joined_at":
		return p.locale.understood(text)
	}
	if field, found := p.formField(name); found && text != "" {
		field.Value = text
		return p.shown(field)
	}
	return text
}
