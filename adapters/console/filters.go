package console

import "net/url"

// filterForm is the form that asks for a list. Template "filters" shows the first field, which
// is for words, and folds the others.
type filterForm struct {
	form
	// Narrowed says that another field than the first one was filled in.
	Narrowed bool
}

// newFilterForm returns the form for the list at this path, with what was asked for.
func (p *page) newFilterForm(path string, asked url.Values, fields ...field) filterForm {
	content := filterForm{form: form{Action: p.link(path), Fields: fields, Submit: p.T("list.show")}}
	for i := range fields {
		fields[i].Value = asked.Get(fields[i].Name)
		content.Narrowed = content.Narrowed || i > 0 && fields[i].Value != ""
	}
	return content
}

// filterChoice is a field with a fixed choice of values. The first option is for no filter.
func filterChoice(name, label string, options ...option) field {
	return field{Name: name, Label: label, Type: "select", Options: options}
}
