package domain

import (
	"strconv"
	"strings"
	"time"
)

// Version is one state of a record, and how it came about. T is Doctor, Patient
// (without AssignedDoctors, who are mappings) or Mapping. The versions of a record
// are numbered from 1, without gaps.
type Version[T any] struct {
	Number int
	At     time.Time
	By     Author
	Change Change
	// With is the doctor or patient whose end or return was also this mapping's;
	// zero otherwise.
	With Reference
	// Record is as it was from then on; after its deletion, as it was before.
	Record T
}

// FreeText is that of the record.
func (v Version[T]) FreeText() int { return FreeText(v.Record) }

// Author is who made a version: an operator has no UserID, and nobody knows who
// made what was Found.
type Author struct {
	UserID ID
	Role   Role
}

// Change is what became of a record with a version of it.
type Change string

// The changes.
const (
	Created  Change = "created"
	Updated  Change = "updated"
	Deleted  Change = "deleted"
	Restored Change = "restored"
	// Found is the state of a record that was there before its versions were kept, as
	// of when that was noticed: by its first change. Until then it is shown as of now.
	Found Change = "found"
)

// Revision is a version and the one before it.
type Revision[T any] struct {
	Version[T]
	// Before is nil for the first version.
	Before *T
}

// FreeText is that of both records.
func (r Revision[T]) FreeText() int {
	size := r.Version.FreeText()
	if r.Before != nil {
		size += FreeText(*r.Before)
	}
	return size
}

// ErrSideDeleted says that a mapping cannot be restored before its patient or
// doctor is; field names which. It is a Conflict.
func ErrSideDeleted(fields ...string) error {
	errs := FieldErrors{}
	for _, field := range fields {
		errs[field] = []string{"The " + field + " was deleted. Restore the " + field + " first."}
	}
	return &Error{Kind: Conflict, Message: "Invalid input.", Fields: errs}
}

// ParseAge reads a number of days from 1 to 36500, such as 3650d.
func ParseAge(text string) (time.Duration, error) {
	days, found := strings.CutSuffix(text, "d")
	n, err := strconv.Atoi(days)
	if err != nil || !found || strconv.Itoa(n) != days || n < 1 || n > 36500 {
		return 0, invalid("Give a number of days from 1 to 36500, such as 3650d.")
	}
	return time.Duration(n) * 24 * time.Hour, nil
}
