package application

import (
	"context"
	"errors"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Guard verifies that people are who they say.
type Guard struct {
	store     ports.Store
	limiter   *Limiter
	passwords ports.Passwords
	codes     ports.OneTimeCodes
	clock     ports.Clock
}

// check says what of a proof is looked at.
type factors uint8

const (
	// passwordOnly is for a user who is signed in.
	passwordOnly factors = iota
	// allFactors also asks for the code of the second factor, if the user has one.
	allFactors
)

// prove checks a proof and, if it is right, runs then with its user, in the Update that
// records the attempt. A wrong proof counts against the session of a user who is signed
// in, and otherwise against the account, even one that does not exist. Every reason for
// refusal has the same answer and takes the same time. A hash in an outdated format is
// replaced.
//
// The user, if there is one, becomes the subject of e.
func checkProof[T any](ctx context.Context, g *Guard, event *pendingEvent, proof domain.Proof, check factors,
	then func(tx ports.Tx, user domain.User) (T, error),
) (T, error) {
	var zero T
	for range 2 {
		claim, err := g.checkPassword(ctx, event.Actor, proof, check)
		if claim.user.ID != 0 {
			event.Subject = domain.Subject{Kind: domain.SubjectUser, ID: claim.user.ID}
		}
		if err != nil {
			return zero, err
		}
		// Another login may have replaced an outdated hash in the meantime: then
		// the password is right for the new one, too. Or it was changed.
		if result, err := countAndRun(ctx, g, event, claim, then); !errors.Is(err, errHashReplaced) {
			return result, err
		}
	}
	return zero, domain.ErrCredentials()
}

// claim is a proof whose password was compared.
type checkedProof struct {
	guesses guessKeys
	proof   domain.Proof
	factors   factors
	// user is the one whose address it is, zero if there is none.
	user domain.User
	// right is whether the password is the user's.
	passwordMatches bool
	// renewed replaces an outdated hash; zero if it is not outdated.
	newHash domain.PasswordHash
}

// verify refuses a caller who has to wait, and compares the password. It looks the user
// up first, so that the claim names the user of a refused login, too; an unknown address
// costs the same.
func (g *Guard) checkPassword(ctx context.Context, actor domain.Actor, proof domain.Proof, check factors) (checkedProof, error) {
	claim := checkedProof{guesses: g.limiter.loginGuesses(proof.Email, actor.Origin), proof: proof, factors: check}
	if check == passwordOnly {
		claim.guesses = g.limiter.sessionGuesses(actor.SessionID)
	}
	caller := ports.UnknownCaller(actor.Origin)
	err := g.store.View(ctx, func(tx ports.Tx) (err error) {
		if proof.Email != (domain.Email{}) { // no address is nobody's
			claim.user, err = tx.Users().ByEmail(ctx, proof.Email)
			if err != nil && domain.KindOf(err) != domain.NotFound {
				return err
			}
		}
		known, err := g.limiter.checkLimits(ctx, tx, claim.guesses)
		if known && claim.user.ID != 0 {
			caller = ports.KnownCaller(claim.user.ID)
		}
		return err
	})
	if err != nil {
		return claim, err
	}
	// For an unknown address the hash is zero: Verify takes its usual time and fails.
	claim.passwordMatches, err = g.passwords.Verify(ctx, caller, proof.Password, claim.user.PasswordHash)
	if err == nil && claim.passwordMatches && g.passwords.Outdated(proof.Password, claim.user.PasswordHash) {
		claim.newHash, err = g.passwords.Hash(ctx, caller, proof.Password)
	}
	return claim, err
}

var errHashReplaced = errors.New("the password hash was replaced while it was being verified")

// settle counts a claim that is wrong, and runs then for one that is right. Guesses
// that were compared side by side are settled one after the other, so that no
// more of them get an answer than the limits allow.
func countAndRun[T any](ctx context.Context, g *Guard, event *pendingEvent, claim checkedProof, then func(ports.Tx, domain.User) (T, error)) (T, error) {
	return updateWithEvent(ctx, event, func(tx ports.Tx, event *pendingEvent) (zero T, err error) {
		tries, err := g.limiter.lockGuesses(ctx, tx, claim.guesses)
		if err != nil {
			return zero, err
		}
		user, refused, err := g.checkFactors(ctx, tx, claim)
		if err != nil {
			return zero, err
		}
		if refused != nil {
			if err := tries.countFailure(ctx, tx); err != nil {
				return zero, err
			}
			return zero, commitAndRefuse(refused)
		}
		if err := tries.countSuccess(ctx, tx); err != nil {
			return zero, err
		}
		return then(tx, user)
	})
}

// judge returns the user as stored now if the claim is good, and otherwise why
// it is refused. A missing code is asked for, and does not count as a failure.
func (g *Guard) checkFactors(ctx context.Context, tx ports.Tx, claim checkedProof) (user domain.User, refused, err error) {
	if !claim.passwordMatches {
		return user, domain.ErrCredentials(), nil
	}
	if user, err = tx.Users().Get(ctx, claim.user.ID); err != nil {
		return user, nil, err
	}
	if user.PasswordHash.Reveal() != claim.user.PasswordHash.Reveal() {
		return user, nil, errHashReplaced
	}
	if !user.Active {
		return user, domain.ErrCredentials(), nil
	}
	changed := !claim.newHash.IsZero()
	if changed {
		user.PasswordHash = claim.newHash
	}
	if claim.factors == allFactors && user.SecondFactor.Confirmed {
		if claim.proof.Code.IsZero() {
			return user, nil, domain.ErrOneTimeCodeRequired()
		}
		if user.SecondFactor, changed, err = g.useCode(user.SecondFactor, claim.proof.Code); err != nil {
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

// useCode spends a code of factor, and reports false if it is wrong or spent.
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
