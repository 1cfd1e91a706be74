package ports

import (
	"context"
	"time"

	"example.com/healthcare/domain"
)

// History stores the versions of records of one kind. A record is deleted if its last
// version has the change Deleted.
//
// The repository and the history are independent: adding, saving or deleting a record
// adds no version, and adding a version changes no record. The caller does both in one
// Update.
type History[T domain.Record] interface {
	// Add adds versions, of one or several records. It ignores their Numbers and returns
	// the versions with the numbers assigned (see domain.Version.Numbered): each is the next
	// one of its record. A version that is OnlyAsFirst is left out, also of the result, if
	// its record already has a version. The
	// result also has the Salts, which no other method returns (see
	// Audit.ListCommitments). The caller must have locked the record in the same Update,
	// by adding, reading or deleting it, so that two Updates cannot assign one number.
	Add(ctx context.Context, versions ...domain.Version[T]) ([]domain.Version[T], error)
	// List returns versions of one record with Numbers greater than page.After, in
	// ascending order. It returns fewer than page.Limit, but at least one, when their
	// TextBytes reach domain.MaxPageBytes.
	List(ctx context.Context, id domain.ID, page domain.Page) ([]domain.Version[T], error)
	// GetDeleted returns the last version of a deleted record, or NotFound if the record
	// is not deleted. In an Update it locks the version as Get locks an entity.
	GetDeleted(ctx context.Context, id domain.ID) (domain.Version[T], error)
	// ListDeleted returns the last versions of deleted records, in ascending order of
	// the records' IDs. Unless cause is zero, it returns only those with this Cause. It
	// limits the size like List.
	ListDeleted(ctx context.Context, cause domain.Reference, page domain.Page) ([]domain.Version[T], error)
	// DeletedIDs returns the IDs that belong to deleted records, without duplicates, in
	// ascending order. In an Update it locks them: they stay deleted until Update
	// returns.
	DeletedIDs(ctx context.Context, ids ...domain.ID) ([]domain.ID, error)
	// Restore puts deleted records back into the repository under their old IDs. It
	// refuses what the repository's Add refuses, and returns NotFound if any of the
	// records is not deleted; in both cases it restores none. History still treats the
	// records as deleted until the caller adds versions with another change.
	Restore(ctx context.Context, records ...T) error
}

// Retention purges deleted records: it removes their versions for good.
type Retention interface {
	// CountExpired counts the records that were deleted before the time and not restored
	// since.
	CountExpired(ctx context.Context, kind domain.SubjectKind, before time.Time) (int, error)
	// Purge removes all versions of up to limit such records, earliest deletions first.
	// It returns the records' IDs in ascending order.
	Purge(ctx context.Context, kind domain.SubjectKind, before time.Time, limit int) ([]domain.ID, error)
}
