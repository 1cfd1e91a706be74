package application_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

func TestAdministratorsSeeWhereAUserIsSignedIn(t *testing.T) {
	c := newClinic(t)
	admin, ada := c.SignUp("admin@example.com", domain.Admin), c.register("ada@example.com", domain.Staff)
	listed := func(id domain.ID, in domain.PageInput) application.Page[domain.Session] {
		t.Helper()
		page, err := c.Users.ListSessions(c.ctx, admin, id, in)
		require.NoError(t, err)
		return page
	}
	assert.Empty(t, listed(ada.ID, domain.PageInput{}).Items, "before the first login")

	_, err := c.Sessions.Login(c.ctx, from("2001:db8::1"), credentials("ada@example.com", goodPassword))
	require.NoError(t, err)
	c.Advance(time.Hour)
	desk, ended := c.SignIn("ada@example.com"), c.SignIn("ada@example.com")
	require.NoError(t, c.Sessions.Logout(c.ctx, ended))

	own, err := c.Sessions.List(c.ctx, desk, domain.PageInput{})
	require.NoError(t, err)
	require.Len(t, own.Items, 2)
	assert.Equal(t, from("2001:db8::1").Origin, own.Items[0].Origin)
	assert.Equal(t, own, listed(ada.ID, domain.PageInput{}), "what the user sees")
	first := listed(ada.ID, domain.PageInput{Limit: domain.Given("1")})
	assert.Equal(t, own.Items[:1], first.Items)
	rest := listed(ada.ID, domain.PageInput{Limit: domain.Given("1"), Cursor: domain.Given(first.Next)})
	assert.Equal(t, own.Items[1:], rest.Items)
	assert.Empty(t, rest.Next)

	c.SetTime(own.Items[0].ExpiresAt)
	assert.Equal(t, own.Items[1:], listed(ada.ID, domain.PageInput{}).Items, "without the session that has expired")
	require.NoError(t, c.Users.RevokeSessions(c.ctx, admin, ada.ID))
	assert.Empty(t, listed(ada.ID, domain.PageInput{}).Items)
}
