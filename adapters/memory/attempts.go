package memory

import (
	"context"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// attempts implements ports.Attempts. It deletes nothing, because a store in memory does
// not live long.
type attempts struct{ tx *tx }

func (r attempts) Get(ctx context.Context, key domain.AttemptKey) (domain.Attempts, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return domain.Attempts{}, err
	}
	found, _ := s.attempts.get(key)
	return found, nil
}

func (r attempts) Save(ctx context.Context, key domain.AttemptKey, attempts domain.Attempts, _ time.Time) error {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return err
	}
	attempts.Since = ports.ToMicroseconds(attempts.Since)
	attempts.LockedUntil = ports.ToMicroseconds(attempts.LockedUntil)
	attempts.KnownUntil = ports.ToMicroseconds(attempts.KnownUntil)
	attempts.Expires = ports.ToMicroseconds(attempts.Expires)
	s.attempts = s.attempts.set(key, attempts)
	return nil
}
