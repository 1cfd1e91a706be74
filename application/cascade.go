package application

import (
	"context"
	"slices"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func (r versionedRecords[T]) addDeletedChildVersions(ctx context.Context, tx ports.Tx, event *pendingEvent, parent domain.Reference, children []domain.Record) error {
	versions := make([]domain.Version[T], len(children))
	for i, child := range children {
		event.addRelated(otherParents(child, parent)...)
		versions[i] = r.newVersion(event, domain.Deleted, domain.NextVersion(child.(T), event.At))
		versions[i].Cause = parent
	}
	_, err := r.addVersions(ctx, tx, event, versions...)
	return err
}

// restoreChildren leaves a child deleted if another of its parents is deleted. The child is
// restored together with that parent.
func (r versionedRecords[T]) restoreChildren(ctx context.Context, tx ports.Tx, event *pendingEvent, parent domain.Reference) error {
	page := domain.Page{Limit: domain.MaxPageLimit}
	for {
		deleted, err := r.history(tx).ListDeleted(ctx, parent, page)
		if err != nil || len(deleted) == 0 {
			return err
		}
		// Advance the cursor, so the loop ends whatever the store returns.
		page.After = deleted[len(deleted)-1].Record.Self().ID
		if err := r.restoreChildPage(ctx, tx, event, parent, deleted); err != nil {
			return err
		}
	}
}

// restoreChildPage restores one page of deleted children. It overwrites the slice.
func (r versionedRecords[T]) restoreChildPage(ctx context.Context, tx ports.Tx, event *pendingEvent, parent domain.Reference, children []domain.Version[T]) error {
	ids := make([]domain.ID, len(children))
	for i, version := range children {
		ids[i] = version.Record.Self().ID
	}
	// The parent is locked, so no other transaction restores the children. But a purge can
	// have removed some.
	deleted, err := r.history(tx).DeletedIDs(ctx, ids...)
	if err != nil {
		return err
	}
	children = slices.DeleteFunc(children, func(version domain.Version[T]) bool {
		return !contains(deleted, version.Record.Self().ID)
	})
	missing, err := r.findMissingParents(ctx, tx, parent, children)
	if err != nil {
		return err
	}
	var restored []T
	for i, version := range children {
		others := otherParents(version.Record, parent)
		event.addRelated(others...)
		if at := slices.IndexFunc(others, func(other domain.Reference) bool { return contains(missing[other.Kind], other.ID) }); at >= 0 {
			// The child stays deleted. Its new version has the time and the author of the
			// old one.
			children[i].Cause = others[at]
			children[i].Record = domain.NextVersion(version.Record, version.At)
			continue
		}
		record := domain.NextVersion(version.Record, event.At)
		restored = append(restored, record)
		children[i] = r.newVersion(event, domain.Restored, record)
		children[i].Cause = parent
	}
	if err := r.history(tx).Restore(ctx, restored...); err != nil {
		return err
	}
	_, err = r.addVersions(ctx, tx, event, children...)
	return err
}

// findMissingParents returns the IDs of the other parents of the records that are deleted or
// purged, by kind, in ascending order.
func (r versionedRecords[T]) findMissingParents(ctx context.Context, tx ports.Tx, parent domain.Reference, versions []domain.Version[T]) (map[domain.SubjectKind][]domain.ID, error) {
	wanted := map[domain.SubjectKind][]domain.ID{}
	for _, version := range versions {
		for _, other := range otherParents(version.Record, parent) {
			wanted[other.Kind] = append(wanted[other.Kind], other.ID)
		}
	}
	missing := map[domain.SubjectKind][]domain.ID{}
	for _, known := range slices.Backward(domain.RecordKinds()) {
		if ids := wanted[known.Kind]; len(ids) > 0 {
			var err error
			if missing[known.Kind], err = recordsByKind[known.Kind].findMissing(ctx, tx, ids); err != nil {
				return nil, err
			}
		}
	}
	return missing, nil
}

// otherParents returns the record's parents without the given one.
func otherParents(record domain.Record, parent domain.Reference) []domain.Reference {
	return slices.DeleteFunc(record.Parents(), func(other domain.Reference) bool { return other == parent })
}

// maxRounds is how often findMissing looks again for records that have versions but are
// neither live nor deleted. A record that is still in this state after the last round was
// removed by hand.
const maxRounds = 3

func (r versionedRecords[T]) findMissing(ctx context.Context, tx ports.Tx, ids []domain.ID) (missing []domain.ID, err error) {
	unknown := slices.Sorted(slices.Values(ids))
	for round := 0; len(unknown) > 0 && round < maxRounds; round++ {
		live, err := r.repository(tx).ExistingIDs(ctx, unknown...)
		if err != nil {
			return nil, err
		}
		unknown = without(unknown, live)
		deleted, err := r.history(tx).DeletedIDs(ctx, unknown...)
		if err != nil {
			return nil, err
		}
		missing = append(missing, deleted...)
		// The remaining records are purged, which means they have no versions, or another
		// Update restored or deleted them between the two reads. Look for the latter again.
		unknown = without(unknown, deleted)
		for _, id := range unknown {
			versions, err := r.history(tx).List(ctx, id, domain.Page{Limit: 1})
			if err != nil {
				return nil, err
			}
			if len(versions) == 0 {
				missing = append(missing, id)
			}
		}
		slices.Sort(missing)
		unknown = without(unknown, missing)
	}
	missing = append(missing, unknown...)
	slices.Sort(missing)
	return missing, nil
}

func without(ids, others []domain.ID) []domain.ID {
	return slices.DeleteFunc(ids, func(id domain.ID) bool { return contains(others, id) })
}

// contains reports whether id is in a sorted list.
func contains(ascending []domain.ID, id domain.ID) bool {
	_, found := slices.BinarySearch(ascending, id)
	return found
}
