package application

import (
	"context"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Limits bound how often something may be tried. The zero Limits refuse nothing.
type Limits struct {
	// LoginPair bounds the failed logins to one account from one place.
	LoginPair domain.Limit
	// LoginAccount bounds the failed logins to one account from everywhere. It
	// does not keep out who comes from where the user is known to sign in.
	LoginAccount domain.Limit
	// LoginPlace bounds the failed logins from one place to all accounts together.
	// It neither counts nor keeps out who is known to sign in there.
	LoginPlace domain.Limit
	// Register bounds the registrations from one place.
	Register domain.Limit
	// Refresh bounds the refreshes from one place.
	Refresh domain.Limit
}

func (l Limits) countLogins() bool {
	return l.LoginPair != (domain.Limit{}) || l.LoginAccount != (domain.Limit{}) || l.LoginPlace != (domain.Limit{})
}

// Limiter slows down those who try too often. What it counts is in the store, so
// it holds for all instances together.
type Limiter struct {
	store  ports.Store
	clock  ports.Clock
	limits Limits
}

// registration counts a registration from origin, or refuses it.
func (l *Limiter) registration(ctx context.Context, origin domain.Origin) error {
	return l.use(ctx, domain.RegisterKey(origin), l.limits.Register)
}

// refresh counts a refresh from origin, or refuses it.
func (l *Limiter) refresh(ctx context.Context, origin domain.Origin) error {
	return l.use(ctx, domain.RefreshKey(origin), l.limits.Refresh)
}

func (l *Limiter) use(ctx context.Context, key domain.AttemptKey, limit domain.Limit) error {
	if limit == (domain.Limit{}) {
		return nil
	}
	return l.store.Update(ctx, func(tx ports.Tx) error {
		attempts, err := tx.Attempts().Get(ctx, key)
		if err != nil {
			return err
		}
		now := l.clock() // not before: others may have counted while this waited
		if wait := attempts.Wait(now, limit); wait > 0 {
			return domain.ErrTooMany(wait)
		}
		return tx.Attempts().Save(ctx, key, attempts.Use(now, limit), now)
	})
}

// tries is what was counted of the logins to an account.
type tries struct {
	limits                        Limits
	now                           time.Time
	accountKey, pairKey, placeKey domain.AttemptKey
	account, pair                 domain.Attempts
}

// tries returns what was counted of the logins to an account, or refuses who has to
// wait. The account comes before the pair, so that two Updates cannot block each
// other.
func (l *Limiter) tries(ctx context.Context, tx ports.Tx, origin domain.Origin, email domain.Email) (tries, error) {
	t := tries{limits: l.limits}
	if !t.limits.countLogins() {
		return t, nil
	}
	t.accountKey, t.placeKey, t.pairKey = domain.LoginKeys(email, origin)
	var err error
	if t.account, err = tx.Attempts().Get(ctx, t.accountKey); err != nil {
		return t, err
	}
	if t.pair, err = tx.Attempts().Get(ctx, t.pairKey); err != nil {
		return t, err
	}
	t.now = l.clock() // not before: others may have counted while this waited
	wait := t.pair.Wait(t.now, t.limits.LoginPair)
	if !t.pair.Known(t.now) {
		wait = max(wait, t.account.Wait(t.now, t.limits.LoginAccount))
	}
	if wait > 0 {
		return t, domain.ErrTooMany(wait)
	}
	return t, nil
}

// admit refuses who has to wait, before anything costly is done for them. It runs in a
// View, and only here anybody is refused for their place: many share it, and would
// wait for whoever holds its count. So as many too many get through as were
// admitted at once.
func (l *Limiter) admit(ctx context.Context, tx ports.Tx, origin domain.Origin, email domain.Email) error {
	t, err := l.tries(ctx, tx, origin, email)
	if err != nil || !t.countPlace() {
		return err
	}
	place, err := tx.Attempts().Get(ctx, t.placeKey)
	if wait := place.Wait(t.now, t.limits.LoginPlace); err == nil && wait > 0 {
		err = domain.ErrTooMany(wait)
	}
	return err
}

// countPlace is not for who is known there: what they mistype would keep out their
// colleagues.
func (t tries) countPlace() bool {
	return t.limits.LoginPlace != (domain.Limit{}) && !t.pair.Known(t.now)
}

// fail counts the place last, and so keeps others from counting it only until the
// Update is over.
func (t tries) fail(ctx context.Context, tx ports.Tx) error {
	if limit := t.limits.LoginAccount; limit != (domain.Limit{}) {
		if err := tx.Attempts().Save(ctx, t.accountKey, t.account.Fail(t.now, limit), t.now); err != nil {
			return err
		}
	}
	if limit := t.limits.LoginPair; limit != (domain.Limit{}) {
		if err := tx.Attempts().Save(ctx, t.pairKey, t.pair.Fail(t.now, limit), t.now); err != nil {
			return err
		}
	}
	if !t.countPlace() {
		return nil
	}
	place, err := tx.Attempts().Get(ctx, t.placeKey)
	if err != nil {
		return err
	}
	return tx.Attempts().Save(ctx, t.placeKey, place.Fail(t.now, t.limits.LoginPlace), t.now)
}

// succeed forgets the failures from this place, not those from elsewhere.
func (t tries) succeed(ctx context.Context, tx ports.Tx) error {
	if !t.limits.countLogins() {
		return nil
	}
	return tx.Attempts().Save(ctx, t.pairKey, t.pair.Succeed(t.now), t.now)
}
