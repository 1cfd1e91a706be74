package ports

import (
	"context"
)

// Store is the only door to data.
//
// Errors of a Store and its repositories are of kind NotFound, Conflict,
// Invalid or Unavailable as the methods say; anything else is Internal.
type Store interface {
	// View hands fn a Tx to read with. Every read sees all that was committed
	// before it began. Two reads of one View need not see the same moment.
	// Nothing may be written through the Tx.
	View(ctx context.Context, fn func(Tx) error) error

	// Update hands fn a Tx to read and write with, and commits when fn returns
	// nil. Any error, of fn or of the commit, is returned and leaves no trace;
	// so does a panic of fn, which goes on, and a ctx that ended. A commit that
	// was acknowledged survives the death of the process.
	//
	// What fn has read with Get does not change under it until Update returns,
	// but for what a view derives from other records. After a refused write (Conflict, Invalid)
	// nothing is committed, even if fn drops the error.
	// fn may be run again after a collision with another Update, so it must
	// have no effect but on the Tx and on variables it sets anew each time. It
	// must not call the Store.
	Update(ctx context.Context, fn func(Tx) error) error

	// Ready returns nil if the store can serve now, Unavailable if not.
	Ready(ctx context.Context) error
}
