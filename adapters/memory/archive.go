package memory

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"time"

	"example.com/healthcare/domain"
)

// archive keeps the versions of the records of one kind.
type archive[T domain.Record] struct {
	// versions holds the versions of each record, in order. An Update can append to a slice
	// in place: only one Update runs at a time, and Views do not read beyond the length
	// that was committed.
	versions tree[domain.ID, []domain.Version[T]]
	// deleted holds the last version of each deleted record.
	deleted tree[domain.ID, domain.Version[T]]
	// deletedWith holds the deleted records by the record that they were deleted with.
	deletedWith tree[child, struct{}]
}

func newArchive[T domain.Record]() archive[T] {
	return archive[T]{
		versions:    tree[domain.ID, []domain.Version[T]]{compare: cmp.Compare[domain.ID]},
		deleted:     tree[domain.ID, domain.Version[T]]{compare: cmp.Compare[domain.ID]},
		deletedWith: tree[child, struct{}]{compare: compareChildren},
	}
}

// child is a record that has the parent, or that was deleted with it.
type child struct {
	parent domain.Reference
	id     domain.ID
}

func compareChildren(a, b child) int {
	return cmp.Or(
		strings.Compare(string(a.parent.Kind), string(b.parent.Kind)),
		cmp.Compare(a.parent.ID, b.parent.ID),
		cmp.Compare(a.id, b.id),
	)
}

// childrenOf iterates over the IDs above after of the companions whose parent is with, in
// ascending order.
func childrenOf(companions tree[child, struct{}], with domain.Reference, after domain.ID) iter.Seq[domain.ID] {
	return func(yield func(domain.ID) bool) {
		for key := range companions.after(child{with, after}) {
			if key.parent != with || !yield(key.id) {
				return
			}
		}
	}
}

// add appends a version of a record and returns it with its Number.
func (a *archive[T]) add(version domain.Version[T]) domain.Version[T] {
	id := version.Record.Self().ID
	earlier, _ := a.versions.get(id)
	version = version.Numbered(len(earlier) + 1)
	a.versions = a.versions.set(id, append(earlier, version))
	a.undelete(id)
	if version.Change == domain.Deleted {
		a.deleted = a.deleted.set(id, unsalted(version))
		a.deletedWith = a.deletedWith.set(child{version.Cause, id}, struct{}{})
	}
	return version
}

func (a *archive[T]) hasVersions(id domain.ID) bool {
	versions, _ := a.versions.get(id)
	return len(versions) > 0
}

// unsalted returns the version without its salt, as reads return it.
func unsalted[T domain.Record](version domain.Version[T]) domain.Version[T] {
	version.Salt = domain.Salt{}
	return version
}

// commitments iterates over the commitments of all versions after the one with the ID and
// number.
func (a *archive[T]) commitments(id domain.ID, number int) iter.Seq[domain.Commitment] {
	return func(yield func(domain.Commitment) bool) {
		for found, versions := range a.versions.after(id - 1) {
			for _, version := range versions {
				if (found > id || version.Number > number) && !yield(version.Commitment()) {
					return
				}
			}
		}
	}
}

func (a *archive[T]) undelete(id domain.ID) {
	before, _ := a.deleted.get(id)
	a.deleted = a.deleted.delete(id)
	a.deletedWith = a.deletedWith.delete(child{before.Cause, id})
}

// get returns the last version of a deleted record.
func (a *archive[T]) get(id domain.ID) (domain.Version[T], error) {
	version, found := a.deleted.get(id)
	if !found {
		return version, domain.ErrNotFound()
	}
	return version, nil
}

func (a *archive[T]) isDeleted(id domain.ID) bool {
	_, found := a.deleted.get(id)
	return found
}

// deletedIDs iterates over the IDs above after of the deleted records, in ascending order.
// Unless with is zero, it includes only the records that were deleted with it.
func (a *archive[T]) deletedIDs(with domain.Reference, after domain.ID) iter.Seq[domain.ID] {
	if with == (domain.Reference{}) {
		return keys(a.deleted.after(after))
	}
	return childrenOf(a.deletedWith, with, after)
}

// expired returns the IDs of the records that were deleted before the time, in the order
// of their deletion.
func (a *archive[T]) expired(before time.Time) []domain.ID {
	type deletion struct {
		at time.Time
		id domain.ID
	}
	var deletions []deletion
	for id, version := range a.deleted.after(0) {
		if version.At.Before(before) {
			deletions = append(deletions, deletion{version.At, id})
		}
	}
	slices.SortFunc(deletions, func(a, b deletion) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.id, b.id)) })
	ids := []domain.ID{}
	for _, deletion := range deletions {
		ids = append(ids, deletion.id)
	}
	return ids
}

// purge removes all versions of the record.
func (a *archive[T]) purge(id domain.ID) {
	a.undelete(id)
	a.versions = a.versions.delete(id)
}
