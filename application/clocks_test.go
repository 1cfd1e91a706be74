package application_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// loginAhead signs in while the clock is ahead.
func (c *clinic) loginAhead(ahead time.Duration) application.Grant {
	c.t.Helper()
	right := c.Now()
	c.SetTime(right.Add(ahead))
	grant := c.login("ada@example.com")
	c.SetTime(right)
	return grant
}

func TestASessionStartedWhileTheClockWasAheadIsRefused(t *testing.T) {
	lifetime := newClinic(t).Rules.Sessions.Session
	for _, ahead := range []time.Duration{domain.ClockSkew + time.Second, time.Hour, lifetime, 3 * lifetime} {
		c := newClinic(t)
		c.use(withRevocations(&revocationsDouble{feedSilent: true})) // Authenticate then reads the store.
		c.register("ada@example.com", domain.Staff)
		right := c.Now()
		grant := c.loginAhead(ahead)
		_, err := c.authenticate(grant)
		assert.Equal(t, domain.ErrAccessToken(), err, ahead)
		_, err = c.refresh(grant)
		assert.Equal(t, domain.ErrRefreshToken(), err, ahead)

		for _, later := range []time.Duration{ahead, lifetime + time.Hour} {
			c.SetTime(right.Add(later))
			_, err = c.refresh(grant)
			assert.Equal(t, domain.ErrRefreshToken(), err, "%s, after %s", ahead, later)
		}
	}
}

func TestTheStoreDecidesWhetherASessionIsOver(t *testing.T) {
	c := newClinic(t)
	c.use(withRevocations(&revocationsDouble{feedSilent: true}))
	c.register("ada@example.com", domain.Staff)
	session := c.actor(c.loginAhead(domain.ClockSkew)).SessionID
	c.Advance(-1)
	token, err := c.Ports.Tokens.Issue(domain.Actor{UserID: 1, Role: domain.Staff, SessionID: session}, c.Now(), c.Now().Add(time.Minute))
	require.NoError(t, err)
	_, err = c.Authenticator.Authenticate(c.ctx, domain.Origin{}, token.Reveal())
	assert.Equal(t, domain.ErrAccessToken(), err)
}

// Two instances serve one session in turn. Their clocks differ by as much as is allowed.
func TestInstancesWithDifferentClocksAgree(t *testing.T) {
	c := newClinic(t)
	c.register("ada@example.com", domain.Staff)
	right := c.Now()
	grant := c.loginAhead(domain.ClockSkew)
	used := time.Duration(0)
	for since := time.Duration(0); since < c.Rules.Sessions.Session+time.Hour; since += c.Rules.Sessions.Access / 3 {
		for _, ahead := range []time.Duration{0, domain.ClockSkew} {
			c.SetTime(right.Add(since + ahead))
			if next, err := c.refresh(grant); err == nil {
				grant, used = next, since
			}
			for _, ahead := range []time.Duration{0, domain.ClockSkew} {
				c.SetTime(right.Add(since + ahead))
				// At the moment when the session expires, only the slower clock accepts it.
				if _, err := c.authenticate(grant); since != c.Rules.Sessions.Session {
					require.Equal(t, since < c.Rules.Sessions.Session, err == nil, "after %s: %v", since, err)
				}
			}
		}
	}
	assert.LessOrEqual(t, used, c.Rules.Sessions.Session+domain.ClockSkew)
}
