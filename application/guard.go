package application

import (
	"context"
	"errors"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Guard verifies passwords and one-time codes.
type Guard struct {
	store     ports.Store
	limiter   *Limiter
	passwords ports.Passwords
	codes     ports.OneTimeCodes
	clock     ports.Clock
}

// factors says which factors of a proof are verified.
type factors uint8

const (
	// passwordOnly is for a user who is signed in.
	passwordOnly factors = iota
	// allFactors also verifies the one-time code if the user has a second factor.
	allFactors
)

// verifyProof verifies a proof. If it is right, verifyProof runs then with the user, in the
// Update that records the event. A wrong proof counts against the session of a signed-in user,
// and otherwise against the account, whether it exists or not. All refusals have the same
// answer and take the same time. A password hash in an outdated format is replaced.
//
// The user, if there is one, becomes the subject of the event.
func verifyProof[T any](ctx context.Context, g *Guard, event *pendingEvent, proof domain.Proof, factors factors,
	then func(tx ports.Tx, user domain.User) (T, error),
) (T, error) {
	var zero T
	for range 2 {
		checked, err := g.checkPassword(ctx, event.Actor, proof, factors)
		if checked.user.ID != 0 {
			event.Subject = domain.Subject{Kind: domain.SubjectUser, ID: checked.user.ID}
		}
		if err != nil {
			return zero, err
		}
		// Another login may have replaced an outdated hash, or the password may have been
		// changed, while this one was compared. Compare with the new hash then.
		if result, err := countAndRun(ctx, g, event, checked, then); !errors.Is(err, errHashReplaced) {
			return result, err
		}
	}
	return zero, domain.ErrCredentials()
}

// checkedProof is a proof whose password was compared.
type checkedProof struct {
	keys    guessKeys
	proof   domain.Proof
	factors factors
	// user is the user with the address, zero if there is none.
	user            domain.User
	passwordMatches bool
	// newHash replaces an outdated hash. It is zero if the hash is not outdated.
	newHash domain.PasswordHash
}

// checkPassword compares the password, unless a rate limit refuses the caller. It looks the
// user up first, so that the event of a refused login names the account. An unknown address
// costs the same work.
func (g *Guard) checkPassword(ctx context.Context, actor domain.Actor, proof domain.Proof, factors factors) (checkedProof, error) {
	checked := checkedProof{keys: g.limiter.loginKeys(proof.Email, actor.Origin), proof: proof, factors: factors}
	if factors == passwordOnly {
		checked.keys = g.limiter.sessionKeys(actor.SessionID)
	}
	caller := ports.UnknownCaller(actor.Origin)
	err := g.store.View(ctx, func(tx ports.Tx) (err error) {
		if proof.Email != (domain.Email{}) { // No account is found by an empty address.
			checked.user, err = tx.Users().ByEmail(ctx, proof.Email)
			if err != nil && domain.KindOf(err) != domain.NotFound {
				return err
			}
		}
		known, err := g.limiter.checkLimits(ctx, tx, checked.keys)
		if known && checked.user.ID != 0 {
			caller = ports.KnownCaller(checked.user.ID)
		}
		return err
	})
	if err != nil {
		return checked, err
	}
	// For an unknown address the hash is zero: Verify takes its usual time and fails.
	checked.passwordMatches, err = g.passwords.Verify(ctx, caller, proof.Password, checked.user.PasswordHash)
	if err == nil && checked.passwordMatches && g.passwords.Outdated(proof.Password, checked.user.PasswordHash) {
		checked.newHash, err = g.passwords.Hash(ctx, caller, proof.Password)
	}
	return checked, err
}

var errHashReplaced = errors.New("the password hash was replaced while it was being verified")

// countAndRun counts a wrong proof as a failure, and runs then for a right one. It locks the
// counts, so concurrent guesses get here one after the other, and no more of them get an answer
// than the limits allow.
func countAndRun[T any](ctx context.Context, g *Guard, event *pendingEvent, checked checkedProof, then func(ports.Tx, domain.User) (T, error)) (T, error) {
	return updateWithEvent(ctx, event, func(ctx context.Context, tx ports.Tx, event *pendingEvent) (zero T, err error) {
		counts, err := g.limiter.lockCounts(ctx, tx, checked.keys)
		if err != nil {
			return zero, err
		}
		user, refused, err := g.checkUser(ctx, tx, checked)
		if err != nil {
			return zero, err
		}
		if refused != nil {
			if err := counts.saveFailure(ctx, tx); err != nil {
				return zero, err
			}
			return zero, commitAndRefuse(refused)
		}
		if err := counts.saveSuccess(ctx, tx); err != nil {
			return zero, err
		}
		return then(tx, user)
	})
}

// checkUser returns the user as stored now if the proof is right. Otherwise refused says why it
// is wrong. A missing one-time code is an error, and not counted as a failure.
func (g *Guard) checkUser(ctx context.Context, tx ports.Tx, checked checkedProof) (user domain.User, refused, err error) {
	if !checked.passwordMatches {
		return user, domain.ErrCredentials(), nil
	}
	if user, err = tx.Users().Get(ctx, checked.user.ID); err != nil {
		return user, nil, err
	}
	if user.PasswordHash.Reveal() != checked.user.PasswordHash.Reveal() {
		return user, nil, errHashReplaced
	}
	if !user.Active {
		return user, domain.ErrCredentials(), nil
	}
	changed := !checked.newHash.IsZero()
	if changed {
		user.PasswordHash = checked.newHash
	}
	if checked.factors == allFactors && user.SecondFactor.Confirmed {
		if checked.proof.Code.IsZero() {
			return user, nil, domain.ErrOneTimeCodeRequired()
		}
		if user.SecondFactor, changed, err = g.useCode(user.SecondFactor, checked.proof.Code); err != nil {
			return user, nil, err
		}
		if !changed {
			return user, domain.ErrOneTimeCode(), nil
		}
	}
	if changed {
		err = tx.Users().Save(ctx, user)
	}
	return user, nil, err
}

// useCode marks a code of the factor as spent. It returns false if the code is wrong or was
// spent before.
func (g *Guard) useCode(factor domain.SecondFactor, code domain.OneTimeCode) (domain.SecondFactor, bool, error) {
	if recovery, can := code.Recovery(); can {
		factor, ok := factor.UseRecovery(recovery)
		return factor, ok, nil
	}
	step, matches, err := g.codes.Match(factor.Key, code, g.clock())
	if err != nil || !matches {
		return factor, false, err
	}
	factor, ok := factor.UseStep(step)
	return factor, ok, nil
}
