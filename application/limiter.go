package application

import (
	"context"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Limits bound how often something may be tried. The zero Limits refuse nothing.
// A place is an IPv4 address, or an IPv6 network, whose site has five times as many
// attempts (domain.Limit.ForSite).
type Limits struct {
	// LoginPair bounds the failed logins to one account from one place, and the wrong
	// passwords and codes that a signed-in user gives in one session.
	LoginPair domain.Limit
	// LoginAccount bounds the failed logins to one account from everywhere. It
	// does not refuse logins from a place where the user has signed in before.
	LoginAccount domain.Limit
	// LoginPlace bounds the failed logins from one place to all accounts together.
	// Users who have signed in there before are neither counted nor refused.
	LoginPlace domain.Limit
	// Register bounds the registrations from one place.
	Register domain.Limit
	// Refresh bounds the refreshes from one place with tokens that are not good.
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
	return l.use(ctx, domain.RegisterKeys(origin), l.limits.Register)
}

// badRefresh counts a refresh from origin with a token that is not good, or refuses it.
func (l *Limiter) badRefresh(ctx context.Context, origin domain.Origin) error {
	return l.use(ctx, domain.RefreshKeys(origin), l.limits.Refresh)
}

func (l *Limiter) use(ctx context.Context, keys domain.NetworkKeys, limit domain.Limit) error {
	if limit == (domain.Limit{}) {
		return nil
	}
	return l.store.Update(ctx, func(tx ports.Tx) error {
		counts, err := countsOf(ctx, tx, keys, limit)
		if err != nil {
			return err
		}
		now := l.clock() // not before: others may have counted while this waited
		if wait := counts.wait(now); wait > 0 {
			return domain.ErrTooMany(wait)
		}
		return counts.save(ctx, tx, now, domain.Attempts.RecordAttempt)
	})
}

// placeCounts is what was counted of a network, and after it, where there is one, of
// its site.
type placeCounts []placeCount

type placeCount struct {
	key      domain.AttemptKey
	limit    domain.Limit
	attempts domain.Attempts
}

// countsOf reads the network before the site, so that two Updates cannot block each
// other.
func countsOf(ctx context.Context, tx ports.Tx, keys domain.NetworkKeys, limit domain.Limit) (counts placeCounts, err error) {
	counts = placeCounts{{key: keys.Network, limit: limit}}
	if keys.Site != (domain.AttemptKey{}) && limit != (domain.Limit{}) {
		counts = append(counts, placeCount{key: keys.Site, limit: limit.ForSite()})
	}
	for i := range counts {
		if counts[i].attempts, err = tx.Attempts().Get(ctx, counts[i].key); err != nil {
			return nil, err
		}
	}
	return counts, nil
}

// wait is how long the next attempt has to wait.
func (c placeCounts) wait(now time.Time) (wait time.Duration) {
	for _, count := range c {
		wait = max(wait, count.attempts.Wait(now, count.limit))
	}
	return wait
}

// save counts an attempt as add does.
func (c placeCounts) save(ctx context.Context, tx ports.Tx, now time.Time,
	add func(domain.Attempts, time.Time, domain.Limit) domain.Attempts,
) error {
	for _, count := range c {
		if err := tx.Attempts().Save(ctx, count.key, add(count.attempts, now, count.limit), now); err != nil {
			return err
		}
	}
	return nil
}

// guesses says what wrong guesses at a password or a code count against, and how
// many are let through.
type guesses struct {
	limits Limits
	// pair is where they come from: a place and an account, or a session.
	pair domain.NetworkKeys
	// inSession is whether they are made in a session. Then they count against
	// nothing else.
	inSession bool
	account   domain.AttemptKey
	place     domain.NetworkKeys
}

// login is the guesses of logins from origin to the account of email.
func (l *Limiter) login(email domain.Email, origin domain.Origin) guesses {
	g := guesses{limits: l.limits}
	g.account, g.place, g.pair = domain.LoginKeys(email, origin)
	return g
}

// session is the guesses of a user who is signed in. They count against the session
// alone: whoever makes them in an open session holds up neither logins nor the user's
// other sessions.
func (l *Limiter) session(id domain.ID) guesses {
	return guesses{
		limits: Limits{LoginPair: l.limits.LoginPair}, inSession: true,
		pair: domain.NetworkKeys{Network: domain.SessionKey(id)},
	}
}

// tries is what was counted of guesses.
type tries struct {
	guesses
	now            time.Time
	countedAccount domain.Attempts
	countedPair    placeCounts
	// known is whether the caller is signed in, or the user is known to sign in from
	// this network.
	known bool
}

// tries returns what was counted of guesses, or refuses a caller who has to wait. The
// account comes before the pair, so that two Updates cannot block each other. Where
// the user is known to sign in, neither the account nor the rest of the site keeps
// anybody out: others could lock the owner out.
func (l *Limiter) tries(ctx context.Context, tx ports.Tx, g guesses) (tries, error) {
	t := tries{guesses: g, known: g.inSession}
	if !t.limits.countLogins() {
		return t, nil
	}
	var err error
	if !t.inSession {
		if t.countedAccount, err = tx.Attempts().Get(ctx, t.account); err != nil {
			return t, err
		}
	}
	if t.countedPair, err = countsOf(ctx, tx, t.pair, t.limits.LoginPair); err != nil {
		return t, err
	}
	t.now = l.clock() // not before: others may have counted while this waited
	t.known = t.inSession || t.countedPair[0].attempts.IsKnownNetwork(t.now)
	wait := t.countedPair[:1].wait(t.now)
	if !t.known {
		wait = max(t.countedPair.wait(t.now), t.countedAccount.Wait(t.now, t.limits.LoginAccount))
	}
	if wait > 0 {
		return t, domain.ErrTooMany(wait)
	}
	return t, nil
}

// admit refuses a caller who has to wait, before anything costly is done for them, and
// otherwise reports whether the caller is known. Only here is a caller refused because
// of the place. It reads in a View: in an Update, all who share the place would wait for
// each other. Concurrent attempts can overshoot this limit.
func (l *Limiter) admit(ctx context.Context, tx ports.Tx, g guesses) (known bool, err error) {
	t, err := l.tries(ctx, tx, g)
	if err != nil || !t.countPlace() {
		return t.known, err
	}
	place, err := countsOf(ctx, tx, t.place, t.limits.LoginPlace)
	if wait := place.wait(t.now); err == nil && wait > 0 {
		err = domain.ErrTooMany(wait)
	}
	return t.known, err
}

// countPlace skips places where the user has signed in before, so that one person's
// typos do not lock out a colleague.
func (t tries) countPlace() bool {
	return t.limits.LoginPlace != (domain.Limit{}) && !t.known
}

// fail counts a failed login. It counts the place last, so that the lock on a count that
// many share is held only for the end of the Update.
func (t tries) fail(ctx context.Context, tx ports.Tx) error {
	if limit := t.limits.LoginAccount; limit != (domain.Limit{}) {
		if err := tx.Attempts().Save(ctx, t.account, t.countedAccount.RecordFailure(t.now, limit), t.now); err != nil {
			return err
		}
	}
	if t.limits.LoginPair != (domain.Limit{}) {
		if err := t.countedPair.save(ctx, tx, t.now, domain.Attempts.RecordFailure); err != nil {
			return err
		}
	}
	if !t.countPlace() {
		return nil
	}
	place, err := countsOf(ctx, tx, t.place, t.limits.LoginPlace)
	if err != nil {
		return err
	}
	return place.save(ctx, tx, t.now, domain.Attempts.RecordFailure)
}

// succeed forgets the failures in this session, or from this network. Those from elsewhere
// stay, and with them those of its site.
func (t tries) succeed(ctx context.Context, tx ports.Tx) error {
	if !t.limits.countLogins() {
		return nil
	}
	pair := t.countedPair[0]
	switch {
	case !t.inSession:
		return tx.Attempts().Save(ctx, pair.key, pair.attempts.RecordSuccess(t.now), t.now)
	case pair.attempts.Count > 0:
		return tx.Attempts().Save(ctx, pair.key, domain.Attempts{Expires: t.now}, t.now)
	}
	return nil
}
