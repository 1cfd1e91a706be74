package console

import (
	"crypto/rand"
	"errors"
	"maps"
	"slices"

	"example.com/healthcare/domain"
)

// The hidden fields of forms.
const (
	onceField = "once"
	etagField = "etag"
)

// newOnce returns a key for a form that adds a record.
func newOnce() string { return rand.Text() }

// field is one input of a form. Template "field" shows it with its label, hint and errors.
type field struct {
	// Name is the name of the field in errors, too.
	Name  string
	Label string
	Value string
	// Hint is shown below the label.
	Hint string
	// Type is that of the input element. "textarea" and "select" are elements of their own.
	Type         string
	Options      []option
	Required     bool
	Autocomplete string
	InputMode    string
	// Kind is "date" for a date as people write it, "" otherwise. The script shows how it is
	// understood.
	Kind string
	// Focus says that one types here first.
	Focus  bool
	Errors []string
	// Matches are the records that the name in Value finds, if it finds several.
	Matches matches
}

// option is one choice of a field of the type select.
type option struct{ Value, Label string }

// form is a form. It is the content of template "form", and a part of other contents.
type form struct {
	// Action is where the form is sent. It is the page itself if it is empty.
	Action string
	Fields []field
	// Problems are errors that concern no single field.
	Problems []string
	// Once, ETag and Hidden are the hidden fields, left out if they are empty.
	Once   string
	ETag   string
	Hidden map[string]string
	// Submit is the text of the button, and Cancel the address of the link beside it.
	Submit string
	Cancel string
	// Danger says that the form takes something away.
	Danger bool
}

// HasErrors reports whether a field or the form has an error.
func (f form) HasErrors() bool {
	return len(f.Problems) > 0 || slices.ContainsFunc(f.Fields, func(field field) bool { return len(field.Errors) > 0 })
}

// withErrors returns a form with what was typed and what err says is wrong. It returns false if
// err is not about what was typed.
func (p *page) withErrors(f form, err error) (form, bool) {
	e, ok := errors.AsType[*domain.Error](err)
	if !ok || e.Kind != domain.Invalid && e.Kind != domain.Conflict && e.Kind != domain.TooMany {
		return f, false
	}
	f.Fields = p.filled(f.Fields)
	switch {
	case e.Kind == domain.TooMany:
		f.Problems = append(f.Problems, p.tooMany(e))
	case len(e.Fields) == 0:
		f.Problems = append(f.Problems, e.Message)
	}
	for _, name := range slices.Sorted(maps.Keys(e.Fields)) {
		at := slices.IndexFunc(f.Fields, func(field field) bool { return field.Name == name })
		if at < 0 {
			f.Problems = append(f.Problems, e.Fields[name]...)
			continue
		}
		f.Fields[at].Errors = e.Fields[name]
	}
	return f, true
}

// filled returns the fields with what was typed. Passwords are not shown again.
func (p *page) filled(fields []field) []field {
	fields = slices.Clone(fields)
	for i := range fields {
		if fields[i].Type != "password" && p.form.Has(fields[i].Name) {
			fields[i].Value = p.form.Get(fields[i].Name)
		}
	}
	return fields
}

// tooMany says when a password can be tried again.
func (p *page) tooMany(err *domain.Error) string {
	if wait := minutes(err.RetryAfter); wait > 1 {
		return p.T("form.too_many", wait)
	}
	return p.T("form.too_many_one")
}

// shown returns the value of a field as people read it.
func (p *page) shown(f field) string {
	if f.Kind == "date" {
		return p.locale.understood(f.Value)
	}
	for _, option := range f.Options {
		if option.Value == f.Value {
			return option.Label
		}
	}
	return f.Value
}
