package application_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// changed, without and the following functions tamper with the trail in the database.
func changed(id domain.ID) func([]domain.AuditEvent) []domain.AuditEvent {
	return editing(id, func(event *domain.AuditEvent) { event.Subject.ID++ })
}

func editing(id domain.ID, edit func(*domain.AuditEvent)) func([]domain.AuditEvent) []domain.AuditEvent {
	return func(events []domain.AuditEvent) []domain.AuditEvent {
		for i := range events {
			if events[i].ID == id {
				edit(&events[i])
			}
		}
		return events
	}
}

func without(id domain.ID) func([]domain.AuditEvent) []domain.AuditEvent {
	return func(events []domain.AuditEvent) []domain.AuditEvent {
		return slices.DeleteFunc(events, func(event domain.AuditEvent) bool { return event.ID == id })
	}
}

func upToEvent(last domain.ID) func([]domain.AuditEvent) []domain.AuditEvent {
	return func(events []domain.AuditEvent) []domain.AuditEvent {
		return slices.DeleteFunc(events, func(event domain.AuditEvent) bool { return event.ID > last })
	}
}

func editingSeal(number domain.ID, edit func(*domain.Seal)) func([]domain.Seal) []domain.Seal {
	return func(seals []domain.Seal) []domain.Seal {
		edit(&seals[number-1])
		return seals
	}
}

func upToSeal(last domain.ID) func([]domain.Seal) []domain.Seal {
	return func(seals []domain.Seal) []domain.Seal { return seals[:last] }
}

// sealedClinic returns a clinic with four seals of three events each, and three unsealed
// events.
func sealedClinic(t *testing.T) *clinic {
	c := newClinic(t)
	for range 4 {
		c.addEvents(3, c.attest)
		c.seal()
	}
	c.addEvents(3, c.attest)
	return c
}

// removedUpTo returns the faults of a sealedClinic without the events from first to last.
func removedUpTo(first, last domain.ID) (faults []domain.Fault) {
	for id := first; id <= last; id++ {
		faults = append(faults, domain.Fault{Problem: domain.EventRemoved, Event: id, Seal: (id + 2) / 3})
	}
	return faults
}

func TestTamperingIsReported(t *testing.T) {
	for name, tt := range map[string]struct {
		events func([]domain.AuditEvent) []domain.AuditEvent
		seals  func([]domain.Seal) []domain.Seal
		want   []domain.Fault
	}{
		"an event was changed": {events: changed(5), want: []domain.Fault{{Problem: domain.EventChanged, Event: 5, Seal: 2}}},
		"two events were changed": {
			events: func(events []domain.AuditEvent) []domain.AuditEvent { return changed(5)(changed(8)(events)) },
			want: []domain.Fault{
				{Problem: domain.EventChanged, Event: 5, Seal: 2},
				{Problem: domain.EventChanged, Event: 8, Seal: 3},
			},
		},
		"the evidence of an event was removed": {
			events: editing(5, func(event *domain.AuditEvent) { event.Evidence = domain.Evidence{} }),
			want:   []domain.Fault{{Problem: domain.EventChanged, Event: 5, Seal: 2}},
		},
		"an event was removed":                    {events: without(12), want: []domain.Fault{{Problem: domain.EventRemoved, Event: 12, Seal: 4}}},
		"all events were removed":                 {events: upToEvent(0), want: removedUpTo(1, 12)},
		"events under the last seal were removed": {events: upToEvent(10), want: removedUpTo(11, 12)},
		"an unsealed event was changed":           {events: changed(14), want: []domain.Fault{{Problem: domain.EventInserted, Event: 14}}},
		"the evidence of an unsealed event was removed": {
			events: editing(14, func(event *domain.AuditEvent) { event.Evidence = domain.Evidence{} }),
			want:   []domain.Fault{{Problem: domain.EventInserted, Event: 14}},
		},
		"an event was inserted": {
			events: editing(14, func(event *domain.AuditEvent) { event.ID = 100 }),
			want:   []domain.Fault{{Problem: domain.EventInserted, Event: 100}},
		},
		"an event was inserted below all others": {
			events: editing(14, func(event *domain.AuditEvent) { event.ID = -5 }),
			want:   []domain.Fault{{Problem: domain.EventInserted, Event: -5, Seal: 1}},
		},
		"two events changed places": {
			events: func(events []domain.AuditEvent) []domain.AuditEvent {
				events[4], events[9] = events[9], events[4]
				events[4].ID, events[9].ID = events[9].ID, events[4].ID
				return events
			},
			want: []domain.Fault{
				{Problem: domain.EventChanged, Event: 5, Seal: 2},
				{Problem: domain.EventChanged, Event: 10, Seal: 4},
			},
		},
		"a seal was changed": {
			seals: editingSeal(2, func(seal *domain.Seal) { seal.Missing = []domain.Gap{{From: 1, To: 2}} }),
			want:  []domain.Fault{{Problem: domain.SealChanged, Seal: 2}},
		},
		"a seal's MAC was changed": {
			seals: editingSeal(2, func(seal *domain.Seal) { seal.MAC[7]++ }),
			want:  []domain.Fault{{Problem: domain.SealChanged, Seal: 3}},
		},
		"the last seal's MAC was changed": {
			seals: editingSeal(4, func(seal *domain.Seal) { seal.MAC[7]++ }),
			want:  []domain.Fault{{Problem: domain.SealForeign, Seal: 4}},
		},
		"a seal was removed": {
			seals: func(seals []domain.Seal) []domain.Seal { return slices.Delete(seals, 1, 2) },
			want:  []domain.Fault{{Problem: domain.SealRemoved, Seal: 2}},
		},
		"an event was removed, also from its seal": {
			events: without(5),
			seals: func(seals []domain.Seal) []domain.Seal {
				for i := range seals {
					seals[i].Events = slices.DeleteFunc(seals[i].Events, func(event domain.SealedEvent) bool { return event.ID == 5 })
				}
				return seals
			},
			want: []domain.Fault{{Problem: domain.SealChanged, Seal: 2}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := sealedClinic(t)
			require.Empty(t, c.verifySilently().Faults)
			store := c.tamper()
			store.events, store.seals = tt.events, tt.seals
			assert.Equal(t, tt.want, c.verifySilently().Faults)
			store.events, store.seals = nil, nil
			assert.Empty(t, c.verifySilently().Faults, "after the tampering is undone")
		})
	}
}

func TestVerifyCountsEventsAndVersions(t *testing.T) {
	c := newClinic(t)
	assert.Equal(t, domain.Verification{}, c.verifySilently())
	assert.Equal(t, domain.Verification{Events: 0}, c.verify(domain.Head{}), "the event of the call itself is added later")
	want := domain.Verification{Events: 1, Unsealed: 1, CoveredFrom: 1, CoveredSince: c.Now()}
	assert.Equal(t, want, c.verify(domain.Head{}))
	c.seal()
	head, err := c.Verifier.Head(c.ctx)
	require.NoError(t, err)
	want.Events, want.Unsealed, want.LastSeal = 2, 0, head
	assert.Equal(t, want, c.verify(domain.Head{}))
	want.Events, want.Unsealed = 3, 1
	assert.Equal(t, want, c.verify(domain.Head{}))
	c.seal()
	want.Events, want.Unsealed, want.LastSeal = 4, 0, c.seals()[1].Head()
	assert.Equal(t, want, c.verify(domain.Head{}))
}

func TestHeadReturnsTheLastSeal(t *testing.T) {
	c := newClinic(t)
	head, err := c.Verifier.Head(c.ctx)
	require.NoError(t, err)
	assert.Zero(t, head)
	for range 2 {
		require.NoError(t, c.leaveEvent())
		c.seal()
		head, err = c.Verifier.Head(c.ctx)
		require.NoError(t, err)
		seals := c.seals()
		assert.Equal(t, seals[len(seals)-1].Head(), head)
	}
	assert.Equal(t, domain.ID(2), head.Number)
}

func TestAKnownHeadRevealsARemovedEnd(t *testing.T) {
	c := sealedClinic(t)
	seals := c.seals()
	for _, seal := range seals {
		assert.Empty(t, c.verify(seal.Head()).Faults, "of seal %d", seal.Number)
	}
	store := c.tamper()
	for last := range domain.ID(4) {
		store.seals, store.events = upToSeal(last), upToEvent(3*last)
		assert.Empty(t, c.verifySilently().Faults, "without a known head it cannot be detected")
		for _, seal := range seals {
			faults := c.silent().verify(seal.Head()).Faults
			if seal.Number <= last {
				assert.Empty(t, faults)
			} else {
				assert.Equal(t, []domain.Fault{{Problem: domain.HeadMissing, Seal: seal.Number}}, faults)
			}
		}
	}
	store.events = nil
	store.seals = upToSeal(3)
	assert.Equal(t, []domain.Fault{{Problem: domain.HeadMissing, Seal: 4}, {Problem: domain.SealRemoved, Seal: 4}}, c.verify(seals[3].Head()).Faults)
}

func TestAKnownHeadRevealsATrailThatWasMadeAgain(t *testing.T) {
	kept := sealedClinic(t).seals()
	c := newClinic(t)
	c.addEvents(20, c.attest)
	for range 5 {
		c.addEvents(1, c.attest)
		c.seal()
	}
	require.Empty(t, c.verify(domain.Head{}).Faults)
	for _, seal := range kept {
		assert.Equal(t, []domain.Fault{{Problem: domain.HeadMismatch, Seal: seal.Number}}, c.verify(seal.Head()).Faults)
	}
}

func TestAnEventThatBecomesVisibleDuringVerifyIsNotMissing(t *testing.T) {
	c := sealedClinic(t)
	reads := 0
	c.tamper().events = func(events []domain.AuditEvent) []domain.AuditEvent {
		if reads++; reads == 1 {
			return without(5)(events)
		}
		return events
	}
	found := c.verifySilently()
	assert.Empty(t, found.Faults)
	assert.Equal(t, 15, found.Events)
}

func TestALongTrailIsVerifiedToItsEnd(t *testing.T) {
	c := newClinic(t)
	for range 1001 { // Verify reads 1000 events and 1000 seals at once.
		c.addEvents(1, c.attest)
		c.seal()
	}
	found := c.verify(domain.Head{})
	assert.Equal(t, domain.Verification{Events: 1001, CoveredFrom: 1, CoveredSince: c.Now(), LastSeal: c.seals()[1000].Head()}, found)
	c.tamper().events = changed(1001)
	assert.Equal(t, []domain.Fault{{Problem: domain.EventChanged, Event: 1001, Seal: 1001}}, c.verify(domain.Head{}).Faults)
}

func TestSealsMadeDuringVerifyAreVerified(t *testing.T) {
	c := sealedClinic(t)
	other := *c
	last := domain.ID(0)
	c.tamper().events = func(events []domain.AuditEvent) []domain.AuditEvent {
		if last > 0 || len(events) == 0 {
			return events
		}
		last = events[len(events)-1].ID
		other.seal()
		require.NoError(t, other.leaveEvent()) // This event refers to that seal.
		return append(events, other.Events()[last:]...)
	}
	found := c.verifySilently()
	assert.Empty(t, found.Faults)
	want := domain.Verification{Events: int(last) + 1, Unsealed: 1, CoveredFrom: 1, CoveredSince: c.Now(), LastSeal: other.lastSeal()}
	assert.Equal(t, want, found)
}

func TestAnEventCanReferToASealMadeDuringVerify(t *testing.T) {
	c := sealedClinic(t)
	other := *c
	listings, done := 0, false
	store := c.tamper()
	store.seals = func(seals []domain.Seal) []domain.Seal {
		listings++
		return seals
	}
	store.events = func(events []domain.AuditEvent) []domain.AuditEvent {
		if listings < 2 || done {
			return events
		}
		done = true
		last := events[len(events)-1].ID
		other.seal()
		require.NoError(t, other.leaveEvent())
		return append(events, other.Events()[last:]...)
	}
	assert.Empty(t, c.verifySilently().Faults)
}

func TestVerifyFindsNoFaultWhileEventsAndSealsAreAdded(t *testing.T) {
	const rounds = 300
	c := newClinic(t)
	c.addEvents(1, c.attest)
	c.seal()
	var adding, others sync.WaitGroup
	added := make(chan struct{})
	for range 3 {
		adding.Go(func() {
			for range rounds {
				assert.NoError(t, c.leaveEvent())
			}
		})
	}
	untilAdded := func(do func()) {
		others.Go(func() {
			for {
				do()
				select {
				case <-added:
					return
				default:
				}
			}
		})
	}
	for _, sealer := range []*application.Sealer{c.Sealer, c.With().Sealer} {
		untilAdded(func() {
			found, err := sealer.Seal(c.ctx)
			assert.NoError(t, err)
			assert.Zero(t, found)
		})
	}
	var kept domain.Head
	untilAdded(func() {
		found := c.verifySilently()
		assert.Empty(t, found.Faults)
		assert.Empty(t, c.silent().verify(kept).Faults)
		kept = found.LastSeal
	})
	adding.Wait()
	close(added)
	others.Wait()
	c.seal()
	assert.Equal(t, upTo(1+3*rounds), c.sealed())
	assert.Empty(t, c.verify(kept).Faults)
	assert.NotZero(t, kept)
}

func TestVerifyReturnsTheErrorOfTheStore(t *testing.T) {
	c := sealedClinic(t)
	c.use(onStore(brokenStore{c.Ports.Store, true}))
	for _, kept := range []domain.Head{{}, {Number: 9}} {
		_, err := c.Verifier.Verify(c.ctx, kept)
		assertKind(t, domain.Unavailable, err)
	}
	_, err := c.Verifier.Head(c.ctx)
	assertKind(t, domain.Unavailable, err)
}
