package application_test

import (
	"cmp"
	"context"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// runIn makes the call in a new world of the clinic and returns the expected event.
// events is the number of events in the trail before the call.
func (a testCall) runIn(c *clinic, events int, name string) domain.AuditEvent {
	c.t.Helper()
	acting := *c
	if a.setup != nil {
		acting.use(a.setup)
	}
	silent := acting.silent()
	w := newWorld(silent)
	c.worlds, w.eventsBefore = silent.worlds, events
	if a.before != nil {
		a.before(silent, w)
	}
	if a.collideWith != nil {
		acting.use(onStore(&collidingStore{Store: c.Ports.Store, between: func() { a.collideWith(silent, w) }}))
	}
	by := w.actors[a.role]
	got, err := a.run(&acting, by, w)
	if a.errKind == domain.Internal {
		require.NoError(c.t, err, name)
	} else {
		require.Error(c.t, err, name)
		require.Equal(c.t, a.errKind, domain.KindOf(err), "%s: %v", name, err)
		assertNothing(c.t, got, name)
	}

	event := a.event(by, w)
	event.ID, event.At, event.Action, event.Outcome = domain.ID(events+1), c.Now(), a.action, a.outcome
	if event.Actor == (domain.Actor{}) {
		event.Actor = by
	}
	event.Actor.Duty = domain.NoDuty
	event.Actor.Origin = domain.Origin{Address: by.Origin.Address, RequestID: by.Origin.RequestID}
	return inOrder(event)
}

func assertNothing(t *testing.T, got any, by string) {
	t.Helper()
	if got != nil {
		assert.True(t, reflect.ValueOf(got).IsZero(), "%s got a result", by)
	}
}

// silent returns the same clinic with a store that adds no events.
func (c *clinic) silent() *clinic {
	silent := *c
	silent.use(onStore(&auditedStore{Store: c.Ports.Store, add: func(context.Context, []domain.AuditEvent, func() error) error { return nil }}))
	return &silent
}

// inOrder sorts the related records of an event and removes duplicates, because their order
// and number have no meaning.
func inOrder(event domain.AuditEvent) domain.AuditEvent {
	event.Related = slices.SortedFunc(slices.Values(event.Related), func(a, b domain.Reference) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
	})
	event.Related = slices.Compact(event.Related)
	return event
}

// events returns the events with IDs above after. It checks their format, commitments and
// evidence, and returns them without.
func (c *clinic) events(after int) (events []domain.AuditEvent) {
	c.t.Helper()
	require.NoError(c.t, c.Ports.Store.View(c.ctx, func(tx ports.Tx) (err error) {
		events, err = tx.Audit().List(c.ctx, domain.AuditFilter{}, domain.Page{After: domain.ID(after), Limit: domain.MaxPageLimit})
		return err
	}))
	for i, event := range events {
		assert.Equal(c.t, event.Hash(), event.Evidence.Hash)
		assert.True(c.t, c.Ports.MACs.Verify(domain.MACInput(event.ID, event.Hash()), event.Evidence.MAC))
		assert.Equal(c.t, domain.EventFormat, event.Format)
		assert.Equal(c.t, event.Version != 0, len(event.Commitments) > 0, "a change has a commitment of its version")
		event.Format, event.Commitments, event.Evidence = 0, nil, domain.Evidence{}
		events[i] = inOrder(event)
	}
	return events
}

func TestEveryCallRecordsOneEvent(t *testing.T) {
	for name, collide := range map[string]bool{"at once": false, "after a collision": true} {
		t.Run(name, func(t *testing.T) {
			c := newClinic(t)
			if collide {
				c.use(onStore(&collidingStore{Store: c.Ports.Store}))
			}
			all := allTestCalls()
			for n, name := range slices.Sorted(maps.Keys(all)) {
				want := all[name].runIn(c, n, name)
				require.Equal(t, []domain.AuditEvent{want}, c.events(n), name)
			}
		})
	}
}

func TestFiveHundredMixedCallsRecordTheirEventsInOrder(t *testing.T) {
	all := allTestCalls()
	names := slices.Sorted(maps.Keys(all))
	random := rand.New(rand.NewPCG(1, 2))
	for len(names) < 500 {
		names = append(names, names[random.IntN(len(all))])
	}
	random.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	c := newClinic(t)
	var want []domain.AuditEvent
	for n, name := range names {
		want = append(want, all[name].runIn(c, n, name))
	}
	got := c.events(0)
	require.Len(t, got, len(want))
	for n := range want {
		require.Equal(t, want[n], got[n], names[n])
	}
}

// A patient can ask for all accesses to the patient's records, whoever made them, and for no
// others.
func TestAccessesListsExactlyTheEventsAboutThePatient(t *testing.T) {
	c := newClinic(t)
	w := newWorld(c)
	staff, admin := w.actors[domain.Staff], w.actors[domain.Admin]
	eve := c.addPatient(staff, "Eve")
	start := len(c.events(0))
	var want []domain.ID
	for _, call := range []struct {
		about bool
		run   func() (any, error)
	}{
		{true, func() (any, error) { return c.Patients.Get(c.ctx, staff, w.patient.ID, nil) }},
		{true, func() (any, error) { return c.Patients.Get(c.ctx, operator, w.patient.ID, nil) }},
		{false, func() (any, error) { return c.Patients.Get(c.ctx, staff, eve.ID, nil) }},
		{true, func() (any, error) { return c.Patients.List(c.ctx, staff, nil) }},
		{false, func() (any, error) { return c.Patients.List(c.ctx, staff, patientsFrom(c, eve.ID)) }},
		{false, func() (any, error) { return c.Doctors.Get(c.ctx, staff, w.patient.ID, nil) }},
		{true, func() (any, error) { return c.Doctors.ListByPatient(c.ctx, staff, w.patient.ID, nil) }},
		{true, func() (any, error) { return c.Mappings.List(c.ctx, staff, nil) }},
		{true, func() (any, error) {
			return c.Mappings.Change(c.ctx, staff, w.mapping.ID, unconditional, pair(eve.ID, w.doctor.ID))
		}},
		{false, func() (any, error) { return nil, c.Mappings.Unassign(c.ctx, staff, w.mapping.ID, unconditional) }},
		{true, func() (any, error) { return c.Audit.Accesses(c.ctx, admin, w.patient.ID, domain.AccessQuery{}) }},
		{true, func() (any, error) { return nil, c.Patients.Delete(c.ctx, staff, w.patient.ID, unconditional) }},
		{true, func() (any, error) {
			return c.Patients.ListDeleted(c.ctx, admin, deletedFrom(c, domain.SubjectPatient, w.patient.ID))
		}},
		{false, func() (any, error) {
			return c.Patients.ListDeleted(c.ctx, admin, deletedFrom(c, domain.SubjectPatient, eve.ID))
		}},
		{true, func() (any, error) { return c.Patients.ListVersions(c.ctx, admin, w.patient.ID, domain.PageInput{}) }},
		{true, func() (any, error) { return c.Patients.Restore(c.ctx, admin, noKey, w.patient.ID) }},
		{true, func() (any, error) { return c.Patients.GetVersion(c.ctx, staff, w.patient.ID, 1) }},
		{true, func() (any, error) { return c.Mappings.Restore(c.ctx, admin, noKey, w.deletedMapping.ID) }},
		{true, func() (any, error) { return nil, c.Doctors.Delete(c.ctx, admin, w.otherDoctor.ID, unconditional) }},
		{true, func() (any, error) { return c.Doctors.Restore(c.ctx, admin, noKey, w.otherDoctor.ID) }},
	} {
		_, _ = call.run()
		if start++; call.about {
			want = append(want, domain.ID(start))
		}
	}
	before, err := c.Audit.Accesses(c.ctx, admin, w.patient.ID, domain.AccessQuery{})
	require.NoError(t, err)
	var got []domain.ID
	for _, event := range before.Items {
		got = append(got, event.ID)
	}
	assert.Equal(t, want, got[len(got)-len(want):])
}
