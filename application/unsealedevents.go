package application

import (
	"slices"
	"sync"

	"example.com/healthcare/domain"
)

// unsealedEvents are the events that this instance has written and that no seal
// covers yet. When one of them is not there, somebody has removed it.
type unsealedEvents struct {
	mutex sync.Mutex
	ids   []domain.ID
}

// maxUnsealed bounds what is remembered, some seconds' worth of a service that is as
// busy as it can be. When it is full, as when nothing is sealed for long, the older
// half is forgotten.
const maxUnsealed = 1 << 16

// add remembers events that were committed.
func (u *unsealedEvents) add(ids []domain.ID) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	if u.ids = append(u.ids, ids...); len(u.ids) > maxUnsealed {
		u.ids = slices.Clone(u.ids[len(u.ids)-maxUnsealed/2:])
	}
}

// since returns what is remembered, all of which who reads the trail from now on sees.
func (u *unsealedEvents) since() map[domain.ID]bool {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	all := make(map[domain.ID]bool, len(u.ids))
	for _, id := range u.ids {
		all[id] = true
	}
	return all
}

// settle returns which of the unseen, up to through, are lost, and forgets them and
// what the last seal does not await. That has been under a seal: a gap is given up much
// later than the next reading of the trail.
func (u *unsealedEvents) settle(last domain.Seal, unseen map[domain.ID]bool, through domain.ID) (lost []domain.ID) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	u.ids = slices.DeleteFunc(u.ids, func(id domain.ID) bool {
		isSealed := !last.Awaits(id)
		isLost := !isSealed && unseen[id] && id <= through
		if isLost {
			lost = append(lost, id)
		}
		return isSealed || isLost
	})
	slices.Sort(lost)
	return lost
}
