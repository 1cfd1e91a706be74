package domain

import (
	"crypto/sha256"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Limit is how often something may happen: Max times in Window. The zero Limit
// refuses nothing.
type Limit struct {
	Max    int
	Window time.Duration
}

// ParseLimit reads a limit such as "10/15m", or "0" for none.
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

// String returns the limit as ParseLimit reads it.
func (l Limit) String() string {
	if l.Max == 0 {
		return "0"
	}
	return fmt.Sprintf("%d/%s", l.Max, l.Window)
}

// siteNetworks is how many times the limit of one network a whole site has.
const siteNetworks = 5

// ForSite returns the limit of a whole site, to whose networks l applies: five times
// as often in the same time.
func (l Limit) ForSite() Limit {
	return Limit{Max: min(l.Max, math.MaxInt/siteNetworks) * siteNetworks, Window: l.Window}
}

// Attempts is what is remembered of what happened under one AttemptKey. The zero
// Attempts is nothing.
type Attempts struct {
	// Count is how often it happened in a window that began at Since, and after it
	// as long as attempts were held up.
	Count int
	Since time.Time
	// Until is when the next attempt is let through; zero when none is held up.
	LockedUntil time.Time
	// KnownUntil is how long the place counts as one that the person is known to
	// sign in from.
	KnownUntil time.Time
	// Expires is when all of this may be forgotten.
	Expires time.Time
}

// knownFor is how long a place is remembered after a login: long enough for who
// signs in once a month.
const knownFor = 90 * 24 * time.Hour

// firstLock is the part of a limit's window for which the first attempt too many
// is held up; each further one doubles it.
const firstLock = 16

// Wait is how long the next attempt has to wait at now, zero if it need not, and
// never longer than the window.
func (a Attempts) Wait(now time.Time, limit Limit) time.Duration {
	if ahead(a.LockedUntil, now, limit) {
		return 0
	}
	return min(max(a.LockedUntil.Sub(now), 0), limit.Window)
}

// ahead reports whether t is so far ahead of now that it must come from a clock
// that was wrong. Clocks of instances differ, and those who count at the same time
// need not come in the order of their clocks.
func ahead(t, now time.Time, limit Limit) bool { return t.Sub(now) > 2*limit.Window+ClockSkew }

// IsKnownNetwork reports whether the person is known to sign in from here.
func (a Attempts) IsKnownNetwork(now time.Time) bool { return now.Before(a.KnownUntil) }

// RecordFailure counts a failed attempt. From limit.Max failures on, in a limit.Window that
// the first begins, each one holds up the next for twice as long, up to the whole
// window. The count begins anew when the window is over and nothing was held up
// for as long.
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

// RecordAttempt counts an attempt of whatever outcome. After limit.Max in the limit.Window
// that the first began, the next is held up until the window is over.
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

// over reports whether a window has passed since a time.
func over(since, now time.Time, limit Limit) bool {
	return !now.Before(since.Add(limit.Window)) || ahead(since, now, limit)
}

// RecordSuccess forgets the failures, and remembers that the person signed in from here.
func (a Attempts) RecordSuccess(now time.Time) Attempts {
	return Attempts{KnownUntil: now.Add(knownFor), Expires: now.Add(knownFor)}
}

func (a Attempts) keepUntil(end time.Time) Attempts {
	if a.Expires.Before(end) {
		a.Expires = end
	}
	return a
}

// AttemptKey says what attempts are counted of. It is a hash, so that what is
// stored tells nobody who tried, or what they typed.
type AttemptKey [sha256.Size]byte

// NetworkKeys are what attempts from one place are counted under. Each count has its
// own limit: see Limit.ForSite.
type NetworkKeys struct {
	Network AttemptKey
	// Site is zero where there is none: see Origin.Site.
	Site AttemptKey
}

// LoginKeys returns what failed logins to the account of email are counted
// under: the account as a whole, the place as a whole, and the account from that
// place. They are the same whether there is such an account or not.
func LoginKeys(email Email, origin Origin) (account AttemptKey, place, pair NetworkKeys) {
	return attemptKey("login account", email.String()), placeKeys(origin, "login place"),
		placeKeys(origin, "login pair", email.String())
}

// SessionKey returns what wrong passwords and codes are counted under that a
// signed-in user gives in a session.
func SessionKey(session ID) AttemptKey { return attemptKey("session", session.String()) }

// RegisterKeys returns what registrations from one place are counted under.
func RegisterKeys(origin Origin) NetworkKeys { return placeKeys(origin, "register") }

// RefreshKeys returns what refreshes from one place are counted under.
func RefreshKeys(origin Origin) NetworkKeys { return placeKeys(origin, "refresh") }

func placeKeys(origin Origin, parts ...string) NetworkKeys {
	keys := NetworkKeys{Network: attemptKey(append(parts, origin.Network())...)}
	if site := origin.Site(); site != "" {
		keys.Site = attemptKey(append(parts, site)...)
	}
	return keys
}

func attemptKey(parts ...string) AttemptKey {
	return sha256.Sum256([]byte(strings.Join(parts, "\x00")))
}
