package application

import (
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// History is the use-cases on the versions of records of one kind, and on deleted
// ones. Staff sees the versions of what is not deleted.
type History[T any] struct {
	trail *Trail
	kind  kind[T]
}

// kind is a kind of record whose versions are kept.
type kind[T any] struct {
	subject                   domain.SubjectKind
	readVersions, readDeleted domain.Permission
	id                        func(T) domain.ID
	repository                func(ports.Tx) repository[T]
	history                   func(ports.Tx) ports.History[T]
	// visibleTo returns what an actor may see of a version's record.
	visibleTo func(T, domain.Actor) T
	// about says in an entry which other records one of these concerns.
	about func(*entry, T)
}

// Versions returns a page of the versions of a record, each beside the one before.
func (s *History[T]) Versions(ctx context.Context, actor domain.Actor, id domain.ID, in domain.PageInput) (Page[domain.Revision[T]], error) {
	return account(ctx, s.trail, actor, s.kind.readVersions, on(s.kind.subject, id), func(e *entry) (Page[domain.Revision[T]], error) {
		page, err := in.Parse()
		if err != nil {
			return Page[domain.Revision[T]]{}, err
		}
		return readPage(ctx, s.trail.store, page, number, func(tx ports.Tx, page domain.Page) ([]domain.Revision[T], error) {
			return s.revisions(ctx, tx, e, page)
		})
	})
}

func number[T any](revision domain.Revision[T]) domain.ID { return domain.ID(revision.Number) }

// Version returns one version of a record beside the one before.
func (s *History[T]) Version(ctx context.Context, actor domain.Actor, id, version domain.ID) (domain.Revision[T], error) {
	return account(ctx, s.trail, actor, s.kind.readVersions, on(s.kind.subject, id), func(e *entry) (domain.Revision[T], error) {
		return view(ctx, s.trail.store, func(tx ports.Tx) (domain.Revision[T], error) {
			revisions, err := s.revisions(ctx, tx, e, domain.Page{After: version - 1, Limit: 1})
			if err == nil && (len(revisions) == 0 || number(revisions[0]) != version) {
				err = domain.ErrNotFound()
			}
			if err != nil {
				return domain.Revision[T]{}, err
			}
			return revisions[0], nil
		})
	})
}

// revisions reads a page of the versions of the record that e is about, as far as
// its actor may see them.
func (s *History[T]) revisions(ctx context.Context, tx ports.Tx, e *entry, page domain.Page) ([]domain.Revision[T], error) {
	live, err := s.kind.repository(tx).Get(ctx, e.Subject.ID)
	isLive := err == nil
	if domain.KindOf(err) == domain.NotFound && domain.Can(e.Actor.Role, s.kind.readDeleted) {
		_, err = s.kind.history(tx).Get(ctx, e.Subject.ID)
	}
	if err != nil {
		return nil, err
	}
	// From the one before the page on.
	from := domain.Page{After: max(page.After, 1) - 1, Limit: page.Limit + 1}
	versions, err := s.kind.history(tx).List(ctx, e.Subject.ID, from)
	if err != nil {
		return nil, err
	}
	if isLive && len(versions) == 0 {
		versions = append(versions, s.kind.found(e, live))
		versions[0].Number = 1
	}
	revisions := []domain.Revision[T]{}
	var before *T
	for _, version := range versions {
		version.Record = s.kind.visibleTo(version.Record, e.Actor)
		if domain.ID(version.Number) > page.After && len(revisions) < page.Limit {
			s.kind.about(e, version.Record)
			if before != nil {
				s.kind.about(e, *before)
			}
			revisions = append(revisions, domain.Revision[T]{Version: version, Before: before})
		}
		before = &version.Record
	}
	return revisions, nil
}

// Deleted returns a page of the deleted records, as they were.
func (s *History[T]) Deleted(ctx context.Context, actor domain.Actor, in domain.PageInput) (Page[domain.Version[T]], error) {
	return account(ctx, s.trail, actor, s.kind.readDeleted, on(s.kind.subject, 0), func(e *entry) (Page[domain.Version[T]], error) {
		page, err := in.Parse()
		if err != nil {
			return Page[domain.Version[T]]{}, err
		}
		id := func(version domain.Version[T]) domain.ID { return s.kind.id(version.Record) }
		deleted, err := list(ctx, e, page, id, func(tx ports.Tx, page domain.Page) ([]domain.Version[T], error) {
			return s.kind.history(tx).Deleted(ctx, domain.Reference{}, page)
		})
		for i, version := range deleted.Items {
			s.kind.about(e, version.Record)
			deleted.Items[i].Record = s.kind.visibleTo(version.Record, actor)
		}
		return deleted, err
	})
}

// version is what e makes of a record.
func (k kind[T]) version(e *entry, change domain.Change, record T) domain.Version[T] {
	return domain.Version[T]{
		At:     e.At,
		By:     domain.Author{UserID: e.Actor.UserID, Role: e.Actor.Role},
		Change: change,
		Record: record,
	}
}

// noOther is the about of records that concern no others.
func noOther[T any](*entry, T) {}

// found is the first version of a record that was there before versions were kept.
func (k kind[T]) found(e *entry, record T) domain.Version[T] {
	return domain.Version[T]{At: e.At, Change: domain.Found, Record: record}
}

// keep keeps a version of the record that e is about.
func (k kind[T]) keep(ctx context.Context, tx ports.Tx, e *entry, change domain.Change, record T) error {
	kept, err := k.history(tx).Keep(ctx, k.version(e, change, record))
	if err != nil {
		return unaccounted(err)
	}
	e.Version = kept[0].Number
	return nil
}

// add adds a record, which becomes the subject of e.
func (k kind[T]) add(ctx context.Context, e *entry, create func(ports.Tx) (T, error)) (T, error) {
	return add(ctx, e, k.id, func(tx ports.Tx) (T, error) {
		record, err := create(tx)
		if err != nil {
			return record, err
		}
		return record, k.keep(ctx, tx, e, domain.Created, record)
	})
}

// change reads the record that e is about, changes it and saves it, in one transaction.
func (k kind[T]) change(ctx context.Context, e *entry, with func(T) (T, error)) (T, error) {
	return update(ctx, e, func(tx ports.Tx) (T, error) {
		before, record, err := save(ctx, tx, e, k.repository, with)
		if err != nil {
			return record, err
		}
		earlier, err := k.history(tx).List(ctx, e.Subject.ID, domain.Page{Limit: 1})
		if err == nil && len(earlier) == 0 {
			_, err = k.history(tx).Keep(ctx, k.found(e, before))
		}
		if err != nil {
			return record, err
		}
		return record, k.keep(ctx, tx, e, domain.Updated, record)
	})
}

// restore puts the deleted record that e is about back.
func (k kind[T]) restore(ctx context.Context, tx ports.Tx, e *entry) (T, error) {
	deleted, err := k.history(tx).Get(ctx, e.Subject.ID)
	if err != nil {
		return deleted.Record, err
	}
	if err := k.history(tx).Restore(ctx, deleted.Record); err != nil {
		return deleted.Record, err
	}
	return deleted.Record, k.keep(ctx, tx, e, domain.Restored, deleted.Record)
}
