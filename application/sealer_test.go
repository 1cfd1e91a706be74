package application_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/memory"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// sealedTogether is how many events one seal covers at most.
const sealedTogether = 5000

func TestWithoutUnsealedEventsThereIsNoNewSeal(t *testing.T) {
	c := newClinic(t)
	c.seal()
	assert.Empty(t, c.seals())
	c.addEvents(1, c.attest)
	c.seal()
	require.Len(t, c.seals(), 1)
	c.seal()
	assert.Len(t, c.seals(), 1)
}

func TestEveryEventIsCoveredByOneSeal(t *testing.T) {
	c := newClinic(t)
	for round, events := range []int{1, 3, 1000, 1001, 17} {
		last := c.addEvents(events, c.attest)
		c.seal()
		assert.Equal(t, upTo(last), c.sealed())
		assert.Len(t, c.seals(), round+1)
		assert.Equal(t, last, c.seals()[round].Through)
		assert.Empty(t, c.verify(domain.Head{}).Faults) // The call of verify adds an event for the next seal.
	}
}

func TestManyEventsAreSealedInBatches(t *testing.T) {
	c := newClinic(t)
	last := c.addEvents(2*sealedTogether+1, c.attest)
	c.seal()
	assert.Equal(t, upTo(last), c.sealed())
	for i, seal := range c.seals() {
		assert.Len(t, seal.Events, []int{sealedTogether, sealedTogether, 1}[i])
	}
	assert.Empty(t, c.verify(domain.Head{}).Faults)
}

func TestEventsThatBecomeVisibleLateAreCoveredByALaterSeal(t *testing.T) {
	c := newClinic(t)
	random := rand.New(rand.NewPCG(1, 2))
	hidden := map[domain.ID]bool{}
	store := c.tamper()
	store.events = func(events []domain.AuditEvent) []domain.AuditEvent {
		return slices.DeleteFunc(events, func(event domain.AuditEvent) bool { return hidden[event.ID] })
	}
	var last domain.ID
	for range 30 {
		for range 1 + random.IntN(10) {
			if last++; random.IntN(3) == 0 {
				hidden[last] = true
			}
		}
		c.addEventsUpTo(last)
		c.seal()
		for id := range hidden {
			assert.NotContains(t, c.sealed(), id)
			if random.IntN(2) == 0 {
				delete(hidden, id)
			}
		}
		assert.Empty(t, c.verifySilently().Faults)
		c.Advance(domain.MaxLateness / 100)
	}
	clear(hidden)
	assert.Empty(t, c.verifySilently().Faults)
	c.seal()
	assert.Equal(t, upTo(last), c.sealed())
	assert.Empty(t, c.verifySilently().Faults)
}

// addEventsUpTo adds events until the last one has this ID.
func (c *clinic) addEventsUpTo(last domain.ID) {
	c.t.Helper()
	under := *c
	if store, ok := c.Ports.Store.(*tamperedStore); ok {
		under.use(onStore(store.Store))
	}
	under.addEvents(int(last)-len(under.Events()), c.attest)
}

// verifySilently verifies the trail and records no event.
func (c *clinic) verifySilently() domain.Verification {
	c.t.Helper()
	return c.silent().verify(domain.Head{})
}

func TestForeignEventsAreNotSealed(t *testing.T) {
	stranger := newMACs(t, newSecret)
	for name, evidence := range map[string]func(c *clinic, event domain.AuditEvent) domain.Evidence{
		"no evidence": func(*clinic, domain.AuditEvent) domain.Evidence { return domain.Evidence{} },
		"no MAC":      func(_ *clinic, event domain.AuditEvent) domain.Evidence { return domain.Evidence{Hash: event.Hash()} },
		"the MAC of another key": func(_ *clinic, event domain.AuditEvent) domain.Evidence {
			return domain.Evidence{Hash: event.Hash(), MAC: stranger.Sum(domain.MACInput(event.ID, event.Hash()))}
		},
		"the MAC of another event": func(c *clinic, event domain.AuditEvent) domain.Evidence {
			return domain.Evidence{Hash: event.Hash(), MAC: c.Events()[0].Evidence.MAC}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newClinic(t)
				c.addEvents(2, c.attest)
				c.seal()
				c.addEvents(1, func(event domain.AuditEvent) domain.Evidence { return evidence(c, event) })
				c.addEvents(2, c.attest)
				for range 2 {
					found, err := c.Sealer.Seal(c.ctx)
					require.NoError(t, err)
					assert.Equal(t, application.Anomalies{Foreign: ids(3)}, found)
					assert.Equal(t, ids(1, 2, 4, 5), c.sealed())
					assert.Equal(t, []domain.Fault{{Problem: domain.EventInserted, Event: 3}}, c.verifySilently().Faults)
				}
				time.Sleep(domain.MaxLateness)
				c.addEvents(1, c.attest)
				_, err := c.Sealer.Seal(c.ctx)
				require.NoError(t, err)
				assert.Equal(t, []domain.Fault{{Problem: domain.EventInserted, Event: 3, Seal: 3}}, c.verifySilently().Faults)
			})
		})
	}
}

func TestAnEventWithTheEvidenceOfAnotherIsReported(t *testing.T) {
	c := newClinic(t)
	c.addEvents(2, c.attest)
	c.addEvents(1, func(domain.AuditEvent) domain.Evidence { return c.Events()[0].Evidence })
	inserted := []domain.Fault{{Problem: domain.EventInserted, Event: 3}}
	assert.Equal(t, inserted, c.verifySilently().Faults)
	found, err := c.Sealer.Seal(c.ctx)
	require.NoError(t, err)
	assert.Equal(t, application.Anomalies{Foreign: ids(3)}, found)
	assert.Equal(t, 1, c.Trail.Stats().Foreign)
	assert.Equal(t, inserted, c.verifySilently().Faults)
}

func TestManyForeignEventsDoNotPreventSealing(t *testing.T) {
	c := newClinic(t)
	c.addEvents(1, c.attest)
	c.seal()
	c.addEvents(sealedTogether+1000, func(domain.AuditEvent) domain.Evidence { return domain.Evidence{} })
	last := c.addEvents(1, c.attest)
	found, err := c.Sealer.Seal(c.ctx)
	require.NoError(t, err)
	assert.Equal(t, application.Anomalies{Foreign: upTo(101)[1:]}, found)
	assert.Equal(t, ids(1, last), c.sealed())
}

func TestEventsWithoutEvidenceAreSealedAfterTheyAreAdopted(t *testing.T) {
	c := newClinic(t)
	c.addEvents(sealedTogether+1, func(domain.AuditEvent) domain.Evidence { return domain.Evidence{} })
	found := c.verifySilently()
	assert.Empty(t, found.Faults)
	assert.Equal(t, sealedTogether+1, found.Unsealed)
	assert.Equal(t, sealedTogether+1, found.UnsealedWithoutEvidence)
	c.addEvents(10, c.attest)
	_, err := c.Sealer.Seal(c.ctx)
	assert.ErrorIs(t, err, application.ErrUnadopted)
	assert.Empty(t, c.seals())

	_, err = c.Audit.Adopt(c.ctx, operator, domain.Head{})
	require.NoError(t, err)
	c.seal()
	assert.Len(t, c.seals()[0].Events, sealedTogether+1+10)
	found = c.verifySilently()
	assert.Empty(t, found.Faults)
	assert.Equal(t, sealedTogether+1, found.WithoutEvidence)
	assert.Zero(t, found.UnsealedWithoutEvidence)
	c.tamper().events = changed(4000)
	assert.Equal(t, []domain.Fault{{Problem: domain.EventChanged, Event: 4000, Seal: 1}}, c.verifySilently().Faults)
}

// If an attacker removes seals, the service must not make them again.
func TestSealingStopsAfterASealWasRemoved(t *testing.T) {
	c := sealedClinic(t)
	store := c.tamper()
	c.seal()
	last := c.lastSeal()
	c.addEvents(3, c.attest)
	for name, seals := range map[string]func([]domain.Seal) []domain.Seal{
		"all were removed":      upToSeal(0),
		"the last were removed": upToSeal(last.Number - 1),
		"one is another":        editingSeal(last.Number, func(seal *domain.Seal) { *seal = c.remade(*seal) }),
	} {
		store.seals = seals
		_, err := c.Sealer.Seal(c.ctx)
		assert.EqualError(t, err, fmt.Sprintf("seal %d was removed", last.Number), name)
	}
	store.seals = nil
	c.seal()
	assert.Empty(t, c.verify(domain.Head{}).Faults)
}

// remade returns another seal with the same number, as the service could make it.
func (c *clinic) remade(seal domain.Seal) domain.Seal {
	seal.Digest[0]++
	seal.MAC = c.Ports.MACs.Sum(seal.Digest)
	return seal
}

// A restarted service has not seen the removed seals, but events refer to them.
func TestVerifyDetectsSealsThatWereMadeAgain(t *testing.T) {
	for last := range domain.ID(4) {
		c := sealedClinic(t)
		require.Equal(t, domain.ID(4), c.lastSeal().Number)
		c.addEvents(1, c.attest)
		require.NoError(t, c.leaveEvent()) // This event refers to the fourth seal.
		cut := c.tamper()
		cut.seals = upToSeal(last)
		removed := []domain.Fault{{Problem: domain.SealRemoved, Seal: last + 1}}
		assert.Equal(t, removed, c.verifySilently().Faults)
		cut.seals = func(seals []domain.Seal) []domain.Seal { return append(seals[:last:last], c.sealedAnew(seals[:last])) }
		assert.Equal(t, removed, c.verifySilently().Faults, "made anew")
	}
}

// sealedAnew returns the seal that the service makes after the given seals if it knows of no
// later one.
func (c *clinic) sealedAnew(seals []domain.Seal) domain.Seal {
	var last domain.Seal
	isSealed := map[domain.ID]bool{}
	for _, last = range seals {
		for _, sealed := range last.Events {
			isSealed[sealed.ID] = true
		}
	}
	var sightings []domain.EventDigest
	for _, event := range c.Events() {
		if !isSealed[event.ID] {
			sightings = append(sightings, event.EventDigest())
		}
	}
	seal := last.Next(sightings, c.Now())
	seal.MAC = c.Ports.MACs.Sum(seal.Digest)
	return seal
}

// Anybody can compute the digests of the chain again, but not the last MAC. The service must
// not make this MAC for them.
func TestSealingDoesNotContinueAfterAForeignSeal(t *testing.T) {
	c := newClinic(t)
	c.addEvents(3, c.attest)
	c.seal()
	store := c.tamper()
	store.events = without(2)
	var forged domain.Seal
	store.seals = func(seals []domain.Seal) []domain.Seal {
		var sightings []domain.EventDigest
		for _, event := range c.Events() {
			if event.ID <= 3 {
				sightings = append(sightings, domain.EventDigest{ID: event.ID, Hash: event.Evidence.Digest()})
			}
		}
		forged = domain.Seal{}.Next(sightings, c.Now())
		forged.MAC = seals[0].MAC
		return append([]domain.Seal{forged}, seals[1:]...)
	}
	fault := domain.Fault{Problem: domain.SealForeign, Seal: 1}
	assert.Equal(t, []domain.Fault{fault}, c.verify(domain.Head{}).Faults)
	_, err := c.Sealer.Seal(c.ctx)
	assert.EqualError(t, err, fault.String())
	assert.Len(t, c.seals(), 1)
	assert.Equal(t, []domain.Fault{fault}, c.verify(domain.Head{}).Faults)
}

func TestSealingReturnsTheErrorOfTheStore(t *testing.T) {
	c := newClinic(t)
	c.addEvents(1, c.attest)
	for _, store := range []ports.Store{brokenStore{c.Ports.Store, false}, brokenStore{c.Ports.Store, true}} {
		_, err := c.With(onStore(store)).Sealer.Seal(c.ctx)
		assertKind(t, domain.Unavailable, err)
	}
	assert.Empty(t, c.seals())
	ctx, cancel := context.WithCancel(c.ctx)
	cancel()
	_, err := c.With(onStore(memory.New())).Sealer.Seal(ctx)
	assertKind(t, domain.Unavailable, err)
}
