package application_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

func TestVerifyContinuesAfterAFault(t *testing.T) {
	c := sealedClinic(t)
	store := c.tamper()
	store.events = func(events []domain.AuditEvent) []domain.AuditEvent {
		return changed(2)(without(5)(editing(14, func(event *domain.AuditEvent) { event.ID = -5 })(changed(13)(events))))
	}
	store.seals = editingSeal(3, func(seal *domain.Seal) { seal.Through++ })
	assert.Equal(t, []domain.Fault{
		{Problem: domain.EventChanged, Event: 2, Seal: 1},
		{Problem: domain.EventRemoved, Event: 5, Seal: 2},
		{Problem: domain.SealChanged, Seal: 3},
		{Problem: domain.EventInserted, Event: -5, Seal: 4},
		{Problem: domain.EventInserted, Event: 13},
	}, c.verifySilently().Faults)
}

// A trail with an event that became visible too late always has this fault. Verify must still
// find all others.
func TestAnEventReportedAsInsertedHidesNoOtherFault(t *testing.T) {
	c := sealedClinic(t)
	c.tamper().events = func(events []domain.AuditEvent) []domain.AuditEvent {
		return changed(11)(editing(15, func(event *domain.AuditEvent) { event.ID = 0 })(events))
	}
	assert.Equal(t, []domain.Fault{
		{Problem: domain.EventInserted, Event: 0, Seal: 1},
		{Problem: domain.EventChanged, Event: 11, Seal: 4},
	}, c.verifySilently().Faults)
}

func TestVerifyReportsAtMostOneHundredFaults(t *testing.T) {
	c := newClinic(t)
	c.addEvents(300, c.attest)
	c.seal()
	c.tamper().events = upToEvent(50)
	faults := c.verifySilently().Faults
	require.Len(t, faults, domain.MaxFaults)
	for i, fault := range faults {
		assert.Equal(t, domain.Fault{Problem: domain.EventRemoved, Event: domain.ID(51 + i), Seal: 1}, fault)
	}
}

// A database without a primary key can contain any number of events with one ID.
func TestADuplicatedEventIsReportedOnce(t *testing.T) {
	for _, times := range []int{2, 3, 1000, 2500} {
		c := sealedClinic(t)
		c.tamper().events = func(events []domain.AuditEvent) []domain.AuditEvent {
			return changed(8)(slices.Insert(events, 5, slices.Repeat(events[4:5], times-1)...))
		}
		assert.Equal(t, []domain.Fault{
			{Problem: domain.EventInserted, Event: 5},
			{Problem: domain.EventChanged, Event: 8, Seal: 3},
		}, c.verifySilently().Faults, times)
	}
}
