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
	// RegistrationApproval lets anyone ask for an account as Staff, which an
	// administrator has to activate.
	RegistrationApproval RegistrationMode = "approval"
	// RegistrationClosed leaves it to who holds domain.UserCreate.
	RegistrationClosed RegistrationMode = "closed"
)

// Users is the use-cases on everybody's accounts.
type Users struct {
	trail        *Trail
	limiter      *Limiter
	passwords    ports.Passwords
	revocations  ports.Revocations
	clock        ports.Clock
	registration RegistrationMode
}

// NewUsers returns the use-cases on everybody's accounts.
func NewUsers(trail *Trail, limiter *Limiter, passwords ports.Passwords, revocations ports.Revocations, clock ports.Clock, registration RegistrationMode) *Users {
	return &Users{trail: trail, limiter: limiter, passwords: passwords, revocations: revocations, clock: clock, registration: registration}
}

// Register creates an account. Without domain.UserCreate only Staff can be
// registered, and only as far as registration is open; anything else is
// Forbidden. A taken address is a Conflict.
//
// With RegistrationApproval, who does not hold domain.UserCreate gets the zero
// User, whether the address was free or taken, and in the same time.
func (s *Users) Register(ctx context.Context, actor domain.Actor, in domain.Registration) (domain.User, error) {
	return account(ctx, s.trail, actor, domain.UserRegister, on(domain.AboutUser, 0), func(e *entry) (domain.User, error) {
		mayCreate := domain.Authorize(actor, domain.UserCreate) == nil
		if !mayCreate {
			if s.registration != RegistrationOpen && s.registration != RegistrationApproval {
				return domain.User{}, domain.ErrForbidden("Registration is closed. Ask an administrator for an account.")
			}
			if err := s.limiter.registration(ctx, actor.Origin); err != nil {
				return domain.User{}, err
			}
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
		if !mayCreate && s.registration == RegistrationApproval {
			return domain.User{}, s.applyFor(ctx, e, user)
		}
		return add(ctx, e, userID, func(tx ports.Tx) (domain.User, error) {
			return tx.Users().Add(ctx, user)
		})
	})
}

// applyFor adds an account that has to be activated. It does as much, and says
// as little, when the address is taken.
func (s *Users) applyFor(ctx context.Context, e *entry, user domain.User) error {
	user.Active = false
	err := e.update(ctx, func(tx ports.Tx) error {
		taken, err := tx.Users().ByEmail(ctx, user.Email)
		switch {
		case err == nil:
			e.Subject.ID = taken.ID
			return tx.Users().Save(ctx, taken)
		case domain.KindOf(err) == domain.NotFound:
			user, err = tx.Users().Add(ctx, user)
			e.Subject.ID = user.ID
		}
		return err
	})
	if domain.KindOf(err) == domain.Conflict { // taken a moment ago
		return nil
	}
	return err
}

func userID(user domain.User) domain.ID { return user.ID }

// Create creates an account of either role for somebody else, who has to change
// the password first of all. A taken address is a Conflict.
func (s *Users) Create(ctx context.Context, actor domain.Actor, in domain.Registration) (domain.User, error) {
	return account(ctx, s.trail, actor, domain.UserCreate, on(domain.AboutUser, 0), func(e *entry) (domain.User, error) {
		user, password, err := domain.NewUser(in, s.clock(), s.passwords.Weakness)
		if err != nil {
			return domain.User{}, err
		}
		hash, err := s.passwords.Hash(ctx, password)
		if err != nil {
			return domain.User{}, err
		}
		return add(ctx, e, userID, func(tx ports.Tx) (domain.User, error) {
			return tx.Users().Add(ctx, user.SetPassword(hash, true))
		})
	})
}

// Get returns an account.
func (s *Users) Get(ctx context.Context, actor domain.Actor, id domain.ID) (domain.User, error) {
	return account(ctx, s.trail, actor, domain.UserRead, on(domain.AboutUser, id), func(e *entry) (domain.User, error) {
		return getUser(ctx, s.trail.store, id)
	})
}

// Find returns the account of an address.
func (s *Users) Find(ctx context.Context, actor domain.Actor, email domain.Email) (domain.User, error) {
	return account(ctx, s.trail, actor, domain.UserRead, on(domain.AboutUser, 0), func(e *entry) (domain.User, error) {
		user, err := view(ctx, s.trail.store, func(tx ports.Tx) (domain.User, error) { return tx.Users().ByEmail(ctx, email) })
		e.Subject.ID = user.ID
		return user, err
	})
}

// List returns a page of the accounts that the query asks for.
func (s *Users) List(ctx context.Context, actor domain.Actor, query domain.UserQuery) (Page[domain.User], error) {
	return account(ctx, s.trail, actor, domain.UserRead, on(domain.AboutUser, 0), func(e *entry) (Page[domain.User], error) {
		filter, page, err := query.Parse()
		if err != nil {
			return Page[domain.User]{}, err
		}
		return list(ctx, e, page, userID,
			func(tx ports.Tx, page domain.Page) ([]domain.User, error) {
				return tx.Users().List(ctx, filter, page)
			})
	})
}

// Change sets what is given of an account. Another role, or being active no
// more, ends the user's sessions. Nobody can change their own role (Forbidden),
// and the last active administrator stays one (Conflict).
func (s *Users) Change(ctx context.Context, actor domain.Actor, id domain.ID, in domain.UserChange) (domain.User, error) {
	return account(ctx, s.trail, actor, domain.UserUpdate, on(domain.AboutUser, id), func(e *entry) (domain.User, error) {
		return s.change(ctx, e, in)
	})
}

// Deactivate keeps a user from signing in, and ends their sessions. Accounts are
// never erased: records name them. The last active administrator is a Conflict.
func (s *Users) Deactivate(ctx context.Context, actor domain.Actor, id domain.ID) error {
	return perform(ctx, s.trail, actor, domain.UserDeactivate, on(domain.AboutUser, id), func(e *entry) error {
		_, err := s.change(ctx, e, domain.UserChange{Active: domain.Given("false")})
		return err
	})
}

func (s *Users) change(ctx context.Context, e *entry, in domain.UserChange) (domain.User, error) {
	id := e.Subject.ID
	var changed domain.User
	err := ending(ctx, e, s.revocations, func(tx ports.Tx) ([]domain.ID, error) {
		// Before the user, so that two who demote each other do not block each other.
		admins, err := tx.Users().ActiveAdmins(ctx)
		if err != nil {
			return nil, err
		}
		before, err := tx.Users().Get(ctx, id)
		if err != nil {
			return nil, err
		}
		if changed, err = before.Administer(in); err != nil {
			return nil, err
		}
		otherRole, deactivated := changed.Role != before.Role, before.Active && !changed.Active
		switch isLast := len(admins) == 1 && admins[0].ID == id; {
		case otherRole && id == e.Actor.UserID:
			return nil, domain.ErrForbidden("Nobody can change their own role.")
		case otherRole && isLast:
			return nil, domain.ErrLastAdmin("role")
		case deactivated && isLast:
			return nil, domain.ErrLastAdmin("is_active")
		}
		if err := tx.Users().Save(ctx, changed); err != nil || !otherRole && !deactivated {
			return nil, err
		}
		return tx.Sessions().End(ctx, id, 0, s.clock())
	})
	if err != nil {
		return domain.User{}, err
	}
	return changed, nil
}

// SetPassword gives another user a temporary password, which they have to change
// first of all, and ends their sessions.
func (s *Users) SetPassword(ctx context.Context, actor domain.Actor, id domain.ID, in domain.NewPassword) error {
	return perform(ctx, s.trail, actor, domain.UserSetPassword, on(domain.AboutUser, id), func(e *entry) error {
		if id == actor.UserID {
			return domain.ErrForbidden("Change your own password with your current one.")
		}
		user, err := getUser(ctx, s.trail.store, id)
		if err != nil {
			return err
		}
		password, err := in.Parse(user, s.passwords.Weakness)
		if err != nil {
			return err
		}
		hash, err := s.passwords.Hash(ctx, password)
		if err != nil {
			return err
		}
		return ending(ctx, e, s.revocations, func(tx ports.Tx) ([]domain.ID, error) {
			user, err := tx.Users().Get(ctx, id)
			if err != nil {
				return nil, err
			}
			if err := tx.Users().Save(ctx, user.SetPassword(hash, true)); err != nil {
				return nil, err
			}
			return tx.Sessions().End(ctx, id, 0, s.clock())
		})
	})
}

// EndSessions signs a user out everywhere.
func (s *Users) EndSessions(ctx context.Context, actor domain.Actor, id domain.ID) error {
	return perform(ctx, s.trail, actor, domain.SessionRevoke, on(domain.AboutUser, id), func(e *entry) error {
		return ending(ctx, e, s.revocations, func(tx ports.Tx) ([]domain.ID, error) {
			if _, err := tx.Users().Get(ctx, id); err != nil {
				return nil, err
			}
			return tx.Sessions().End(ctx, id, 0, s.clock())
		})
	})
}

// ResetSecondFactor removes the second factor of somebody who lost the device and all
// recovery codes, and ends their sessions.
func (s *Users) ResetSecondFactor(ctx context.Context, actor domain.Actor, id domain.ID) error {
	return perform(ctx, s.trail, actor, domain.UserResetMFA, on(domain.AboutUser, id), func(e *entry) error {
		return ending(ctx, e, s.revocations, func(tx ports.Tx) ([]domain.ID, error) {
			user, err := tx.Users().Get(ctx, id)
			if err != nil {
				return nil, err
			}
			user.SecondFactor = domain.SecondFactor{}
			if err := tx.Users().Save(ctx, user); err != nil {
				return nil, err
			}
			return tx.Sessions().End(ctx, id, 0, s.clock())
		})
	})
}
