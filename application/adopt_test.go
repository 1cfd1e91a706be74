package application_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// clinicWithoutKey returns a clinic that does not have the key of its trail.
func clinicWithoutKey(t *testing.T) *clinic {
	c := sealedClinic(t)
	c.use(withMACs(newMACs(t, newSecret)))
	return c
}

func TestATrailStaysVerifiableAfterTheKeyIsReplaced(t *testing.T) {
	c := sealedClinic(t)
	c.use(withMACs(newMACs(t, newSecret, oldSecret)))
	assert.Empty(t, c.verify(domain.Head{}).Faults)
	dropped := *c
	dropped.use(withMACs(newMACs(t, newSecret)))
	assert.Equal(t, []domain.Fault{{Problem: domain.SealForeign, Seal: 4}}, dropped.verify(domain.Head{}).Faults, "the old key was dropped before the new key made a seal")
	_, err := dropped.Sealer.Seal(c.ctx)
	assert.EqualError(t, err, "seal 4 was not made with a key of this service")

	c.seal()
	assert.Empty(t, c.verify(domain.Head{}).Faults)
	c.use(withMACs(newMACs(t, newSecret)))
	assert.Empty(t, c.verify(domain.Head{}).Faults, "the last seal covers all earlier ones")
	c.seal()
	assert.Empty(t, c.verify(domain.Head{}).Faults)
	c.tamper().events = changed(2)
	assert.Equal(t, []domain.Fault{{Problem: domain.EventChanged, Event: 2, Seal: 1}}, c.verify(domain.Head{}).Faults)
}

func TestATrailWhoseKeyIsLostCanBeAdopted(t *testing.T) {
	c := clinicWithoutKey(t)
	last := c.lastSeal()
	require.Equal(t, []domain.Fault{{Problem: domain.SealForeign, Seal: 4}}, c.verifySilently().Faults)
	_, err := c.Sealer.Seal(c.ctx)
	require.Error(t, err)

	head, err := c.Audit.Adopt(c.ctx, operator, last)
	require.NoError(t, err)
	assert.Equal(t, c.lastSeal(), head)
	assert.Equal(t, domain.ID(5), head.Number)
	assert.Equal(t, upTo(15), c.sealed(), "unsealed events were adopted too")
	assert.Empty(t, c.verify(last).Faults)
	c.seal()
	assert.Empty(t, c.verify(head).Faults)
	c.tamper().events = changed(14)
	assert.Equal(t, []domain.Fault{{Problem: domain.EventChanged, Event: 14, Seal: 5}}, c.verify(head).Faults)
}

func TestAdoptDoesNotHideTampering(t *testing.T) {
	for name, tt := range map[string]struct {
		events func([]domain.AuditEvent) []domain.AuditEvent
		seals  func([]domain.Seal) []domain.Seal
		want   domain.Fault
	}{
		"an event was changed":          {events: changed(5), want: domain.Fault{Problem: domain.EventChanged, Event: 5, Seal: 2}},
		"an event was removed":          {events: without(5), want: domain.Fault{Problem: domain.EventRemoved, Event: 5, Seal: 2}},
		"an unsealed event was changed": {events: changed(14), want: domain.Fault{Problem: domain.EventChanged, Event: 14, Seal: 5}},
		"a seal was changed":            {seals: editingSeal(2, func(seal *domain.Seal) { seal.Through++ }), want: domain.Fault{Problem: domain.SealChanged, Seal: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			c := clinicWithoutKey(t)
			store := c.tamper()
			store.events, store.seals = tt.events, tt.seals
			_, err := c.Audit.Adopt(c.ctx, operator, c.lastSeal())
			require.NoError(t, err)
			assert.Equal(t, []domain.Fault{tt.want}, c.verify(domain.Head{}).Faults)
		})
	}
}

func TestOnlyTheLastSealIsAdopted(t *testing.T) {
	c := clinicWithoutKey(t)
	other := c.lastSeal()
	other.Digest[0]++
	for _, head := range []domain.Head{{}, c.seals()[2].Head(), {Number: 5, Digest: c.lastSeal().Digest}, other} {
		_, err := c.Audit.Adopt(c.ctx, operator, head)
		assertKind(t, domain.Conflict, err)
		assert.Len(t, c.seals(), 4)
	}
}

func TestLastSealSaysWhetherTheServiceHasItsKey(t *testing.T) {
	for _, tt := range []struct {
		c    *clinic
		ours bool
	}{{newClinic(t), true}, {sealedClinic(t), true}, {clinicWithoutKey(t), false}} {
		head, ours, err := tt.c.Trail.LastSeal(tt.c.ctx)
		require.NoError(t, err)
		assert.Equal(t, tt.c.lastSeal(), head)
		assert.Equal(t, tt.ours, ours)
		_, _, err = tt.c.With(onStore(brokenStore{tt.c.Ports.Store, true})).Trail.LastSeal(tt.c.ctx)
		assertKind(t, domain.Unavailable, err)
	}
}

// An attacker who removes the seals and all evidence must not make the trail look like one of
// an older release.
func TestATrailWithoutSealsAndEvidenceIsNotSealed(t *testing.T) {
	c := sealedClinic(t)
	store := c.tamper()
	store.seals = upToSeal(0)
	store.events = func(events []domain.AuditEvent) []domain.AuditEvent {
		for i := range events {
			events[i].Evidence, events[i].Seal, events[i].Subject.ID = domain.Evidence{}, 0, 99
		}
		return events
	}
	assert.Equal(t, domain.Verification{Events: 15, Unsealed: 15, WithoutEvidence: 15, UnsealedWithoutEvidence: 15, CoveredFrom: 1, CoveredSince: c.Now()}, c.verifySilently())
	_, err := c.Sealer.Seal(c.ctx)
	require.ErrorIs(t, err, application.ErrUnadopted)
}
