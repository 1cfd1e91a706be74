package application

import (
	"context"
	"crypto/rand"
	"slices"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// versionedRecords changes records of one kind together with their versions.
type versionedRecords[T domain.Record] struct {
	domain.RecordKind
	repository func(ports.Tx) ports.Records[T]
	history    func(ports.Tx) ports.History[T]
}

// anyVersionedRecords is a versionedRecords of any kind.
type anyVersionedRecords interface {
	// addDeletedChildVersions adds a version to each child that was deleted with its parent.
	addDeletedChildVersions(ctx context.Context, tx ports.Tx, event *pendingEvent, parent domain.Reference, children []domain.Record) error
	// restoreChildren restores the children that were deleted with the parent.
	restoreChildren(ctx context.Context, tx ports.Tx, event *pendingEvent, parent domain.Reference) error
	// findMissing returns the IDs of the records that are deleted or purged, in ascending
	// order. Until the Update returns, no other transaction can restore the deleted records
	// or delete the other ones.
	findMissing(ctx context.Context, tx ports.Tx, ids []domain.ID) ([]domain.ID, error)
	// existing returns the IDs of the records that exist.
	existing(ctx context.Context, tx ports.Tx, ids []domain.ID) ([]domain.ID, error)
}

// create adds a record, which becomes the subject of the event.
func (r versionedRecords[T]) create(ctx context.Context, tx ports.Tx, event *pendingEvent, record T) (T, error) {
	added, err := ports.AddOne(ctx, r.repository(tx), domain.FirstVersion(record, event.At))
	if err != nil {
		return added, err
	}
	event.Subject.ID = added.Self().ID
	return added, r.addVersion(ctx, tx, event, domain.Created, added)
}

// update saves the changed record and returns it with its next version. If nothing has
// changed, it does nothing. If the record has no version yet, because it is older than the
// history, before becomes the first version.
func (r versionedRecords[T]) update(ctx context.Context, tx ports.Tx, event *pendingEvent, before, after T) (T, error) {
	if len(domain.Diff(&before, after)) == 0 {
		return before, nil
	}
	after = domain.NextVersion(after, event.At)
	if err := r.repository(tx).Save(ctx, after); err != nil {
		return after, err
	}
	return after, r.addVersionsOf(ctx, tx, event, r.updated(event, before, after)...)
}

// delete deletes the subject of the event with its children, unless check refuses it. check
// gets the record and the children as they were before.
func (r versionedRecords[T]) delete(ctx context.Context, tx ports.Tx, event *pendingEvent, check func(record T, children []domain.Record) error) error {
	record, children, err := r.repository(tx).Delete(ctx, event.Subject.ID)
	if err != nil {
		return err
	}
	event.addRelated(record.Parents()...)
	// The store has locked what it deleted. An error undoes the deletion.
	if err := check(record, children); err != nil {
		return err
	}
	if err := r.addVersion(ctx, tx, event, domain.Deleted, domain.NextVersion(record, event.At)); err != nil {
		return err
	}
	return r.addChildVersions(ctx, tx, event, record.Self(), children)
}

// addChildVersions adds a version to each child that was deleted with its parent.
func (r versionedRecords[T]) addChildVersions(ctx context.Context, tx ports.Tx, event *pendingEvent, parent domain.Reference, children []domain.Record) error {
	for _, kind := range domain.Children(r.Kind) {
		ofKind := slices.DeleteFunc(slices.Clone(children), func(child domain.Record) bool { return child.Self().Kind != kind })
		if err := recordsByKind[kind].addDeletedChildVersions(ctx, tx, event, parent, ofKind); err != nil {
			return err
		}
	}
	return nil
}

// restore restores the subject of the event, with the children that were deleted with it. A
// deleted parent is a Conflict. Only the user who deleted the record, and actors with
// RestoreAny, can restore it.
func (r versionedRecords[T]) restore(ctx context.Context, tx ports.Tx, event *pendingEvent) (T, error) {
	record, err := r.lockDeleted(ctx, tx, event)
	if err != nil {
		return record, err
	}
	record = domain.NextVersion(record, event.At)
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

// lockDeleted locks and returns the deleted record that is the subject of the event. A deleted
// parent is a Conflict. The parents are locked first, in the order in which restoring a parent
// locks them.
func (r versionedRecords[T]) lockDeleted(ctx context.Context, tx ports.Tx, event *pendingEvent) (T, error) {
	if len(r.Parents) > 0 {
		// A deleted record does not change, so it can be read before it is locked.
		deleted, err := r.history(tx).ListDeleted(ctx, domain.Reference{}, domain.Page{After: event.Subject.ID - 1, Limit: 1})
		if err == nil && (len(deleted) == 0 || deleted[0].Record.Self() != (domain.Reference{Kind: r.Kind, ID: event.Subject.ID})) {
			err = domain.ErrNotFound()
		}
		if err == nil {
			err = r.requireMayRestore(event.Actor, deleted[0])
		}
		if err == nil {
			event.addRelated(deleted[0].Record.Parents()...)
			err = requireParents(ctx, tx, deleted[0].Record)
		}
		if err != nil {
			var zero T
			return zero, err
		}
	}
	version, err := r.history(tx).GetDeleted(ctx, event.Subject.ID)
	if err == nil {
		err = r.requireMayRestore(event.Actor, version)
	}
	return version.Record, err
}

// requireMayRestore returns Forbidden if somebody else deleted the record, unless the actor
// may restore what others deleted.
func (r versionedRecords[T]) requireMayRestore(actor domain.Actor, deleted domain.Version[T]) error {
	if deleted.Author.UserID == actor.UserID {
		return nil
	}
	if domain.Authorize(actor, r.RestoreAny) != nil {
		return domain.ErrForbidden("Somebody else deleted this. Only an administrator can restore it.")
	}
	return nil
}

// requireParents returns a Conflict if some of the record's parents are deleted. The other
// parents cannot be deleted until the Update returns.
func requireParents(ctx context.Context, tx ports.Tx, record domain.Record) error {
	var deleted []domain.SubjectKind
	for _, parent := range lockOrder(record.Parents()) {
		missing, err := recordsByKind[parent.Kind].findMissing(ctx, tx, []domain.ID{parent.ID})
		if err != nil {
			return err
		}
		if len(missing) > 0 {
			deleted = append(deleted, parent.Kind)
		}
	}
	if len(deleted) > 0 {
		return domain.ErrParentDeleted(deleted...)
	}
	return nil
}

// lockOrder sorts references by kind, in the order in which records are locked (see
// domain.RecordKinds).
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

// newVersion returns the version that the event's change makes of a record.
func (r versionedRecords[T]) newVersion(event *pendingEvent, change domain.Change, record T) domain.Version[T] {
	return domain.Version[T]{
		At:     event.At,
		Author: domain.Author{UserID: event.Actor.UserID, Role: event.Actor.Role},
		Change: change,
		Record: record,
	}
}

// updated returns the versions for an update: before, in case that the record has no version
// yet, and after.
func (r versionedRecords[T]) updated(event *pendingEvent, before, after T) []domain.Version[T] {
	first := r.firstVersion(event, before)
	first.OnlyAsFirst = true
	return []domain.Version[T]{first, r.newVersion(event, domain.Updated, after)}
}

// firstVersion returns the first version of a record that is older than the history.
func (r versionedRecords[T]) firstVersion(event *pendingEvent, record T) domain.Version[T] {
	return domain.Version[T]{At: event.At, Change: domain.Found, Record: record}
}

// addVersion adds a version of the subject of the event.
func (r versionedRecords[T]) addVersion(ctx context.Context, tx ports.Tx, event *pendingEvent, change domain.Change, record T) error {
	return r.addVersionsOf(ctx, tx, event, r.newVersion(event, change, record))
}

// addVersionsOf adds versions of the subject of the event.
func (r versionedRecords[T]) addVersionsOf(ctx context.Context, tx ports.Tx, event *pendingEvent, versions ...domain.Version[T]) error {
	added, err := r.addVersions(ctx, tx, event, versions...)
	if err != nil {
		return err
	}
	event.Version = added[len(added)-1].Number
	return nil
}

// addVersions adds versions to the history, and their commitments to the event.
func (r versionedRecords[T]) addVersions(ctx context.Context, tx ports.Tx, event *pendingEvent, versions ...domain.Version[T]) ([]domain.Version[T], error) {
	for i := range versions {
		_, _ = rand.Read(versions[i].Salt[:]) // never fails (crypto/rand)
	}
	added, err := r.history(tx).Add(ctx, versions...)
	if err != nil {
		return nil, auditUnavailable(err)
	}
	for _, version := range added {
		event.Commitments = append(event.Commitments, version.Commitment())
	}
	return added, nil
}
