package memory

import (
	"context"
	"iter"
	"slices"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

type retention struct{ tx *tx }

func (r retention) CountExpired(ctx context.Context, kind domain.SubjectKind, before time.Time) (int, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return 0, err
	}
	return len(s.retained(kind).expired(ports.ToMicroseconds(before))), nil
}

func (r retention) Purge(ctx context.Context, kind domain.SubjectKind, before time.Time, limit int) ([]domain.ID, error) {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return nil, err
	}
	retained := s.retained(kind)
	ids := retained.expired(ports.ToMicroseconds(before))
	ids = ids[:min(len(ids), limit)]
	for _, id := range ids {
		retained.purge(id)
	}
	slices.Sort(ids)
	return ids, nil
}

// retained is what is kept of the deleted records of a kind: an archive of any T.
type retained interface {
	expired(before time.Time) []domain.ID
	purge(id domain.ID)
	commitments(id domain.ID, number int) iter.Seq[domain.Commitment]
}

// retained returns an empty archive for a kind whose versions are not kept.
func (s *state) retained(kind domain.SubjectKind) retained {
	if known, found := kinds[kind]; found {
		return known.retained(s)
	}
	none := newArchive[domain.Doctor]()
	return &none
}

func (k kind[T]) retained(s *state) retained { return &k.keep(s).archive }
