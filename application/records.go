package application

import (
	"context"
	"crypto/rand"
	"slices"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// records is what a use-case does to the records of one kind, and to their versions.
type records[T domain.Record] struct {
	domain.RecordKind
	repository func(ports.Tx) ports.Records[T]
	history    func(ports.Tx) ports.History[T]
}

// anyRecords is records of whatever kind.
type anyRecords interface {
	// keepChildren keeps that children were deleted with their parent.
	keepChildren(ctx context.Context, tx ports.Tx, e *entry, parent domain.Reference, children []domain.Record) error
	// restoreChildren puts the children back that were deleted with their parent.
	restoreChildren(ctx context.Context, tx ports.Tx, e *entry, parent domain.Reference) error
	// missing returns those of the records that are deleted or purged, in ascending
	// order. Until the Update returns, the deleted ones stay deleted and the others stay.
	missing(ctx context.Context, tx ports.Tx, ids []domain.ID) ([]domain.ID, error)
}

// add adds a record, which becomes the subject of the event.
func (r records[T]) add(ctx context.Context, tx ports.Tx, e *entry, record T) (T, error) {
	added, err := r.repository(tx).Add(ctx, domain.FirstVersion(record, e.At))
	if err != nil {
		return added, err
	}
	e.Subject.ID = added.Self().ID
	return added, r.keep(ctx, tx, e, domain.Created, added)
}

// save saves what a record has become, and returns it as of its new version. Where nothing
// has changed, it does nothing.
func (r records[T]) save(ctx context.Context, tx ports.Tx, e *entry, before, after T) (T, error) {
	if len(domain.Diff(&before, after)) == 0 {
		return before, nil
	}
	after = domain.NextVersion(after, e.At)
	if err := r.repository(tx).Save(ctx, after); err != nil {
		return after, err
	}
	earlier, err := r.history(tx).List(ctx, e.Subject.ID, domain.Page{Limit: 1})
	if err == nil && len(earlier) == 0 {
		_, err = r.keepAll(ctx, tx, e, r.found(e, before))
	}
	if err != nil {
		return after, err
	}
	return after, r.keep(ctx, tx, e, domain.Updated, after)
}

// delete deletes the record that the event is on, with its children.
func (r records[T]) delete(ctx context.Context, tx ports.Tx, e *entry) error {
	record, children, err := r.repository(tx).Delete(ctx, e.Subject.ID)
	if err != nil {
		return err
	}
	e.about(record.Parents()...)
	if err := r.keep(ctx, tx, e, domain.Deleted, domain.NextVersion(record, e.At)); err != nil {
		return err
	}
	for _, kind := range domain.Children(r.Kind) {
		ofKind := slices.DeleteFunc(slices.Clone(children), func(child domain.Record) bool { return child.Self().Kind != kind })
		if err := allRecords[kind].keepChildren(ctx, tx, e, record.Self(), ofKind); err != nil {
			return err
		}
	}
	return nil
}

// restore puts the deleted record that the event is on back, with the children that
// were deleted with it. It is a Conflict when a parent is deleted.
func (r records[T]) restore(ctx context.Context, tx ports.Tx, e *entry) (T, error) {
	record, err := r.lastDeleted(ctx, tx, e)
	if err != nil {
		return record, err
	}
	record = domain.NextVersion(record, e.At)
	if err := r.history(tx).Restore(ctx, record); err != nil {
		return record, err
	}
	if err := r.keep(ctx, tx, e, domain.Restored, record); err != nil {
		return record, err
	}
	for _, kind := range domain.Children(r.Kind) {
		if err := allRecords[kind].restoreChildren(ctx, tx, e, record.Self()); err != nil {
			return record, err
		}
	}
	return record, nil
}

// lastDeleted returns the deleted record that the event is on, or a Conflict if one of its
// parents is deleted. It locks the parents first: restoring a parent locks in the same
// order.
func (r records[T]) lastDeleted(ctx context.Context, tx ports.Tx, e *entry) (T, error) {
	if len(r.Parents) > 0 {
		// A deleted record does not change, so it can be read before it is locked.
		deleted, err := r.history(tx).ListDeleted(ctx, domain.Reference{}, domain.Page{After: e.Subject.ID - 1, Limit: 1})
		if err == nil && (len(deleted) == 0 || deleted[0].Record.Self() != (domain.Reference{Kind: r.Kind, ID: e.Subject.ID})) {
			err = domain.ErrNotFound()
		}
		if err == nil {
			e.about(deleted[0].Record.Parents()...)
			err = requireParents(ctx, tx, deleted[0].Record)
		}
		if err != nil {
			var none T
			return none, err
		}
	}
	version, err := r.history(tx).GetDeleted(ctx, e.Subject.ID)
	return version.Record, err
}

// requireParents is a Conflict if some of the record's parents are deleted. The others
// cannot be deleted until the Update returns.
func requireParents(ctx context.Context, tx ports.Tx, record domain.Record) error {
	var gone []domain.SubjectKind
	for _, parent := range lockOrder(record.Parents()) {
		missing, err := allRecords[parent.Kind].missing(ctx, tx, []domain.ID{parent.ID})
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
func (r records[T]) version(e *entry, change domain.Change, record T) domain.Version[T] {
	return domain.Version[T]{
		At:     e.At,
		Author: domain.Author{UserID: e.Actor.UserID, Role: e.Actor.Role},
		Change: change,
		Record: record,
	}
}

// found is the first version of a record that was there before versions were kept.
func (r records[T]) found(e *entry, record T) domain.Version[T] {
	return domain.Version[T]{At: e.At, Change: domain.Found, Record: record}
}

// keep keeps a version of the record that the event is on.
func (r records[T]) keep(ctx context.Context, tx ports.Tx, e *entry, change domain.Change, record T) error {
	kept, err := r.keepAll(ctx, tx, e, r.version(e, change, record))
	if err != nil {
		return err
	}
	e.Version = kept[0].Number
	return nil
}

// keepAll keeps versions that the event makes, and puts their commitments into it.
func (r records[T]) keepAll(ctx context.Context, tx ports.Tx, e *entry, versions ...domain.Version[T]) ([]domain.Version[T], error) {
	for i := range versions {
		_, _ = rand.Read(versions[i].Salt[:]) // never fails (crypto/rand)
	}
	kept, err := r.history(tx).Add(ctx, versions...)
	if err != nil {
		return nil, unaccounted(err)
	}
	for _, version := range kept {
		e.Commitments = append(e.Commitments, version.Commitment())
	}
	return kept, nil
}
