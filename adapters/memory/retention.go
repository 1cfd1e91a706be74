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
	return len(s.archiveOf(kind).expired(ports.ToMicroseconds(before))), nil
}

func (r retention) Purge(ctx context.Context, kind domain.SubjectKind, before time.Time, limit int) ([]domain.ID, error) {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return nil, err
	}
	retained := s.archiveOf(kind)
	ids := retained.expired(ports.ToMicroseconds(before))
	ids = ids[:min(len(ids), limit)]
	for _, id := range ids {
		retained.purge(id)
	}
	slices.Sort(ids)
	return ids, nil
}

// anyArchive is an archive of any T.
type anyArchive interface {
	expired(before time.Time) []domain.ID
	purge(id domain.ID)
	commitments(id domain.ID, number int) iter.Seq[domain.Commitment]
}

// archiveOf returns the archive of the kind. It is empty for a kind without a history.
func (s *state) archiveOf(kind domain.SubjectKind) anyArchive {
	if known, found := kinds[kind]; found {
		return known.archive(s)
	}
	none := newArchive[domain.Doctor]()
	return &none
}

func (k kind[T]) archive(s *state) anyArchive { return &k.collection(s).archive }
