package domain

import (
	"cmp"
	"maps"
	"slices"
)

// DailyUse is how often one person used the records about a patient, or tried to, in one
// way on one day.
type DailyUse struct {
	UseKind
	Times int
	// ActorName is the name that the user has now; see AuditEventView.
	ActorName string
}

// UseKind is what the uses have in common that a DailyUse counts.
type UseKind struct {
	// Day is in UTC.
	Day     Date
	User    ID
	Role    Role
	Action  Permission
	Outcome Outcome
}

// UseKindOf returns what kind of use the event is.
func UseKindOf(event AuditEvent) UseKind {
	return UseKind{DateOf(event.At), event.Actor.UserID, event.Actor.Role, event.Action, event.Outcome}
}

// VisibleTo returns what actor may see of the use: without UserRead, no name.
func (u DailyUse) VisibleTo(actor Actor) DailyUse {
	if !Can(actor.Role, UserRead) {
		u.ActorName = ""
	}
	return u
}

// DailyUses counts uses by their kinds.
type DailyUses map[UseKind]int

// TakeBefore takes out the uses of the days before day, in the order of the days; all of
// them for the zero Date.
func (d DailyUses) TakeBefore(day Date) []DailyUse {
	taken := []DailyUse{}
	for kind, times := range d {
		if day.IsZero() || kind.Day.String() < day.String() { // as dates of this form order
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
