package application

import (
	"context"
	"slices"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func (r records[T]) keepChildren(ctx context.Context, tx ports.Tx, e *entry, parent domain.Reference, children []domain.Record) error {
	versions := make([]domain.Version[T], len(children))
	for i, child := range children {
		e.about(otherParents(child, parent)...)
		versions[i] = r.version(e, domain.Deleted, domain.NextVersion(child.(T), e.At))
		versions[i].Cause = parent
	}
	_, err := r.keepAll(ctx, tx, e, versions...)
	return err
}

// restoreChildren leaves a child deleted if another parent of it is deleted. The child
// will be restored with that one.
func (r records[T]) restoreChildren(ctx context.Context, tx ports.Tx, e *entry, parent domain.Reference) error {
	page := domain.Page{Limit: domain.MaxPageLimit}
	for {
		ended, err := r.history(tx).ListDeleted(ctx, parent, page)
		if err != nil || len(ended) == 0 {
			return err
		}
		// Advance the cursor, so the loop ends whatever the store returns.
		page.After = ended[len(ended)-1].Record.Self().ID
		if err := r.restorePage(ctx, tx, e, parent, ended); err != nil {
			return err
		}
	}
}

// restorePage is restoreChildren for some of them, which it overwrites.
func (r records[T]) restorePage(ctx context.Context, tx ports.Tx, e *entry, parent domain.Reference, ended []domain.Version[T]) error {
	ids := make([]domain.ID, len(ended))
	for i, version := range ended {
		ids[i] = version.Record.Self().ID
	}
	// The locked parent keeps others from restoring them, but some can have been purged.
	deleted, err := r.history(tx).DeletedIDs(ctx, ids...)
	if err != nil {
		return err
	}
	ended = slices.DeleteFunc(ended, func(version domain.Version[T]) bool {
		return !contains(deleted, version.Record.Self().ID)
	})
	missing, err := r.missingParents(ctx, tx, parent, ended)
	if err != nil {
		return err
	}
	var restored []T
	for i, version := range ended {
		others := otherParents(version.Record, parent)
		e.about(others...)
		if gone := slices.IndexFunc(others, func(other domain.Reference) bool { return contains(missing[other.Kind], other.ID) }); gone >= 0 {
			// It stays deleted. Its new version keeps the time and the author of the old one.
			ended[i].Cause = others[gone]
			ended[i].Record = domain.NextVersion(version.Record, version.At)
			continue
		}
		record := domain.NextVersion(version.Record, e.At)
		restored = append(restored, record)
		ended[i] = r.version(e, domain.Restored, record)
		ended[i].Cause = parent
	}
	if err := r.history(tx).Restore(ctx, restored...); err != nil {
		return err
	}
	_, err = r.keepAll(ctx, tx, e, ended...)
	return err
}

// missingParents returns those of the records' other parents that are missing, by
// kind, in ascending order.
func (r records[T]) missingParents(ctx context.Context, tx ports.Tx, parent domain.Reference, versions []domain.Version[T]) (map[domain.SubjectKind][]domain.ID, error) {
	wanted := map[domain.SubjectKind][]domain.ID{}
	for _, version := range versions {
		for _, other := range otherParents(version.Record, parent) {
			wanted[other.Kind] = append(wanted[other.Kind], other.ID)
		}
	}
	gone := map[domain.SubjectKind][]domain.ID{}
	for _, known := range slices.Backward(domain.RecordKinds()) {
		if ids := wanted[known.Kind]; len(ids) > 0 {
			var err error
			if gone[known.Kind], err = allRecords[known.Kind].missing(ctx, tx, ids); err != nil {
				return nil, err
			}
		}
	}
	return gone, nil
}

// otherParents are a record's parents but for one.
func otherParents(record domain.Record, parent domain.Reference) []domain.Reference {
	return slices.DeleteFunc(record.Parents(), func(other domain.Reference) bool { return other == parent })
}

// maxRounds is how often missing looks for records that are neither there nor deleted,
// although they have versions. One that still is after so many was removed by hand.
const maxRounds = 3

func (r records[T]) missing(ctx context.Context, tx ports.Tx, ids []domain.ID) (gone []domain.ID, err error) {
	unknown := slices.Sorted(slices.Values(ids))
	for round := 0; len(unknown) > 0 && round < maxRounds; round++ {
		there, err := r.repository(tx).ExistingIDs(ctx, unknown...)
		if err != nil {
			return nil, err
		}
		unknown = without(unknown, there)
		deleted, err := r.history(tx).DeletedIDs(ctx, unknown...)
		if err != nil {
			return nil, err
		}
		gone = append(gone, deleted...)
		// The rest are purged, or another Update has restored and deleted them between the
		// two reads: then look again.
		unknown = without(unknown, deleted)
		for _, id := range unknown {
			versions, err := r.history(tx).List(ctx, id, domain.Page{Limit: 1})
			if err != nil {
				return nil, err
			}
			if len(versions) == 0 {
				gone = append(gone, id)
			}
		}
		slices.Sort(gone)
		unknown = without(unknown, gone)
	}
	gone = append(gone, unknown...)
	slices.Sort(gone)
	return gone, nil
}

func without(ids, others []domain.ID) []domain.ID {
	return slices.DeleteFunc(ids, func(id domain.ID) bool { return contains(others, id) })
}

// contains reports whether id is in a list in ascending order.
func contains(ascending []domain.ID, id domain.ID) bool {
	_, found := slices.BinarySearch(ascending, id)
	return found
}
