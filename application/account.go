package application

import (
	"context"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Account holds the use-cases on the actor's own account.
type Account struct {
	trail         *Trail
	guard         *Guard
	passwords     ports.Passwords
	clock         ports.Clock
	preconditions PreconditionRule
}

// Me returns the actor's own account.
func (s *Account) Me(ctx context.Context, actor domain.Actor) (domain.User, error) {
	return runView(ctx, s.trail, call{actor: actor, permission: domain.UserReadSelf, kind: domain.SubjectUser, id: actor.UserID},
		func(ctx context.Context, tx ports.Tx, _ *pendingEvent) (domain.User, error) {
			return tx.Users().Get(ctx, actor.UserID)
		})
}

// ChangeMe sets the given fields of the actor's own names and phone number.
func (s *Account) ChangeMe(ctx context.Context, actor domain.Actor, expected domain.Precondition, in domain.Profile) (domain.User, error) {
	return runUpdate(ctx, s.trail, call{actor: actor, permission: domain.UserUpdateSelf, kind: domain.SubjectUser, id: actor.UserID, inputErr: s.preconditions.missing(expected)},
		func(ctx context.Context, tx ports.Tx, event *pendingEvent) (domain.User, error) {
			before, err := tx.Users().Get(ctx, actor.UserID)
			if err != nil {
				return before, err
			}
			if err := domain.CheckPrecondition(expected, before, actor); err != nil {
				return before, err
			}
			user, err := before.Change(in)
			if err != nil {
				return user, err
			}
			return saveUser(ctx, tx, event, before, user)
		})
}

// saveUser saves the changed account and returns it with its next version. If nothing has
// changed, it does nothing.
func saveUser(ctx context.Context, tx ports.Tx, event *pendingEvent, before, after domain.User) (domain.User, error) {
	if after == before {
		return before, nil
	}
	after = after.NextVersion(event.At)
	return after, tx.Users().Save(ctx, after)
}

// Permissions returns the permissions of the actor, in the order of the policy.
func (s *Account) Permissions(ctx context.Context, actor domain.Actor) ([]domain.Permission, error) {
	return runUseCase(ctx, s.trail, call{actor: actor, permission: domain.UserReadSelf, kind: domain.SubjectUser, id: actor.UserID},
		func(context.Context, *pendingEvent) ([]domain.Permission, error) {
			return domain.Permissions(actor), nil
		})
}

// ChangePassword replaces the actor's own password and revokes all other sessions. A wrong
// current password is Invalid and counts against the session.
func (s *Account) ChangePassword(ctx context.Context, actor domain.Actor, in domain.PasswordChange) error {
	_, err := runUseCase(ctx, s.trail, call{actor: actor, permission: domain.UserChangePassword, kind: domain.SubjectUser, id: actor.UserID},
		func(ctx context.Context, event *pendingEvent) (nothing, error) {
			user, err := getUser(ctx, s.trail.store, actor.UserID)
			if err != nil {
				return nothing{}, err
			}
			// Check the rate limits first, because checking a new password costs more. Hash it
			// before the current password is verified, so that the time does not tell whether
			// the current password is right.
			if _, err := viewStore(ctx, s.trail.store, func(tx ports.Tx) (bool, error) {
				return s.guard.limiter.checkLimits(ctx, tx, s.guard.limiter.sessionKeys(actor.SessionID))
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
			return confirmPassword(ctx, s.guard, event, user, "current_password", current, func(tx ports.Tx, user domain.User) (nothing, error) {
				if _, err := saveUser(ctx, tx, event, user, user.SetPassword(hash, false)); err != nil {
					return nothing{}, err
				}
				return nothing{}, revokeSessions(ctx, tx, event, user.ID, actor.SessionID, s.clock())
			})
		})
	return err
}

// revokeSessions revokes all sessions of a user except one. except is zero to revoke all.
func revokeSessions(ctx context.Context, tx ports.Tx, event *pendingEvent, user, except domain.ID, now time.Time) error {
	revoked, err := tx.Sessions().RevokeAll(ctx, user, except, now)
	event.revokeOnCommit(revoked...)
	return err
}

// confirmPassword verifies the current password of a signed-in user and then runs then. field
// is the name of the input field with the password, which the error names.
func confirmPassword[T any](ctx context.Context, guard *Guard, event *pendingEvent, user domain.User, field string, current domain.Password,
	then func(ports.Tx, domain.User) (T, error),
) (T, error) {
	result, err := verifyProof(ctx, guard, event, domain.Proof{Email: user.Email, Password: current}, passwordOnly, then)
	if domain.KindOf(err) == domain.Unauthenticated {
		err = domain.ErrCurrentPassword(field)
	}
	return result, err
}

func getUser(ctx context.Context, store ports.Store, id domain.ID) (domain.User, error) {
	return viewStore(ctx, store, func(tx ports.Tx) (domain.User, error) { return tx.Users().Get(ctx, id) })
}
