package application

import (
	"slices"
	"sync"

	"example.com/healthcare/domain"
)

// unsealedEvents are the events that this instance has written and that no seal covers yet. If
// one of them is missing in the trail, it was removed.
type unsealedEvents struct {
	mutex  sync.Mutex
	events []writtenEvent
	// added is how many events were ever added.
	added uint64
}

// writtenEvent identifies an event by its ID and evidence. The ID alone is not enough, because a
// store can assign the ID of a removed event to the next one.
type writtenEvent struct {
	id  domain.ID
	mac domain.MAC
}

// maxUnsealed bounds the memory. It is what a very busy service writes in some seconds. If there
// are more events, because nothing was sealed for a long time, the older half is forgotten.
const maxUnsealed = 1 << 16

// add adds committed events.
func (u *unsealedEvents) add(events []writtenEvent) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	u.added += uint64(len(events))
	if u.events = append(u.events, events...); len(u.events) > maxUnsealed {
		u.events = slices.Clone(u.events[len(u.events)-maxUnsealed/2:])
	}
}

// snapshot returns the events. A transaction that starts after this call sees all of them.
func (u *unsealedEvents) snapshot() map[writtenEvent]bool {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	all := make(map[writtenEvent]bool, len(u.events))
	for _, event := range u.events {
		all[event] = true
	}
	return all
}

// removeSealed removes and returns the lost events: those in unseen with an ID up to through. It
// also removes the events that the last seal does not await. These are sealed: an event that was
// removed is returned as lost long before its gap is given up.
func (u *unsealedEvents) removeSealed(last domain.Seal, unseen map[writtenEvent]bool, through domain.ID) (lost []domain.ID) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	u.events = slices.DeleteFunc(u.events, func(event writtenEvent) bool {
		isSealed := !last.Awaits(event.id)
		isLost := !isSealed && unseen[event] && event.id <= through
		if isLost {
			lost = append(lost, event.id)
		}
		return isSealed || isLost
	})
	slices.Sort(lost)
	return lost
}
