package domain

import (
	"cmp"
	"maps"
	"slices"
)

// DailyUse counts how often one person used records concerning a patient, or tried to,
// by one action with one outcome on one day.
type DailyUse struct {
	UseKind
	Times int
	// ActorName is the user's current name: see AuditEventView.
	ActorName string
}

// UseKind holds the properties by which DailyUse groups audit events.
type UseKind struct {
	// Day is in UTC.
	Day     Date
	User    ID
	Role    Role
	Action  Permission
	Outcome Outcome
}

// UseKindOf returns the group that the event belongs to.
func UseKindOf(event AuditEvent) UseKind {
	return UseKind{DateOf(event.At), event.Actor.UserID, event.Actor.Role, event.Action, event.Outcome}
}

// VisibleTo removes the name unless actor has UserRead.
func (u DailyUse) VisibleTo(actor Actor) DailyUse {
	if !Can(actor.Role, UserRead) {
		u.ActorName = ""
	}
	return u
}

// DailyUses counts audit events by group.
type DailyUses map[UseKind]int

// TakeBefore removes the counts of the days before day and returns them, sorted by day.
// For the zero Date it takes all.
func (d DailyUses) TakeBefore(day Date) []DailyUse {
	taken := []DailyUse{}
	for kind, times := range d {
		if day.IsZero() || kind.Day.String() < day.String() { // Dates in this form sort by their text.
			taken = append(taken, DailyUse{UseKind: kind, Times: times})
		}
	}
	maps.DeleteFunc(d, func(kind UseKind, _ int) bool { return day.IsZero() || kind.Day.String() < day.String() })
	slices.SortFunc(taken, func(a, b DailyUse) int {
		return cmp.Or(
			cmp.Compare(a.Day.String(), b.Day.String()), cmp.Compare(a.User, b.User), cmp.Compare(a.Role, b.Role),
			cmp.Compare(a.Action, b.Action), cmp.Compare(a.Outcome, b.Outcome),
		)
	})
	return taken
}
