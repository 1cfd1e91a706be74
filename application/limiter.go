package application

import (
	"context"
	"slices"
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
	// It does not keep out who is known to sign in there.
	LoginPlace domain.Limit
	// Register bounds the registrations from one place.
	Register domain.Limit
	// Refresh bounds the refreshes from one place.
	Refresh domain.Limit
}

// Limiter slows down those who try too often. What it counts is in the store, so
// it holds for all instances together.
type Limiter struct {
	store  ports.Store
	clock  ports.Clock
	limits Limits
}

// NewLimiter returns a limiter.
func NewLimiter(store ports.Store, clock ports.Clock, limits Limits) *Limiter {
	return &Limiter{store: store, clock: clock, limits: limits}
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

// tries is what was counted of the logins to an account from a place.
type tries struct {
	now                  time.Time
	account, place, pair counter
}

// counter is what was counted under a key that has a limit.
type counter struct {
	key      domain.AttemptKey
	limit    domain.Limit
	attempts domain.Attempts
}

// tries returns what was counted of the logins to an account, or refuses who has to
// wait. The account comes before the place, and the pair last, so that two Updates
// cannot block each other.
func (l *Limiter) tries(ctx context.Context, tx ports.Tx, origin domain.Origin, email domain.Email) (tries, error) {
	account, place, pair := domain.LoginKeys(email, origin)
	t := tries{
		account: counter{key: account, limit: l.limits.LoginAccount},
		place:   counter{key: place, limit: l.limits.LoginPlace},
		pair:    counter{key: pair, limit: l.limits.LoginPair},
	}
	for _, c := range t.counters() {
		var err error
		if c.attempts, err = tx.Attempts().Get(ctx, c.key); err != nil {
			return t, err
		}
	}
	t.now = l.clock() // not before: others may have counted while this waited
	if wait := t.wait(); wait > 0 {
		return t, domain.ErrTooMany(wait)
	}
	return t, nil
}

// admit refuses who has to wait, before anything costly is done for them.
func (l *Limiter) admit(ctx context.Context, origin domain.Origin, email domain.Email) error {
	return l.store.View(ctx, func(tx ports.Tx) error {
		_, err := l.tries(ctx, tx, origin, email)
		return err
	})
}

func (t *tries) counters() []*counter { return []*counter{&t.account, &t.place, &t.pair} }

func (c counter) wait(now time.Time) time.Duration { return c.attempts.Wait(now, c.limit) }

func (t tries) wait() time.Duration {
	wait := t.pair.wait(t.now)
	if !t.pair.attempts.Known(t.now) {
		wait = max(wait, t.account.wait(t.now), t.place.wait(t.now))
	}
	return wait
}

func (t tries) fail(ctx context.Context, tx ports.Tx) error {
	for _, c := range t.counters() {
		if c.limit == (domain.Limit{}) {
			continue
		}
		if err := tx.Attempts().Save(ctx, c.key, c.attempts.Fail(t.now, c.limit), t.now); err != nil {
			return err
		}
	}
	return nil
}

// succeed forgets the failures from this place, not those from elsewhere.
func (t tries) succeed(ctx context.Context, tx ports.Tx) error {
	isLimited := func(c *counter) bool { return c.limit != (domain.Limit{}) }
	if !slices.ContainsFunc(t.counters(), isLimited) {
		return nil
	}
	return tx.Attempts().Save(ctx, t.pair.key, t.pair.attempts.Succeed(t.now), t.now)
}
