package application

import (
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// RegistrationMode says who may create an account.
type RegistrationMode string

// The modes of registration.
const (
	// RegistrationOpen lets anyone register as Staff.
	RegistrationOpen RegistrationMode = "open"
	// RegistrationClosed leaves it to who holds domain.UserCreate.
	RegistrationClosed RegistrationMode = "closed"
)

// Users is the use-cases on accounts.
type Users struct {
	store        ports.Store
	passwords    ports.Passwords
	clock        ports.Clock
	registration RegistrationMode
}

// NewUsers returns the use-cases on accounts.
func NewUsers(store ports.Store, passwords ports.Passwords, clock ports.Clock, registration RegistrationMode) *Users {
	return &Users{store: store, passwords: passwords, clock: clock, registration: registration}
}

// Register creates an account. Without domain.UserCreate only Staff can be
// registered, and only while registration is open; anything else is Forbidden.
// A taken address is a Conflict.
func (s *Users) Register(ctx context.Context, actor domain.Actor, in domain.Registration) (domain.User, error) {
	if err := domain.Authorize(actor, domain.UserRegister); err != nil {
		return domain.User{}, err
	}
	mayCreate := domain.Can(actor.Role, domain.UserCreate)
	if s.registration != RegistrationOpen && !mayCreate {
		return domain.User{}, domain.ErrForbidden("Registration is closed. Ask an administrator for an account.")
	}
	user, password, err := domain.NewUser(in, s.clock(), s.passwords.Weakness)
	if user.Role != domain.Staff && !mayCreate {
		return domain.User{}, domain.ErrForbidden("Only an administrator can create administrators.")
	}
	if err != nil {
		return domain.User{}, err
	}
	if user.PasswordHash, err = s.passwords.Hash(ctx, password); err != nil {
		return domain.User{}, err
	}
	return update(ctx, s.store, func(tx ports.Tx) (domain.User, error) {
		return tx.Users().Add(ctx, user)
	})
}

// Me returns the actor's own account.
func (s *Users) Me(ctx context.Context, actor domain.Actor) (domain.User, error) {
	if err := domain.Authorize(actor, domain.UserReadSelf); err != nil {
		return domain.User{}, err
	}
	return view(ctx, s.store, func(tx ports.Tx) (domain.User, error) {
		return tx.Users().Get(ctx, actor.UserID)
	})
}

// ChangeMe sets what is given of the actor's own names and phone number.
func (s *Users) ChangeMe(ctx context.Context, actor domain.Actor, in domain.Profile) (domain.User, error) {
	if err := domain.Authorize(actor, domain.UserUpdateSelf); err != nil {
		return domain.User{}, err
	}
	return change(ctx, s.store, users, actor.UserID, func(user domain.User) (domain.User, error) {
		return user.Change(in)
	})
}

func users(tx ports.Tx) repository[domain.User] { return tx.Users() }
