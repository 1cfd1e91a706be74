package application

import (
	"context"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Account is the use-cases on one's own account.
type Account struct {
	trail     *Trail
	guard     *Guard
	passwords ports.Passwords
	clock     ports.Clock
}

// Me returns the actor's own account.
func (s *Account) Me(ctx context.Context, actor domain.Actor) (domain.User, error) {
	return read(ctx, s.trail, attempt{by: actor, to: domain.UserReadSelf, on: self(actor)},
		func(tx ports.Tx, _ *entry) (domain.User, error) {
			return tx.Users().Get(ctx, actor.UserID)
		})
}

// ChangeMe sets what is given of the actor's own names and phone number.
func (s *Account) ChangeMe(ctx context.Context, actor domain.Actor, in domain.Profile) (domain.User, error) {
	return write(ctx, s.trail, attempt{by: actor, to: domain.UserUpdateSelf, on: self(actor)},
		func(tx ports.Tx, e *entry) (domain.User, error) {
			before, err := tx.Users().Get(ctx, actor.UserID)
			if err != nil {
				return before, err
			}
			user, err := before.Change(in)
			if err != nil {
				return user, err
			}
			return saveUser(ctx, tx, e, before, user)
		})
}

// saveUser saves what an account has become, and returns it as of its new version. Where
// nothing has changed, it does nothing.
func saveUser(ctx context.Context, tx ports.Tx, e *entry, before, after domain.User) (domain.User, error) {
	if after == before {
		return before, nil
	}
	after = after.NextVersion(e.At)
	return after, tx.Users().Save(ctx, after)
}

// Permissions returns what the actor may do, in the order of the policy.
func (s *Account) Permissions(ctx context.Context, actor domain.Actor) ([]domain.Permission, error) {
	return perform(ctx, s.trail, attempt{by: actor, to: domain.UserReadSelf, on: self(actor)},
		func(*entry) ([]domain.Permission, error) {
			return domain.Permissions(actor), nil
		})
}

// ChangePassword replaces the actor's own password and ends all other sessions.
// A wrong current password is Invalid, and counts against the session.
func (s *Account) ChangePassword(ctx context.Context, actor domain.Actor, in domain.PasswordChange) error {
	_, err := perform(ctx, s.trail, attempt{by: actor, to: domain.UserChangePassword, on: self(actor)},
		func(e *entry) (nothing, error) {
			user, err := getUser(ctx, s.trail.store, actor.UserID)
			if err != nil {
				return nothing{}, err
			}
			// Check the limits first: judging a password costs more. Hash before the current
			// password is known to be right, so that the time does not tell whether it is.
			if err := s.trail.store.View(ctx, func(tx ports.Tx) error {
				_, err := s.guard.limiter.admit(ctx, tx, s.guard.limiter.session(actor.SessionID))
				return err
			}); err != nil {
				return nothing{}, err
			}
			current, changed, err := in.Parse(user, s.passwords.Weakness)
			if err != nil {
				return nothing{}, err
			}
			hash, err := s.passwords.Hash(ctx, ports.KnownCaller(actor.UserID), changed)
			if err != nil {
				return nothing{}, err
			}
			return confirmPassword(ctx, s.guard, e, user, "current_password", current, func(tx ports.Tx, user domain.User) (nothing, error) {
				if _, err := saveUser(ctx, tx, e, user, user.SetPassword(hash, false)); err != nil {
					return nothing{}, err
				}
				return nothing{}, endSessions(ctx, tx, e, user.ID, actor.SessionID, s.clock())
			})
		})
	return err
}

// endSessions ends all sessions of a user but one.
func endSessions(ctx context.Context, tx ports.Tx, e *entry, user, except domain.ID, now time.Time) error {
	ended, err := tx.Sessions().RevokeAll(ctx, user, except, now)
	e.revoke(ended...)
	return err
}

// confirmPassword runs then once the signed-in user has proved the current
// password, which was given in field.
func confirmPassword[T any](ctx context.Context, guard *Guard, e *entry, user domain.User, field string, current domain.Password,
	then func(ports.Tx, domain.User) (T, error),
) (T, error) {
	result, err := prove(ctx, guard, e, domain.Proof{Email: user.Email, Password: current}, passwordOnly, then)
	if domain.KindOf(err) == domain.Unauthenticated {
		err = domain.ErrCurrentPassword(field)
	}
	return result, err
}

func getUser(ctx context.Context, store ports.Store, id domain.ID) (domain.User, error) {
	return view(ctx, store, func(tx ports.Tx) (domain.User, error) { return tx.Users().Get(ctx, id) })
}
