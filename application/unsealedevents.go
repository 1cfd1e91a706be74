package application

import (
	"slices"
	"sync"

	"example.com/healthcare/domain"
)

// unsealedEvents are the events that this instance has written and that no seal
// covers yet. When one of them is not there, somebody has removed it.
type unsealedEvents struct {
	mutex  sync.Mutex
	events []writtenEvent
}

// writtenEvent is an event by its ID and evidence: a store may give the ID of an event
// that was removed to the next one.
type writtenEvent struct {
	id  domain.ID
	mac domain.MAC
}

// maxUnsealed bounds what is remembered, some seconds' worth of a service that is as
// busy as it can be. When it is full, as when nothing is sealed for long, the older
// half is forgotten.
const maxUnsealed = 1 << 16

// add remembers events that were committed.
func (u *unsealedEvents) add(events []writtenEvent) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	if u.events = append(u.events, events...); len(u.events) > maxUnsealed {
		u.events = slices.Clone(u.events[len(u.events)-maxUnsealed/2:])
	}
}

// since returns what is remembered, all of which who reads the trail from now on sees.
func (u *unsealedEvents) snapshot() map[writtenEvent]bool {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	all := make(map[writtenEvent]bool, len(u.events))
	for _, event := range u.events {
		all[event] = true
	}
	return all
}

// settle returns which of the unseen, up to through, are lost, and forgets them and
// what the last seal does not await. That has been under a seal: a gap is given up much
// later than the next reading of the trail.
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
