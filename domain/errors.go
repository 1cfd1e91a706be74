package domain

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Kind says what sort of failure an error is, as far as a caller can act on it.
// Transports map it to their own codes in one table.
type Kind uint8

// The kinds of failure. The zero value is Internal: an error nobody classified
// shows its caller nothing.
const (
	// Internal is a fault of ours.
	Internal Kind = iota
	// Invalid is input that breaks a rule; Fields says which.
	Invalid
	// Unauthenticated is a caller who is not known, or no longer.
	Unauthenticated
	// Forbidden is a known caller who may not do this.
	Forbidden
	// NotFound is a subject that does not exist.
	NotFound
	// Conflict is input that is fine by itself and clashes with what is stored.
	Conflict
	// Unavailable is something we depend on that does not answer; try again later.
	Unavailable
	// TooMany is a caller who has tried too often; try again after RetryAfter.
	TooMany
)

// FieldErrors maps the name of each bad field to what is wrong with it.
type FieldErrors map[string][]string

// NonField is the name under which FieldErrors keeps what concerns no single field.
const NonField = "non_field_errors"

// Error is a failure that may be shown to the caller. Message and what Fields
// says never hold a submitted value, a stored value or anything about the
// system's inside; the fields that Fields names may be unknown ones.
type Error struct {
	Kind Kind
	// Code is stable and for programs; empty means the transport's usual code for Kind.
	Code string
	// Message is one sentence for people; empty means the transport's usual text for Kind.
	Message string
	// Fields names every bad field; set with Invalid and Conflict.
	Fields FieldErrors
	// RetryAfter is how long the caller should wait; set with TooMany, and with
	// Unavailable where it is known.
	RetryAfter time.Duration
	// Err is the cause, for the log only.
	Err error
}

// Error describes the failure for the log: message, fields and cause.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Message)
	for _, field := range slices.Sorted(maps.Keys(e.Fields)) {
		fmt.Fprintf(&b, " [%s: %s]", field, strings.Join(e.Fields[field], " "))
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return strings.TrimSpace(b.String())
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of the first Error in err's chain, Internal if there is none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// ErrNotFound says that the subject does not exist.
func ErrNotFound() error { return &Error{Kind: NotFound, Message: "Not found."} }

// ErrDuplicate says that field's value is taken. It is a Conflict.
func ErrDuplicate(field, message string) error {
	return &Error{Kind: Conflict, Message: "Invalid input.", Fields: FieldErrors{field: {message}}}
}

// ErrNoSuchReference says that the named fields refer to what does not exist. It is Invalid.
func ErrNoSuchReference(fields ...string) error {
	form := newForm(false)
	for _, field := range fields {
		form.add(field, "Object does not exist.")
	}
	return form.err()
}

// ErrUnavailable wraps a cause that may pass, such as a database that does not answer.
func ErrUnavailable(cause error) error {
	return &Error{Kind: Unavailable, Message: "The service cannot do this right now. Try again shortly.", Err: cause}
}

// ErrBusy says that there is no room for more work of this kind before retryAfter
// has passed; full tells the log which queue is full. It is Unavailable.
func ErrBusy(full string, retryAfter time.Duration) error {
	return &Error{Kind: Unavailable, Message: "The service is busy. Try again shortly.", RetryAfter: retryAfter, Err: errors.New(full)}
}

// ErrTooMany refuses a caller until wait has passed.
func ErrTooMany(wait time.Duration) error {
	return &Error{Kind: TooMany, Code: "throttled", Message: "Too many attempts. Wait before you try again.", RetryAfter: wait}
}

func invalid(message string) error { return &Error{Kind: Invalid, Message: message} }
