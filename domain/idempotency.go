package domain

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"
)

// IdempotencyKey is a text that a client makes up for one write, so that it can safely send
// the request again when an answer was lost. Formatters do not print it, because a client
// could put personal data into it. The zero key is none.
type IdempotencyKey struct{ Secret }

// MaxIdempotencyKeyLength is in characters.
const MaxIdempotencyKeyLength = 255

// ParseIdempotencyKey parses a key of 1 to 255 visible ASCII characters.
func ParseIdempotencyKey(text string) (IdempotencyKey, error) {
	visible := func(r rune) bool { return '!' <= r && r <= '~' }
	if text == "" || len(text) > MaxIdempotencyKeyLength || slices.ContainsFunc([]rune(text), func(r rune) bool { return !visible(r) }) {
		return IdempotencyKey{}, invalid(fmt.Sprintf("An idempotency key has 1 to %d visible ASCII characters.", MaxIdempotencyKeyLength))
	}
	return IdempotencyKey{NewSecret(text)}, nil
}

// IdempotencyKeyLifetime is how long a key is remembered.
const IdempotencyKeyLifetime = 24 * time.Hour

// RequestID identifies a write by its user, its operation and its idempotency key. It is a
// hash, so that the stored ID does not reveal the key.
type RequestID Hash

// NewRequestID returns the ID of a write. Every path of the API is another operation. id is
// the record in the path, zero if there is none.
func NewRequestID(user ID, kind SubjectKind, operation string, id ID, key IdempotencyKey) RequestID {
	m := newMessage("healthcare idempotency key 1")
	m.number(int64(user))
	m.reference(Reference{kind, id})
	m.text(operation)
	m.text(key.Reveal())
	return RequestID(m.hash())
}

// ContentHash returns a hash of what the request contains: the inputs, in their order. A MAC
// of it recognises the same request again. Absent fields do not count, so that the hash stays
// the same when a later release adds a field. In must be a struct; its fields of the type
// Input are hashed.
func ContentHash[In any](request RequestID, inputs ...In) Hash {
	m := newMessage("healthcare idempotent request 1")
	m.text(string(request[:]))
	for _, in := range inputs {
		fields := givenFields(in)
		m.number(int64(len(fields)))
		for _, field := range fields {
			m.text(field.name)
			m.number(int64(field.state))
			m.text(field.text)
		}
	}
	return m.hash()
}

type namedInput struct {
	name string
	Input
}

// givenFields returns the fields of a struct that are Inputs and not absent, by their names.
func givenFields(in any) (fields []namedInput) {
	for field, value := range reflect.ValueOf(in).Fields() {
		if input, ok := value.Interface().(Input); ok && input.state != absent {
			fields = append(fields, namedInput{field.Name, input})
		}
	}
	slices.SortFunc(fields, func(a, b namedInput) int { return cmp.Compare(a.name, b.name) })
	return fields
}

// KeptRequest is what is remembered of a write that was done under an idempotency key.
type KeptRequest struct {
	// Content authenticates the ContentHash of the request. The content itself is not kept.
	Content MAC
	// Versions are the versions that the write made and from which its answer can be rebuilt.
	Versions []VersionName
	// Expires is when the store can delete the request.
	Expires time.Time
}

// ErrIdempotencyKeyReused returns the error for a key that was used for a request with
// another content.
func ErrIdempotencyKeyReused() error {
	return &Error{Kind: KeyReused, Code: "idempotency_key_reused", Message: "This Idempotency-Key was used for a request with another body. Use a new key for every new request."}
}

// ErrIdempotencyInProgress returns the error for a key whose request is still being done.
func ErrIdempotencyInProgress() error {
	return &Error{
		Kind: InProgress, Code: "idempotency_in_progress", RetryAfter: time.Second,
		Message: "A request with this Idempotency-Key is still being done. Send it again shortly to get its answer.",
	}
}

// ErrOutcomeUnknown returns an Unavailable error for a change of which nobody knows whether
// it was committed.
func ErrOutcomeUnknown(cause error) error {
	return &Error{
		Kind: Unavailable, Code: codeOutcomeUnknown, Err: cause,
		Message: "The database did not confirm the change, so it is unknown whether it was saved. Sending the request again with the same " +
			"Idempotency-Key is safe. If it had no such key, look first whether the change is there.",
	}
}

const codeOutcomeUnknown = "outcome_unknown"

// IsOutcomeUnknown reports whether err is that of ErrOutcomeUnknown.
func IsOutcomeUnknown(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Code == codeOutcomeUnknown
}
