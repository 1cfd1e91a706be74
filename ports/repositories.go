package ports

import (
	"context"
	"time"

	"example.com/healthcare/domain"
)

// Tx gives access to the repositories within one View or Update. It and its repositories
// are valid until fn returns, and only for one goroutine.
//
// All repositories follow these rules. Get, Save and Delete return NotFound if the
// entity does not exist, and then change nothing. Add ignores the entity's ID and
// returns the entity with the ID assigned. Lists for a domain.Page are in ascending order of
// ID and contain at most page.Limit entities with IDs greater than page.After; an empty list
// is not nil. Entities are values: changing one that was passed in or returned does not
// change the store. Times are stored to the microsecond and texts without loss.
type Tx interface {
	Users() Users
	Sessions() Sessions
	Attempts() Attempts
	IdempotencyKeys() IdempotencyKeys
	Doctors() Doctors
	Patients() Patients
	Mappings() Mappings
	Audit() Audit
	Seals() Seals

	DoctorHistory() History[domain.Doctor]
	PatientHistory() History[domain.Patient]
	MappingHistory() History[domain.Mapping]
	Retention() Retention
}

// Lists lists entities as the domain.Listing of their kind declares.
type Lists[T any] interface {
	// List returns the page that the query selects, in its order: the entities that
	// the listing's Matches selects and whose positions are after query.After, at most
	// query.Limit of them. A condition
	// that names a record that does not exist selects none. If query.Fields is set, free
	// texts that are not among them can be empty.
	List(ctx context.Context, query domain.ListQuery) ([]T, error)
	// Count returns how many entities the query's search and conditions select, on all
	// pages.
	Count(ctx context.Context, query domain.ListQuery) (int, error)
}

// Users stores the people with accounts. Users are never deleted.
type Users interface {
	// Add returns a Conflict on "email" if another user has the address.
	Add(ctx context.Context, user domain.User) (domain.User, error)
	Get(ctx context.Context, id domain.ID) (domain.User, error)
	// ByEmail returns NotFound if no user has the address. It always does so for the
	// zero Email, even if a stored address is empty. In an Update it locks the user like
	// Get.
	ByEmail(ctx context.Context, email domain.Email) (domain.User, error)
	// Save stores all fields except CreatedAt. It returns the same Conflict as Add.
	Save(ctx context.Context, user domain.User) error
	Lists[domain.User]
	// ListByIDs returns the users who have one of the IDs, each once.
	ListByIDs(ctx context.Context, ids ...domain.ID) ([]domain.User, error)
	// ActiveAdmins returns all active administrators. In an Update it locks them like
	// Get: until Update returns, no other Update can demote or deactivate one.
	ActiveAdmins(ctx context.Context) ([]domain.User, error)
}

// Sessions stores sign-ins, including expired and revoked ones.
type Sessions interface {
	// Add returns Invalid on "user" if the user does not exist.
	Add(ctx context.Context, session domain.Session) (domain.Session, error)
	Get(ctx context.Context, id domain.ID) (domain.SessionView, error)
	// BySelector returns NotFound if no session has the selector, and always for the
	// zero selector. In an Update it locks the session like Get.
	BySelector(ctx context.Context, selector domain.RefreshSelector) (domain.SessionView, error)
	// Save stores RefreshHash, SpentHash, SpentAt, Successor, LastUsedAt, ExpiresAt and
	// RevokedAt. The other fields never change.
	Save(ctx context.Context, session domain.Session) error
	// Live returns the sessions of the user that are live at now.
	Live(ctx context.Context, user domain.ID, now time.Time, page domain.Page) ([]domain.Session, error)
	// RevokeAll revokes, like domain.Session.Revoke, the user's sessions that are live
	// at now, except the one with the ID except. It returns the IDs of the sessions that
	// it revoked.
	RevokeAll(ctx context.Context, user, except domain.ID, now time.Time) ([]domain.ID, error)
}

// Attempts stores the counters of the rate limits.
type Attempts interface {
	// Get returns the counter under key, or the zero Attempts if there is none. In an
	// Update it locks the key, even if there is no counter: no other Update can get it
	// before this one returns.
	Get(ctx context.Context, key domain.AttemptKey) (domain.Attempts, error)
	// Save stores attempts under key. It can delete other counters whose Expires is
	// before now.
	Save(ctx context.Context, key domain.AttemptKey, attempts domain.Attempts, now time.Time) error
}

// Records stores the records of one kind that are not deleted. Deleted ones are in their
// History.
type Records[T domain.Record] interface {
	// Add returns Invalid, on the names of the parents' kinds, if parents do not exist.
	// A record with a missing parent is never added, not even if the parent is being
	// deleted by another Update.
	Add(ctx context.Context, record T) (T, error)
	Get(ctx context.Context, id domain.ID) (T, error)
	// ExistingIDs returns the IDs that belong to existing records, without duplicates,
	// in ascending order. In an Update it locks them: none of these records is deleted
	// until Update returns.
	ExistingIDs(ctx context.Context, ids ...domain.ID) ([]domain.ID, error)
	// Save refuses what Add refuses.
	Save(ctx context.Context, record T) error
	// Delete deletes the record and its children. It returns the record, and the
	// children sorted by kind, in the order of domain.RecordKinds, then by ID.
	Delete(ctx context.Context, id domain.ID) (T, []domain.Record, error)
}

// Doctors stores the doctors. Save stores all fields except JoinedAt and CreatedAt. Add and Save
// return a Conflict on "license_number" if another doctor's licence number has the same
// Key.
type Doctors interface {
	Records[domain.Doctor]
	Lists[domain.Doctor]
}

// Patients stores the patients. Save stores all fields except CreatedBy and CreatedAt. Add
// returns Invalid on "created_by" if that user does not exist. Add and Save return a Conflict
// on "external_id" if another patient has the same one.
type Patients interface {
	Records[domain.Patient]
	// GetView is Get with the assigned doctors. In an Update it locks the patient, not
	// the assignments. If fields are given, the free texts that are not among them can be
	// empty.
	GetView(ctx context.Context, id domain.ID, fields ...string) (domain.PatientView, error)
	// List ends a page early, but after at least one patient, when the patients' TextBytes
	// reach domain.MaxPageBytes.
	Lists[domain.PatientView]
}

// Mappings stores which doctors are assigned to which patients. Save stores all fields except CreatedAt. Add and Save return a
// Conflict on domain.NonField if the pair is already mapped.
type Mappings interface {
	Records[domain.Mapping]
	Lists[domain.Assignment]
}

// MaxEventSkew is the largest difference between the clocks of two writers of events, or
// between two readings of one clock, for which Audit.List is exact.
const MaxEventSkew = time.Hour

// Audit stores the audit events. Events are never changed or deleted.
type Audit interface {
	// Add adds events and assigns IDs in their order. For each event it stores the
	// Evidence that attest returns; attest is called with the event exactly as it will
	// be read, except for the Evidence.
	Add(ctx context.Context, attest func(domain.AuditEvent) domain.Evidence, events ...domain.AuditEvent) error
	// List returns the events that the filter selects. A filter by record selects the
	// events whose Subject, IndexedIDs or Related contain the record. If the event with
	// the lower ID of two events is MaxEventSkew or more later, a filter by From or To
	// can miss either of them. With NewestFirst the list is in descending order of ID
	// and contains events with IDs less than page.After, or the newest ones if
	// page.After is zero.
	List(ctx context.Context, filter domain.AuditFilter, page domain.Page) ([]domain.AuditEvent, error)
	// ListEvidence lists all events like List, but returns only their IDs and Evidence.
	ListEvidence(ctx context.Context, page domain.Page) ([]domain.AuditEvent, error)
	// ListMentions returns up to limit index entries of all events, starting after the
	// given one, or at the beginning for the zero Mention. The store chooses the order.
	ListMentions(ctx context.Context, after domain.Mention, limit int) ([]domain.Mention, error)
	// ListCommitments computes the commitments of all stored versions, of every kind,
	// from their current content. It returns up to limit of them, starting after the
	// given version, or at the beginning for the zero name. The store chooses the order,
	// but the versions of one record are consecutive and in ascending order of Number.
	// It can return fewer than limit before the end, but then at least one.
	ListCommitments(ctx context.Context, after domain.VersionName, limit int) ([]domain.Commitment, error)
}

// Seals stores the seals of the audit trail. Seals are never changed or deleted.
type Seals interface {
	// Add stores a seal under its Number. It returns a Conflict on "number" if that seal
	// exists.
	Add(ctx context.Context, seal domain.Seal) error
	// Last returns the seal with the greatest Number, or NotFound if there is none.
	Last(ctx context.Context) (domain.Seal, error)
	// List returns seals in ascending order of Number. page.After is a Number.
	List(ctx context.Context, page domain.Page) ([]domain.Seal, error)
}
