package application

import (
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Account is the use-cases on one's own account.
type Account struct {
	trail       *Trail
	guard       *Guard
	passwords   ports.Passwords
	revocations ports.Revocations
	clock       ports.Clock
}

// NewAccount returns the use-cases on one's own account.
func NewAccount(trail *Trail, guard *Guard, passwords ports.Passwords, revocations ports.Revocations, clock ports.Clock) *Account {
	return &Account{trail: trail, guard: guard, passwords: passwords, revocations: revocations, clock: clock}
}

// Me returns the actor's own account.
func (s *Account) Me(ctx context.Context, actor domain.Actor) (domain.User, error) {
	return account(ctx, s.trail, actor, domain.UserReadSelf, self(actor), func(*entry) (domain.User, error) {
		return getUser(ctx, s.trail.store, actor.UserID)
	})
}

// self is the subject of a use-case on one's own account.
func self(actor domain.Actor) domain.Subject { return on(domain.AboutUser, actor.UserID) }

// ChangeMe sets what is given of the actor's own names and phone number.
func (s *Account) ChangeMe(ctx context.Context, actor domain.Actor, in domain.Profile) (domain.User, error) {
	return account(ctx, s.trail, actor, domain.UserUpdateSelf, self(actor), func(e *entry) (domain.User, error) {
		return change(ctx, e, users, func(user domain.User) (domain.User, error) {
			return user.Change(in)
		})
	})
}

// Permissions returns what the actor may do, in the order of the policy.
func (s *Account) Permissions(ctx context.Context, actor domain.Actor) ([]domain.Permission, error) {
	return account(ctx, s.trail, actor, domain.UserReadSelf, self(actor), func(*entry) ([]domain.Permission, error) {
		return domain.Permissions(actor), nil
	})
}

// ChangePassword replaces the actor's own password and ends all other sessions.
// A wrong current password is Invalid, and counts like a failed login.
func (s *Account) ChangePassword(ctx context.Context, actor domain.Actor, in domain.PasswordChange) error {
	return perform(ctx, s.trail, actor, domain.UserChangePassword, self(actor), func(e *entry) error {
		return s.changePassword(ctx, e, in)
	})
}

func (s *Account) changePassword(ctx context.Context, e *entry, in domain.PasswordChange) error {
	user, err := getUser(ctx, s.trail.store, e.Actor.UserID)
	if err != nil {
		return err
	}
	current, changed, err := in.Parse(user, s.passwords.Weakness)
	if err != nil {
		return err
	}
	// Before it is known whether the current password is right, so that the time
	// does not tell.
	if err := s.trail.store.View(ctx, func(tx ports.Tx) error {
		return s.guard.limiter.admit(ctx, tx, e.Actor.Origin, user.Email)
	}); err != nil {
		return err
	}
	hash, err := s.passwords.Hash(ctx, changed)
	if err != nil {
		return err
	}
	revoked, err := confirmPassword(ctx, s.guard, e, user, "current_password", current, func(tx ports.Tx, user domain.User) ([]domain.ID, error) {
		if err := tx.Users().Save(ctx, user.SetPassword(hash, false)); err != nil {
			return nil, err
		}
		return tx.Sessions().End(ctx, user.ID, e.Actor.SessionID, s.clock())
	})
	s.revocations.Revoke(revoked...)
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

func users(tx ports.Tx) repository[domain.User] { return tx.Users() }
