package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

func TestSessionAcceptsItsUnspentTokenOnly(t *testing.T) {
	selector := domain.RefreshSelector{1, 2, 3}
	first := domain.NewRefreshToken(selector, domain.RefreshSecret{1})
	session := domain.NewSession(domain.User{ID: 5, Role: domain.Staff}, domain.Origin{}, first, now, time.Hour)
	assert.True(t, session.Accepts(first))

	rotated, second := session.Rotate(domain.RefreshSecret{2}, now.Add(time.Minute))
	assert.True(t, rotated.Accepts(second))
	assert.False(t, rotated.Accepts(first))
	assert.Equal(t, selector, second.Selector())
	assert.Equal(t, session.ExpiresAt, rotated.ExpiresAt, "use does not prolong a session")
	assert.Equal(t, now, session.LastUsedAt)
	assert.Equal(t, now.Add(time.Minute), rotated.LastUsedAt)

	parsed, err := domain.ParseRefreshToken(second.Reveal())
	require.NoError(t, err)
	assert.True(t, rotated.Accepts(parsed))
	for _, other := range []string{"", "x", second.Reveal() + "A", second.Reveal()[1:], second.Reveal() + "\n", "=" + second.Reveal()[1:]} {
		_, err := domain.ParseRefreshToken(other)
		assert.Equal(t, domain.ErrRefreshToken(), err, "%q", other)
	}
}

func TestSessionEnds(t *testing.T) {
	session := domain.NewSession(domain.User{ID: 5, Role: domain.Staff}, domain.Origin{}, domain.NewRefreshToken(domain.RefreshSelector{}, domain.RefreshSecret{}), now, time.Hour)
	assert.True(t, session.Live(now.Add(time.Hour-1)))
	assert.False(t, session.Live(now.Add(time.Hour)))

	revoked := session.Revoke(now.Add(time.Minute))
	assert.False(t, revoked.Live(now))
	assert.Equal(t, now.Add(time.Minute), revoked.Revoke(now.Add(time.Hour)).RevokedAt, "the first revocation counts")
}

func TestASessionsActorHasItsUsersDuties(t *testing.T) {
	for _, tt := range []struct {
		user     domain.User
		required bool
		want     domain.Duty
	}{
		{domain.User{Role: domain.Staff}, false, domain.NoDuty},
		{domain.User{Role: domain.Admin}, false, domain.NoDuty},
		{domain.User{Role: domain.Staff}, true, domain.NoDuty},
		{domain.User{Role: domain.Admin}, true, domain.DutySecondFactor},
		{domain.User{Role: domain.Admin, SecondFactor: domain.SecondFactor{Key: domain.RestoreSealedKey("x")}}, true, domain.DutySecondFactor},
		{domain.User{Role: domain.Admin, SecondFactor: domain.SecondFactor{Confirmed: true}}, true, domain.NoDuty},
		{domain.User{Role: domain.Staff, PasswordTemporary: true}, false, domain.DutyPassword},
		{domain.User{Role: domain.Admin, PasswordTemporary: true}, true, domain.DutyPassword}, // the other one comes after
	} {
		tt.user.ID = 5
		origin := domain.Origin{Device: "Firefox"}
		session := domain.NewSession(tt.user, origin, domain.NewRefreshToken(domain.RefreshSelector{}, domain.RefreshSecret{}), now, time.Hour)
		session.ID = 7
		assert.Equal(t, origin, session.Origin)
		view := domain.SessionView{Session: session, Owner: tt.user.Owner()}
		assert.Equal(t, domain.Actor{UserID: 5, Role: tt.user.Role, SessionID: 7, Duty: tt.want, SecondFactor: tt.user.SecondFactor.Confirmed}, view.Actor(tt.required))
	}
}

func TestASessionIsUsableWhileItsUserIsActive(t *testing.T) {
	token := domain.NewRefreshToken(domain.RefreshSelector{}, domain.RefreshSecret{})
	session := domain.NewSession(domain.User{ID: 5}, domain.Origin{}, token, now, time.Hour)
	active := domain.SessionView{Session: session, Owner: domain.User{Active: true}.Owner()}
	inactive := domain.SessionView{Session: session, Owner: domain.User{}.Owner()}
	assert.True(t, active.Usable(now))
	assert.False(t, active.Usable(now.Add(time.Hour)))
	assert.True(t, inactive.Live(now))
	assert.False(t, inactive.Usable(now))
}
