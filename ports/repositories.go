package ports

import (
	"context"
	"time"

	"example.com/healthcare/domain"
)

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
	// ByEmail gives NotFound when no user has the address. It reads like Get.
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
	Get(ctx context.Context, id domain.ID) (domain.Session, error)
	// BySelector gives NotFound when no session has the selector. It reads like Get.
	BySelector(ctx context.Context, selector domain.RefreshSelector) (domain.Session, error)
	// Save stores RefreshHash, LastUsedAt, ExpiresAt and RevokedAt; the rest of a
	// session never changes.
	Save(ctx context.Context, session domain.Session) error
	// Live lists the user's sessions that are live at now.
	Live(ctx context.Context, user domain.ID, now time.Time, page domain.Page) ([]domain.Session, error)
	// End revokes, as of now, all of the user's sessions that are live then, but
	// for the one with the ID except, and returns the IDs of those it revoked.
	End(ctx context.Context, user, except domain.ID, now time.Time) ([]domain.ID, error)
}

// Attempts keeps what is counted to slow guessing down.
type Attempts interface {
	// Get returns the zero Attempts when nothing is kept under key. In an Update
	// nobody else gets those of key before it returns, also when there are none.
	Get(ctx context.Context, key domain.AttemptKey) (domain.Attempts, error)
	// Save stores attempts under key. It may forget others that expired before now.
	Save(ctx context.Context, key domain.AttemptKey, attempts domain.Attempts, now time.Time) error
}

// Doctors keeps the practitioners.
type Doctors interface {
	// Add gives a Conflict on "license_number" when another doctor's has the same Key.
	Add(ctx context.Context, doctor domain.Doctor) (domain.Doctor, error)
	Get(ctx context.Context, id domain.ID) (domain.Doctor, error)
	// Existing returns those of the IDs that doctors have, each once, in ascending
	// order. In an Update none of these doctors is deleted until it returns.
	Existing(ctx context.Context, ids ...domain.ID) ([]domain.ID, error)
	// Save stores everything but JoinedAt; a Conflict is as with Add.
	Save(ctx context.Context, doctor domain.Doctor) error
	// Delete also deletes the doctor's mappings. It returns all that it deleted.
	Delete(ctx context.Context, id domain.ID) (domain.Doctor, []domain.Mapping, error)
	List(ctx context.Context, page domain.Page) ([]domain.Doctor, error)
	// OfPatient lists the doctors who are assigned to the patient; none when
	// there is no such patient.
	OfPatient(ctx context.Context, patient domain.ID, page domain.Page) ([]domain.Doctor, error)
}

// Patients keeps the patients' records. It ignores AssignedDoctors of what it
// is given, and fills it in whatever it returns. A list ends early, with at
// least one entity, once its entities have domain.MaxPageBytes of FreeText.
type Patients interface {
	// Add gives Invalid on "created_by" when there is no such user.
	Add(ctx context.Context, patient domain.Patient) (domain.Patient, error)
	Get(ctx context.Context, id domain.ID) (domain.Patient, error)
	// Existing is of patients what that of Doctors is of doctors.
	Existing(ctx context.Context, ids ...domain.ID) ([]domain.ID, error)
	// Save stores everything but CreatedBy.
	Save(ctx context.Context, patient domain.Patient) error
	// Delete also deletes the patient's mappings. It returns all that it deleted.
	Delete(ctx context.Context, id domain.ID) (domain.Patient, []domain.Mapping, error)
	List(ctx context.Context, page domain.Page) ([]domain.Patient, error)
	// OfDoctor lists the patients to whom the doctor is assigned; none when
	// there is no such doctor.
	OfDoctor(ctx context.Context, doctor domain.ID, page domain.Page) ([]domain.Patient, error)
}

// Mappings keeps who is assigned to whom. A mapping to a doctor or patient that
// does not exist cannot come about, also when either is being deleted.
type Mappings interface {
	// Add gives Invalid on "patient", on "doctor" or on both when they do not
	// exist, and a Conflict on domain.NonField when the pair is mapped already.
	Add(ctx context.Context, mapping domain.Mapping) (domain.Mapping, error)
	Get(ctx context.Context, id domain.ID) (domain.Mapping, error)
	// Save refuses as Add does.
	Save(ctx context.Context, mapping domain.Mapping) error
	// Delete returns what it deleted.
	Delete(ctx context.Context, id domain.ID) (domain.Mapping, error)
	List(ctx context.Context, filter domain.MappingFilter, page domain.Page) ([]domain.Assignment, error)
}

// MaxDisorder is how far the clocks by which events are written may be apart, at once or
// from one event to the next.
const MaxDisorder = time.Hour

// Audit keeps what was done to whose record, and what was tried. Nothing in it
// changes or goes away.
type Audit interface {
	// Add keeps events under new IDs, in their order, with the Evidence that attest
	// gives of each. attest gets the event as it will be read, but for that.
	Add(ctx context.Context, attest func(domain.AuditEvent) domain.Evidence, events ...domain.AuditEvent) error
	// List holds the events that filter keeps. An event is about its subject, the
	// records that it showed (those it is Indexed by), and those it says it is about.
	// Where an event came after another though its At is MaxDisorder or more before that
	// one's, From and To may leave out either.
	List(ctx context.Context, filter domain.AuditFilter, page domain.Page) ([]domain.AuditEvent, error)
	// Evidence is a List of all events that holds nothing but their IDs and Evidence.
	Evidence(ctx context.Context, page domain.Page) ([]domain.AuditEvent, error)
	// Mentions holds up to limit of the Mentions of all events, in an order of the
	// store's own: those that come after the given one, or the first ones after the zero Mention.
	Mentions(ctx context.Context, after domain.Mention, limit int) ([]domain.Mention, error)
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
