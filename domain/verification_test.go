package domain_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.com/healthcare/domain"
)

// history is a stored trail.
type history struct {
	events []domain.AuditEvent
	seals  []domain.Seal
}

// drawHistory returns an unchanged trail. Some events became visible late, some never.
func drawHistory(t *rapid.T) history {
	var h history
	appearing, last, now := drawAppearance(t), domain.Seal{}, sealedAt
	random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "sizes"), 0))
	for len(appearing) > 0 {
		together := appearing[:1+random.IntN(min(len(appearing), 5))]
		appearing = appearing[len(together):]
		slices.Sort(together)
		var sightings []domain.EventDigest
		for _, id := range together {
			event := attestedEvent(id)
			h.events = append(h.events, event)
			sightings = append(sightings, domain.EventDigest{ID: id, Hash: event.Evidence.Digest()})
		}
		last = last.Next(sightings, now)
		last.MAC = domain.MAC(last.Digest[:])
		h.seals = append(h.seals, last)
		now = now.Add(time.Second)
	}
	slices.SortFunc(h.events, func(a, b domain.AuditEvent) int { return int(a.ID - b.ID) })
	return h
}

func attestedEvent(id domain.ID) domain.AuditEvent {
	event := fullEvent()
	event.ID, event.Version = id, int(1000+id)
	event.Evidence.Hash = event.Hash()
	event.Evidence.MAC = domain.MAC(event.Evidence.Hash[10:])
	return event
}

// examine verifies the trail in the way the service does, and returns all faults.
func (h history) examine() (faults []domain.Fault, chain *domain.Chain) {
	chain = domain.NewChain()
	events := h.events
	for _, seal := range h.seals {
		for len(events) > 0 && events[0].ID <= seal.Through {
			chain.AddEvent(events[0])
			events = events[1:]
		}
		faults = append(faults, chain.CheckSeal(seal)...)
	}
	for _, event := range events {
		chain.AddEvent(event)
	}
	return faults, chain
}

// sealOf returns the number of the seal that covers an event.
func (h history) sealOf(id domain.ID) domain.ID {
	for _, seal := range h.seals {
		if slices.ContainsFunc(seal.Events, func(sealed domain.SealedEvent) bool { return sealed.ID == id }) {
			return seal.Number
		}
	}
	return 0
}

func TestAnUnchangedTrailHasNoFaults(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := drawHistory(t)
		extra := rapid.IntRange(0, 3).Draw(t, "not under a seal yet")
		through := domain.ID(0)
		if len(h.seals) > 0 {
			through = h.seals[len(h.seals)-1].Through
		}
		for i := range extra {
			h.events = append(h.events, attestedEvent(through+domain.ID(2*i+2)))
		}
		faults, chain := h.examine()
		require.Empty(t, faults)
		require.Equal(t, slices.Concat(h.events[len(h.events)-extra:]), chain.UnsealedEvents())
		if len(h.seals) > 0 {
			require.Equal(t, h.seals[len(h.seals)-1], chain.LastSeal())
		}
	})
}

func TestEveryChangeOfAnEventIsDetected(t *testing.T) {
	for name, tamper := range map[string]func(t *rapid.T, h *history, at int) []domain.Fault{
		"changed": func(t *rapid.T, h *history, at int) []domain.Fault {
			h.events[at].Version++
			return []domain.Fault{{Problem: domain.EventChanged, Event: h.events[at].ID}}
		},
		"changed with its hash": func(_ *rapid.T, h *history, at int) []domain.Fault {
			h.events[at].Version++
			h.events[at].Evidence.Hash = h.events[at].Hash()
			return []domain.Fault{{Problem: domain.EventChanged, Event: h.events[at].ID}}
		},
		"another hash beside it": func(t *rapid.T, h *history, at int) []domain.Fault {
			h.events[at].Evidence.Hash[rapid.IntRange(0, 31).Draw(t, "byte")]++
			return []domain.Fault{{Problem: domain.EventChanged, Event: h.events[at].ID}}
		},
		"another MAC beside it": func(t *rapid.T, h *history, at int) []domain.Fault {
			h.events[at].Evidence.MAC[rapid.IntRange(0, 15).Draw(t, "byte")]++
			return []domain.Fault{{Problem: domain.EventChanged, Event: h.events[at].ID}}
		},
		"without its evidence": func(_ *rapid.T, h *history, at int) []domain.Fault {
			h.events[at].Evidence = domain.Evidence{}
			return []domain.Fault{{Problem: domain.EventChanged, Event: h.events[at].ID}}
		},
		"removed": func(_ *rapid.T, h *history, at int) []domain.Fault {
			id := h.events[at].ID
			h.events = slices.Delete(h.events, at, at+1)
			return []domain.Fault{{Problem: domain.EventRemoved, Event: id}}
		},
		"swapped with another": func(t *rapid.T, h *history, at int) []domain.Fault {
			other := (at + rapid.IntRange(1, len(h.events)-1).Draw(t, "other")) % len(h.events)
			a, b := &h.events[at], &h.events[other]
			*a, *b = *b, *a
			a.ID, b.ID = b.ID, a.ID
			first, second := min(a.ID, b.ID), max(a.ID, b.ID)
			if h.sealOf(second) < h.sealOf(first) {
				first, second = second, first
			}
			return []domain.Fault{{Problem: domain.EventChanged, Event: first}, {Problem: domain.EventChanged, Event: second}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				h := drawHistory(t)
				if len(h.events) < 2 {
					return
				}
				want := tamper(t, &h, rapid.IntRange(0, len(h.events)-1).Draw(t, "at"))
				for i := range want {
					want[i].Seal = h.sealOf(want[i].Event)
				}
				faults, _ := h.examine()
				require.Equal(t, want, faults)
			})
		})
	}
}

func TestAnInsertedEventIsDetected(t *testing.T) {
	one := func(ids ...domain.ID) (sightings []domain.EventDigest) {
		for _, id := range ids {
			sightings = append(sightings, domain.EventDigest{ID: id, Hash: attestedEvent(id).Evidence.Digest()})
		}
		return sightings
	}
	h := history{events: []domain.AuditEvent{attestedEvent(1), attestedEvent(4), attestedEvent(5)}}
	first := domain.Seal{}.Next(one(1, 4), sealedAt)
	givenUp := func(domain.Gap) bool { return true }
	h.seals = []domain.Seal{first, first.WithoutGaps(givenUp).Next(one(5), sealedAt)}
	faults, _ := h.examine()
	require.Empty(t, faults)

	// Copying the evidence of another event does not hide it.
	inserted := attestedEvent(4)
	inserted.ID = 3
	h.events = slices.Insert(h.events, 1, inserted)
	faults, _ = h.examine()
	assert.Equal(t, []domain.Fault{{Problem: domain.EventInserted, Event: 3, Seal: 2}}, faults)
	h.seals = h.seals[:1]
	faults, chain := h.examine()
	assert.Empty(t, faults, "the next seal can still cover an event in the gap")
	assert.Equal(t, []domain.AuditEvent{inserted, attestedEvent(5)}, chain.UnsealedEvents())
}

func TestEveryChangeOfASealIsDetected(t *testing.T) {
	for name, tamper := range map[string]func(t *rapid.T, h *history, at int) domain.Fault{
		"removed": func(_ *rapid.T, h *history, at int) domain.Fault {
			number := h.seals[at].Number
			h.seals = slices.Delete(h.seals, at, at+1)
			return domain.Fault{Problem: domain.SealRemoved, Seal: number}
		},
		"another time": func(_ *rapid.T, h *history, at int) domain.Fault {
			h.seals[at].At = h.seals[at].At.Add(time.Microsecond)
			return domain.Fault{Problem: domain.SealChanged, Seal: h.seals[at].Number}
		},
		"another digest": func(t *rapid.T, h *history, at int) domain.Fault {
			h.seals[at].Digest[rapid.IntRange(0, 31).Draw(t, "byte")]++
			return domain.Fault{Problem: domain.SealChanged, Seal: h.seals[at].Number}
		},
		"another MAC": func(t *rapid.T, h *history, at int) domain.Fault {
			h.seals[at].MAC[rapid.IntRange(0, 15).Draw(t, "byte")]++
			return domain.Fault{Problem: domain.SealChanged, Seal: h.seals[at].Number + 1} // it now follows a changed seal
		},
		"a gap that was not there": func(_ *rapid.T, h *history, at int) domain.Fault {
			h.seals[at].Missing = append(slices.Clone(h.seals[at].Missing), domain.Gap{From: 1, To: 1, Since: sealedAt})
			return domain.Fault{Problem: domain.SealChanged, Seal: h.seals[at].Number}
		},
		"another tag": func(t *rapid.T, h *history, at int) domain.Fault {
			h.seals[at].Events = slices.Clone(h.seals[at].Events)
			sealed := &h.seals[at].Events[0]
			sealed.Tag[rapid.IntRange(0, 3).Draw(t, "byte")]++
			return domain.Fault{Problem: domain.EventChanged, Event: sealed.ID, Seal: h.seals[at].Number}
		},
		"an event twice": func(_ *rapid.T, h *history, at int) domain.Fault {
			sealed := h.seals[at].Events[0]
			h.seals[at].Events = append(slices.Clone(h.seals[at].Events), sealed)
			return domain.Fault{Problem: domain.EventRemoved, Event: sealed.ID, Seal: h.seals[at].Number}
		},
		"an earlier one again": func(_ *rapid.T, h *history, at int) domain.Fault {
			h.seals = slices.Insert(h.seals, at+1, h.seals[at])
			return domain.Fault{Problem: domain.SealRemoved, Seal: h.seals[at].Number + 1}
		},
		"an earlier one again, under the next number": func(_ *rapid.T, h *history, at int) domain.Fault {
			again := h.seals[at]
			again.Number++
			h.seals = slices.Insert(h.seals, at+1, again)
			return domain.Fault{Problem: domain.EventRemoved, Event: again.Events[0].ID, Seal: again.Number}
		},
		"swapped with the next": func(_ *rapid.T, h *history, at int) domain.Fault {
			a, b := h.seals[at], h.seals[at+1]
			h.seals[at], h.seals[at+1] = b, a
			return domain.Fault{Problem: domain.SealRemoved, Seal: a.Number}
		},
	} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				h := drawHistory(t)
				if len(h.seals) < 2 {
					return
				}
				want := tamper(t, &h, rapid.IntRange(0, len(h.seals)-2).Draw(t, "at"))
				faults, _ := h.examine()
				require.NotEmpty(t, faults)
				require.Equal(t, want, faults[0])
				for _, fault := range faults {
					require.LessOrEqual(t, fault.Seal, want.Seal+3, "what comes later is as it was: %s", fault)
				}
			})
		})
	}
}

func TestAllFaultsAreReported(t *testing.T) {
	var h history
	last := domain.Seal{}
	for id := domain.ID(1); id <= 40; id += 2 { // The events with even IDs are missing.
		event := attestedEvent(id)
		h.events = append(h.events, event)
		last = last.WithoutGaps(func(domain.Gap) bool { return true }).Next([]domain.EventDigest{event.EventDigest()}, sealedAt)
		h.seals = append(h.seals, last)
	}
	faults, _ := h.examine()
	require.Empty(t, faults)

	h.events[2].Version++
	h.events[5].Version++
	inserted := attestedEvent(14)
	h.events = slices.Insert(h.events, 7, inserted)
	h.events = slices.Delete(h.events, 10, 11)
	h.seals[12].At = sealedAt.Add(time.Second)
	h.seals = slices.Delete(h.seals, 15, 17)
	h.events[len(h.events)-2].Version++
	faults, _ = h.examine()
	assert.Equal(t, []domain.Fault{
		{Problem: domain.EventChanged, Event: 5, Seal: 3},
		{Problem: domain.EventChanged, Event: 11, Seal: 6},
		{Problem: domain.EventInserted, Event: 14, Seal: 9},
		{Problem: domain.EventRemoved, Event: 19, Seal: 10},
		{Problem: domain.SealChanged, Seal: 13},
		{Problem: domain.SealRemoved, Seal: 16},
		{Problem: domain.EventChanged, Event: 37, Seal: 19},
	}, faults)
}

func TestMissingEventsAreTheEventsOfTheSealThatWereNotAdded(t *testing.T) {
	chain := domain.NewChain()
	seal := domain.Seal{Events: []domain.SealedEvent{{ID: 1}, {ID: 2}, {ID: 3}}}
	assert.Equal(t, []domain.ID{1, 2, 3}, chain.MissingEvents(seal))
	chain.AddEvent(attestedEvent(2))
	assert.Equal(t, []domain.ID{1, 3}, chain.MissingEvents(seal))
}

func TestAFaultDescribesTheProblem(t *testing.T) {
	version := domain.VersionName{Record: domain.Reference{Kind: domain.SubjectPatient, ID: 7}, Number: 2}
	for problem, want := range map[domain.Problem]string{
		domain.EventChanged:    "event 5 was changed",
		domain.EventRemoved:    "event 5 was removed",
		domain.EventInserted:   "event 5 was inserted",
		domain.SealChanged:     "seal 3 was changed",
		domain.SealRemoved:     "seal 3 was removed",
		domain.SealForeign:     "seal 3 was not made with a key of this service",
		domain.VersionChanged:  "version 2 of patient 7 was changed",
		domain.VersionRemoved:  "version 2 of patient 7 was removed",
		domain.VersionInserted: "version 2 of patient 7 was inserted",
		domain.HeadMissing:     "the trail ends before seal 3: its end was removed",
		domain.HeadMismatch:    "seal 3 is not the kept one: the trail was rewritten",
	} {
		assert.Equal(t, want, domain.Fault{Problem: problem, Event: 5, Seal: 3, Version: version}.String())
	}
}
