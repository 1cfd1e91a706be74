package application_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// writeRepeats records the refusals of the minutes that are over.
func (c *clinic) writeRepeats() []application.RepeatedRefusals {
	c.t.Helper()
	written, err := c.Trail.WriteRepeatedRefusals(c.ctx, false)
	require.NoError(c.t, err)
	return written
}

func TestTheFirstAndTheLastLockedLoginOfAMinuteAreRecorded(t *testing.T) {
	c := clinicWithLimit(t, application.Limits{LoginPair: domain.Limit{Max: 10, Window: 24 * time.Hour}})
	ada := c.register("ada@example.com", domain.Staff)
	c.failTimes(10, here, "ada@example.com")
	before := len(c.Events())
	held := func() { assert.NotZero(t, waitOf(c.loginFrom(here, "ada@example.com", goodPassword))) }

	held()
	require.Len(t, c.Events(), before+1, "the first event is committed before the call returns")
	first := c.Events()[before]
	assert.Equal(t, domain.Subject{Kind: domain.SubjectUser, ID: ada.ID}, first.Subject)
	assert.Equal(t, domain.Failed, first.Outcome)
	c.Advance(time.Second)
	from := c.Now()
	for range 500 {
		held()
		c.Advance(time.Millisecond)
	}
	assert.Empty(t, c.writeRepeats(), "the minute is not over")
	assert.Len(t, c.Events(), before+1)
	c.Advance(time.Minute)
	written := c.writeRepeats()
	require.Len(t, written, 1)
	assert.Equal(t, 500, written[0].Number)
	assert.Equal(t, from, written[0].From)
	assert.Equal(t, from.Add(499*time.Millisecond), written[0].Last.At)
	events := c.Events()[before:]
	require.Len(t, events, 2)
	assert.Equal(t, first.Subject, events[1].Subject)
	assert.Equal(t, written[0].Last.At, events[1].At)

	held()
	assert.Len(t, c.Events(), before+2, "the next minute is counted too")
	c.Advance(time.Minute)
	require.Len(t, c.writeRepeats(), 1)
	c.Advance(time.Minute)
	assert.Empty(t, c.writeRepeats())
	held()
	assert.Len(t, c.Events(), before+4, "after a minute without refusals, the first one is recorded immediately again")
}

func TestRefusalsThatCanBeRepeatedWithoutLimitRecordFewEvents(t *testing.T) {
	limit := domain.Limit{Max: 3, Window: time.Hour}
	for name, tt := range map[string]struct {
		with   application.RegistrationMode
		refuse func(c *clinic, n int) error
		events int
	}{
		"logins of one address": {refuse: func(c *clinic, _ int) error { return c.loginFrom(here, "ada@example.com", "wrong") }, events: 3 + 1},
		"logins of many addresses, existing or not": {refuse: func(c *clinic, n int) error {
			return c.loginFrom(here, []string{fmt.Sprintf("%d@example.com", n), "ada@example.com"}[n%2], "wrong")
		}, events: 3 + 10 + 1},
		"logins with a password that is not text": {refuse: func(c *clinic, _ int) error {
			_, err := c.Sessions.Login(c.ctx, from(here), domain.Credentials{Username: domain.Given("ada@example.com")})
			return err
		}, events: 1},
		"made-up refresh tokens": {refuse: func(c *clinic, _ int) error {
			_, err := c.Sessions.Refresh(c.ctx, from(here), domain.Refresh{Token: domain.Given("made up")})
			return err
		}, events: 3 + 1},
		"malformed refresh tokens": {refuse: func(c *clinic, _ int) error {
			_, err := c.Sessions.Refresh(c.ctx, from(here), domain.Refresh{})
			return err
		}, events: 1},
		"registrations over the limit": {with: application.RegistrationOpen, refuse: func(c *clinic, n int) error {
			_, err := c.Users.Register(c.ctx, from(here), registration("ada@example.com", domain.Staff))
			return err
		}, events: 3 + 1},
		"registrations while it is closed": {with: application.RegistrationClosed, refuse: func(c *clinic, n int) error {
			_, err := c.Users.Register(c.ctx, from(here), registration(fmt.Sprintf("%d@example.com", n), domain.Staff))
			return err
		}, events: 1},
	} {
		t.Run(name, func(t *testing.T) {
			c := clinicWithLimit(t, application.Limits{LoginPair: limit, LoginAccount: limit, LoginNetwork: limit, Register: limit, Refresh: limit})
			c.register("ada@example.com", domain.Staff)
			c.use(withRegistration(tt.with))
			before := len(c.Events())
			for n := range 300 {
				require.Error(t, tt.refuse(c, n))
			}
			assert.Len(t, c.Events(), before+tt.events)
			c.Advance(time.Minute)
			number := 0
			for _, repeated := range c.writeRepeats() {
				number += repeated.Number
			}
			assert.Equal(t, 300, number+tt.events, "all refusals are counted")
		})
	}
}

func TestLockedPasswordChangesRecordFewEvents(t *testing.T) {
	c := clinicWithLimit(t, loginLimits)
	ada, eve := c.SignUp("ada@example.com", domain.Staff), c.SignUp("eve@example.com", domain.Staff)
	change := func(by domain.Actor) error {
		return c.Account.ChangePassword(c.ctx, by, passwordChange("wrong", otherPassword))
	}
	for range loginLimits.LoginPair.Max {
		assertKind(t, domain.Invalid, change(ada))
		assertKind(t, domain.Invalid, change(eve))
	}
	before := len(c.Events())
	for range 100 {
		assertKind(t, domain.TooMany, change(ada))
		assertKind(t, domain.TooMany, change(eve))
	}
	assert.Len(t, c.Events(), before+2, "one event for each")
}

func TestDifferentRefusalsAreCountedApart(t *testing.T) {
	c := clinicWithLimit(t, loginLimits)
	c.failTimes(10, here, "ada@example.com")
	c.failTimes(10, elsewhere, "ada@example.com")
	c.failTimes(10, here, "eve@example.com")
	before := len(c.Events())
	for range 3 {
		require.Error(t, c.loginFrom(here, "ada@example.com", "wrong"))
		require.Error(t, c.loginFrom(elsewhere, "ada@example.com", "wrong"))
		require.Error(t, c.loginFrom(here, "eve@example.com", "wrong"))
		_, err := c.Sessions.Refresh(c.ctx, from(here), domain.Refresh{})
		require.Error(t, err)
	}
	assert.Len(t, c.Events(), before+4)
}

// A caller in an IPv6 site can use a new one of 65,536 networks for each call.
func TestRefusalsFromOneSiteAreCountedTogether(t *testing.T) {
	c := newClinic(t, withRegistration(application.RegistrationClosed))
	for n := range 100 {
		_, err := c.Users.Register(c.ctx, from(fmt.Sprintf("2001:db8:7:%x::1", n)), registration("ada@example.com", domain.Staff))
		require.Error(t, err)
	}
	assert.Len(t, c.Events(), 1)
}

// A wrong password, and any other refusal that a rate limit counts, is recorded each time.
func TestEachWrongPasswordIsRecorded(t *testing.T) {
	c := clinicWithLimit(t, loginLimits)
	before := len(c.Events())
	c.failTimes(10, here, "ada@example.com")
	assert.Len(t, c.Events(), before+10)
}

func TestNoRefusalIsReturnedUntilTheFirstIsRecorded(t *testing.T) {
	c := newClinic(t)
	closed := *c
	failing := true
	closed.use(withRegistration(application.RegistrationClosed), onStore(&auditedStore{
		Store: c.Ports.Store,
		add: func(_ context.Context, _ []domain.AuditEvent, next func() error) error {
			if failing {
				return errors.New("the disk is full")
			}
			return next()
		},
	}))
	register := func() error {
		_, err := closed.Users.Register(c.ctx, from(here), registration("ada@example.com", domain.Staff))
		return err
	}
	for range 3 {
		assertKind(t, domain.Unavailable, register())
	}
	failing = false
	assertKind(t, domain.Forbidden, register())
	assert.Len(t, c.Events(), 1)

	assertKind(t, domain.Forbidden, register())
	c.Advance(time.Minute)
	failing = true
	_, err := closed.Trail.WriteRepeatedRefusals(c.ctx, false)
	require.Error(t, err)
	failing = false
	written, err := closed.Trail.WriteRepeatedRefusals(c.ctx, false)
	require.NoError(t, err)
	require.Len(t, written, 1)
	assert.Equal(t, 1, written[0].Number, "refusals that could not be recorded are kept")
}

func TestCountedRefusalsAreRecordedWhenTheServiceStops(t *testing.T) {
	c := newClinic(t, withRegistration(application.RegistrationClosed))
	for range 5 {
		_, err := c.Users.Register(c.ctx, from(here), registration("ada@example.com", domain.Staff))
		require.Error(t, err)
	}
	written, err := c.Trail.WriteRepeatedRefusals(c.ctx, true)
	require.NoError(t, err)
	require.Len(t, written, 1)
	assert.Equal(t, 4, written[0].Number)
	assert.Len(t, c.Events(), 2)
	assert.Empty(t, c.verifySilently().Faults)
}

func TestConcurrentRefusalsAreAllCounted(t *testing.T) {
	c := newClinic(t, withRegistration(application.RegistrationClosed))
	const callers, each = 8, 50
	var group sync.WaitGroup
	number := 0
	for range callers {
		group.Go(func() {
			for range each {
				_, err := c.Users.Register(c.ctx, from(here), registration("ada@example.com", domain.Staff))
				assert.Equal(t, domain.Forbidden, domain.KindOf(err))
			}
		})
	}
	count := func(all bool) {
		written, err := c.Trail.WriteRepeatedRefusals(c.ctx, all)
		require.NoError(t, err)
		for _, repeated := range written {
			number += repeated.Number
		}
	}
	for range 20 {
		c.Advance(time.Minute)
		count(false)
	}
	group.Wait()
	writtenBefore := len(c.Events())
	count(true)
	assert.GreaterOrEqual(t, number, callers*each-writtenBefore)
	assert.LessOrEqual(t, number, callers*each)
}

// Refusals from more networks than are remembered are recorded each time.
func TestTheNumberOfRefusalCountsIsBounded(t *testing.T) {
	c := newClinic(t, withRegistration(application.RegistrationClosed))
	register := func(address string) {
		_, err := c.Users.Register(c.ctx, from(address), registration("ada@example.com", domain.Staff))
		require.Error(t, err)
	}
	const places = 10_000
	for n := range places {
		register(fmt.Sprintf("10.1.%d.%d", n/250, n%250))
	}
	for range 3 {
		register(here)
	}
	assert.Len(t, c.Events(), places+3)
}
