package ports

import (
	"context"
	"time"

	"example.com/healthcare/domain"
)

// IdempotencyKeys stores which writes were done under an idempotency key.
type IdempotencyKeys interface {
	// Get returns the request with the ID, or NotFound if there is none or it has expired at
	// now. In an Update it locks the ID, even if there is no request: no other Update can get
	// it before this one returns. It returns domain.ErrIdempotencyInProgress if another
	// Update holds the lock for too long.
	Get(ctx context.Context, id domain.RequestID, now time.Time) (domain.KeptRequest, error)
	// Save stores a request under the ID. It can delete other requests that have expired at
	// now.
	Save(ctx context.Context, id domain.RequestID, request domain.KeptRequest, now time.Time) error
}
