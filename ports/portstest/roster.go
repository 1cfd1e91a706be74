package portstest

import (
	"slices"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// roster is what a store should hold of its users and their sign-ins, as model is
// of the clinic.
type roster struct {
	// floor is the last user who is not on the roster.
	floor    domain.ID
	users    shelf[domain.User]
	sessions shelf[domain.Session]
	keys     [2]domain.AttemptKey
	attempts [2]domain.Attempts
}

func newRoster(floor domain.ID) roster {
	return roster{
		floor:    floor,
		users:    shelf[domain.User]{of: users, rows: map[domain.ID]domain.User{}},
		sessions: shelf[domain.Session]{of: sessions, rows: map[domain.ID]domain.Session{}},
		keys:     [2]domain.AttemptKey{newKey(), newKey()},
	}
}

// deed is one call of a repository, as step is.
type deed struct {
	verb                   string
	user, session, attempt int
	admin, active, flag    bool
	minutes                int
}

func drawDeed(t *rapid.T) deed {
	choice := rapid.IntRange(0, choices)
	return deed{
		verb: rapid.SampledFrom([]string{
			"register", "administer", "administer", "sign in", "sign in", "sign in",
			"continue", "revoke", "end", "fail", "fail", "succeed", "break off",
		}).Draw(t, "verb"),
		user:    choice.Draw(t, "user"),
		session: choice.Draw(t, "session"),
		attempt: rapid.IntRange(0, 1).Draw(t, "attempt"),
		admin:   rapid.Bool().Draw(t, "admin"),
		active:  rapid.Bool().Draw(t, "active"),
		flag:    rapid.Bool().Draw(t, "flag"),
		minutes: rapid.IntRange(-2, 2).Draw(t, "minutes"),
	}
}

// do does the deed in tx and on the roster, and returns the refusal.
func (r *roster) do(t tester, tx ports.Tx, d deed) error {
	userID, sessionID := r.users.choose(d.user), r.sessions.choose(d.session)
	at := now.Add(time.Duration(d.minutes) * time.Minute)
	switch d.verb {
	case "register":
		return r.users.add(t, tx, newUser(), nil)
	case "administer":
		user := users.with(newUser(), userID)
		if d.admin {
			user.Role = domain.Admin
		}
		if d.flag {
			user.PasswordTemporary, user.SecondFactor = true, secondFactor()
		}
		user.Active = d.active
		user.Version = r.users.rows[userID].Version + 1
		return r.users.save(t, tx, user, nil)
	case "sign in":
		var refusal error
		if r.users.missing(userID) != nil {
			refusal = domain.ErrNoSuchReference("user")
		}
		session := newSession(domain.User{ID: userID})
		session.ExpiresAt = at
		return r.sessions.add(t, tx, session, refusal)
	case "continue", "revoke":
		session := r.sessions.rows[sessionID]
		session.ID = sessionID
		session, _ = session.Rotate(newRefreshToken(), domain.RefreshSecret{byte(d.minutes)}, at)
		if d.verb == "revoke" {
			session = session.Revoke(at)
		}
		return r.sessions.save(t, tx, session, nil)
	case "end":
		return r.end(t, tx, userID, sessionID, at)
	case "fail":
		return r.attempt(t, tx, d.attempt, func(attempts domain.Attempts) domain.Attempts {
			return attempts.RecordFailure(at, domain.Limit{Max: 2, Window: 10 * time.Minute})
		})
	case "succeed":
		return r.attempt(t, tx, d.attempt, func(attempts domain.Attempts) domain.Attempts { return attempts.RecordSuccess(at) })
	default:
		return errBroken
	}
}

func (r *roster) end(t tester, tx ports.Tx, user, except domain.ID, at time.Time) error {
	want := []domain.ID{}
	for _, session := range r.live(user, at) {
		if session.ID != except {
			want = append(want, session.ID)
			r.sessions.rows[session.ID] = session.Revoke(at)
		}
	}
	ended, err := tx.Sessions().RevokeAll(t.Context(), user, except, at)
	require.Equal(t, want, ended)
	return err
}

func (r *roster) attempt(t tester, tx ports.Tx, i int, change func(domain.Attempts) domain.Attempts) error {
	found, err := tx.Attempts().Get(t.Context(), r.keys[i])
	require.NoError(t, err)
	require.Equal(t, r.attempts[i], found)
	r.attempts[i] = change(found)
	// Nothing has expired yet, so that nothing may be forgotten.
	return tx.Attempts().Save(t.Context(), r.keys[i], r.attempts[i], now.AddDate(-1, 0, 0))
}

func (r *roster) live(user domain.ID, at time.Time) []domain.Session {
	return slices.DeleteFunc(r.sessions.sorted(), func(session domain.Session) bool {
		return session.UserID != user || !session.Live(at)
	})
}

// after does the deeds in one Update, as model.after takes steps.
func (r roster) after(t tester, store ports.Store, deeds []deed) (next roster, err error) {
	err = store.Update(t.Context(), func(tx ports.Tx) error {
		next = r
		next.users, next.sessions = r.users.clone(), r.sessions.clone()
		for _, deed := range deeds {
			if err := next.do(t, tx, deed); err != nil && domain.KindOf(err) != domain.NotFound {
				return err
			}
		}
		next.requireSame(t, tx)
		return nil
	})
	return next, err
}

// requireSame checks that tx reads what is on the roster.
func (r *roster) requireSame(t tester, tx ports.Tx) {
	t.Helper()
	page := domain.Page{After: r.floor, Limit: everything.Limit}
	for _, filter := range []domain.UserFilter{{}, {Role: domain.Staff}, {Active: true}, {Role: domain.Admin, Inactive: true}} {
		found, err := tx.Users().List(t.Context(), filter, page)
		require.NoError(t, err)
		require.Equal(t, r.usersThat(filter), found)
	}
	admins, err := tx.Users().ActiveAdmins(t.Context())
	require.NoError(t, err)
	require.Equal(t, r.usersThat(domain.UserFilter{Role: domain.Admin, Active: true}), admins)

	for id := range r.users.rows {
		live, err := tx.Sessions().Live(t.Context(), id, now, everything)
		require.NoError(t, err)
		require.Equal(t, r.live(id, now), live)
	}
	for _, session := range r.sessions.sorted() {
		found, err := tx.Sessions().Get(t.Context(), session.ID)
		require.NoError(t, err)
		require.Equal(t, domain.SessionView{Session: session, Owner: r.users.rows[session.UserID].SessionOwner()}, found)
	}
	for i, key := range r.keys {
		found, err := tx.Attempts().Get(t.Context(), key)
		require.NoError(t, err)
		require.Equal(t, r.attempts[i], found)
	}
}

func (r *roster) usersThat(filter domain.UserFilter) []domain.User {
	return slices.DeleteFunc(r.users.sorted(), func(user domain.User) bool { return !filter.Matches(user) })
}
