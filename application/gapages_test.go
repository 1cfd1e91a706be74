package application_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/domain"
)

func TestAnEventThatBecomesVisibleTooLateIsReportedAsInserted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClinic(t)
		store := c.sealWithout(3)
		time.Sleep(domain.MaxLateness)
		c.addEventsUpTo(6)
		c.seal()
		store.events = nil
		c.seal()
		assert.Equal(t, ids(1, 2, 4, 5, 6), c.sealed())
		assert.Equal(t, []domain.Fault{{Problem: domain.EventInserted, Event: 3, Seal: 2}}, c.verify(domain.Head{}).Faults)
	})
}

// The clock can be set by any duration while a transaction runs.
func TestSettingTheClockDoesNotLeaveAnEventUnsealed(t *testing.T) {
	for _, step := range []time.Duration{domain.MaxLateness + time.Minute, 24 * time.Hour, -24 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			c := newClinic(t)
			store := c.sealWithout(3)
			time.Sleep(domain.MaxLateness / 2)
			c.Advance(step)
			c.addEventsUpTo(6)
			c.seal()
			time.Sleep(domain.MaxLateness/2 - 1)
			c.addEventsUpTo(7)
			c.seal()
			store.events = nil
			c.seal()
			assert.Equal(t, upTo(7), c.sealed())
			assert.Empty(t, c.verify(domain.Head{}).Faults)
		})
	}
}

func TestTheRestOfAGapIsAsOldAsTheGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClinic(t)
		store := c.sealWithout(2, 3, 4)
		time.Sleep(domain.MaxLateness - 1)
		store.events = withoutAll(2, 4)
		c.seal()
		time.Sleep(time.Nanosecond)
		c.addEventsUpTo(6)
		c.seal()
		seals := c.seals()
		assert.Empty(t, seals[len(seals)-1].Missing)
	})
}

// A restarted service does not know how old a gap is.
func TestAfterARestartAllGapsAreNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClinic(t)
		store := c.sealWithout(3)
		time.Sleep(domain.MaxLateness)
		c.use()
		c.addEventsUpTo(6)
		c.seal()
		store.events = nil
		c.seal()
		assert.Equal(t, upTo(6), c.sealed())
		assert.Empty(t, c.verify(domain.Head{}).Faults)
	})
}

// sealWithout adds five events and seals those that are not hidden.
func (c *clinic) sealWithout(hidden ...domain.ID) *tamperedStore {
	c.t.Helper()
	c.addEvents(5, c.attest)
	store := c.tamper()
	store.events = withoutAll(hidden...)
	c.seal()
	return store
}

func withoutAll(ids ...domain.ID) func([]domain.AuditEvent) []domain.AuditEvent {
	return func(events []domain.AuditEvent) []domain.AuditEvent {
		return slices.DeleteFunc(events, func(event domain.AuditEvent) bool { return slices.Contains(ids, event.ID) })
	}
}
