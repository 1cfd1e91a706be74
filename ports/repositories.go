package ports

import (
	"context"
	"time"

	"example.com/healthcare/domain"
)

// Tx gives the repositories within one View or Update. It and they are valid
// until fn returns, for use by one goroutine.
type Tx interface {
	Users() Users
	Sessions() Sessions
	Attempts() Attempts
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

// In all repositories: Get and Save of what does not exist, and Delete of it,
// give NotFound and change nothing. Add ignores the entity's ID and returns the
// entity with the one it got. Lists are in ascending order of ID, hold at most
// page.Limit entities with IDs above page.After, and are empty, not missing,
// when there are none. Entities are values: changing one that was given or
// returned changes nothing stored. Times are kept to the microsecond, and texts
// to the last character.

// Users keeps the people who may sign in. They are never erased.
type Users interface {
	// Add gives a Conflict on "email" when the address is taken.
	Add(ctx context.Context, user domain.User) (domain.User, error)
	Get(ctx context.Context, id domain.ID) (domain.User, error)
	// ByEmail gives NotFound when no user has the address, and always for the zero
	// Email: a stored blank address is nobody's. It reads like Get.
	ByEmail(ctx context.Context, email domain.Email) (domain.User, error)
	// Save stores everything but CreatedAt; a Conflict is as with Add.
	Save(ctx context.Context, user domain.User) error
	// List holds the users that filter keeps.
	List(ctx context.Context, filter domain.UserFilter, page domain.Page) ([]domain.User, error)
	// ActiveAdmins lists all active administrators. It reads like Get: until
	// Update returns, none of them ceases to be one through another Update.
	ActiveAdmins(ctx context.Context) ([]domain.User, error)
}

// Sessions keeps the sign-ins, ended ones included.
type Sessions interface {
	// Add gives Invalid on "user" when there is no such user.
	Add(ctx context.Context, session domain.Session) (domain.Session, error)
	Get(ctx context.Context, id domain.ID) (domain.SessionView, error)
	// BySelector gives NotFound when no session has the selector, and always for the
	// zero selector. It reads like Get.
	BySelector(ctx context.Context, selector domain.RefreshSelector) (domain.SessionView, error)
	// Save stores RefreshHash, SpentHash, SpentAt, Successor, LastUsedAt, ExpiresAt and
	// RevokedAt; the rest of a session never changes.
	Save(ctx context.Context, session domain.Session) error
	// Live lists the user's sessions that are live at now.
	Live(ctx context.Context, user domain.ID, now time.Time, page domain.Page) ([]domain.Session, error)
	// RevokeAll revokes, as of now, all of the user's sessions that are live then, but
	// for the one with the ID except, and returns the IDs of those it revoked. They
	// are as domain.Session.Revoke leaves them.
	RevokeAll(ctx context.Context, user, except domain.ID, now time.Time) ([]domain.ID, error)
}

// Attempts keeps what is counted to slow guessing down.
type Attempts interface {
	// Get returns the zero Attempts when nothing is kept under key. In an Update
	// nobody else gets those of key before it returns, also when there are none.
	Get(ctx context.Context, key domain.AttemptKey) (domain.Attempts, error)
	// Save stores attempts under key. It may forget others that expired before now.
	Save(ctx context.Context, key domain.AttemptKey, attempts domain.Attempts, now time.Time) error
}

// Records keeps the records of one kind that are there. What was is in its History.
type Records[T domain.Record] interface {
	// Add gives Invalid, on the names of the kinds, when parents do not exist. Such a
	// record cannot come about, not even while a parent is being deleted.
	Add(ctx context.Context, record T) (T, error)
	Get(ctx context.Context, id domain.ID) (T, error)
	// ExistingIDs returns those of the IDs that records have, each once, in ascending
	// order. In an Update none of these records is deleted until it returns.
	ExistingIDs(ctx context.Context, ids ...domain.ID) ([]domain.ID, error)
	// Save refuses what Add refuses.
	Save(ctx context.Context, record T) error
	// Delete also deletes the record's children. It returns the record, and the
	// children by kind, in the order of domain.RecordKinds, and by ID.
	Delete(ctx context.Context, id domain.ID) (T, []domain.Record, error)
}

// Doctors keeps the practitioners. Save stores everything but JoinedAt and CreatedAt. Add and Save
// give a Conflict on "license_number" when another doctor's has the same Key.
type Doctors interface {
	Records[domain.Doctor]
	// List holds the doctors that filter keeps; none when it names a patient who does
	// not exist.
	List(ctx context.Context, filter domain.DoctorFilter, page domain.Page) ([]domain.Doctor, error)
}

// Patients keeps the patients' records. Save stores everything but CreatedBy and CreatedAt.
// Add gives Invalid on "created_by" when there is no such user, Add and Save a Conflict on
// "external_id" when it is another patient's.
type Patients interface {
	Records[domain.Patient]
	// GetView reads like Get, and adds what is derived from mappings.
	GetView(ctx context.Context, id domain.ID) (domain.PatientView, error)
	// List holds the patients that filter keeps; none when it names a doctor who does
	// not exist. It ends early, with at least one patient, once they have
	// domain.MaxPageBytes of TextBytes.
	List(ctx context.Context, filter domain.PatientFilter, page domain.Page) ([]domain.PatientView, error)
}

// Mappings keeps who is assigned to whom. Save stores everything but CreatedAt. Add and Save give a Conflict on
// domain.NonField when the pair is mapped already.
type Mappings interface {
	Records[domain.Mapping]
	List(ctx context.Context, filter domain.MappingFilter, page domain.Page) ([]domain.Assignment, error)
}

// MaxEventSkew is how far the clocks by which events are written may be apart, at once or
// from one event to the next.
const MaxEventSkew = time.Hour

// Audit keeps what was done to whose record, and what was tried. Nothing in it
// changes or goes away.
type Audit interface {
	// Add keeps events under new IDs, in their order, with the Evidence that attest
	// gives of each. attest gets the event as it will be read, but for that.
	Add(ctx context.Context, attest func(domain.AuditEvent) domain.Evidence, events ...domain.AuditEvent) error
	// List holds the events that filter keeps. An event is about its subject, the
	// records that it showed (those it is Indexed by), and those it says it is about.
	// Where an event came after another though its At is MaxEventSkew or more before that
	// one's, From and To may leave out either. With NewestFirst the list is in descending
	// order of ID, and holds events with IDs below page.After, or the last ones when that
	// is zero.
	List(ctx context.Context, filter domain.AuditFilter, page domain.Page) ([]domain.AuditEvent, error)
	// ListEvidence is a List of all events that holds nothing but their IDs and Evidence.
	ListEvidence(ctx context.Context, page domain.Page) ([]domain.AuditEvent, error)
	// ListMentions holds up to limit of the Mentions of all events, in an order of the
	// store's own: those that come after the given one, or the first ones after the zero Mention.
	ListMentions(ctx context.Context, after domain.Mention, limit int) ([]domain.Mention, error)
	// ListCommitments holds up to limit of the commitments of all versions that are kept, of
	// every kind, made anew of what each says now: those that come after the named one, or
	// the first ones after the zero name. The order is the store's own, but those of one
	// record come one after the other, in ascending order of Number. It can end early, with
	// at least one.
	ListCommitments(ctx context.Context, after domain.VersionName, limit int) ([]domain.Commitment, error)
}

// Seals keeps the seals of the trail. Nothing in it changes or goes away.
type Seals interface {
	// Add keeps a seal under its Number. It gives a Conflict on "number" when there
	// is one already.
	Add(ctx context.Context, seal domain.Seal) error
	// Last returns the seal with the greatest Number; NotFound when there is none.
	Last(ctx context.Context) (domain.Seal, error)
	// List holds the seals in ascending order of Number, which is what page goes by.
	List(ctx context.Context, page domain.Page) ([]domain.Seal, error)
}
