package application

import (
	"context"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// History holds the use-cases on the versions of records of one kind, and on deleted records.
// Versions of deleted records are shown only to actors who may read deleted records.
type History[T domain.Record] struct {
	trail   *Trail
	records versionedRecords[T]
	deleted lister[domain.Version[T]]
}

// ListVersions returns a page of the versions of a record, each with the previous version.
func (s *History[T]) ListVersions(ctx context.Context, actor domain.Actor, id domain.ID, in domain.PageInput) (Page[domain.VersionView[T]], error) {
	page, inputErr := in.Parse()
	return runView(ctx, s.trail, call{actor: actor, permission: s.records.ReadHistory, kind: s.records.Kind, id: id, inputErr: inputErr},
		func(ctx context.Context, tx ports.Tx, event *pendingEvent) (Page[domain.VersionView[T]], error) {
			return readPageByID(page, revisionNumber, func(page domain.Page) ([]domain.VersionView[T], error) {
				return s.revisions(ctx, tx, event, page)
			})
		})
}

func revisionNumber[T domain.Record](revision domain.VersionView[T]) domain.ID {
	return domain.ID(revision.Number)
}

// GetVersion returns one version of a record with the previous version.
func (s *History[T]) GetVersion(ctx context.Context, actor domain.Actor, id, version domain.ID) (domain.VersionView[T], error) {
	return runView(ctx, s.trail, call{actor: actor, permission: s.records.ReadHistory, kind: s.records.Kind, id: id},
		func(ctx context.Context, tx ports.Tx, event *pendingEvent) (domain.VersionView[T], error) {
			revisions, err := s.revisions(ctx, tx, event, domain.Page{After: version - 1, Limit: 1})
			if err == nil && (len(revisions) == 0 || revisionNumber(revisions[0]) != version) {
				err = domain.ErrNotFound()
			}
			if err != nil {
				return domain.VersionView[T]{}, err
			}
			return revisions[0], nil
		})
}

// revisions reads a page of the versions of the subject of the event. It adds the parents that
// these versions name to the event.
func (s *History[T]) revisions(ctx context.Context, tx ports.Tx, event *pendingEvent, page domain.Page) ([]domain.VersionView[T], error) {
	live, err := s.records.repository(tx).Get(ctx, event.Subject.ID)
	isLive := err == nil
	if domain.KindOf(err) == domain.NotFound && domain.Can(event.Actor.Role, s.records.ReadDeleted) {
		_, err = s.records.history(tx).GetDeleted(ctx, event.Subject.ID)
	}
	if err != nil {
		return nil, err
	}
	// Start one version earlier: the first version of the page is shown with the previous one.
	from := domain.Page{After: max(page.After, 1) - 1, Limit: page.Limit + 1}
	versions, err := s.records.history(tx).List(ctx, event.Subject.ID, from)
	if err != nil {
		return nil, err
	}
	if isLive && len(versions) == 0 {
		versions = append(versions, s.records.firstVersion(event, live))
		versions[0].Number = 1
	}
	revisions := []domain.VersionView[T]{}
	var before *T
	for _, version := range versions {
		if domain.ID(version.Number) > page.After && len(revisions) < page.Limit {
			event.addRelated(version.Record.Parents()...)
			if before != nil {
				event.addRelated((*before).Parents()...)
			}
			revisions = append(revisions, domain.VersionView[T]{Version: version, Before: before})
		}
		before = &version.Record
	}
	return revisions, nil
}

// ListDeleted returns a page of the deleted records, each as its last version.
func (s *History[T]) ListDeleted(ctx context.Context, actor domain.Actor, in domain.Parameters) (Page[domain.Version[T]], error) {
	return s.deleted.list(ctx, actor, s.records.ReadDeleted, in)
}

// newHistory returns the use-cases for the records of a kind. live declares the list of the
// records that are not deleted.
func newHistory[T domain.Record, V any](trail *Trail, cursors ports.Cursors, records versionedRecords[T], live domain.Listing[V]) History[T] {
	return History[T]{trail: trail, records: records, deleted: lister[domain.Version[T]]{
		listing: domain.DeletedListing[T](live), trail: trail, cursors: cursors, kind: records.Kind,
		lists:   func(tx ports.Tx) ports.Lists[domain.Version[T]] { return deletedRecords[T]{tx, records} },
		id:      func(version domain.Version[T]) domain.ID { return version.Record.Self().ID },
		related: func(version domain.Version[T]) []domain.Reference { return version.Record.Parents() },
	}}
}

// deletedRecords is the list of the deleted records of a kind.
type deletedRecords[T domain.Record] struct {
	tx      ports.Tx
	records versionedRecords[T]
}

func (d deletedRecords[T]) List(ctx context.Context, query domain.ListQuery) ([]domain.Version[T], error) {
	page := domain.Page{Limit: query.Limit}
	if query.After != nil {
		page.After = query.After.ID
	}
	return d.records.history(d.tx).ListDeleted(ctx, domain.Reference{}, page)
}

func (d deletedRecords[T]) Count(ctx context.Context, _ domain.ListQuery) (int, error) {
	return d.tx.Retention().CountExpired(ctx, d.records.Kind, endOfTime)
}

// endOfTime is after every deletion.
var endOfTime = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
