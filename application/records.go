package application

import (
	"context"
	"crypto/rand"
	"slices"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// records is what a use-case does to the records of one kind, and to their versions.
type versionedRecords[T domain.Record] struct {
	domain.RecordKind
	repository func(ports.Tx) ports.Records[T]
	history    func(ports.Tx) ports.History[T]
}

// anyRecords is records of whatever kind.
type anyVersionedRecords interface {
	// keepChildren keeps that children were deleted with their parent.
	addDeletedChildVersions(ctx context.Context, tx ports.Tx, event *pendingEvent, parent domain.Reference, children []domain.Record) error
	// restoreChildren puts the children back that were deleted with their parent.
	restoreChildren(ctx context.Context, tx ports.Tx, event *pendingEvent, parent domain.Reference) error
	// missing returns those of the records that are deleted or purged, in ascending
	// order. Until the Update returns, the deleted ones stay deleted and the others stay.
	findMissing(ctx context.Context, tx ports.Tx, ids []domain.ID) ([]domain.ID, error)
}

// add adds a record, which becomes the subject of the event.
func (r versionedRecords[T]) create(ctx context.Context, tx ports.Tx, event *pendingEvent, record T) (T, error) {
	added, err := r.repository(tx).Add(ctx, record)
	if err != nil {
		return added, err
	}
	event.Subject.ID = added.Self().ID
	return added, r.addVersion(ctx, tx, event, domain.Created, added)
}

// save saves what a record has become.
func (r versionedRecords[T]) update(ctx context.Context, tx ports.Tx, event *pendingEvent, before, after T) error {
	if err := r.repository(tx).Save(ctx, after); err != nil {
		return err
	}
	earlier, err := r.history(tx).List(ctx, event.Subject.ID, domain.Page{Limit: 1})
	if err == nil && len(earlier) == 0 {
		_, err = r.addVersions(ctx, tx, event, r.firstVersion(event, before))
	}
	if err != nil {
		return err
	}
	return r.addVersion(ctx, tx, event, domain.Updated, after)
}

// delete deletes the record that the event is on, with its children.
func (r versionedRecords[T]) delete(ctx context.Context, tx ports.Tx, event *pendingEvent) error {
	record, children, err := r.repository(tx).Delete(ctx, event.Subject.ID)
	if err != nil {
		return err
	}
	event.addAbout(record.Parents()...)
	if err := r.addVersion(ctx, tx, event, domain.Deleted, record); err != nil {
		return err
	}
	for _, kind := range domain.Children(r.Kind) {
		ofKind := slices.DeleteFunc(slices.Clone(children), func(child domain.Record) bool { return child.Self().Kind != kind })
		if err := recordsByKind[kind].addDeletedChildVersions(ctx, tx, event, record.Self(), ofKind); err != nil {
			return err
		}
	}
	return nil
}

// restore puts the deleted record that the event is on back, with the children that
// were deleted with it. It is a Conflict when a parent is deleted.
func (r versionedRecords[T]) restore(ctx context.Context, tx ports.Tx, event *pendingEvent) (T, error) {
	record, err := r.lockDeleted(ctx, tx, event)
	if err != nil {
		return record, err
	}
	if err := r.history(tx).Restore(ctx, record); err != nil {
		return record, err
	}
	if err := r.addVersion(ctx, tx, event, domain.Restored, record); err != nil {
		return record, err
	}
	for _, kind := range domain.Children(r.Kind) {
		if err := recordsByKind[kind].restoreChildren(ctx, tx, event, record.Self()); err != nil {
			return record, err
		}
	}
	return record, nil
}

// lastDeleted returns the deleted record that the event is on, or a Conflict if one of its
// parents is deleted. It locks the parents first: restoring a parent locks in the same
// order.
func (r versionedRecords[T]) lockDeleted(ctx context.Context, tx ports.Tx, event *pendingEvent) (T, error) {
	if len(r.Parents) > 0 {
		// A deleted record does not change, so it can be read before it is locked.
		deleted, err := r.history(tx).Deleted(ctx, domain.Reference{}, domain.Page{After: event.Subject.ID - 1, Limit: 1})
		if err == nil && (len(deleted) == 0 || deleted[0].Record.Self() != (domain.Reference{Kind: r.Kind, ID: event.Subject.ID})) {
			err = domain.ErrNotFound()
		}
		if err == nil {
			event.addAbout(deleted[0].Record.Parents()...)
			err = requireParents(ctx, tx, deleted[0].Record)
		}
		if err != nil {
			var zero T
			return zero, err
		}
	}
	version, err := r.history(tx).Get(ctx, event.Subject.ID)
	return version.Record, err
}

// requireParents is a Conflict if some of the record's parents are deleted. The others
// cannot be deleted until the Update returns.
func requireParents(ctx context.Context, tx ports.Tx, record domain.Record) error {
	var gone []domain.SubjectKind
	for _, parent := range lockOrder(record.Parents()) {
		missing, err := recordsByKind[parent.Kind].findMissing(ctx, tx, []domain.ID{parent.ID})
		if err != nil {
			return err
		}
		if len(missing) > 0 {
			gone = append(gone, parent.Kind)
		}
	}
	if len(gone) > 0 {
		return domain.ErrParentDeleted(gone...)
	}
	return nil
}

// lockOrder returns references in the order in which their kinds are locked: see
// domain.RecordKinds.
func lockOrder(references []domain.Reference) []domain.Reference {
	var ordered []domain.Reference
	for _, known := range slices.Backward(domain.RecordKinds()) {
		for _, reference := range references {
			if reference.Kind == known.Kind {
				ordered = append(ordered, reference)
			}
		}
	}
	return ordered
}

// version is what the event makes of a record.
func (r versionedRecords[T]) newVersion(event *pendingEvent, change domain.Change, record T) domain.Version[T] {
	return domain.Version[T]{
		At:     event.At,
		By:     domain.Author{UserID: event.Actor.UserID, Role: event.Actor.Role},
		Change: change,
		Record: record,
	}
}

// found is the first version of a record that was there before versions were kept.
func (r versionedRecords[T]) firstVersion(event *pendingEvent, record T) domain.Version[T] {
	return domain.Version[T]{At: event.At, Change: domain.Found, Record: record}
}

// keep keeps a version of the record that the event is on.
func (r versionedRecords[T]) addVersion(ctx context.Context, tx ports.Tx, event *pendingEvent, change domain.Change, record T) error {
	kept, err := r.addVersions(ctx, tx, event, r.newVersion(event, change, record))
	if err != nil {
		return err
	}
	event.Version = kept[0].Number
	return nil
}

// keepAll keeps versions that the event makes, and puts their commitments into it.
func (r versionedRecords[T]) addVersions(ctx context.Context, tx ports.Tx, event *pendingEvent, versions ...domain.Version[T]) ([]domain.Version[T], error) {
	for i := range versions {
		_, _ = rand.Read(versions[i].Salt[:]) // never fails (crypto/rand)
	}
	kept, err := r.history(tx).Keep(ctx, versions...)
	if err != nil {
		return nil, auditUnavailable(err)
	}
	for _, version := range kept {
		event.Commitments = append(event.Commitments, version.Commitment())
	}
	return kept, nil
}
