package domain

import "time"

// Version is one state of a record, and how it came about. The versions of a record
// are numbered from 1, without gaps.
type Version[T Record] struct {
	Number int
	At     time.Time
	Author Author
	Change Change
	// With is the parent whose deletion or return was also this record's; zero
	// otherwise.
	Cause Reference
	// Salt is part of the version's Commitment. Stores keep it for that alone: whoever reads
	// versions does not get it.
	Salt Salt
	// Record is as it was from then on; after its deletion, as it was before.
	Record T
}

// VisibleTo returns what actor may see of the version.
func (v Version[T]) VisibleTo(actor Actor) Version[T] {
	v.Record = VisibleTo(v.Record, actor)
	return v
}

// TextBytes is that of the record.
func (v Version[T]) TextBytes() int { return TextBytes(v.Record) }

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

// VersionView is a version and the one before it.
type VersionView[T Record] struct {
	Version[T]
	// Before is nil for the first version.
	Before *T
}

// VisibleTo returns what actor may see of the revision.
func (r VersionView[T]) VisibleTo(actor Actor) VersionView[T] {
	r.Version = r.Version.VisibleTo(actor)
	if r.Before != nil {
		before := VisibleTo(*r.Before, actor)
		r.Before = &before
	}
	return r
}

// Changes returns what differs from the version before.
func (r VersionView[T]) Changes() []FieldChange { return Diff(r.Before, r.Record) }

// TextBytes is that of both records.
func (r VersionView[T]) TextBytes() int {
	size := r.Version.TextBytes()
	if r.Before != nil {
		size += TextBytes(*r.Before)
	}
	return size
}

// ErrParentDeleted says that a record cannot be restored before its parents of these
// kinds are. It is a Conflict.
func ErrParentDeleted(kinds ...SubjectKind) error {
	errs := FieldErrors{}
	for _, kind := range kinds {
		parent := string(kind)
		errs[parent] = []string{"The " + parent + " was deleted. Restore the " + parent + " first."}
	}
	return &Error{Kind: Conflict, Message: "Invalid input.", Fields: errs}
}
