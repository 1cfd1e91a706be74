package ports

import (
	"context"
	"time"

	"example.com/healthcare/domain"
)

// History keeps the versions of the records of one kind, and with them what was
// deleted: a record is deleted for as long as its last version says so. Nothing
// here happens by itself when a repository adds, saves or deletes a record.
type History[T domain.Record] interface {
	// Add adds versions, which need not be of one record. It ignores their Numbers
	// and returns them with those that they got (see domain.Version.Numbered): each is the
	// next one of its record. It also returns their Salts, which nothing else here does: see Audit.ListCommitments.
	// Whoever keeps a version has added, deleted or got the record in the same
	// Update, and so is the only one.
	Add(ctx context.Context, versions ...domain.Version[T]) ([]domain.Version[T], error)
	// List holds the versions of the record with the ID, in ascending order of
	// Number, above page.After. Like a list of patients it ends early, with at
	// least one version, once its records have domain.MaxPageBytes of TextBytes.
	List(ctx context.Context, id domain.ID, page domain.Page) ([]domain.Version[T], error)
	// GetDeleted returns the last version of a deleted record; NotFound when the record is
	// not deleted. It reads like the Get of the repositories.
	GetDeleted(ctx context.Context, id domain.ID) (domain.Version[T], error)
	// ListDeleted lists the last versions of the records that are deleted, in ascending
	// order of their records' IDs; unless with is zero, only those that say With it.
	// It ends early as List does.
	ListDeleted(ctx context.Context, with domain.Reference, page domain.Page) ([]domain.Version[T], error)
	// DeletedIDs returns the IDs of those of the records that are deleted, each
	// once, in ascending order. In an Update they stay deleted until it returns.
	DeletedIDs(ctx context.Context, ids ...domain.ID) ([]domain.ID, error)
	// Restore puts records back under their IDs, which deleted records had, as the
	// repository's Add would, and refuses what Add refuses of any of them; NotFound,
	// and nothing is done, when any is not deleted. They are the repository's
	// again at once, and still deleted for History until versions are kept that
	// say otherwise.
	Restore(ctx context.Context, records ...T) error
}

// Retention ends the keeping of what was deleted: of a kind that has a History.
type Retention interface {
	// CountExpired counts the records that were deleted before the time and still are.
	CountExpired(ctx context.Context, kind domain.SubjectKind, before time.Time) (int, error)
	// Purge removes all versions of up to limit of those records, for good, and
	// returns the records' IDs in ascending order.
	Purge(ctx context.Context, kind domain.SubjectKind, before time.Time, limit int) ([]domain.ID, error)
}
