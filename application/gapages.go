package application

import (
	"cmp"
	"slices"
	"time"

	"example.com/healthcare/domain"
)

// gapAges measures for how long a Sealer has seen each gap in the IDs of events. It uses the
// monotonic clock: if the wall clock is set while a transaction runs, the event of this
// transaction still gets under a seal. After a restart all gaps are new.
type gapAges []agedGap

type agedGap struct {
	domain.Gap
	firstSeen time.Time // has a monotonic reading, which time.Since uses
}

// update replaces the gaps. A gap within an earlier one is as old as that one.
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

// isOverdue reports whether the gap is so old that no more events are expected in it.
func (a gapAges) isOverdue(gap domain.Gap) bool {
	seen, found := a.find(gap)
	return found && time.Since(seen.firstSeen) >= domain.MaxLateness
}

// find returns the gap that contains the given one. The gaps are sorted and do not overlap.
func (a gapAges) find(gap domain.Gap) (agedGap, bool) {
	at, _ := slices.BinarySearchFunc(a, gap.To, func(seen agedGap, to domain.ID) int { return cmp.Compare(seen.To, to) })
	if at == len(a) || !gap.Within(a[at].Gap) {
		return agedGap{}, false
	}
	return a[at], true
}
