package domain

import (
	"slices"
	"time"
)

// AuditEvent records who did, or tried to do, what to which record. It never contains a
// name, the content of a record, a password or a token.
type AuditEvent struct {
	ID ID
	At time.Time
	// Actor is the caller, with address, device and request ID. It is anonymous for
	// callers who are not signed in.
	Actor   Actor
	Action  Permission
	Subject Subject
	Outcome Outcome
	// Version is the number of the version that a change added to the subject. It is
	// zero for other events.
	Version int
	// Related are further records that the event concerns, such as the patient and the
	// doctor of a mapping. A search for any of them finds the event.
	Related []Reference
	// Format is EventFormat for events written by this release, and lower for older ones.
	Format int
	// Commitments are those of all versions that the change added, including versions of
	// other records.
	Commitments []Commitment
	// Seal is the number of the last seal that the writer of the event knew. Only a
	// later seal can cover the event.
	Seal     ID
	Evidence Evidence
}

const (
	// BlockFormat is the first format in which lists are indexed by blocks of IDs (see
	// BlockOf), and changes carry Commitments.
	BlockFormat = 1
	// EventFormat is the format of events written now. A record that is the only one of its
	// block on a list is indexed by itself.
	EventFormat = 2
)

// IndexedIDs returns the listed records under which the event can be found. A list of
// audit events is not indexed: each page shows many events, and searching for the
// readers of an event is not supported.
func (e AuditEvent) IndexedIDs() []ID {
	if e.Subject.Kind == SubjectAudit {
		return nil
	}
	return e.Subject.Shown
}

// Outcome is the result of an attempt.
type Outcome string

// The outcomes.
const (
	// Allowed means that the action was done, or the data shown.
	Allowed Outcome = "allowed"
	// Denied means that the actor lacks the permission.
	Denied Outcome = "denied"
	// Failed means any other failure, such as a login with a wrong password, a record
	// that does not exist, or invalid input.
	Failed Outcome = "failed"
)

// ParseOutcome parses allowed, denied or failed.
func ParseOutcome(text string) (Outcome, error) {
	if outcome := Outcome(text); outcome == Allowed || outcome == Denied || outcome == Failed {
		return outcome, nil
	}
	return "", invalid("Not a valid choice: use allowed, denied or failed.")
}

// Subject is what an event is about: one record, the records that a list showed, or the
// records that one call added or removed.
type Subject struct {
	Kind SubjectKind
	// ID is zero for several records, and if the record was not created.
	ID ID
	// Shown are the IDs of the records that a list showed, or that one call added or
	// removed. It is nil if the event is not about several records. The event of such a call
	// has a Commitment for each version that was added, and no Version.
	Shown []ID
}

// AuditFilter narrows a list of events. A zero field does not filter.
type AuditFilter struct {
	Actor ID
	// Record selects the events concerning a record: see ports.Audit.
	Record  Reference
	Action  Permission
	Outcome Outcome
	// From and To bound the time of the events. From is inclusive, To is exclusive.
	From, To time.Time
	// NewestFirst reverses the list. A page then holds events with IDs below Page.After,
	// or the newest events if After is zero.
	NewestFirst bool
}

// AuditEventView is an event together with its actor's current name. The trail itself
// stores no names.
type AuditEventView struct {
	AuditEvent
	// ActorName is empty if the user does not exist or has no name.
	ActorName string
}

// VisibleTo removes the name unless actor has UserRead.
func (v AuditEventView) VisibleTo(actor Actor) AuditEventView {
	if !Can(actor.Role, UserRead) {
		v.ActorName = ""
	}
	return v
}

// AuditQuery is a filter and a page as the caller requests them.
type AuditQuery struct {
	Actor   Input
	Patient Input
	Doctor  Input
	Action  Input
	Outcome Input
	From    Input
	To      Input
	// Ordering is "id" or "-id".
	Ordering Input
	Page     PageInput
}

// References returns the user, the patient and the doctor that the query names. It skips
// values that are not IDs.
func (q AuditQuery) References() []Reference {
	return slices.Concat(q.Actor.reference(SubjectUser), q.Patient.reference(SubjectPatient), q.Doctor.reference(SubjectDoctor))
}

// Parse returns the filter and the page. Every invalid field is reported.
func (q AuditQuery) Parse() (AuditFilter, Page, error) {
	form := newForm(false)
	filter := AuditFilter{
		Actor: optional(form, "actor", q.Actor, 0, ParseID),
		Action: optional(form, "action", q.Action, "", func(text string) (Permission, error) {
			if !slices.ContainsFunc(policy, func(rule Rule) bool { return rule.Permission == Permission(text) }) {
				return "", invalid("Not a permission of the policy.")
			}
			return Permission(text), nil
		}),
		Outcome: optional(form, "outcome", q.Outcome, "", ParseOutcome),
		From:    optional(form, "from", q.From, time.Time{}, parseInstant),
		To:      optional(form, "to", q.To, time.Time{}, parseInstant),

		NewestFirst: optional(form, "ordering", q.Ordering, false, parseEventOrdering),
	}
	patient := optional(form, "patient", q.Patient, 0, ParseID)
	doctor := optional(form, "doctor", q.Doctor, 0, ParseID)
	switch {
	case patient != 0 && doctor != 0:
		form.addError("doctor", "Give patient or doctor, not both.")
	case patient != 0:
		filter.Record = Reference{SubjectPatient, patient}
	case doctor != 0:
		filter.Record = Reference{SubjectDoctor, doctor}
	}
	page := q.Page.read(form)
	return filter, page, form.err()
}

// AccessQuery is a page of the events concerning one patient, as the caller requests it.
type AccessQuery struct {
	// Ordering is "id" or "-id".
	Ordering Input
	Page     PageInput
}

// Parse returns the filter for the events concerning the patient, and the page. Every
// invalid field is reported.
func (q AccessQuery) Parse(patient ID) (AuditFilter, Page, error) {
	form := newForm(false)
	filter := AuditFilter{
		Record:      Reference{SubjectPatient, patient},
		NewestFirst: optional(form, "ordering", q.Ordering, false, parseEventOrdering),
	}
	page := q.Page.read(form)
	return filter, page, form.err()
}

// parseEventOrdering parses id (oldest first) or -id (newest first).
func parseEventOrdering(text string) (newestFirst bool, err error) {
	switch text {
	case "id":
		return false, nil
	case "-id":
		return true, nil
	}
	return false, invalid("Not a valid choice: use id or -id.")
}
