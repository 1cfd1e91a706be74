package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.com/healthcare/domain"
)

func TestASessionAcceptsOnlyItsUnspentToken(t *testing.T) {
	selector := domain.RefreshSelector{1, 2, 3}
	first := domain.NewRefreshToken(selector, domain.RefreshSecret{1})
	session := domain.NewSession(domain.User{ID: 5, Role: domain.Staff}, domain.Origin{}, first, now, time.Hour)
	assert.True(t, session.Accepts(first))

	rotated, second := session.Rotate(first, domain.RefreshSecret{2}, now.Add(time.Minute))
	assert.True(t, rotated.Accepts(second))
	assert.False(t, rotated.Accepts(first))
	assert.Equal(t, selector, second.Selector())
	assert.Equal(t, session.ExpiresAt, rotated.ExpiresAt, "use does not extend a session")
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

func TestTheLastSpentTokenGetsItsSuccessorAgain(t *testing.T) {
	const grace = 30 * time.Second
	first := domain.NewRefreshToken(domain.RefreshSelector{1}, domain.RefreshSecret{1})
	session := domain.NewSession(domain.User{ID: 5}, domain.Origin{}, first, now, time.Hour)
	_, again := session.SuccessorOf(first, grace, now)
	assert.False(t, again, "the token is not spent yet")

	session, second := session.Rotate(first, domain.RefreshSecret{2}, now)
	for at, want := range map[time.Duration]bool{
		0: true, grace: true, grace + 1: false, -domain.ClockSkew: true, -domain.ClockSkew - 1: false,
	} {
		successor, again := session.SuccessorOf(first, grace, now.Add(at))
		assert.Equal(t, want, again, at)
		if want {
			assert.Equal(t, second.Reveal(), successor.Reveal())
		}
	}
	_, again = session.SuccessorOf(first, 0, now)
	assert.False(t, again, "no grace")
	_, again = session.SuccessorOf(second, grace, now)
	assert.False(t, again, "the session accepts the token")

	changed := session
	changed.Successor[0] ^= 1
	_, again = changed.SuccessorOf(first, grace, now)
	assert.False(t, again, "the sealed secret was changed")
	_, again = session.Revoke(now).SuccessorOf(first, grace, now)
	assert.False(t, again, "the session was revoked")

	session, _ = session.Rotate(second, domain.RefreshSecret{3}, now)
	_, again = session.SuccessorOf(first, grace, now)
	assert.False(t, again, "an older token")
	assert.NotContains(t, string(session.Successor[:]), string((&domain.RefreshSecret{3})[:]), "the secret is not stored in plain form")
}

func TestASessionEndsByExpiryOrRevocation(t *testing.T) {
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
		{domain.User{Role: domain.Admin, SecondFactor: domain.SecondFactor{Key: domain.StoredSealedKey("x")}}, true, domain.DutySecondFactor},
		{domain.User{Role: domain.Admin, SecondFactor: domain.SecondFactor{Confirmed: true}}, true, domain.NoDuty},
		{domain.User{Role: domain.Staff, PasswordTemporary: true}, false, domain.DutyPassword},
		{domain.User{Role: domain.Admin, PasswordTemporary: true}, true, domain.DutyPassword}, // the second factor comes after the password
	} {
		tt.user.ID = 5
		origin := domain.Origin{Device: "Firefox"}
		session := domain.NewSession(tt.user, origin, domain.NewRefreshToken(domain.RefreshSelector{}, domain.RefreshSecret{}), now, time.Hour)
		session.ID = 7
		assert.Equal(t, origin, session.Origin)
		view := domain.SessionView{Session: session, Owner: tt.user.SessionOwner()}
		assert.Equal(t, domain.Actor{UserID: 5, Role: tt.user.Role, SessionID: 7, Duty: tt.want, SecondFactor: tt.user.SecondFactor.Confirmed}, view.Actor(tt.required))
	}
}

func TestASessionIsUsableWhileItsUserIsActive(t *testing.T) {
	token := domain.NewRefreshToken(domain.RefreshSelector{}, domain.RefreshSecret{})
	session := domain.NewSession(domain.User{ID: 5}, domain.Origin{}, token, now, time.Hour)
	active := domain.SessionView{Session: session, Owner: domain.User{Active: true}.SessionOwner()}
	inactive := domain.SessionView{Session: session, Owner: domain.User{}.SessionOwner()}
	assert.True(t, active.Usable(now, time.Hour))
	assert.False(t, active.Usable(now.Add(time.Hour), time.Hour))
	assert.True(t, inactive.Live(now))
	assert.False(t, inactive.Usable(now, time.Hour))
}

func TestASessionWithTimesFromAWrongClockIsRefused(t *testing.T) {
	token := domain.NewRefreshToken(domain.RefreshSelector{}, domain.RefreshSecret{})
	began := func(at time.Time, lifetime time.Duration) domain.SessionView {
		user := domain.User{ID: 5, Active: true}
		return domain.SessionView{Session: domain.NewSession(user, domain.Origin{}, token, at, lifetime), Owner: user.SessionOwner()}
	}
	day := 24 * time.Hour
	assert.True(t, began(now.Add(domain.ClockSkew), day).Usable(now, day))
	ahead := began(now.Add(domain.ClockSkew+1), day)
	assert.False(t, ahead.Usable(now, day), "the session begins too far in the future")
	assert.True(t, ahead.Live(now), "the user sees the session and can revoke it")
	assert.True(t, began(now, day).Usable(now.Add(day-1), day))

	assert.False(t, began(now, day+time.Minute).Usable(now, day), "the session lasts longer than the current lifetime")
	assert.False(t, began(now, 90*day).Usable(now.Add(89*day), day), "a shorter lifetime applies to existing sessions")
	prolonged := began(now, day)
	prolonged.ExpiresAt = prolonged.ExpiresAt.Add(day)
	assert.False(t, prolonged.Usable(now.Add(day+time.Hour), day))
}

// For any clock, the times at which a session is usable span at most its lifetime plus
// the clock skew.
func TestNoClockExtendsASession(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		span := func(name string, least, most time.Duration) time.Duration {
			return time.Duration(rapid.Int64Range(int64(least), int64(most)).Draw(t, name))
		}
		lifetime := span("lifetime", time.Second, 48*time.Hour)
		session := domain.SessionView{Owner: domain.SessionOwner{Active: true}, Session: domain.Session{
			CreatedAt: now.Add(span("begins", -48*time.Hour, 48*time.Hour)),
			ExpiresAt: now.Add(span("ends", -48*time.Hour, 48*time.Hour)),
		}}
		if rapid.Bool().Draw(t, "as long as it should be") {
			session.ExpiresAt = session.CreatedAt.Add(lifetime)
		}
		var first, last time.Time
		for range 50 {
			at := now.Add(span("at", -96*time.Hour, 96*time.Hour))
			if !session.Usable(at, lifetime) {
				continue
			}
			if first.IsZero() || at.Before(first) {
				first = at
			}
			if at.After(last) {
				last = at
			}
		}
		if last.Sub(first) > lifetime+domain.ClockSkew {
			t.Fatalf("%v can be used from %v to %v", session, first, last)
		}
	})
}
