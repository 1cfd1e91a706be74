package memory

import (
	"context"
	"slices"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

type seals struct{ tx *tx }

func (r seals) Add(ctx context.Context, seal domain.Seal) error {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return err
	}
	if s.seals.has(seal.Number) {
		return r.tx.refuse(domain.ErrSealed())
	}
	seal.At = ports.ToMicroseconds(seal.At)
	seal.Events, seal.Missing = slices.Clone(seal.Events), slices.Clone(seal.Missing)
	for i := range seal.Missing {
		seal.Missing[i].Since = ports.ToMicroseconds(seal.Missing[i].Since)
	}
	s.seals.last = max(s.seals.last, seal.Number)
	s.seals.set(seal.Number, seal)
	return nil
}

func (r seals) Last(ctx context.Context) (domain.Seal, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return domain.Seal{}, err
	}
	return s.seal(s.seals.last)
}

func (r seals) List(ctx context.Context, page domain.Page) ([]domain.Seal, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return nil, err
	}
	return readPage(page.Limit, each(keys(s.seals.rows.after(page.After)), s.seal))
}

// seal returns the seal with copies of its slices.
func (s *state) seal(number domain.ID) (domain.Seal, error) {
	seal, err := s.seals.get(number)
	seal.Events, seal.Missing = slices.Clone(seal.Events), slices.Clone(seal.Missing)
	return seal, err
}
