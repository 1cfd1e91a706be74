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

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// attempt is one call of a use-case, and the one event that it leaves.
type attempt struct {
	by domain.Role
	// with is what the operator decides other than usual; nil for nothing.
	with clinictest.Setup
	// before happens first, and leaves no event.
	before func(c *clinic, w world)
	run    call
	// between makes the first Update collide with it, and leaves no event either.
	between func(c *clinic, w world)
	// refusal is the kind of error; Internal, which nothing here gives, for none.
	refusal domain.Kind
	outcome domain.Outcome
	action  domain.Permission
	// leaves is the event as far as it says more than who asked, when, for what,
	// and what became of it. Its Actor is who asked unless it says otherwise.
	leaves leaving
}

var roles = []domain.Role{domain.Anonymous, domain.Staff, domain.Admin, domain.Operator, "GOD"}

// attempts are all that the table expects: every use-case by every role, and
// every way to fail.
func attempts() map[string]attempt {
	all := map[string]attempt{}
	for name, expected := range expectations {
		for _, role := range roles {
			one := attempt{by: role, run: roleMatrix[name].run, action: expected.action, leaves: expected.allowed, outcome: domain.Allowed}
			if !slices.Contains(roleMatrix[name].allowed, role) {
				one.leaves, one.outcome, one.refusal = expected.asked, domain.Denied, domain.Forbidden
				if role == domain.Anonymous {
					one.refusal = domain.Unauthenticated
				}
			}
			all[name+" by "+string(role)] = one
		}
		for what, one := range expected.also {
			one.action = expected.action
			one.outcome = outcomes[one.refusal]
			if one.leaves == nil {
				one.leaves = expected.asked
			}
			all[name+": "+what] = one
		}
	}
	return all
}

// outcomes are those of attempts that the role allows.
var outcomes = map[domain.Kind]domain.Outcome{
	domain.Internal: domain.Allowed, domain.Forbidden: domain.Denied, domain.Invalid: domain.Failed,
	domain.Unauthenticated: domain.Failed, domain.NotFound: domain.Failed, domain.Conflict: domain.Failed, domain.TooMany: domain.Failed,
}

// make makes the attempt in a world of its own, and returns what it should leave.
func (a attempt) make(c *clinic, events int, name string) domain.AuditEvent {
	c.t.Helper()
	acting := *c
	if a.with != nil {
		acting.use(a.with)
	}
	silent := acting.silent()
	w := newWorld(silent)
	c.worlds, w.events = silent.worlds, events
	if a.before != nil {
		a.before(silent, w)
	}
	if a.between != nil {
		acting.use(onStore(&collidingStore{Store: c.Ports.Store, between: func() { a.between(silent, w) }}))
	}
	by := w.actors[a.by]
	got, err := a.run(&acting, by, w)
	if a.refusal == domain.Internal {
		require.NoError(c.t, err, name)
	} else {
		require.Error(c.t, err, name)
		require.Equal(c.t, a.refusal, domain.KindOf(err), "%s: %v", name, err)
		assertNothing(c.t, got, name)
	}

	event := a.leaves(by, w)
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
		assert.True(t, reflect.ValueOf(got).IsZero(), "%s was shown something", by)
	}
}

// silent is the same clinic, doing what leaves no event.
func (c *clinic) silent() *clinic {
	silent := *c
	silent.use(onStore(&auditedStore{Store: c.Ports.Store, add: func(context.Context, []domain.AuditEvent, func() error) error { return nil }}))
	return &silent
}

// inOrder puts what an event is also about in order: which comes first, and
// how often it was said, means nothing.
func inOrder(event domain.AuditEvent) domain.AuditEvent {
	event.Related = slices.SortedFunc(slices.Values(event.Related), func(a, b domain.Reference) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
	})
	event.Related = slices.Compact(event.Related)
	return event
}

// events are those of the trail above after, without their form, commitments and evidence,
// which are checked.
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
		assert.Equal(c.t, event.Version != 0, len(event.Commitments) > 0, "a change has a commitment of the version that it made")
		event.Format, event.Commitments, event.Evidence = 0, nil, domain.Evidence{}
		events[i] = inOrder(event)
	}
	return events
}

func TestEveryUseCaseHasAnExpectation(t *testing.T) {
	assert.ElementsMatch(t, slices.Collect(maps.Keys(roleMatrix)), slices.Collect(maps.Keys(expectations)))
}

func TestEveryAttemptLeavesOneEvent(t *testing.T) {
	for name, collide := range map[string]bool{"at once": false, "after a collision": true} {
		t.Run(name, func(t *testing.T) {
			c := newClinic(t)
			if collide {
				c.use(onStore(&collidingStore{Store: c.Ports.Store}))
			}
			all := attempts()
			for n, name := range slices.Sorted(maps.Keys(all)) {
				want := all[name].make(c, n, name)
				require.Equal(t, []domain.AuditEvent{want}, c.events(n), name)
			}
		})
	}
}

func TestFiveHundredMixedAttemptsLeaveExactlyTheirEventsInOrder(t *testing.T) {
	all := attempts()
	names := slices.Sorted(maps.Keys(all))
	random := rand.New(rand.NewPCG(1, 2))
	for len(names) < 500 {
		names = append(names, names[random.IntN(len(all))])
	}
	random.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	c := newClinic(t)
	var want []domain.AuditEvent
	for n, name := range names {
		want = append(want, all[name].make(c, n, name))
	}
	got := c.events(0)
	require.Len(t, got, len(want))
	for n := range want {
		require.Equal(t, want[n], got[n], names[n])
	}
}

// What a patient may ask for: everything about them, whoever did it and by
// whichever way, and nothing else.
func TestTheAccessesToAPatientAreAllOfThemAndNoOthers(t *testing.T) {
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
		{true, func() (any, error) { return c.Patients.Get(c.ctx, staff, w.patient.ID) }},
		{true, func() (any, error) { return c.Patients.Get(c.ctx, operator, w.patient.ID) }},
		{false, func() (any, error) { return c.Patients.Get(c.ctx, staff, eve.ID) }},
		{true, func() (any, error) { return c.Patients.List(c.ctx, staff, domain.PageInput{}) }},
		{false, func() (any, error) { return c.Patients.List(c.ctx, staff, startingAt(eve.ID)) }},
		{false, func() (any, error) { return c.Doctors.Get(c.ctx, staff, w.patient.ID) }},
		{true, func() (any, error) { return c.Doctors.OfPatient(c.ctx, staff, w.patient.ID, domain.PageInput{}) }},
		{true, func() (any, error) { return c.Mappings.List(c.ctx, staff, domain.MappingQuery{}) }},
		{true, func() (any, error) { return c.Mappings.Change(c.ctx, staff, w.mapping.ID, pair(eve.ID, w.doctor.ID)) }},
		{false, func() (any, error) { return nil, c.Mappings.Unassign(c.ctx, staff, w.mapping.ID) }},
		{true, func() (any, error) { return c.Audit.Accesses(c.ctx, admin, w.patient.ID, domain.AccessQuery{}) }},
		{true, func() (any, error) { return nil, c.Patients.Delete(c.ctx, staff, w.patient.ID) }},
		{true, func() (any, error) { return c.Patients.Deleted(c.ctx, admin, startingAt(w.patient.ID)) }},
		{false, func() (any, error) { return c.Patients.Deleted(c.ctx, admin, startingAt(eve.ID)) }},
		{true, func() (any, error) { return c.Patients.Versions(c.ctx, admin, w.patient.ID, domain.PageInput{}) }},
		{true, func() (any, error) { return c.Patients.Restore(c.ctx, admin, w.patient.ID) }},
		{true, func() (any, error) { return c.Patients.Version(c.ctx, staff, w.patient.ID, 1) }},
		{true, func() (any, error) { return c.Mappings.Restore(c.ctx, admin, w.endedMapping.ID) }},
		{true, func() (any, error) { return nil, c.Doctors.Delete(c.ctx, admin, w.otherDoctor.ID) }},
		{true, func() (any, error) { return c.Doctors.Restore(c.ctx, admin, w.otherDoctor.ID) }},
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
