package domain

import "time"

// Version is the state of a record after one change, and what is known about that
// change. The versions of a record are numbered from 1, without gaps.
type Version[T Record] struct {
	Number int
	At     time.Time
	Author Author
	Change Change
	// Cause is set when the record was deleted or restored together with a parent: it
	// names the parent.
	Cause Reference
	// Salt is hashed into the version's Commitment. Stores keep it for that purpose and
	// never return it when versions are read.
	Salt Salt
	// OnlyAsFirst makes History.Add leave the version out if its record already has one. It is
	// not stored.
	OnlyAsFirst bool
	// Record is the state after the change. For a deletion it is the state before.
	Record T
}

// Numbered returns the version with a number, which is also the Version of its record.
func (v Version[T]) Numbered(number int) Version[T] {
	stamp := StampOf(v.Record)
	v.Number, stamp.Version = number, number
	v.Record = Stamped(v.Record, stamp)
	return v
}

// VisibleTo returns the version with what actor can see of the record.
func (v Version[T]) VisibleTo(actor Actor) Version[T] {
	v.Record = VisibleTo(v.Record, actor)
	return v
}

// TextBytes returns the size of the record's free text.
func (v Version[T]) TextBytes() int { return TextBytes(v.Record) }

// Author is the user who made a version. An operator has no UserID. The author of a
// Found version is unknown: both fields are zero.
type Author struct {
	UserID ID
	Role   Role
}

// Change is what happened to a record in one version.
type Change string

// The changes.
const (
	Created  Change = "created"
	Updated  Change = "updated"
	Deleted  Change = "deleted"
	Restored Change = "restored"
	// Found is the first version of a record that is older than version history. It
	// holds the state before the record's first change since then. Until that change the
	// record is shown with a Found version made up from its current state.
	Found Change = "found"
)

// VersionView is a version together with the one before it.
type VersionView[T Record] struct {
	Version[T]
	// Before is the record in the previous version. It is nil for the first version.
	Before *T
}

// VisibleTo returns the view with what actor can see of both records.
func (r VersionView[T]) VisibleTo(actor Actor) VersionView[T] {
	r.Version = r.Version.VisibleTo(actor)
	if r.Before != nil {
		before := VisibleTo(*r.Before, actor)
		r.Before = &before
	}
	return r
}

// Changes returns the fields that differ from the previous version.
func (r VersionView[T]) Changes() []FieldChange { return Diff(r.Before, r.Record) }

// TextBytes returns the size of the free text of both records.
func (r VersionView[T]) TextBytes() int {
	size := r.Version.TextBytes()
	if r.Before != nil {
		size += TextBytes(*r.Before)
	}
	return size
}

// ErrParentDeleted returns a Conflict: the record's parents of these kinds are deleted
// and must be restored first.
func ErrParentDeleted(kinds ...SubjectKind) error {
	errs := FieldErrors{}
	for _, kind := range kinds {
		parent := string(kind)
		errs[parent] = []string{"The " + parent + " was deleted. Restore the " + parent + " first."}
	}
	return &Error{Kind: Conflict, Message: "Invalid input.", Fields: errs}
}
