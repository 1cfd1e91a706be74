package application

import (
	"cmp"
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
	// RegistrationClosed leaves it to users with domain.UserCreate.
	RegistrationClosed RegistrationMode = "closed"
)

// Users is the use-cases on everybody's accounts.
type Users struct {
	trail        *Trail
	limiter      *Limiter
	passwords    ports.Passwords
	clock        ports.Clock
	registration RegistrationMode
}

// RegistrationResult is what came of a registration.
type RegistrationResult struct {
	// User is zero when the account AwaitsApproval.
	User domain.User
	// AwaitsApproval says that an administrator has to activate the account. It is also
	// set when the address was taken and there is no new account.
	AwaitsApproval bool
}

// Register creates an account. Without domain.UserCreate only Staff can be
// registered, and only as far as registration is open; anything else is
// Forbidden. A taken address is a Conflict.
//
// With RegistrationApproval, a caller without domain.UserCreate learns that the account
// awaits approval, whether the address was free or taken, and in the same time.
func (s *Users) Register(ctx context.Context, actor domain.Actor, in domain.Registration) (RegistrationResult, error) {
	return perform(ctx, s.trail, attempt{by: actor, to: domain.UserRegister, on: some(domain.SubjectUser)},
		func(e *entry) (RegistrationResult, error) {
			caller := ports.KnownCaller(actor.UserID)
			mayCreate := domain.Authorize(actor, domain.UserCreate) == nil
			if !mayCreate {
				caller = ports.UnknownCaller(actor.Origin)
				if s.registration != RegistrationOpen && s.registration != RegistrationApproval {
					return RegistrationResult{}, domain.ErrForbidden("Registration is closed. Ask an administrator for an account.")
				}
				if err := s.limiter.registration(ctx, actor.Origin); err != nil {
					return RegistrationResult{}, err
				}
			}
			user, password, err := domain.NewUser(in, s.clock(), s.passwords.Weakness)
			if user.Role != domain.Staff && !mayCreate {
				return RegistrationResult{}, domain.ErrForbidden("Only an administrator can create administrators.")
			}
			if err != nil {
				return RegistrationResult{}, err
			}
			if user.PasswordHash, err = s.passwords.Hash(ctx, caller, password); err != nil {
				return RegistrationResult{}, err
			}
			if !mayCreate && s.registration == RegistrationApproval {
				return RegistrationResult{AwaitsApproval: true}, s.applyFor(ctx, e, user)
			}
			added, err := s.add(ctx, e, user)
			return RegistrationResult{User: added}, err
		})
}

// add adds an account, which becomes the subject of the event. Where the address is
// taken, that is the account that has it.
func (s *Users) add(ctx context.Context, e *entry, user domain.User) (domain.User, error) {
	added, err := commit(ctx, e, func(tx ports.Tx, e *entry) (domain.User, error) {
		added, err := tx.Users().Add(ctx, user)
		e.Subject.ID = added.ID
		return added, err
	})
	if domain.KindOf(err) == domain.Conflict {
		err = cmp.Or(s.nameTaken(ctx, e, user.Email), err)
	}
	return added, err
}

// nameTaken makes the account that has an address the subject of the event, unless it
// has another address by now.
func (s *Users) nameTaken(ctx context.Context, e *entry, email domain.Email) error {
	taken, err := view(ctx, s.trail.store, func(tx ports.Tx) (domain.User, error) { return tx.Users().ByEmail(ctx, email) })
	if domain.KindOf(err) == domain.NotFound {
		return nil
	}
	e.Subject.ID = taken.ID
	return err
}

// applyFor adds an account that has to be activated. It does as much, and says
// as little, when the address is taken.
func (s *Users) applyFor(ctx context.Context, e *entry, user domain.User) error {
	user.Active = false
	_, err := commit(ctx, e, func(tx ports.Tx, e *entry) (nothing, error) {
		taken, err := tx.Users().ByEmail(ctx, user.Email)
		switch {
		case err == nil:
			e.Subject.ID = taken.ID
			return nothing{}, tx.Users().Save(ctx, taken)
		case domain.KindOf(err) == domain.NotFound:
			var added domain.User
			added, err = tx.Users().Add(ctx, user)
			e.Subject.ID = added.ID
		}
		return nothing{}, err
	})
	if domain.KindOf(err) == domain.Conflict { // taken a moment ago
		return s.nameTaken(ctx, e, user.Email)
	}
	return err
}

// Create creates an account of either role for somebody else, who has to change
// the password first of all. A taken address is a Conflict.
func (s *Users) Create(ctx context.Context, actor domain.Actor, in domain.Registration) (domain.User, error) {
	return perform(ctx, s.trail, attempt{by: actor, to: domain.UserCreate, on: some(domain.SubjectUser)},
		func(e *entry) (domain.User, error) {
			user, password, err := domain.NewUser(in, s.clock(), s.passwords.Weakness)
			if err != nil {
				return domain.User{}, err
			}
			hash, err := s.passwords.Hash(ctx, ports.KnownCaller(actor.UserID), password)
			if err != nil {
				return domain.User{}, err
			}
			return s.add(ctx, e, user.SetPassword(hash, true))
		})
}

// Get returns an account.
func (s *Users) Get(ctx context.Context, actor domain.Actor, id domain.ID) (domain.User, error) {
	return read(ctx, s.trail, attempt{by: actor, to: domain.UserRead, on: one(domain.SubjectUser, id)},
		func(tx ports.Tx, _ *entry) (domain.User, error) {
			return tx.Users().Get(ctx, id)
		})
}

// Find returns the account of an address.
func (s *Users) Find(ctx context.Context, actor domain.Actor, email domain.Email) (domain.User, error) {
	return read(ctx, s.trail, attempt{by: actor, to: domain.UserRead, on: some(domain.SubjectUser)},
		func(tx ports.Tx, e *entry) (domain.User, error) {
			user, err := tx.Users().ByEmail(ctx, email)
			e.Subject.ID = user.ID
			return user, err
		})
}

// List returns a page of the accounts that the query asks for.
func (s *Users) List(ctx context.Context, actor domain.Actor, query domain.UserQuery) (Page[domain.User], error) {
	filter, page, invalid := query.Parse()
	return read(ctx, s.trail, attempt{by: actor, to: domain.UserRead, on: some(domain.SubjectUser), invalid: invalid},
		func(tx ports.Tx, e *entry) (Page[domain.User], error) {
			return list(e, page, func(user domain.User) domain.ID { return user.ID },
				func(page domain.Page) ([]domain.User, error) {
					return tx.Users().List(ctx, filter, page)
				})
		})
}

// HasAdministrator reports whether an active account has the role Admin. It is no use-case:
// it shows nobody's data, and a service asks it when it starts.
func (s *Users) HasAdministrator(ctx context.Context) (has bool, err error) {
	err = s.trail.store.View(ctx, func(tx ports.Tx) error {
		found, err := tx.Users().List(ctx, domain.UserFilter{Role: domain.Admin, Active: true}, domain.Page{Limit: 1})
		has = len(found) > 0
		return err
	})
	return has, err
}

// Change sets what is given of an account. Another role, or being active no
// more, ends the user's sessions. Nobody can change their own role (Forbidden),
// and the last active administrator stays one (Conflict).
func (s *Users) Change(ctx context.Context, actor domain.Actor, id domain.ID, in domain.UserChange) (domain.User, error) {
	return write(ctx, s.trail, attempt{by: actor, to: domain.UserUpdate, on: one(domain.SubjectUser, id)},
		func(tx ports.Tx, e *entry) (domain.User, error) {
			return s.change(ctx, tx, e, in)
		})
}

// Deactivate keeps a user from signing in, and ends their sessions. Accounts are
// never erased: records name them. The last active administrator is a Conflict.
func (s *Users) Deactivate(ctx context.Context, actor domain.Actor, id domain.ID) error {
	_, err := write(ctx, s.trail, attempt{by: actor, to: domain.UserDeactivate, on: one(domain.SubjectUser, id)},
		func(tx ports.Tx, e *entry) (domain.User, error) {
			return s.change(ctx, tx, e, domain.UserChange{Active: domain.Given("false")})
		})
	return err
}

// change changes the account that the event is on.
func (s *Users) change(ctx context.Context, tx ports.Tx, e *entry, in domain.UserChange) (domain.User, error) {
	id := e.Subject.ID
	// Lock the administrators before the user, so that two who demote each other do not
	// block each other.
	admins, err := tx.Users().ActiveAdmins(ctx)
	if err != nil {
		return domain.User{}, err
	}
	before, err := tx.Users().Get(ctx, id)
	if err != nil {
		return domain.User{}, err
	}
	changed, err := before.Administer(in)
	if err != nil {
		return domain.User{}, err
	}
	otherRole, deactivated := changed.Role != before.Role, before.Active && !changed.Active
	switch isLast := len(admins) == 1 && admins[0].ID == id; {
	case otherRole && id == e.Actor.UserID:
		return domain.User{}, domain.ErrForbidden("Nobody can change their own role.")
	case otherRole && isLast:
		return domain.User{}, domain.ErrLastAdmin("role")
	case deactivated && isLast:
		return domain.User{}, domain.ErrLastAdmin("is_active")
	}
	changed, err = saveUser(ctx, tx, e, before, changed)
	if err != nil || !otherRole && !deactivated {
		return changed, err
	}
	return changed, endSessions(ctx, tx, e, id, 0, s.clock())
}

// SetPassword gives another user a temporary password, which they have to change
// first of all, and ends their sessions.
func (s *Users) SetPassword(ctx context.Context, actor domain.Actor, id domain.ID, in domain.NewPassword) error {
	_, err := perform(ctx, s.trail, attempt{by: actor, to: domain.UserSetPassword, on: one(domain.SubjectUser, id)},
		func(e *entry) (nothing, error) {
			if id == actor.UserID {
				return nothing{}, domain.ErrForbidden("Change your own password with your current one.")
			}
			user, err := getUser(ctx, s.trail.store, id)
			if err != nil {
				return nothing{}, err
			}
			password, err := in.Parse(user, s.passwords.Weakness)
			if err != nil {
				return nothing{}, err
			}
			hash, err := s.passwords.Hash(ctx, ports.KnownCaller(actor.UserID), password)
			if err != nil {
				return nothing{}, err
			}
			return commit(ctx, e, func(tx ports.Tx, e *entry) (nothing, error) {
				user, err := tx.Users().Get(ctx, id)
				if err != nil {
					return nothing{}, err
				}
				if _, err := saveUser(ctx, tx, e, user, user.SetPassword(hash, true)); err != nil {
					return nothing{}, err
				}
				return nothing{}, endSessions(ctx, tx, e, id, 0, s.clock())
			})
		})
	return err
}

// EndSessions signs a user out everywhere.
func (s *Users) EndSessions(ctx context.Context, actor domain.Actor, id domain.ID) error {
	_, err := write(ctx, s.trail, attempt{by: actor, to: domain.SessionRevoke, on: one(domain.SubjectUser, id)},
		func(tx ports.Tx, e *entry) (nothing, error) {
			if _, err := tx.Users().Get(ctx, id); err != nil {
				return nothing{}, err
			}
			return nothing{}, endSessions(ctx, tx, e, id, 0, s.clock())
		})
	return err
}

// ResetSecondFactor removes the second factor of somebody who lost the device and all
// recovery codes, and ends their sessions.
func (s *Users) ResetSecondFactor(ctx context.Context, actor domain.Actor, id domain.ID) error {
	_, err := write(ctx, s.trail, attempt{by: actor, to: domain.UserResetMFA, on: one(domain.SubjectUser, id)},
		func(tx ports.Tx, e *entry) (nothing, error) {
			user, err := tx.Users().Get(ctx, id)
			if err != nil {
				return nothing{}, err
			}
			changed := user
			changed.SecondFactor = domain.SecondFactor{}
			if _, err := saveUser(ctx, tx, e, user, changed); err != nil {
				return nothing{}, err
			}
			return nothing{}, endSessions(ctx, tx, e, id, 0, s.clock())
		})
	return err
}
