package application

import (
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// History is the use-cases on the versions of records of one kind, and on deleted
// ones. Staff sees the versions of what is not deleted.
type History[T domain.Record] struct {
	trail   *Trail
	records records[T]
}

// Versions returns a page of the versions of a record, each beside the one before.
func (s *History[T]) Versions(ctx context.Context, actor domain.Actor, id domain.ID, in domain.PageInput) (Page[domain.VersionView[T]], error) {
	page, invalid := in.Parse()
	return read(ctx, s.trail, attempt{by: actor, to: s.records.ReadHistory, on: one(s.records.Kind, id), invalid: invalid},
		func(tx ports.Tx, e *entry) (Page[domain.VersionView[T]], error) {
			return readPage(page, number, func(page domain.Page) ([]domain.VersionView[T], error) {
				return s.revisions(ctx, tx, e, page)
			})
		})
}

func number[T domain.Record](revision domain.VersionView[T]) domain.ID {
	return domain.ID(revision.Number)
}

// Version returns one version of a record beside the one before.
func (s *History[T]) Version(ctx context.Context, actor domain.Actor, id, version domain.ID) (domain.VersionView[T], error) {
	return read(ctx, s.trail, attempt{by: actor, to: s.records.ReadHistory, on: one(s.records.Kind, id)},
		func(tx ports.Tx, e *entry) (domain.VersionView[T], error) {
			revisions, err := s.revisions(ctx, tx, e, domain.Page{After: version - 1, Limit: 1})
			if err == nil && (len(revisions) == 0 || number(revisions[0]) != version) {
				err = domain.ErrNotFound()
			}
			if err != nil {
				return domain.VersionView[T]{}, err
			}
			return revisions[0], nil
		})
}

// revisions reads a page of the versions of the record that the event is on. The event is
// also about the parents that these versions name.
func (s *History[T]) revisions(ctx context.Context, tx ports.Tx, e *entry, page domain.Page) ([]domain.VersionView[T], error) {
	live, err := s.records.repository(tx).Get(ctx, e.Subject.ID)
	isLive := err == nil
	if domain.KindOf(err) == domain.NotFound && domain.Can(e.Actor.Role, s.records.ReadDeleted) {
		_, err = s.records.history(tx).GetDeleted(ctx, e.Subject.ID)
	}
	if err != nil {
		return nil, err
	}
	// Begin one version earlier: the first revision needs the one before it.
	from := domain.Page{After: max(page.After, 1) - 1, Limit: page.Limit + 1}
	versions, err := s.records.history(tx).List(ctx, e.Subject.ID, from)
	if err != nil {
		return nil, err
	}
	if isLive && len(versions) == 0 {
		versions = append(versions, s.records.found(e, live))
		versions[0].Number = 1
	}
	revisions := []domain.VersionView[T]{}
	var before *T
	for _, version := range versions {
		if domain.ID(version.Number) > page.After && len(revisions) < page.Limit {
			e.about(version.Record.Parents()...)
			if before != nil {
				e.about((*before).Parents()...)
			}
			revisions = append(revisions, domain.VersionView[T]{Version: version, Before: before})
		}
		before = &version.Record
	}
	return revisions, nil
}

// Deleted returns a page of the deleted records, as they were.
func (s *History[T]) Deleted(ctx context.Context, actor domain.Actor, in domain.PageInput) (Page[domain.Version[T]], error) {
	page, invalid := in.Parse()
	return read(ctx, s.trail, attempt{by: actor, to: s.records.ReadDeleted, on: some(s.records.Kind), invalid: invalid},
		func(tx ports.Tx, e *entry) (Page[domain.Version[T]], error) {
			id := func(version domain.Version[T]) domain.ID { return version.Record.Self().ID }
			deleted, err := list(e, page, id, func(page domain.Page) ([]domain.Version[T], error) {
				return s.records.history(tx).ListDeleted(ctx, domain.Reference{}, page)
			})
			for _, version := range deleted.Items {
				e.about(version.Record.Parents()...)
			}
			return deleted, err
		})
}
