package ports

import (
	"context"
)

// Store is the only access to stored data.
//
// The errors of a Store and its repositories have the kind NotFound, Conflict, Invalid
// or Unavailable where the methods say so. Every other error is Internal.
type Store interface {
	// View calls fn with a Tx for reading. Each read sees everything committed before
	// that read began. Two reads in one View can see different states. Writes through
	// the Tx fail.
	View(ctx context.Context, fn func(Tx) error) error

	// Update calls fn with a Tx for reading and writing, and commits when fn returns
	// nil. If fn or the commit fails, Update returns the error and nothing is changed.
	// The same holds if fn panics, which Update does not recover, and if ctx ends before
	// the commit begins. If the store does not learn whether the commit succeeded, the
	// error is domain.ErrOutcomeUnknown, and fn is not called again. An acknowledged
	// commit survives a crash of the process.
	//
	// An entity that fn reads with Get is locked: no other Update changes it before
	// this one returns, or else this one calls fn again. The data that a view contains
	// of other records, such as PatientView.AssignedDoctors, is not locked. After a
	// refused write (Conflict or Invalid) nothing is committed, even if fn ignores the
	// error.
	//
	// Update can call fn again after a collision with another Update. So fn must only
	// affect the Tx and variables that it sets anew on every call, and it must not call
	// the Store.
	Update(ctx context.Context, fn func(Tx) error) error

	// Ready returns nil if the store can serve requests, and Unavailable if not.
	Ready(ctx context.Context) error
}
