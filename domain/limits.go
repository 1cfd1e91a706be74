package domain

import (
	"crypto/sha256"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Limit is a rate limit: Max attempts per Window. The zero Limit refuses nothing.
type Limit struct {
	Max    int
	Window time.Duration
}

// ParseLimit parses a limit such as "10/15m". "0" means no limit.
func ParseLimit(text string) (Limit, error) {
	if text == "0" {
		return Limit{}, nil
	}
	count, window, _ := strings.Cut(text, "/")
	limit := Limit{}
	var countErr, windowErr error
	limit.Max, countErr = strconv.Atoi(count)
	limit.Window, windowErr = time.ParseDuration(window)
	if countErr != nil || windowErr != nil || limit.Max < 1 || limit.Window < time.Second || limit.Window > 24*time.Hour {
		return Limit{}, invalid("A limit is a count and a time from 1s to 24h, such as 10/15m, or 0 for none.")
	}
	return limit, nil
}

// String returns the limit in the form that ParseLimit parses.
func (l Limit) String() string {
	if l.Max == 0 {
		return "0"
	}
	return fmt.Sprintf("%d/%s", l.Max, l.Window)
}

// siteNetworks is the factor by which the limit of a site exceeds the limit of one
// network.
const siteNetworks = 5

// ForSite returns the limit for a whole site when l is the limit for one network:
// siteNetworks times as many attempts in the same window.
func (l Limit) ForSite() Limit {
	return Limit{Max: min(l.Max, math.MaxInt/siteNetworks) * siteNetworks, Window: l.Window}
}

// Attempts is the counter kept under one AttemptKey. The zero Attempts has counted
// nothing.
type Attempts struct {
	// Count is the number of attempts in the window that began at Since. It continues
	// after the window for as long as attempts are locked.
	Count int
	Since time.Time
	// LockedUntil is when the next attempt is accepted. It is zero if no lock is set.
	LockedUntil time.Time
	// KnownUntil is set by a successful login. Before that time, the client network
	// counts as one that the user signs in from.
	KnownUntil time.Time
	// Expires is when the store can delete the counter.
	Expires time.Time
}

// knownFor is how long a client network stays known after a login. It suits users who
// sign in once a month.
const knownFor = 90 * 24 * time.Hour

// firstLock divides the window: the first lock lasts Window/firstLock, and each further
// failure doubles it.
const firstLock = 16

// Wait returns how long the next attempt must wait: zero if it is not locked, and never
// longer than the window.
func (a Attempts) Wait(now time.Time, limit Limit) time.Duration {
	if ahead(a.LockedUntil, now, limit) {
		return 0
	}
	return min(max(a.LockedUntil.Sub(now), 0), limit.Window)
}

// ahead reports whether t is so far in the future that a wrong clock must have written
// it. The clocks of the instances differ, and concurrent attempts are not counted in the
// order of their times.
func ahead(t, now time.Time, limit Limit) bool { return t.Sub(now) > 2*limit.Window+ClockSkew }

// IsKnownNetwork reports whether the user signed in from this client network in the last
// 90 days.
func (a Attempts) IsKnownNetwork(now time.Time) bool { return now.Before(a.KnownUntil) }

// RecordFailure counts a failed attempt. From the limit.Max-th failure of a window on,
// each failure locks the next attempt, each time for twice as long, up to limit.Window.
// The count starts again at zero when the window has passed and limit.Window has passed
// since the last lock ended.
func (a Attempts) RecordFailure(now time.Time, limit Limit) Attempts {
	if over(a.Since, now, limit) && over(a.LockedUntil, now, limit) {
		a.Count, a.Since, a.LockedUntil = 0, now, time.Time{}
	}
	a.Count++
	if excess := a.Count - limit.Max; excess >= 0 {
		a.LockedUntil = now.Add(min(limit.Window/firstLock<<min(excess, firstLock), limit.Window))
	}
	return a.keepUntil(now.Add(2 * limit.Window))
}

// RecordAttempt counts an attempt, successful or not. After limit.Max attempts in a
// window, the next attempt is locked until the window ends.
func (a Attempts) RecordAttempt(now time.Time, limit Limit) Attempts {
	if over(a.Since, now, limit) {
		a.Count, a.Since, a.LockedUntil = 0, now, time.Time{}
	}
	a.Count++
	if a.Count >= limit.Max {
		a.LockedUntil = a.Since.Add(limit.Window)
	}
	return a.keepUntil(a.Since.Add(limit.Window))
}

// over reports whether a window that began at since has passed.
func over(since, now time.Time, limit Limit) bool {
	return !now.Before(since.Add(limit.Window)) || ahead(since, now, limit)
}

// RecordSuccess clears the failures and marks the client network as known.
func (a Attempts) RecordSuccess(now time.Time) Attempts {
	return Attempts{KnownUntil: now.Add(knownFor), Expires: now.Add(knownFor)}
}

// keepUntil extends Expires to end.
func (a Attempts) keepUntil(end time.Time) Attempts {
	if a.Expires.Before(end) {
		a.Expires = end
	}
	return a
}

// AttemptKey identifies a counter of attempts. It is a hash, so that the stored key
// reveals neither who made the attempts nor what they typed.
type AttemptKey [sha256.Size]byte

// NetworkKeys are the keys under which attempts from one client network are counted.
// Each key has its own limit: see Limit.ForSite.
type NetworkKeys struct {
	Network AttemptKey
	// Site is zero if the network belongs to no site: see Origin.Site.
	Site AttemptKey
}

// LoginKeys returns the keys under which failed logins are counted: by account, by
// client network, and by account and network together. They do not depend on whether the
// account exists.
func LoginKeys(email Email, origin Origin) (account AttemptKey, network, pair NetworkKeys) {
	return attemptKey("login account", email.String()), networkKeys(origin, "login place"),
		networkKeys(origin, "login pair", email.String())
}

// SessionKey returns the key under which the wrong passwords and codes that a signed-in
// user gives in one session are counted.
func SessionKey(session ID) AttemptKey { return attemptKey("session", session.String()) }

// RegisterKeys returns the keys under which registrations from one client network are
// counted.
func RegisterKeys(origin Origin) NetworkKeys { return networkKeys(origin, "register") }

// RefreshKeys returns the keys under which token refreshes from one client network are
// counted.
func RefreshKeys(origin Origin) NetworkKeys { return networkKeys(origin, "refresh") }

// networkKeys returns the keys for origin's network and site. parts name the kind of attempt
// and, for a pair, the account.
func networkKeys(origin Origin, parts ...string) NetworkKeys {
	keys := NetworkKeys{Network: attemptKey(append(parts, origin.Network())...)}
	if site := origin.Site(); site != "" {
		keys.Site = attemptKey(append(parts, site)...)
	}
	return keys
}

func attemptKey(parts ...string) AttemptKey {
	return sha256.Sum256([]byte(strings.Join(parts, "\x00")))
}
