package application

import (
	"cmp"
	"context"
	"crypto/rand"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// SecondFactor holds the use-cases on the second factor of the actor's own account.
type SecondFactor struct {
	trail *Trail
	guard *Guard
	codes ports.OneTimeCodes
	clock ports.Clock
	rules SessionRules
}

// Get returns the actor's second factor, the zero SecondFactor if there is none.
func (s *SecondFactor) Get(ctx context.Context, actor domain.Actor) (domain.SecondFactor, error) {
	return runView(ctx, s.trail, call{actor: actor, permission: domain.UserManageMFA, kind: domain.SubjectUser, id: actor.UserID},
		func(ctx context.Context, tx ports.Tx, _ *pendingEvent) (domain.SecondFactor, error) {
			user, err := tx.Users().Get(ctx, actor.UserID)
			return user.SecondFactor, err
		})
}

// Enrol returns a new key for the actor's device. It replaces a key that was never confirmed.
// Enrol verifies the password; a wrong one counts against the session. If the account has a
// second factor, the error is a Conflict.
func (s *SecondFactor) Enrol(ctx context.Context, actor domain.Actor, in domain.PasswordCheck) (ports.Enrolment, error) {
	password, inputErr := in.Parse()
	return runUseCase(ctx, s.trail, call{actor: actor, permission: domain.UserManageMFA, kind: domain.SubjectUser, id: actor.UserID, inputErr: inputErr},
		func(ctx context.Context, event *pendingEvent) (ports.Enrolment, error) {
			user, err := getUser(ctx, s.trail.store, actor.UserID)
			if err != nil {
				return ports.Enrolment{}, err
			}
			enrolment, err := s.codes.Enrol(user.Email)
			if err != nil {
				return ports.Enrolment{}, err
			}
			return confirmPassword(ctx, s.guard, event, user, "password", password, func(tx ports.Tx, user domain.User) (ports.Enrolment, error) {
				if user.SecondFactor.Confirmed {
					return enrolment, domain.ErrSecondFactorExists()
				}
				user.SecondFactor = domain.NewSecondFactor(enrolment.Key)
				return enrolment, tx.Users().Save(ctx, user)
			})
		})
}

// Confirm enables the second factor, given a code of the device. It revokes the actor's other
// sessions, which were started without a second factor, and returns the recovery codes, which
// are never shown again. A wrong code is Invalid and counts against the session. Without an
// earlier Enrol the error is a Conflict.
func (s *SecondFactor) Confirm(ctx context.Context, actor domain.Actor, in domain.CodeCheck) (domain.RecoveryCodes, error) {
	code, inputErr := in.Parse()
	return runUseCase(ctx, s.trail, call{actor: actor, permission: domain.UserManageMFA, kind: domain.SubjectUser, id: actor.UserID, inputErr: inputErr},
		func(ctx context.Context, event *pendingEvent) (domain.RecoveryCodes, error) {
			codes := newRecoveryCodes()
			return updateWithEvent(ctx, event, func(ctx context.Context, tx ports.Tx, event *pendingEvent) (domain.RecoveryCodes, error) {
				counts, err := s.guard.limiter.lockCounts(ctx, tx, s.guard.limiter.sessionKeys(actor.SessionID))
				if err != nil {
					return codes, err
				}
				right, err := s.confirm(ctx, tx, event, code, codes)
				if err == nil && !right {
					if err = counts.saveFailure(ctx, tx); err == nil {
						err = commitAndRefuse(domain.ErrCodeField())
					}
				}
				return codes, err
			})
		})
}

// confirm enables the second factor if the code is right, and reports whether it is.
func (s *SecondFactor) confirm(ctx context.Context, tx ports.Tx, event *pendingEvent, code domain.OneTimeCode, codes domain.RecoveryCodes) (right bool, err error) {
	user, err := tx.Users().Get(ctx, event.Actor.UserID)
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
	if _, err := saveUser(ctx, tx, event, user, confirmed); err != nil {
		return false, err
	}
	return true, revokeSessions(ctx, tx, event, user.ID, event.Actor.SessionID, now)
}

func newRecoveryCodes() (codes domain.RecoveryCodes) {
	for i := range codes {
		var random [domain.RecoveryCodeBytes]byte
		_, _ = rand.Read(random[:]) // never fails (crypto/rand)
		codes[i] = domain.NewRecoveryCode(random)
	}
	return codes
}

// Disable removes the actor's second factor and revokes the other sessions. It verifies the
// password, like Enrol. A user whose role requires a second factor cannot remove it.
func (s *SecondFactor) Disable(ctx context.Context, actor domain.Actor, in domain.PasswordCheck) error {
	password, inputErr := in.Parse()
	if s.rules.AdminsNeedSecondFactor && actor.Role == domain.Admin {
		inputErr = domain.ErrForbidden("Administrators need a second factor here.")
	}
	_, err := runUseCase(ctx, s.trail, call{actor: actor, permission: domain.UserManageMFA, kind: domain.SubjectUser, id: actor.UserID, inputErr: inputErr},
		func(ctx context.Context, event *pendingEvent) (nothing, error) {
			user, err := getUser(ctx, s.trail.store, actor.UserID)
			if err != nil {
				return nothing{}, err
			}
			return confirmPassword(ctx, s.guard, event, user, "password", password, func(tx ports.Tx, user domain.User) (nothing, error) {
				changed := user
				changed.SecondFactor = domain.SecondFactor{}
				if _, err := saveUser(ctx, tx, event, user, changed); err != nil {
					return nothing{}, err
				}
				return nothing{}, revokeSessions(ctx, tx, event, user.ID, actor.SessionID, s.clock())
			})
		})
	return err
}

// ResealResult is the result of Reseal.
type ResealResult struct {
	// Keys is how many keys Reseal encrypted with the current key of the service.
	Keys int
	// Failed is the error of the first key that could not be resealed, nil if there is none.
	Failed error
}

// Reseal encrypts the keys of all second factors with the current key of the service, so that
// its previous key can be deleted. It continues after a key that cannot be decrypted.
func (s *SecondFactor) Reseal(ctx context.Context, actor domain.Actor) (ResealResult, error) {
	return runUpdate(ctx, s.trail, call{actor: actor, permission: domain.UserResealMFA, kind: domain.SubjectUser},
		func(ctx context.Context, tx ports.Tx, _ *pendingEvent) (ResealResult, error) {
			var done ResealResult
			query := domain.ListQuery{Limit: domain.MaxPageLimit}
			for {
				found, err := tx.Users().List(ctx, query)
				if err != nil || len(found) == 0 {
					return done, err
				}
				for _, user := range found {
					if err := s.reseal(ctx, tx, user, &done); err != nil {
						return done, err
					}
				}
				query.After = &domain.Position{ID: found[len(found)-1].ID}
			}
		})
}

// reseal locks the user only if the key must change, so that other users do not wait.
func (s *SecondFactor) reseal(ctx context.Context, tx ports.Tx, user domain.User, done *ResealResult) error {
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
