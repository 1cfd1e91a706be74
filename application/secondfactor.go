package application

import (
	"cmp"
	"context"
	"crypto/rand"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// SecondFactor is the use-cases on the second factor of one's own account.
type SecondFactor struct {
	trail *Trail
	guard *Guard
	codes ports.OneTimeCodes
	clock ports.Clock
	rules SessionRules
}

// Get returns the actor's second factor, which may be none.
func (s *SecondFactor) Get(ctx context.Context, actor domain.Actor) (domain.SecondFactor, error) {
	return read(ctx, s.trail, attempt{by: actor, to: domain.UserManageMFA, on: self(actor)},
		func(tx ports.Tx, _ *entry) (domain.SecondFactor, error) {
			user, err := tx.Users().Get(ctx, actor.UserID)
			return user.SecondFactor, err
		})
}

// Enrol gives the actor a key to put into a device, in place of one that was
// never confirmed. It takes the password; a wrong one counts against the
// session. An account that has a second factor is a Conflict.
func (s *SecondFactor) Enrol(ctx context.Context, actor domain.Actor, in domain.PasswordCheck) (ports.Enrolment, error) {
	password, invalid := in.Parse()
	return perform(ctx, s.trail, attempt{by: actor, to: domain.UserManageMFA, on: self(actor), invalid: invalid},
		func(e *entry) (ports.Enrolment, error) {
			user, err := getUser(ctx, s.trail.store, actor.UserID)
			if err != nil {
				return ports.Enrolment{}, err
			}
			enrolment, err := s.codes.Enrol(user.Email)
			if err != nil {
				return ports.Enrolment{}, err
			}
			return confirmPassword(ctx, s.guard, e, user, "password", password, func(tx ports.Tx, user domain.User) (ports.Enrolment, error) {
				if user.SecondFactor.Confirmed {
					return enrolment, domain.ErrSecondFactorExists()
				}
				user.SecondFactor = domain.NewSecondFactor(enrolment.Key)
				return enrolment, tx.Users().Save(ctx, user)
			})
		})
}

// Confirm turns the second factor on with a code of the device, ends the actor's
// other sessions, which were begun without it, and returns the recovery codes,
// which cannot be seen again. A wrong code is Invalid and counts against the
// session; without Enrol before it is a Conflict.
func (s *SecondFactor) Confirm(ctx context.Context, actor domain.Actor, in domain.CodeCheck) (domain.RecoveryCodes, error) {
	code, invalid := in.Parse()
	return perform(ctx, s.trail, attempt{by: actor, to: domain.UserManageMFA, on: self(actor), invalid: invalid},
		func(e *entry) (domain.RecoveryCodes, error) {
			codes := newRecoveryCodes()
			return commit(ctx, e, func(tx ports.Tx, e *entry) (domain.RecoveryCodes, error) {
				tries, err := s.guard.limiter.tries(ctx, tx, s.guard.limiter.session(actor.SessionID))
				if err != nil {
					return codes, err
				}
				right, err := s.confirm(ctx, tx, e, code, codes)
				if err == nil && !right {
					if err = tries.fail(ctx, tx); err == nil {
						err = refuse(domain.ErrCodeField())
					}
				}
				return codes, err
			})
		})
}

// confirm reports whether the code is right, and then confirms the factor.
func (s *SecondFactor) confirm(ctx context.Context, tx ports.Tx, e *entry, code domain.OneTimeCode, codes domain.RecoveryCodes) (right bool, err error) {
	user, err := tx.Users().Get(ctx, e.Actor.UserID)
	if err != nil {
		return false, err
	}
	if user.SecondFactor.Key.IsZero() || user.SecondFactor.Confirmed {
		return false, domain.ErrNothingToConfirm()
	}
	now := s.clock()
	step, matches, err := s.codes.Match(user.SecondFactor.Key, code, now)
	if err != nil || !matches {
		return false, err
	}
	confirmed := user
	confirmed.SecondFactor = user.SecondFactor.Confirm(step, codes)
	if _, err := saveUser(ctx, tx, e, user, confirmed); err != nil {
		return false, err
	}
	return true, endSessions(ctx, tx, e, user.ID, e.Actor.SessionID, now)
}

func newRecoveryCodes() (codes domain.RecoveryCodes) {
	for i := range codes {
		var random [domain.RecoveryCodeBytes]byte
		_, _ = rand.Read(random[:]) // never fails (crypto/rand)
		codes[i] = domain.NewRecoveryCode(random)
	}
	return codes
}

// Disable removes the actor's second factor and ends the other sessions. It takes
// the password, like Enrol. A user whose role needs a second factor cannot remove it.
func (s *SecondFactor) Disable(ctx context.Context, actor domain.Actor, in domain.PasswordCheck) error {
	password, invalid := in.Parse()
	if s.rules.AdminsNeedSecondFactor && actor.Role == domain.Admin {
		invalid = domain.ErrForbidden("Administrators need a second factor here.")
	}
	_, err := perform(ctx, s.trail, attempt{by: actor, to: domain.UserManageMFA, on: self(actor), invalid: invalid},
		func(e *entry) (nothing, error) {
			user, err := getUser(ctx, s.trail.store, actor.UserID)
			if err != nil {
				return nothing{}, err
			}
			return confirmPassword(ctx, s.guard, e, user, "password", password, func(tx ports.Tx, user domain.User) (nothing, error) {
				changed := user
				changed.SecondFactor = domain.SecondFactor{}
				if _, err := saveUser(ctx, tx, e, user, changed); err != nil {
					return nothing{}, err
				}
				return nothing{}, endSessions(ctx, tx, e, user.ID, actor.SessionID, s.clock())
			})
		})
	return err
}

// Resealed is what Reseal did.
type Resealed struct {
	// Keys is how many it sealed again.
	Keys int
	// Failed is the error of the first key that it could not seal again; nil if there
	// was none.
	Failed error
}

// Reseal seals the keys of all second factors with the current key of the
// service, so that the one before can be given up. It goes on after a key that
// cannot be opened.
func (s *SecondFactor) Reseal(ctx context.Context, actor domain.Actor) (Resealed, error) {
	return write(ctx, s.trail, attempt{by: actor, to: domain.UserResealMFA, on: some(domain.SubjectUser)},
		func(tx ports.Tx, _ *entry) (Resealed, error) {
			var done Resealed
			page := domain.Page{Limit: domain.MaxPageLimit}
			for {
				found, err := tx.Users().List(ctx, domain.UserFilter{}, page)
				if err != nil || len(found) == 0 {
					return done, err
				}
				for _, user := range found {
					if err := s.reseal(ctx, tx, user, &done); err != nil {
						return done, err
					}
				}
				page.After = found[len(found)-1].ID
			}
		})
}

// reseal locks only a user whose key has to change, so that no other user has to wait.
func (s *SecondFactor) reseal(ctx context.Context, tx ports.Tx, user domain.User, done *Resealed) error {
	if user.SecondFactor.Key.IsZero() {
		return nil
	}
	if _, changed, err := s.codes.Reseal(user.SecondFactor.Key); err != nil || !changed {
		done.Failed = cmp.Or(done.Failed, err)
		return nil
	}
	user, err := tx.Users().Get(ctx, user.ID)
	if err != nil || user.SecondFactor.Key.IsZero() {
		return err
	}
	key, changed, err := s.codes.Reseal(user.SecondFactor.Key)
	if err != nil || !changed {
		done.Failed = cmp.Or(done.Failed, err)
		return nil
	}
	user.SecondFactor.Key = key
	done.Keys++
	return tx.Users().Save(ctx, user)
}
