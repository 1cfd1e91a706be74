package domain

import (
	"slices"
	"time"
)

// AuditEvent says who did what to whose record, or tried to. It never holds a
// name, what a record says, a password or a token.
type AuditEvent struct {
	ID ID
	At time.Time
	// Actor is who asked, from where, in which request; anonymous for who had not
	// signed in.
	Actor   Actor
	Action  Permission
	Subject Subject
	Outcome Outcome
	// Version is the one that a change made of the subject; zero otherwise.
	Version int
	// About are other records that the event concerns, for who looks for
	// everything about one: the patient and the doctor of a mapping.
	Related []Reference
	// Form is EventForm for an event of this release, and zero for those of earlier ones.
	Format int
	// Commitments are those of all versions that the change made, also of other records.
	Commitments []Commitment
	// Seal is the last seal that its writer knew of: it comes under a later one.
	Seal     ID
	Evidence Evidence
}

// EventFormat is the form of the events that are written now: what a list showed is indexed
// by blocks of IDs, and a change has commitments of the versions that it made.
const EventFormat = 1

// Indexed are the records of the event's subject that it showed and that it can be
// found by. Events are not: nobody asks who has seen an event, and each page of
// the trail shows many.
func (e AuditEvent) IndexedIDs() []ID {
	if e.Subject.Kind == SubjectAudit {
		return nil
	}
	return e.Subject.Shown
}

// Outcome is what became of an attempt.
type Outcome string

// The outcomes.
const (
	// Allowed is what was done or shown.
	Allowed Outcome = "allowed"
	// Denied is what the actor may not do.
	Denied Outcome = "denied"
	// Failed is all else that was not done, such as a login with a wrong password,
	// a record that does not exist, and input that breaks a rule.
	Failed Outcome = "failed"
)

// ParseOutcome reads an outcome.
func ParseOutcome(text string) (Outcome, error) {
	if outcome := Outcome(text); outcome == Allowed || outcome == Denied || outcome == Failed {
		return outcome, nil
	}
	return "", invalid("Not a valid choice: use allowed, denied or failed.")
}

// Subject is what an event is about: one record, or those that a list showed.
type Subject struct {
	Kind SubjectKind
	// ID is zero when there is no such record (yet), and for a list.
	ID ID
	// Shown are the records that a list showed; nil when the event is no list's.
	Shown []ID
}

// AuditFilter narrows a list of events; a zero field does not.
type AuditFilter struct {
	Actor   ID
	Record  Reference
	Action  Permission
	Outcome Outcome
	// From and To bound the time: From included, To not.
	From, To time.Time
	// NewestFirst turns the order of the list round: then a page holds events with IDs
	// below its After, and the greatest ones when that is zero.
	NewestFirst bool
}

// AuditEventView is an event with the name that its actor has now. The trail keeps none.
type AuditEventView struct {
	AuditEvent
	// ActorName is empty where there is no such user, or one without a name.
	ActorName string
}

// VisibleTo returns what actor may see of the event: without UserRead, no name.
func (v AuditEventView) VisibleTo(actor Actor) AuditEventView {
	if !Can(actor.Role, UserRead) {
		v.ActorName = ""
	}
	return v
}

// AuditQuery is a filter and page of events as a caller asks for them.
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

// References returns the records that the caller named, as far as they can be read.
func (q AuditQuery) References() []Reference {
	return slices.Concat(q.Actor.named(SubjectUser), q.Patient.named(SubjectPatient), q.Doctor.named(SubjectDoctor))
}

// Parse returns the filter and the page. Every bad field is reported.
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
		form.add("doctor", "Give patient or doctor, not both.")
	case patient != 0:
		filter.Record = Reference{SubjectPatient, patient}
	case doctor != 0:
		filter.Record = Reference{SubjectDoctor, doctor}
	}
	page := q.Page.read(form)
	return filter, page, form.err()
}

// AccessQuery is a page of the events about a patient as a caller asks for them.
type AccessQuery struct {
	// Ordering is "id" or "-id".
	Ordering Input
	Page     PageInput
}

// Parse returns the filter for the events about patient, and the page. Every bad field
// is reported.
func (q AccessQuery) Parse(patient ID) (AuditFilter, Page, error) {
	form := newForm(false)
	filter := AuditFilter{
		Record:      Reference{SubjectPatient, patient},
		NewestFirst: optional(form, "ordering", q.Ordering, false, parseEventOrdering),
	}
	page := q.Page.read(form)
	return filter, page, form.err()
}

// parseEventOrdering reports whether the newest events come first.
func parseEventOrdering(text string) (newestFirst bool, err error) {
	switch text {
	case "id":
		return false, nil
	case "-id":
		return true, nil
	}
	return false, invalid("Not a valid choice: use id or -id.")
}
