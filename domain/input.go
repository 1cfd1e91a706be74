package domain

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Input is one field of a request before it is validated. It is absent (the zero value),
// null, unreadable, or a text. Numbers are passed as their text.
type Input struct {
	state   inputState
	text    string
	problem string
}

type inputState uint8

const (
	absent inputState = iota
	null
	unreadable
	given
)

// Given returns an input with a value.
func Given(text string) Input { return Input{state: given, text: text} }

// Text returns the value of an input that has one, and otherwise an empty text.
func (in Input) Text() string { return in.text }

// Null returns an input that is null.
func Null() Input { return Input{state: null} }

// shortDate matches dates whose month or day can lack the leading zero.
var shortDate = regexp.MustCompile(`^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})$`)

// PadDate adds the missing zeros to a date such as 1990-1-5. It returns any other input
// unchanged.
func (in Input) PadDate() Input {
	if parts := shortDate.FindStringSubmatch(trimInvisible(in.text)); parts != nil {
		in.text = fmt.Sprintf("%s-%02s-%02s", parts[1], parts[2], parts[3])
	}
	return in
}

// Format prints [input] for every verb, because an input can be a password or part of a
// medical record.
func (Input) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, "[input]") }

// Unreadable returns an input whose type does not fit the field. The problem tells the
// caller which type is expected. It is reported together with all other invalid fields.
func Unreadable(problem string) Input { return Input{state: unreadable, problem: problem} }

// reference returns a reference to the record of this kind that the input names, or none
// if the input is not an ID.
func (in Input) reference(kind SubjectKind) []Reference {
	if in.state != given {
		return nil
	}
	id, err := ParseID(in.text)
	if err != nil {
		return nil
	}
	return []Reference{{kind, id}}
}

// form collects the errors of all fields of one input, so that they are reported
// together.
type form struct {
	errs FieldErrors
	// change is set for PATCH: absent fields keep their current value. It is not set for
	// POST and PUT: an absent field is an error, or is reset to its default.
	change bool
	// stored is set for PATCH and PUT, which change a stored record. A value that equals
	// the stored one is not validated again, because an earlier release could have
	// accepted it under other rules.
	stored bool
}

// newForm returns the form for a new record or a query, or for a PATCH if change is set.
func newForm(change bool) *form { return &form{errs: FieldErrors{}, change: change, stored: change} }

// newReplaceForm returns the form for a PUT.
func newReplaceForm() *form { return &form{errs: FieldErrors{}, stored: true} }

func (f *form) addError(field, message string) { f.errs[field] = append(f.errs[field], message) }

// Errors repeat at most maxUnknownNamed unknown field names, each cut to maxNameRepeated
// bytes. Callers choose these names, and transports do not bound them.
const (
	maxUnknownNamed = 20
	maxNameRepeated = 100
)

func (f *form) unknown(fields []string) {
	for _, name := range fields[:min(len(fields), maxUnknownNamed)] {
		f.addError(repeatable(name), "Unknown field.")
	}
}

// refuse adds errors for parameters that the form does not read.
func (f *form) refuse(fields FieldErrors) {
	names := slices.Sorted(maps.Keys(fields))
	for _, name := range names[:min(len(names), maxUnknownNamed)] {
		for _, why := range fields[name] {
			f.addError(repeatable(name), why)
		}
	}
}

// repeatable cuts a name to the length that an error repeats, and makes it valid UTF-8.
func repeatable(name string) string {
	if len(name) > maxNameRepeated {
		return strings.ToValidUTF8(name[:maxNameRepeated], "") + "..."
	}
	return strings.ToValidUTF8(name, "\ufffd")
}

// ErrInvalidParameters returns an Invalid error for the refused parameters, or nil if
// there are none. It bounds the number and length of the names that it repeats.
func ErrInvalidParameters(refused FieldErrors) error {
	form := newForm(false)
	form.refuse(refused)
	return form.err()
}

func (f *form) err() error {
	if len(f.errs) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Message: "Invalid input.", Fields: f.errs}
}

// required reads a field that must have a value.
func required[T any](f *form, field string, in Input, current T, parse func(string) (T, error)) T {
	if in.state == absent && !f.change {
		f.addError(field, "This field is required.")
		return current
	}
	return read(f, field, in, current, parse)
}

// optional reads a field whose default is the zero value of T.
func optional[T any](f *form, field string, in Input, current T, parse func(string) (T, error)) T {
	if in.state == absent && !f.change {
		var none T
		return none
	}
	return read(f, field, in, current, parse)
}

// nullable reads an optional field. Null and the empty text, which web forms send, reset
// it to the default.
func nullable[T any](f *form, field string, in Input, current T, parse func(string) (T, error)) T {
	if in.state == null || in == Given("") {
		var none T
		return none
	}
	return optional(f, field, in, current, parse)
}

func read[T any](f *form, field string, in Input, current T, parse func(string) (T, error)) T {
	switch in.state {
	case null:
		f.addError(field, "This field may not be null.")
	case unreadable:
		f.addError(field, in.problem)
	case given:
		if text, ok := any(current).(fmt.Stringer); ok && f.stored && text.String() == in.text {
			return current
		}
		value, err := parse(in.text)
		if err == nil {
			return value
		}
		f.addError(field, messageOf(err))
	}
	return current
}

func messageOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Message
	}
	return "Not a valid value."
}
