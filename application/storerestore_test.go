package application_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

func TestAfterARestoreNoSessionOfTheBackupIsLive(t *testing.T) {
	c := newClinic(t)
	never, err := application.LastRestore(c.ctx, c.Ports.Store)
	require.NoError(t, err)
	assert.True(t, never.IsZero())

	const users = domain.MaxPageLimit + 5 // more than one page
	for n := range users {
		_, err := c.Users.Register(c.ctx, domain.Actor{Role: domain.Operator}, domain.Registration{
			Email: domain.Given(fmt.Sprintf("user%d@example.com", n)), Password: domain.Given(goodPassword), Role: domain.Given("STAFF"),
		})
		require.NoError(t, err)
	}
	login := func(n int) application.Grant {
		grant, err := c.Sessions.Login(c.ctx, domain.Actor{}, domain.Credentials{Username: domain.Given(fmt.Sprintf("user%d@example.com", n)), Password: domain.Given(goodPassword)})
		require.NoError(t, err)
		return grant
	}
	grants := []application.Grant{login(0), login(0), login(users - 1)}
	c.Advance(time.Minute)
	revoked, err := c.Sessions.AfterRestore(c.ctx, domain.Actor{Role: domain.Operator})
	require.NoError(t, err)
	assert.Equal(t, len(grants), revoked)
	for _, grant := range grants {
		_, err := c.Authenticator.Authenticate(c.ctx, domain.Origin{}, grant.Access.Reveal())
		assert.Equal(t, domain.Unauthenticated, domain.KindOf(err))
		_, err = c.Sessions.Refresh(c.ctx, domain.Actor{}, domain.Refresh{Token: domain.Given(grant.Refresh.Reveal())})
		assert.Equal(t, domain.Unauthenticated, domain.KindOf(err))
	}
	last, err := application.LastRestore(c.ctx, c.Ports.Store)
	require.NoError(t, err)
	assert.Equal(t, c.Now(), last)
}
