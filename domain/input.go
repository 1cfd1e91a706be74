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

// Input is one member of what a caller sent, before any rule was applied to it:
// absent (the zero value), null, unreadable, or a text. Numbers travel as their text.
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

// Given is an input with a value.
func Given(text string) Input { return Input{state: given, text: text} }

// Null is an input that was given as null.
func Null() Input { return Input{state: null} }

// shortDate is a date whose month or day can lack its zero.
var shortDate = regexp.MustCompile(`^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})$`)

// PadDate returns the input with the zeros that a date such as 1990-1-5 lacks, and any
// other input as it is.
func (in Input) PadDate() Input {
	if parts := shortDate.FindStringSubmatch(trimInvisible(in.text)); parts != nil {
		in.text = fmt.Sprintf("%s-%02s-%02s", parts[1], parts[2], parts[3])
	}
	return in
}

// Format prints [input] for every verb: an input may be a password or a record.
func (Input) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, "[input]") }

// Unreadable is an input of a type that cannot be read as the field's; problem
// tells the caller what would be, and is reported together with every other bad field.
func Unreadable(problem string) Input { return Input{state: unreadable, problem: problem} }

// named returns the record of a kind that the input names; none if it is no ID.
func (in Input) named(kind SubjectKind) []Reference {
	if id, err := ParseID(in.text); err == nil && in.state == given {
		return []Reference{{kind, id}}
	}
	return nil
}

// form gathers the findings on all fields of one input, so that they are reported at once.
type form struct {
	errs FieldErrors
	// change is set when absent fields keep their current value (PATCH), and
	// not set when they are missing or reset to the default (POST, PUT).
	change bool
	// stored is set when the current values are stored (PATCH, PUT). One that is given
	// as it is stored is not judged: an older program had other rules.
	stored bool
}

// newForm is for what comes about, for a query, or with change for a PATCH.
func newForm(change bool) *form { return &form{errs: FieldErrors{}, change: change, stored: change} }

// newReplaceForm is for a PUT.
func newReplaceForm() *form { return &form{errs: FieldErrors{}, stored: true} }

func (f *form) add(field, message string) { f.errs[field] = append(f.errs[field], message) }

// These bound how many unknown names an error repeats, and how much of a name, in
// bytes: callers choose them, and no transport has to bound them.
const (
	maxUnknownNamed = 20
	maxNameRepeated = 100
)

func (f *form) unknown(fields []string) {
	for _, name := range fields[:min(len(fields), maxUnknownNamed)] {
		f.add(repeatable(name), "Unknown field.")
	}
}

// refuse adds what is wrong with fields that the form does not read.
func (f *form) refuse(fields FieldErrors) {
	names := slices.Sorted(maps.Keys(fields))
	for _, name := range names[:min(len(names), maxUnknownNamed)] {
		for _, why := range fields[name] {
			f.add(repeatable(name), why)
		}
	}
}

// repeatable returns as much of a name as an error repeats, in UTF-8.
func repeatable(name string) string {
	if len(name) > maxNameRepeated {
		return strings.ToValidUTF8(name[:maxNameRepeated], "") + "..."
	}
	return strings.ToValidUTF8(name, "\ufffd")
}

// ErrInvalidParameters refuses a request because of these parameters; nil when there are none.
// It bounds how many it names, and how long the names are.
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
		f.add(field, "This field is required.")
		return current
	}
	return read(f, field, in, current, parse)
}

// optional reads a field whose default is T's zero value.
func optional[T any](f *form, field string, in Input, current T, parse func(string) (T, error)) T {
	if in.state == absent && !f.change {
		var none T
		return none
	}
	return read(f, field, in, current, parse)
}

// nullable reads an optional field that null clears, or the empty text that forms
// send.
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
		f.add(field, "This field may not be null.")
	case unreadable:
		f.add(field, in.problem)
	case given:
		if text, ok := any(current).(fmt.Stringer); ok && f.stored && text.String() == in.text {
			return current
		}
		value, err := parse(in.text)
		if err == nil {
			return value
		}
		f.add(field, messageOf(err))
	}
	return current
}

func messageOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Message
	}
	return "Not a valid value."
}
