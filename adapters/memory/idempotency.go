package memory

import (
	"context"
	"slices"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// idempotencyKeys implements ports.IdempotencyKeys. Like attempts, it deletes nothing.
type idempotencyKeys struct{ tx *tx }

func (r idempotencyKeys) Get(ctx context.Context, id domain.RequestID, now time.Time) (domain.KeptRequest, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return domain.KeptRequest{}, err
	}
	request, found := s.requests.get(id)
	if !found || request.Expires.Before(ports.ToMicroseconds(now)) {
		return domain.KeptRequest{}, domain.ErrNotFound()
	}
	request.Versions = slices.Clone(request.Versions)
	return request, nil
}

func (r idempotencyKeys) Save(ctx context.Context, id domain.RequestID, request domain.KeptRequest, _ time.Time) error {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return err
	}
	request.Versions = slices.Clone(request.Versions)
	request.Expires = ports.ToMicroseconds(request.Expires)
	s.requests = s.requests.set(id, request)
	return nil
}
