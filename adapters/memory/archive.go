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
	// versions holds those of each record, in order. An Update may append to them
	// where they are: it is the only one, and nobody looks beyond the length that
	// was committed.
	versions tree[domain.ID, []domain.Version[T]]
	// deleted holds the last versions of the records that are deleted.
	deleted tree[domain.ID, domain.Version[T]]
	// deletedWith holds each of those that say With what.
	deletedWith tree[companion, struct{}]
}

func newArchive[T domain.Record]() archive[T] {
	return archive[T]{
		versions:    tree[domain.ID, []domain.Version[T]]{compare: cmp.Compare[domain.ID]},
		deleted:     tree[domain.ID, domain.Version[T]]{compare: cmp.Compare[domain.ID]},
		deletedWith: tree[companion, struct{}]{compare: compareCompanions},
	}
}

// companion is a record that has the parent with, or was deleted with it.
type companion struct {
	with domain.Reference
	id   domain.ID
}

func compareCompanions(a, b companion) int {
	return cmp.Or(
		strings.Compare(string(a.with.Kind), string(b.with.Kind)),
		cmp.Compare(a.with.ID, b.with.ID),
		cmp.Compare(a.id, b.id),
	)
}

// under iterates over the records above after that stand under with, in ascending order.
func under(companions tree[companion, struct{}], with domain.Reference, after domain.ID) iter.Seq[domain.ID] {
	return func(yield func(domain.ID) bool) {
		for key := range companions.after(companion{with, after}) {
			if key.with != with || !yield(key.id) {
				return
			}
		}
	}
}

// keep adds a version of a record and returns it with its Number.
func (a *archive[T]) keep(version domain.Version[T]) domain.Version[T] {
	id := version.Record.Self().ID
	earlier, _ := a.versions.get(id)
	version = version.Numbered(len(earlier) + 1)
	a.versions = a.versions.set(id, append(earlier, version))
	a.undelete(id)
	if version.Change == domain.Deleted {
		a.deleted = a.deleted.set(id, unsalted(version))
		a.deletedWith = a.deletedWith.set(companion{version.Cause, id}, struct{}{})
	}
	return version
}

// unsalted returns the version as it is read.
func unsalted[T domain.Record](version domain.Version[T]) domain.Version[T] {
	version.Salt = domain.Salt{}
	return version
}

// commitments iterates over those of all versions after the one with the ID and number.
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
	a.deletedWith = a.deletedWith.delete(companion{before.Cause, id})
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

// ids iterates over the deleted records above after, in ascending order; unless
// with is zero, only over those that were deleted With it.
func (a *archive[T]) ids(with domain.Reference, after domain.ID) iter.Seq[domain.ID] {
	if with == (domain.Reference{}) {
		return keys(a.deleted.after(after))
	}
	return under(a.deletedWith, with, after)
}

// expired returns the records that were deleted before the time, the longest
// deleted first.
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
