package application_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// sealFinding seals, and requires that the only anomalies are the lost events.
func (c *clinic) sealFinding(lost ...domain.ID) {
	c.t.Helper()
	found, err := c.Sealer.Seal(c.ctx)
	require.NoError(c.t, err)
	assert.Equal(c.t, application.Anomalies{Lost: lost}, found)
}

func TestARemovedUnsealedEventIsReportedOnce(t *testing.T) {
	c := newClinic(t)
	store := c.tamper()
	admin := c.SignUp("admin@example.com", domain.Admin)
	c.seal()
	for range 5 {
		require.NoError(t, c.leaveEvent())
	}
	c.addPatient(admin, "Ada") // This event is committed with a change.
	last := c.Events()[len(c.Events())-1].ID
	store.events = withoutAll(last-3, last)
	c.sealFinding(last-3, last)
	c.sealFinding()
	require.NoError(t, c.leaveEvent())
	c.sealFinding()
	assert.EqualValues(t, 2, c.Trail.Stats().Lost)
}

func TestEventsSealedByOtherInstancesAreNotLost(t *testing.T) {
	c := newClinic(t)
	other := c.With().Sealer
	for range 3 {
		require.NoError(t, c.leaveEvent())
		_, err := other.Seal(c.ctx)
		require.NoError(t, err)
		require.NoError(t, c.leaveEvent())
		c.sealFinding()
	}
}

// The gap that another instance's seal left is checked for lost events.
func TestAnEventRemovedBeforeAnotherInstanceSealsIsLost(t *testing.T) {
	c := newClinic(t)
	store := c.tamper()
	other := c.With().Sealer
	require.NoError(t, c.leaveEvent())
	require.NoError(t, c.leaveEvent())
	store.events = without(1)
	found, err := other.Seal(c.ctx)
	require.NoError(t, err)
	assert.Zero(t, found, "this instance did not write the event")
	c.sealFinding(1)
}

func TestRolledBackEventsAreNotLost(t *testing.T) {
	c := newClinic(t)
	c.use(onStore(&collidingStore{Store: c.Ports.Store}))
	admin := c.SignUp("admin@example.com", domain.Admin)
	c.addPatient(admin, "Ada")
	require.NoError(t, c.leaveEvent())
	c.sealFinding()

	audited := &auditedStore{Store: c.Ports.Store}
	c.use(onStore(audited))
	audited.add = func(_ context.Context, _ []domain.AuditEvent, next func() error) error {
		return errors.Join(next(), errors.New("rolled back"))
	}
	require.Error(t, c.leaveEvent())
	c.sealFinding()
}

func TestManyUnsealedEventsAreNotLost(t *testing.T) {
	c := newClinic(t)
	for range 10 {
		require.NoError(t, c.leaveEvent())
	}
	c.addEvents(2*sealedTogether, c.attest)
	require.NoError(t, c.leaveEvent())
	c.sealFinding()
	assert.Empty(t, c.verify(domain.Head{}).Faults)
}
