package memory

import (
	"context"
	"errors"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// kind is what tells the histories of the kinds of records apart.
type kind[T any] struct {
	archive func(*state) *archive[T]
	table   func(*state) *table[T]
	id      func(T) domain.ID
	// plain returns a record as it is kept.
	plain func(T) T
	// refuse says why the record cannot be stored, or nothing; put stores it.
	refuse func(*state, T) error
	put    func(*state, T)
}

var (
	doctorKind = kind[domain.Doctor]{
		archive: func(s *state) *archive[domain.Doctor] { return &s.doctorArchive },
		table:   func(s *state) *table[domain.Doctor] { return &s.doctors },
		id:      func(doctor domain.Doctor) domain.ID { return doctor.ID },
		plain:   func(doctor domain.Doctor) domain.Doctor { return doctor },
		refuse:  (*state).refuseDoctor,
		put:     (*state).putDoctor,
	}
	patientKind = kind[domain.Patient]{
		archive: func(s *state) *archive[domain.Patient] { return &s.patientArchive },
		table:   func(s *state) *table[domain.Patient] { return &s.patients },
		id:      func(patient domain.Patient) domain.ID { return patient.ID },
		plain:   unassigned,
		refuse:  (*state).refusePatient,
		put:     (*state).putPatient,
	}
	mappingKind = kind[domain.Mapping]{
		archive: func(s *state) *archive[domain.Mapping] { return &s.mappingArchive },
		table:   func(s *state) *table[domain.Mapping] { return &s.mappings },
		id:      func(mapping domain.Mapping) domain.ID { return mapping.ID },
		plain:   timed,
		refuse:  (*state).refuseMapping,
		put:     (*state).putMapping,
	}
)

type history[T any] struct {
	tx   *tx
	kind kind[T]
}

func (r history[T]) Keep(ctx context.Context, versions ...domain.Version[T]) ([]domain.Version[T], error) {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return nil, err
	}
	kept := make([]domain.Version[T], len(versions))
	for i, version := range versions {
		version.At = ports.Kept(version.At)
		version.Record = r.kind.plain(version.Record)
		kept[i] = r.kind.archive(s).keep(r.kind.id(version.Record), version)
	}
	return kept, nil
}

func (r history[T]) List(ctx context.Context, id domain.ID, page domain.Page) ([]domain.Version[T], error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return nil, err
	}
	versions, _ := r.kind.archive(s).versions.get(id)
	numbers := func(yield func(domain.ID) bool) {
		for earlier := max(page.After, 0); earlier < domain.ID(len(versions)) && yield(earlier+1); earlier++ {
		}
	}
	return take(page.Limit, numbers, func(number domain.ID) (domain.Version[T], error) { return versions[number-1], nil })
}

func (r history[T]) Get(ctx context.Context, id domain.ID) (domain.Version[T], error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return domain.Version[T]{}, err
	}
	return r.kind.archive(s).get(id)
}

func (r history[T]) Deleted(ctx context.Context, with domain.Reference, page domain.Page) ([]domain.Version[T], error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return nil, err
	}
	archive := r.kind.archive(s)
	return take(page.Limit, archive.ids(with, page.After), archive.get)
}

func (r history[T]) StillDeleted(ctx context.Context, ids ...domain.ID) ([]domain.ID, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return nil, err
	}
	return among(ids, r.kind.archive(s).isDeleted), nil
}

func (r history[T]) Restore(ctx context.Context, records ...T) error {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return err
	}
	for _, record := range records {
		if !r.kind.archive(s).isDeleted(r.kind.id(record)) {
			return domain.ErrNotFound()
		}
	}
	for _, record := range records {
		if r.kind.table(s).has(r.kind.id(record)) {
			return r.tx.refuse(errors.New("memory: a record that is there was to be restored"))
		}
		if err := r.kind.refuse(s, record); err != nil {
			return r.tx.refuse(err)
		}
		r.kind.put(s, record)
	}
	return nil
}
