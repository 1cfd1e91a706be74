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
type gapAges []seenGap

type seenGap struct {
	domain.Gap
	at time.Time // with a monotonic reading, which time.Since goes by
}

// see takes note of all gaps that there are now. What is left of one is as old as it.
func (a *gapAges) see(gaps []domain.Gap) {
	seen, now := make(gapAges, len(gaps)), time.Now()
	for i, gap := range gaps {
		seen[i] = seenGap{gap, now}
		if before, found := a.find(gap); found {
			seen[i].at = before.at
		}
	}
	*a = seen
}

// overdue reports whether no event is awaited in a gap any more.
func (a gapAges) overdue(gap domain.Gap) bool {
	seen, found := a.find(gap)
	return found && time.Since(seen.at) >= domain.MaxLateness
}

// find returns what was seen of a gap; gaps are in ascending order and have no ID in
// common.
func (a gapAges) find(gap domain.Gap) (seenGap, bool) {
	at, _ := slices.BinarySearchFunc(a, gap.To, func(seen seenGap, to domain.ID) int { return cmp.Compare(seen.To, to) })
	if at == len(a) || !gap.Within(a[at].Gap) {
		return seenGap{}, false
	}
	return a[at], true
}
