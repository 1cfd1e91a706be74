package domain

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Kind classifies a failure by what the caller can do about it. Each transport maps
// kinds to its own status codes in one table.
type Kind uint8

// The kinds of failure. The zero value is Internal, so the caller sees no details of an
// error that was not classified.
const (
	// Internal is a fault of the service.
	Internal Kind = iota
	// Invalid means that the input breaks a rule. Fields says which.
	Invalid
	// Unauthenticated means that the caller is not signed in, or that the session has
	// expired or was revoked.
	Unauthenticated
	// Forbidden means that the caller is signed in but lacks the permission.
	Forbidden
	// NotFound means that the requested record does not exist.
	NotFound
	// Conflict means that the input is valid but clashes with stored data.
	Conflict
	// PreconditionFailed means that the record is not in the state that the caller expects.
	PreconditionFailed
	// PreconditionRequired means that the caller must say which state of the record it
	// expects.
	PreconditionRequired
	// KeyReused means that the caller used an IdempotencyKey before, for another request.
	KeyReused
	// InProgress means that the same request is still being done. The caller can try again
	// after RetryAfter.
	InProgress
	// Unavailable means that a dependency does not answer. The caller can try again
	// later.
	Unavailable
	// TooMany means that a rate limit is exceeded. The caller can try again after
	// RetryAfter.
	TooMany
)

// FieldErrors maps the name of each invalid field to its error messages.
type FieldErrors map[string][]string

// NonField is the key in FieldErrors for errors that concern no single field.
const NonField = "non_field_errors"

// Error is a failure that can be shown to the caller. Message and the messages in Fields
// never contain a submitted value, a stored value or internal details. The keys of
// Fields can be names that the caller made up.
type Error struct {
	Kind Kind
	// Code is a stable identifier for programs. If empty, the transport uses its default
	// code for Kind.
	Code string
	// Message is one sentence for people. If empty, the transport uses its default text
	// for Kind.
	Message string
	// Fields lists every invalid field. It is set for Invalid and Conflict.
	Fields FieldErrors
	// RetryAfter is how long the caller should wait. It is set for TooMany and InProgress, and
	// for Unavailable if the time is known.
	RetryAfter time.Duration
	// Err is the cause. It is logged and never shown to the caller.
	Err error
}

// Error returns the text for the log: message, fields and cause, without those that are empty.
func (e *Error) Error() string {
	var said []string
	if e.Message != "" {
		said = append(said, e.Message)
	}
	for _, field := range slices.Sorted(maps.Keys(e.Fields)) {
		said = append(said, fmt.Sprintf("[%s: %s]", field, strings.Join(e.Fields[field], " ")))
	}
	text := strings.Join(said, " ")
	switch {
	case e.Err == nil:
		return text
	case text == "":
		return e.Err.Error()
	}
	return text + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of the first Error in err's chain, or Internal if there is
// none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// fieldsOf returns the fields of the first Error in err's chain.
func fieldsOf(err error) FieldErrors {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Fields
	}
	return nil
}

// ErrNotFound returns the NotFound error.
func ErrNotFound() error { return &Error{Kind: NotFound, Message: "Not found."} }

// ErrDuplicate returns a Conflict: the value of field is taken.
func ErrDuplicate(field, message string) error {
	return &Error{Kind: Conflict, Message: "Invalid input.", Fields: FieldErrors{field: {message}}}
}

// ErrNoSuchReference returns an Invalid error: each named field refers to a record that
// does not exist.
func ErrNoSuchReference(fields ...string) error {
	form := newForm(false)
	for _, field := range fields {
		form.addError(field, "Object does not exist.")
	}
	return form.err()
}

// ErrUnavailable wraps a temporary failure, such as a database that does not answer.
func ErrUnavailable(cause error) error {
	return &Error{Kind: Unavailable, Message: "The service cannot do this right now. Try again shortly.", Err: cause}
}

// ErrListTooSlow returns an Unavailable error for a list that took too long.
func ErrListTooSlow(cause error) error {
	return &Error{Kind: Unavailable, Message: "The list took too long. Search for more or longer words, add a filter, or leave out count.", Err: cause}
}

// ErrBusy returns an Unavailable error for a queue that is full. Its code promises callers
// that nothing was changed. The text in full names the queue in the log.
func ErrBusy(full string, retryAfter time.Duration) error {
	return &Error{Kind: Unavailable, Code: "busy", Message: "The service is busy. Try again shortly.", RetryAfter: retryAfter, Err: errors.New(full)}
}

// ErrTooMany returns a TooMany error: the caller must wait before the next attempt.
func ErrTooMany(wait time.Duration) error {
	return &Error{Kind: TooMany, Code: "throttled", Message: "Too many attempts. Wait before you try again.", RetryAfter: wait}
}

func invalid(message string) error { return &Error{Kind: Invalid, Message: message} }
