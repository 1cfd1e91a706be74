package application

import (
	"cmp"
	"slices"
	"time"

	"example.com/healthcare/domain"
)

// gapAges says for how long a Sealer has seen each gap in the IDs of events. It goes by
// the time that passes here, and not by the clock: when that is set while a transaction
// runs, the event of that transaction still comes under a seal. A restart begins anew.
type gapAges []agedGap

type agedGap struct {
	domain.Gap
	firstSeen time.Time // with a monotonic reading, which time.Since goes by
}

// see takes note of all gaps that there are now. What is left of one is as old as it.
func (a *gapAges) update(gaps []domain.Gap) {
	seen, now := make(gapAges, len(gaps)), time.Now()
	for i, gap := range gaps {
		seen[i] = agedGap{gap, now}
		if before, found := a.find(gap); found {
			seen[i].firstSeen = before.firstSeen
		}
	}
	*a = seen
}

// overdue reports whether no event is awaited in a gap any more.
func (a gapAges) isOverdue(gap domain.Gap) bool {
	seen, found := a.find(gap)
	return found && time.Since(seen.firstSeen) >= domain.MaxLateness
}

// find returns what was seen of a gap; gaps are in ascending order and have no ID in
// common.
func (a gapAges) find(gap domain.Gap) (agedGap, bool) {
	at, _ := slices.BinarySearchFunc(a, gap.To, func(seen agedGap, to domain.ID) int { return cmp.Compare(seen.To, to) })
	if at == len(a) || !gap.Within(a[at].Gap) {
		return agedGap{}, false
	}
	return a[at], true
}
