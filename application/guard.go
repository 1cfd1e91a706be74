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
type check uint8

const (
	// passwordOnly is for a user who is signed in.
	passwordOnly check = iota
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
func prove[T any](ctx context.Context, g *Guard, e *entry, proof domain.Proof, check check,
	then func(tx ports.Tx, user domain.User) (T, error),
) (T, error) {
	var none T
	for range 2 {
		claim, err := g.verify(ctx, e.Actor, proof, check)
		if claim.user.ID != 0 {
			e.Subject = one(domain.SubjectUser, claim.user.ID)
		}
		if err != nil {
			return none, err
		}
		// Another login may have replaced an outdated hash in the meantime: then
		// the password is right for the new one, too. Or it was changed.
		if result, err := settle(ctx, g, e, claim, then); !errors.Is(err, errHashReplaced) {
			return result, err
		}
	}
	return none, domain.ErrCredentials()
}

// claim is a proof whose password was compared.
type claim struct {
	guesses guesses
	proof   domain.Proof
	check   check
	// user is the one whose address it is, zero if there is none.
	user domain.User
	// right is whether the password is the user's.
	right bool
	// renewed replaces an outdated hash; zero if it is not outdated.
	renewed domain.PasswordHash
}

// verify refuses a caller who has to wait, and compares the password. It looks the user
// up first, so that the claim names the user of a refused login, too; an unknown address
// costs the same.
func (g *Guard) verify(ctx context.Context, actor domain.Actor, proof domain.Proof, check check) (claim, error) {
	claim := claim{guesses: g.limiter.login(proof.Email, actor.Origin), proof: proof, check: check}
	if check == passwordOnly {
		claim.guesses = g.limiter.session(actor.SessionID)
	}
	caller := ports.UnknownCaller(actor.Origin)
	err := g.store.View(ctx, func(tx ports.Tx) (err error) {
		if proof.Email != (domain.Email{}) { // no address is nobody's
			claim.user, err = tx.Users().ByEmail(ctx, proof.Email)
			if err != nil && domain.KindOf(err) != domain.NotFound {
				return err
			}
		}
		known, err := g.limiter.admit(ctx, tx, claim.guesses)
		if known && claim.user.ID != 0 {
			caller = ports.KnownCaller(claim.user.ID)
		}
		return err
	})
	if err != nil {
		return claim, err
	}
	// For an unknown address the hash is zero: Verify takes its usual time and fails.
	claim.right, err = g.passwords.Verify(ctx, caller, proof.Password, claim.user.PasswordHash)
	if err == nil && claim.right && g.passwords.Outdated(proof.Password, claim.user.PasswordHash) {
		claim.renewed, err = g.passwords.Hash(ctx, caller, proof.Password)
	}
	return claim, err
}

var errHashReplaced = errors.New("the password hash was replaced while it was being verified")

// settle counts a claim that is wrong, and runs then for one that is right. Guesses
// that were compared side by side are settled one after the other, so that no
// more of them get an answer than the limits allow.
func settle[T any](ctx context.Context, g *Guard, e *entry, claim claim, then func(ports.Tx, domain.User) (T, error)) (T, error) {
	return commit(ctx, e, func(tx ports.Tx, e *entry) (none T, err error) {
		tries, err := g.limiter.tries(ctx, tx, claim.guesses)
		if err != nil {
			return none, err
		}
		user, refused, err := g.judge(ctx, tx, claim)
		if err != nil {
			return none, err
		}
		if refused != nil {
			if err := tries.fail(ctx, tx); err != nil {
				return none, err
			}
			return none, refuse(refused)
		}
		if err := tries.succeed(ctx, tx); err != nil {
			return none, err
		}
		return then(tx, user)
	})
}

// judge returns the user as stored now if the claim is good, and otherwise why
// it is refused. A missing code is asked for, and does not count as a failure.
func (g *Guard) judge(ctx context.Context, tx ports.Tx, claim claim) (user domain.User, refused, err error) {
	if !claim.right {
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
	changed := !claim.renewed.IsZero()
	if changed {
		user.PasswordHash = claim.renewed
	}
	if claim.check == allFactors && user.SecondFactor.Confirmed {
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
