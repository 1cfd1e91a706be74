package application

import (
	"cmp"
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// RegistrationMode says who can register.
type RegistrationMode string

// The modes of registration.
const (
	// RegistrationOpen lets anyone register as Staff.
	RegistrationOpen RegistrationMode = "open"
	// RegistrationApproval lets anyone ask for an account as Staff. An administrator must
	// activate it.
	RegistrationApproval RegistrationMode = "approval"
	// RegistrationClosed lets only users with domain.UserCreate create accounts.
	RegistrationClosed RegistrationMode = "closed"
)

// Users holds the use-cases on all accounts.
type Users struct {
	trail         *Trail
	lister        lister[domain.User]
	limiter       *Limiter
	passwords     ports.Passwords
	clock         ports.Clock
	registration  RegistrationMode
	preconditions PreconditionRule
}

// RegistrationResult is the result of Register.
type RegistrationResult struct {
	// User is the new account, zero if AwaitsApproval is set.
	User domain.User
	// AwaitsApproval is true if an administrator must activate the account. It is also true
	// if the address was taken and no account was created.
	AwaitsApproval bool
}

// Register creates an account. Without domain.UserCreate the role must be Staff, and the
// RegistrationMode must be open or approval; otherwise the error is Forbidden. A taken address
// is a Conflict.
//
// With RegistrationApproval, a caller without domain.UserCreate always gets AwaitsApproval, after
// the same time, whether the address was free or taken.
func (s *Users) Register(ctx context.Context, actor domain.Actor, in domain.Registration) (RegistrationResult, error) {
	return runUseCase(ctx, s.trail, call{actor: actor, permission: domain.UserRegister, kind: domain.SubjectUser},
		func(ctx context.Context, event *pendingEvent) (RegistrationResult, error) {
			caller := ports.KnownCaller(actor.UserID)
			mayCreate := domain.Authorize(actor, domain.UserCreate) == nil
			if !mayCreate {
				caller = ports.UnknownCaller(actor.Origin)
				if s.registration != RegistrationOpen && s.registration != RegistrationApproval {
					return RegistrationResult{}, domain.ErrForbidden("Registration is closed. Ask an administrator for an account.")
				}
				if err := s.limiter.countRegistration(ctx, actor.Origin); err != nil {
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
				return RegistrationResult{AwaitsApproval: true}, s.addInactiveUser(ctx, event, user)
			}
			added, err := s.addUser(ctx, event, user)
			return RegistrationResult{User: added}, err
		})
}

// addUser adds an account, which becomes the subject of the event. If the address is taken, the
// account that has it becomes the subject.
func (s *Users) addUser(ctx context.Context, event *pendingEvent, user domain.User) (domain.User, error) {
	added, err := updateWithEvent(ctx, event, func(ctx context.Context, tx ports.Tx, event *pendingEvent) (domain.User, error) {
		added, err := tx.Users().Add(ctx, user)
		event.Subject.ID = added.ID
		return added, err
	})
	if domain.KindOf(err) == domain.Conflict {
		err = cmp.Or(s.setSubjectByEmail(ctx, event, user.Email), err)
	}
	return added, err
}

// setSubjectByEmail makes the account with the address the subject of the event. If no account
// has the address any more, the subject stays as it is.
func (s *Users) setSubjectByEmail(ctx context.Context, event *pendingEvent, email domain.Email) error {
	taken, err := viewStore(ctx, s.trail.store, func(tx ports.Tx) (domain.User, error) { return tx.Users().ByEmail(ctx, email) })
	if domain.KindOf(err) == domain.NotFound {
		return nil
	}
	event.Subject.ID = taken.ID
	return err
}

// addInactiveUser adds an account that an administrator must activate. If the address is taken,
// it does the same amount of work and returns no error, so that the caller cannot tell.
func (s *Users) addInactiveUser(ctx context.Context, event *pendingEvent, user domain.User) error {
	user.Active = false
	_, err := updateWithEvent(ctx, event, func(ctx context.Context, tx ports.Tx, event *pendingEvent) (nothing, error) {
		taken, err := tx.Users().ByEmail(ctx, user.Email)
		switch {
		case err == nil:
			event.Subject.ID = taken.ID
			return nothing{}, tx.Users().Save(ctx, taken)
		case domain.KindOf(err) == domain.NotFound:
			var added domain.User
			added, err = tx.Users().Add(ctx, user)
			event.Subject.ID = added.ID
		}
		return nothing{}, err
	})
	if domain.KindOf(err) == domain.Conflict { // The address was taken between ByEmail and Add.
		return s.setSubjectByEmail(ctx, event, user.Email)
	}
	return err
}

// Create creates an account for another person, as Staff or Admin. The user must change the
// password before anything else. A taken address is a Conflict.
func (s *Users) Create(ctx context.Context, actor domain.Actor, in domain.Registration) (domain.User, error) {
	return runUseCase(ctx, s.trail, call{actor: actor, permission: domain.UserCreate, kind: domain.SubjectUser},
		func(ctx context.Context, event *pendingEvent) (domain.User, error) {
			user, password, err := domain.NewUser(in, s.clock(), s.passwords.Weakness)
			if err != nil {
				return domain.User{}, err
			}
			hash, err := s.passwords.Hash(ctx, ports.KnownCaller(actor.UserID), password)
			if err != nil {
				return domain.User{}, err
			}
			return s.addUser(ctx, event, user.SetPassword(hash, true))
		})
}

// Get returns an account.
func (s *Users) Get(ctx context.Context, actor domain.Actor, id domain.ID, in domain.Parameters) (domain.User, error) {
	_, inputErr := domain.UserList.ParseFields(actor, in)
	return runView(ctx, s.trail, call{actor: actor, permission: domain.UserRead, kind: domain.SubjectUser, id: id, named: in.References(), inputErr: inputErr},
		func(ctx context.Context, tx ports.Tx, _ *pendingEvent) (domain.User, error) {
			return tx.Users().Get(ctx, id)
		})
}

// FindByEmail returns the account with the address.
func (s *Users) FindByEmail(ctx context.Context, actor domain.Actor, email domain.Email) (domain.User, error) {
	return runView(ctx, s.trail, call{actor: actor, permission: domain.UserRead, kind: domain.SubjectUser},
		func(ctx context.Context, tx ports.Tx, event *pendingEvent) (domain.User, error) {
			user, err := tx.Users().ByEmail(ctx, email)
			event.Subject.ID = user.ID
			return user, err
		})
}

// List returns a page of the accounts that the parameters select (see domain.UserList).
func (s *Users) List(ctx context.Context, actor domain.Actor, in domain.Parameters) (Page[domain.User], error) {
	return s.lister.list(ctx, actor, domain.UserRead, in)
}

// HasAdministrator reports whether an active account has the role Admin. The service calls it
// when it starts. It is not a use-case: it needs no permission, because it returns no data of
// any person.
func (s *Users) HasAdministrator(ctx context.Context) (bool, error) {
	return viewStore(ctx, s.trail.store, func(tx ports.Tx) (bool, error) {
		found, err := tx.Users().ActiveAdmins(ctx)
		return len(found) > 0, err
	})
}

// Change sets the given fields of an account. A new role or a deactivation revokes the user's
// sessions. Changing one's own role is Forbidden. Demoting or deactivating the last active
// administrator is a Conflict.
func (s *Users) Change(ctx context.Context, actor domain.Actor, id domain.ID, expected domain.Precondition, in domain.UserChange) (domain.User, error) {
	return runUpdate(ctx, s.trail, call{actor: actor, permission: domain.UserUpdate, kind: domain.SubjectUser, id: id, inputErr: s.preconditions.missing(expected)},
		func(ctx context.Context, tx ports.Tx, event *pendingEvent) (domain.User, error) {
			return s.changeUser(ctx, tx, event, expected, in)
		})
}

// Deactivate prevents a user from signing in and revokes the user's sessions. Accounts are never
// deleted, because records refer to them. The last active administrator is a Conflict.
func (s *Users) Deactivate(ctx context.Context, actor domain.Actor, id domain.ID, expected domain.Precondition) error {
	_, err := runUpdate(ctx, s.trail, call{actor: actor, permission: domain.UserDeactivate, kind: domain.SubjectUser, id: id, inputErr: s.preconditions.missing(expected)},
		func(ctx context.Context, tx ports.Tx, event *pendingEvent) (domain.User, error) {
			return s.changeUser(ctx, tx, event, expected, domain.UserChange{Active: domain.Given("false")})
		})
	return err
}

// changeUser changes the account that is the subject of the event.
func (s *Users) changeUser(ctx context.Context, tx ports.Tx, event *pendingEvent, expected domain.Precondition, in domain.UserChange) (domain.User, error) {
	id := event.Subject.ID
	// Lock the administrators before the user, so that two administrators who demote each
	// other do not deadlock.
	admins, err := tx.Users().ActiveAdmins(ctx)
	if err != nil {
		return domain.User{}, err
	}
	before, err := tx.Users().Get(ctx, id)
	if err != nil {
		return domain.User{}, err
	}
	if err := domain.CheckPrecondition(expected, before, event.Actor); err != nil {
		return domain.User{}, err
	}
	changed, err := before.Administer(in)
	if err != nil {
		return domain.User{}, err
	}
	otherRole, deactivated := changed.Role != before.Role, before.Active && !changed.Active
	switch isLast := len(admins) == 1 && admins[0].ID == id; {
	case otherRole && id == event.Actor.UserID:
		return domain.User{}, domain.ErrForbidden("Nobody can change their own role.")
	case otherRole && isLast:
		return domain.User{}, domain.ErrLastAdmin("role")
	case deactivated && isLast:
		return domain.User{}, domain.ErrLastAdmin("is_active")
	}
	changed, err = saveUser(ctx, tx, event, before, changed)
	if err != nil || !otherRole && !deactivated {
		return changed, err
	}
	return changed, revokeSessions(ctx, tx, event, id, 0, s.clock())
}

// SetPassword gives another user a temporary password and revokes the user's sessions. The user
// must change the password before anything else.
func (s *Users) SetPassword(ctx context.Context, actor domain.Actor, id domain.ID, in domain.NewPassword) error {
	_, err := runUseCase(ctx, s.trail, call{actor: actor, permission: domain.UserSetPassword, kind: domain.SubjectUser, id: id},
		func(ctx context.Context, event *pendingEvent) (nothing, error) {
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
			return updateWithEvent(ctx, event, func(ctx context.Context, tx ports.Tx, event *pendingEvent) (nothing, error) {
				user, err := tx.Users().Get(ctx, id)
				if err != nil {
					return nothing{}, err
				}
				if _, err := saveUser(ctx, tx, event, user, user.SetPassword(hash, true)); err != nil {
					return nothing{}, err
				}
				return nothing{}, revokeSessions(ctx, tx, event, id, 0, s.clock())
			})
		})
	return err
}

// ResetSecondFactor removes the second factor of a user who lost the device and all recovery
// codes, and revokes the user's sessions.
func (s *Users) ResetSecondFactor(ctx context.Context, actor domain.Actor, id domain.ID) error {
	_, err := runUpdate(ctx, s.trail, call{actor: actor, permission: domain.UserResetMFA, kind: domain.SubjectUser, id: id},
		func(ctx context.Context, tx ports.Tx, event *pendingEvent) (nothing, error) {
			user, err := tx.Users().Get(ctx, id)
			if err != nil {
				return nothing{}, err
			}
			changed := user
			changed.SecondFactor = domain.SecondFactor{}
			if _, err := saveUser(ctx, tx, event, user, changed); err != nil {
				return nothing{}, err
			}
			return nothing{}, revokeSessions(ctx, tx, event, id, 0, s.clock())
		})
	return err
}
