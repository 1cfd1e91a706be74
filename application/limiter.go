package application

import (
	"context"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Limits are the rate limits. The zero Limits refuse nothing. A client network is one IPv4
// address, or an IPv6 network. An IPv6 site, which contains many networks, has five times as
// many attempts (domain.Limit.ForSite).
type Limits struct {
	// LoginPair bounds the failed logins to one account from one client network. It also
	// bounds the wrong passwords and codes that a signed-in user gives in one session.
	LoginPair domain.Limit
	// LoginAccount bounds the failed logins to one account from all client networks. It
	// does not refuse logins from a network where the user has signed in before.
	LoginAccount domain.Limit
	// LoginNetwork bounds the failed logins from one client network to all accounts together.
	// Users who have signed in from it before are neither counted nor refused.
	LoginNetwork domain.Limit
	// Register bounds the registrations from one client network.
	Register domain.Limit
	// Refresh bounds the refreshes with bad tokens from one client network.
	Refresh domain.Limit
}

func (l Limits) limitsLogins() bool {
	return l.LoginPair != (domain.Limit{}) || l.LoginAccount != (domain.Limit{}) || l.LoginNetwork != (domain.Limit{})
}

// Limiter applies the rate limits. The counts are in the store, so all instances share them.
type Limiter struct {
	store  ports.Store
	clock  ports.Clock
	limits Limits
}

// countRegistration counts a registration from origin. It returns TooMany if the limit is
// reached.
func (l *Limiter) countRegistration(ctx context.Context, origin domain.Origin) error {
	return l.countUse(ctx, domain.RegisterKeys(origin), l.limits.Register)
}

// countBadRefresh counts a refresh with a bad token from origin. It returns TooMany if the limit
// is reached.
func (l *Limiter) countBadRefresh(ctx context.Context, origin domain.Origin) error {
	return l.countUse(ctx, domain.RefreshKeys(origin), l.limits.Refresh)
}

func (l *Limiter) countUse(ctx context.Context, keys domain.NetworkKeys, limit domain.Limit) error {
	if limit == (domain.Limit{}) {
		return nil
	}
	return l.store.Update(ctx, func(tx ports.Tx) error {
		counts, err := readCounts(ctx, tx, keys, limit)
		if err != nil {
			return err
		}
		now := l.clock() // after the counts are locked, because waiting for the lock takes time
		if wait := counts.wait(now); wait > 0 {
			return domain.ErrTooMany(wait)
		}
		return counts.save(ctx, tx, now, domain.Attempts.RecordAttempt)
	})
}

// networkCounts are the counts of a client network and then, if it is part of a site, of the
// site.
type networkCounts []networkCount

type networkCount struct {
	key      domain.AttemptKey
	limit    domain.Limit
	attempts domain.Attempts
}

// readCounts reads the network before the site, so that two Updates cannot deadlock.
func readCounts(ctx context.Context, tx ports.Tx, keys domain.NetworkKeys, limit domain.Limit) (counts networkCounts, err error) {
	counts = networkCounts{{key: keys.Network, limit: limit}}
	if keys.Site != (domain.AttemptKey{}) && limit != (domain.Limit{}) {
		counts = append(counts, networkCount{key: keys.Site, limit: limit.ForSite()})
	}
	for i := range counts {
		if counts[i].attempts, err = tx.Attempts().Get(ctx, counts[i].key); err != nil {
			return nil, err
		}
	}
	return counts, nil
}

// wait returns how long the next attempt has to wait.
func (c networkCounts) wait(now time.Time) (wait time.Duration) {
	for _, count := range c {
		wait = max(wait, count.attempts.Wait(now, count.limit))
	}
	return wait
}

// save calls add on each count to count one more attempt, and saves the counts.
func (c networkCounts) save(ctx context.Context, tx ports.Tx, now time.Time,
	add func(domain.Attempts, time.Time, domain.Limit) domain.Attempts,
) error {
	for _, count := range c {
		if err := tx.Attempts().Save(ctx, count.key, add(count.attempts, now, count.limit), now); err != nil {
			return err
		}
	}
	return nil
}

// guessKeys are the keys under which wrong guesses at a password or a code are counted, and the
// limits for them.
type guessKeys struct {
	limits Limits
	// pair is an account and a client network, or a session.
	pair domain.NetworkKeys
	// inSession is true for guesses of a signed-in user. They are counted for the session
	// only.
	inSession bool
	account   domain.AttemptKey
	network   domain.NetworkKeys
}

// loginKeys returns the keys of logins from origin to the account of email.
func (l *Limiter) loginKeys(email domain.Email, origin domain.Origin) guessKeys {
	keys := guessKeys{limits: l.limits}
	keys.account, keys.network, keys.pair = domain.LoginKeys(email, origin)
	return keys
}

// sessionKeys returns the keys of guesses in a session. They are counted for the session only,
// so that guesses in an open session limit neither logins nor the user's other sessions.
func (l *Limiter) sessionKeys(id domain.ID) guessKeys {
	return guessKeys{
		limits: Limits{LoginPair: l.limits.LoginPair}, inSession: true,
		pair: domain.NetworkKeys{Network: domain.SessionKey(id)},
	}
}

// guessCounts are the counts of earlier guesses.
type guessCounts struct {
	guessKeys
	now          time.Time
	accountCount domain.Attempts
	pairCounts   networkCounts
	// known is true if the caller is signed in, or if the user has signed in from this
	// client network before.
	known bool
}

// lockCounts returns the counts, locked in an Update. It returns TooMany if the caller has to
// wait. If the caller is known, the counts of the account and of the site are not looked at:
// otherwise a stranger could lock the owner out. The account is read before the pair, so that
// two Updates cannot deadlock.
func (l *Limiter) lockCounts(ctx context.Context, tx ports.Tx, keys guessKeys) (guessCounts, error) {
	counts := guessCounts{guessKeys: keys, known: keys.inSession}
	if !keys.limits.limitsLogins() {
		return counts, nil
	}
	var err error
	if !keys.inSession {
		if counts.accountCount, err = tx.Attempts().Get(ctx, keys.account); err != nil {
			return counts, err
		}
	}
	if counts.pairCounts, err = readCounts(ctx, tx, keys.pair, keys.limits.LoginPair); err != nil {
		return counts, err
	}
	counts.now = l.clock() // after the counts are locked, because waiting for the lock takes time
	counts.known = keys.inSession || counts.pairCounts[0].attempts.IsKnownNetwork(counts.now)
	wait := counts.pairCounts[:1].wait(counts.now)
	if !counts.known {
		wait = max(counts.pairCounts.wait(counts.now), counts.accountCount.Wait(counts.now, keys.limits.LoginAccount))
	}
	if wait > 0 {
		return counts, domain.ErrTooMany(wait)
	}
	return counts, nil
}

// checkLimits returns TooMany if the caller has to wait, before anything costly is done. It also
// reports whether the caller is known. Only checkLimits refuses because of the client network as
// a whole. It runs in a View: in an Update, all callers of the network would wait for each other.
// Concurrent attempts can overshoot this limit.
func (l *Limiter) checkLimits(ctx context.Context, tx ports.Tx, keys guessKeys) (known bool, err error) {
	counts, err := l.lockCounts(ctx, tx, keys)
	if err != nil || !counts.countsNetwork() {
		return counts.known, err
	}
	network, err := readCounts(ctx, tx, keys.network, keys.limits.LoginNetwork)
	if wait := network.wait(counts.now); err == nil && wait > 0 {
		err = domain.ErrTooMany(wait)
	}
	return counts.known, err
}

// countsNetwork is false for networks that the user has signed in from before, so that one
// person's typos do not lock out a colleague.
func (c guessCounts) countsNetwork() bool {
	return c.limits.LoginNetwork != (domain.Limit{}) && !c.known
}

// saveFailure counts a failure. It counts the network last: many callers share this count, so its
// lock is held only at the end of the Update.
func (c guessCounts) saveFailure(ctx context.Context, tx ports.Tx) error {
	if limit := c.limits.LoginAccount; limit != (domain.Limit{}) {
		if err := tx.Attempts().Save(ctx, c.account, c.accountCount.RecordFailure(c.now, limit), c.now); err != nil {
			return err
		}
	}
	if c.limits.LoginPair != (domain.Limit{}) {
		if err := c.pairCounts.save(ctx, tx, c.now, domain.Attempts.RecordFailure); err != nil {
			return err
		}
	}
	if !c.countsNetwork() {
		return nil
	}
	network, err := readCounts(ctx, tx, c.network, c.limits.LoginNetwork)
	if err != nil {
		return err
	}
	return network.save(ctx, tx, c.now, domain.Attempts.RecordFailure)
}

// saveSuccess resets the count of the session, or of the account from this client network. The
// counts of other networks and of the site stay.
func (c guessCounts) saveSuccess(ctx context.Context, tx ports.Tx) error {
	if !c.limits.limitsLogins() {
		return nil
	}
	pair := c.pairCounts[0]
	switch {
	case !c.inSession:
		return tx.Attempts().Save(ctx, pair.key, pair.attempts.RecordSuccess(c.now), c.now)
	case pair.attempts.Count > 0:
		return tx.Attempts().Save(ctx, pair.key, domain.Attempts{Expires: c.now}, c.now)
	}
	return nil
}
