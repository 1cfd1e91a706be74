package memory

import (
	"context"
	"errors"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// history implements ports.History.
type history[T domain.Record] struct {
	tx   *tx
	kind kind[T]
}

func (r history[T]) Add(ctx context.Context, versions ...domain.Version[T]) ([]domain.Version[T], error) {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return nil, err
	}
	stored := make([]domain.Version[T], 0, len(versions))
	for _, version := range versions {
		archive := &r.kind.collection(s).archive
		if version.OnlyAsFirst && archive.hasVersions(version.Record.Self().ID) {
			continue
		}
		version.OnlyAsFirst = false
		version.At = ports.ToMicroseconds(version.At)
		version.Record = r.kind.withID(version.Record, version.Record.Self().ID)
		stored = append(stored, archive.add(version))
	}
	return stored, nil
}

func (r history[T]) List(ctx context.Context, id domain.ID, page domain.Page) ([]domain.Version[T], error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return nil, err
	}
	versions, _ := r.kind.collection(s).archive.versions.get(id)
	numbers := func(yield func(domain.ID) bool) {
		for earlier := max(page.After, 0); earlier < domain.ID(len(versions)) && yield(earlier+1); earlier++ {
		}
	}
	return readPage(page.Limit, each(numbers, func(number domain.ID) (domain.Version[T], error) { return unsalted(versions[number-1]), nil }))
}

func (r history[T]) GetDeleted(ctx context.Context, id domain.ID) (domain.Version[T], error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return domain.Version[T]{}, err
	}
	return r.kind.collection(s).archive.get(id)
}

func (r history[T]) ListDeleted(ctx context.Context, with domain.Reference, page domain.Page) ([]domain.Version[T], error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return nil, err
	}
	archive := &r.kind.collection(s).archive
	return readPage(page.Limit, each(archive.deletedIDs(with, page.After), archive.get))
}

func (r history[T]) DeletedIDs(ctx context.Context, ids ...domain.ID) ([]domain.ID, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return nil, err
	}
	return filterIDs(ids, r.kind.collection(s).archive.isDeleted), nil
}

func (r history[T]) Restore(ctx context.Context, records ...T) error {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return err
	}
	for _, record := range records {
		if !r.kind.collection(s).archive.isDeleted(record.Self().ID) {
			return domain.ErrNotFound()
		}
	}
	for _, record := range records {
		id := record.Self().ID
		if r.kind.collection(s).has(id) {
			return r.tx.refuse(errors.New("memory: the record to restore exists"))
		}
		record = r.kind.withID(record, id)
		if err := r.kind.check(s, record); err != nil {
			return r.tx.refuse(err)
		}
		r.kind.put(s, record)
	}
	return nil
}
