package portstest

import (
	"slices"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// signInModel is what a store of users, sessions and attempts should contain.
type signInModel struct {
	// existingUsers is the greatest ID of the users that the model ignores.
	existingUsers domain.ID
	users         entityModel[domain.User]
	sessions      entityModel[domain.Session]
	keys          [2]domain.AttemptKey
	attempts      [2]domain.Attempts
}

func newSignInModel(floor domain.ID) signInModel {
	return signInModel{
		existingUsers: floor,
		users:         entityModel[domain.User]{kind: users, stored: map[domain.ID]domain.User{}},
		sessions:      entityModel[domain.Session]{kind: sessions, stored: map[domain.ID]domain.Session{}},
		keys:          [2]domain.AttemptKey{newKey(), newKey()},
	}
}

// signInStep is one call of a repository, like clinicStep.
type signInStep struct {
	verb                   string
	user, session, attempt int
	admin, active, flag    bool
	minutes                int
}

func drawSignInStep(t *rapid.T) signInStep {
	choice := rapid.IntRange(0, choices)
	return signInStep{
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

// apply makes the call in tx and in the model. It returns the error of a refused call.
func (r *signInModel) apply(t tester, tx ports.Tx, d signInStep) error {
	userID, sessionID := r.users.chooseID(d.user), r.sessions.chooseID(d.session)
	at := now.Add(time.Duration(d.minutes) * time.Minute)
	switch d.verb {
	case "register":
		return r.users.add(t, tx, newUser(), nil)
	case "administer":
		user := users.withID(newUser(), userID)
		if d.admin {
			user.Role = domain.Admin
		}
		if d.flag {
			user.PasswordTemporary, user.SecondFactor = true, confirmedFactor()
		}
		user.Active = d.active
		user.Version = r.users.stored[userID].Version + 1
		return r.users.save(t, tx, user, nil)
	case "sign in":
		var refusal error
		if r.users.errIfMissing(userID) != nil {
			refusal = domain.ErrNoSuchReference("user")
		}
		session := newSession(domain.User{ID: userID})
		session.ExpiresAt = at
		return r.sessions.add(t, tx, session, refusal)
	case "continue", "revoke":
		session := r.sessions.stored[sessionID]
		session.ID = sessionID
		session, _ = session.Rotate(newRefreshToken(), domain.RefreshSecret{byte(d.minutes)}, at)
		if d.verb == "revoke" {
			session = session.Revoke(at)
		}
		return r.sessions.save(t, tx, session, nil)
	case "end":
		return r.revokeAll(t, tx, userID, sessionID, at)
	case "fail":
		return r.attempt(t, tx, d.attempt, func(attempts domain.Attempts) domain.Attempts {
			return attempts.RecordFailure(at, domain.Limit{Max: 2, Window: 10 * time.Minute})
		})
	case "succeed":
		return r.attempt(t, tx, d.attempt, func(attempts domain.Attempts) domain.Attempts { return attempts.RecordSuccess(at) })
	default:
		return errAborted
	}
}

func (r *signInModel) revokeAll(t tester, tx ports.Tx, user, except domain.ID, at time.Time) error {
	want := []domain.ID{}
	for _, session := range r.live(user, at) {
		if session.ID != except {
			want = append(want, session.ID)
			r.sessions.stored[session.ID] = session.Revoke(at)
		}
	}
	revoked, err := tx.Sessions().RevokeAll(t.Context(), user, except, at)
	require.Equal(t, want, revoked)
	return err
}

func (r *signInModel) attempt(t tester, tx ports.Tx, i int, change func(domain.Attempts) domain.Attempts) error {
	found, err := tx.Attempts().Get(t.Context(), r.keys[i])
	require.NoError(t, err)
	require.Equal(t, r.attempts[i], found)
	r.attempts[i] = change(found)
	// With this time no counter has expired, so the store must not delete any.
	return tx.Attempts().Save(t.Context(), r.keys[i], r.attempts[i], now.AddDate(-1, 0, 0))
}

func (r *signInModel) live(user domain.ID, at time.Time) []domain.Session {
	return slices.DeleteFunc(r.sessions.sorted(), func(session domain.Session) bool {
		return session.UserID != user || !session.Live(at)
	})
}

// applyAll applies the steps in one Update, like clinicModel.applyAll.
func (r signInModel) applyAll(t tester, store ports.Store, steps []signInStep) (next signInModel, err error) {
	err = store.Update(t.Context(), func(tx ports.Tx) error {
		next = r
		next.users, next.sessions = r.users.clone(), r.sessions.clone()
		for _, step := range steps {
			if err := next.apply(t, tx, step); err != nil && domain.KindOf(err) != domain.NotFound {
				return err
			}
		}
		next.requireEqual(t, tx)
		return nil
	})
	return next, err
}

// requireEqual checks that tx reads what the model contains.
func (r *signInModel) requireEqual(t tester, tx ports.Tx) {
	t.Helper()
	for _, conditions := range [][]domain.Condition{
		nil,
		{is("role", "STAFF")},
		{is("is_active", true)},
		{is("role", "ADMIN"), is("is_active", false)},
	} {
		query := pageQuery(domain.Page{After: r.existingUsers, Limit: wholeList.Limit}, conditions...)
		found, err := tx.Users().List(t.Context(), query)
		require.NoError(t, err)
		require.Equal(t, r.listUsers(query), found)
	}
	admins, err := tx.Users().ActiveAdmins(t.Context())
	require.NoError(t, err)
	require.Equal(t, r.listUsers(filtered(is("role", "ADMIN"), is("is_active", true))), admins)

	for id := range r.users.stored {
		live, err := tx.Sessions().Live(t.Context(), id, now, wholeList)
		require.NoError(t, err)
		require.Equal(t, r.live(id, now), live)
	}
	for _, session := range r.sessions.sorted() {
		found, err := tx.Sessions().Get(t.Context(), session.ID)
		require.NoError(t, err)
		require.Equal(t, domain.SessionView{Session: session, Owner: r.users.stored[session.UserID].SessionOwner()}, found)
	}
	for i, key := range r.keys {
		found, err := tx.Attempts().Get(t.Context(), key)
		require.NoError(t, err)
		require.Equal(t, r.attempts[i], found)
	}
}

func (r *signInModel) listUsers(query domain.ListQuery) []domain.User {
	return slices.DeleteFunc(r.users.sorted(), func(user domain.User) bool { return !domain.UserList.Matches(query, user) })
}
