package domain

import (
	"cmp"
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
	About []Reference
	// Seal is the last seal that its writer knew of: it comes under a later one.
	Seal     ID
	Evidence Evidence
}

// Indexed are the records of the event's subject that it showed and that it can be
// found by. Events are not: nobody asks who has seen an event, and each page of
// the trail shows many.
func (e AuditEvent) Indexed() []ID {
	if e.Subject.Kind == AboutAudit {
		return nil
	}
	return e.Subject.Shown
}

// Mention leads from a record to an event that concerns it, beside the one that is
// the event's subject.
type Mention struct {
	Record Reference
	Event  ID
}

// Mentions returns those of the event, each once.
func (e AuditEvent) Mentions() []Mention {
	mentions := make([]Mention, 0, len(e.Indexed())+len(e.About))
	for _, shown := range e.Indexed() {
		mentions = append(mentions, Mention{Reference{e.Subject.Kind, shown}, e.ID})
	}
	for _, record := range e.About {
		mentions = append(mentions, Mention{record, e.ID})
	}
	slices.SortFunc(mentions, func(a, b Mention) int {
		return cmp.Or(cmp.Compare(a.Record.Kind, b.Record.Kind), cmp.Compare(a.Record.ID, b.Record.ID))
	})
	return slices.Compact(mentions)
}

// Hash returns the hash of the mention.
func (m Mention) Hash() Hash {
	text := newMessage("healthcare audit mention 1")
	text.text(string(m.Record.Kind))
	text.number(int64(m.Record.ID))
	text.number(int64(m.Event))
	return text.hash()
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
	About   Reference
	Action  Permission
	Outcome Outcome
	// From and To bound the time: From included, To not.
	From, To time.Time
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
	Page    PageInput
	// Unknown are other parameters: a filter that is misspelt would leave the trail
	// as it is, and answer another question.
	Unknown []string
}

// Named returns the records that the caller named, as far as they can be read.
func (q AuditQuery) Named() []Reference {
	return slices.Concat(q.Actor.named(AboutUser), q.Patient.named(AboutPatient), q.Doctor.named(AboutDoctor))
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
	}
	patient := optional(form, "patient", q.Patient, 0, ParseID)
	doctor := optional(form, "doctor", q.Doctor, 0, ParseID)
	switch {
	case patient != 0 && doctor != 0:
		form.add("doctor", "Give patient or doctor, not both.")
	case patient != 0:
		filter.About = Reference{AboutPatient, patient}
	case doctor != 0:
		filter.About = Reference{AboutDoctor, doctor}
	}
	form.refuseNames(q.Unknown, "Unknown parameter.")
	page := q.Page.read(form)
	return filter, page, form.err()
}
