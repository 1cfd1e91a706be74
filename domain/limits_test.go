package domain_test

import (
	"math"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.com/healthcare/domain"
)

var tenInAQuarter = domain.Limit{Max: 10, Window: 15 * time.Minute}

func TestParseLimit(t *testing.T) {
	for text, want := range map[string]domain.Limit{
		"0":       {},
		"10/15m":  tenInAQuarter,
		"1/1s":    {Max: 1, Window: time.Second},
		"5/24h":   {Max: 5, Window: 24 * time.Hour},
		"7/1h30m": {Max: 7, Window: 90 * time.Minute},
	} {
		limit, err := domain.ParseLimit(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, limit, text)
		again, err := domain.ParseLimit(limit.String())
		require.NoError(t, err, limit)
		assert.Equal(t, limit, again)
	}
	for _, text := range []string{
		"", "10", "/", "10/", "/15m", "10/15", "10 / 15m", "10/15m/2", "0/15m", "-1/15m", "ten/15m", "1.5/15m",
		"10/0s", "10/-15m", "10/999ms", "10/24h1ns", "10/25h", "00", "99999999999999999999/1m", "10/9999999999h",
	} {
		limit, err := domain.ParseLimit(text)
		assert.EqualError(t, err, "A limit is a count and a time from 1s to 24h, such as 10/15m, or 0 for none.", text)
		assert.Equal(t, domain.Invalid, domain.KindOf(err), text)
		assert.Zero(t, limit, text)
	}
}

func TestASiteHasFiveTimesTheLimit(t *testing.T) {
	assert.Equal(t, domain.Limit{Max: 50, Window: 15 * time.Minute}, tenInAQuarter.ForSite())
	assert.Zero(t, domain.Limit{}.ForSite())
	for _, most := range []int{math.MaxInt, math.MaxInt / 5, math.MaxInt/5 + 1} {
		assert.GreaterOrEqual(t, domain.Limit{Max: most, Window: time.Hour}.ForSite().Max, math.MaxInt-4, "the limit does not overflow")
	}
}

func TestEachFailureDoublesTheWait(t *testing.T) {
	at := now
	var attempts domain.Attempts
	for range tenInAQuarter.Max - 1 {
		attempts = attempts.RecordFailure(at, tenInAQuarter)
		assert.Zero(t, attempts.Wait(at, tenInAQuarter))
	}
	for _, want := range []string{"56.25s", "1m52.5s", "3m45s", "7m30s", "15m0s", "15m0s", "15m0s"} {
		attempts = attempts.RecordFailure(at, tenInAQuarter)
		wait := attempts.Wait(at, tenInAQuarter)
		assert.Equal(t, want, wait.String())
		assert.Equal(t, time.Nanosecond, attempts.Wait(at.Add(wait-1), tenInAQuarter))
		at = at.Add(wait)
		assert.Zero(t, attempts.Wait(at, tenInAQuarter))
	}
	for range 100 {
		attempts = attempts.RecordFailure(at, tenInAQuarter)
		assert.Equal(t, tenInAQuarter.Window, attempts.Wait(at, tenInAQuarter), "the same after very many failures")
	}
}

func TestTheCountRestartsAfterAWindowWithoutLock(t *testing.T) {
	for name, tt := range map[string]struct {
		failures int
		quiet    time.Duration
		counted  int
	}{
		"a window after the first, without a lock": {9, tenInAQuarter.Window, 1},
		"not earlier":                           {9, tenInAQuarter.Window - 1, 10},
		"a window after the lock":               {10, tenInAQuarter.Window/16 + tenInAQuarter.Window, 1},
		"not earlier, so that waiting pays off": {10, tenInAQuarter.Window/16 + tenInAQuarter.Window - 1, 11},
	} {
		var attempts domain.Attempts
		for range tt.failures {
			attempts = attempts.RecordFailure(now, tenInAQuarter)
		}
		later := now.Add(tt.quiet)
		assert.Equal(t, tt.counted, attempts.RecordFailure(later, tenInAQuarter).Count, name)
		assert.Equal(t, later, attempts.RecordFailure(later, tenInAQuarter).Expires.Add(-2*tenInAQuarter.Window), name)
	}
}

func drawLimit(t *rapid.T) domain.Limit {
	return domain.Limit{
		Max:    rapid.IntRange(1, 20).Draw(t, "max"),
		Window: time.Duration(rapid.Int64Range(int64(time.Second), int64(24*time.Hour)).Draw(t, "window")),
	}
}

// An attacker who tries whenever an attempt is accepted, and pauses for any time in
// between, gets a bounded number of attempts.
func TestTheRateOfGuessesIsBoundedForAnyTiming(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := drawLimit(t)
		var attempts domain.Attempts
		var last time.Duration
		inWindow, at := 0, now
		for range rapid.IntRange(1, 60).Draw(t, "failures") {
			attempts = attempts.RecordFailure(at, limit)
			if attempts.Count == 1 { // a new window
				inWindow, last = 0, 0
			}
			inWindow++
			wait := attempts.Wait(at, limit)
			switch {
			case inWindow < limit.Max && wait != 0:
				t.Fatalf("limit %s: failure %d locks the next attempt", limit, inWindow)
			case inWindow >= limit.Max && (wait < limit.Window/16 || wait < last || wait > limit.Window):
				t.Fatalf("limit %s: failure %d locks for %s, the one before for %s", limit, inWindow, wait, last)
			case inWindow >= limit.Max+4 && wait < limit.Window-16:
				t.Fatalf("limit %s: failure %d locks for only %s", limit, inWindow, wait)
			case attempts.Expires.Before(attempts.LockedUntil.Add(limit.Window)):
				t.Fatalf("limit %s: the counter expires while it is still needed", limit)
			}
			last = wait
			quiet := rapid.Int64Range(0, int64(2*limit.Window)).Draw(t, "quiet")
			at = at.Add(wait + time.Duration(quiet))
		}
	})
}

// A store can delete expired counters, so deleting one must change nothing.
func TestDeletingExpiredCountersChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := drawLimit(t)
		var attempts domain.Attempts
		at := now
		for range rapid.IntRange(1, 40).Draw(t, "failures") {
			attempts = attempts.RecordFailure(at, limit)
			at = at.Add(time.Duration(rapid.Int64Range(0, int64(limit.Window)/4).Draw(t, "quiet")))
		}
		at = attempts.Expires
		if attempts.Wait(at, limit) != 0 || attempts.RecordFailure(at, limit) != (domain.Attempts{}).RecordFailure(at, limit) {
			t.Fatalf("deleting the expired counter %+v changes the result", attempts)
		}
	})
}

func TestRecordAttemptAcceptsExactlyMaxPerWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := drawLimit(t)
		var attempts domain.Attempts
		begun, through, at := now, 0, now
		for range rapid.IntRange(1, 100).Draw(t, "attempts") {
			if !at.Before(begun.Add(limit.Window)) {
				begun, through = at, 0
			}
			wait := attempts.Wait(at, limit)
			switch {
			case through < limit.Max && wait != 0:
				t.Fatalf("limit %s: attempt %d is locked", limit, through+1)
			case through >= limit.Max && wait != begun.Add(limit.Window).Sub(at):
				t.Fatalf("limit %s: attempt %d is locked for %s, not until the window ends", limit, through+1, wait)
			}
			if wait == 0 {
				attempts = attempts.RecordAttempt(at, limit)
				through++
			}
			if attempts.Expires.Before(begun.Add(limit.Window)) {
				t.Fatalf("limit %s: the counter expires while it is still needed", limit)
			}
			at = at.Add(time.Duration(rapid.Int64Range(0, int64(limit.Window)/int64(limit.Max)).Draw(t, "quiet")))
		}
	})
}

func TestSuccessClearsFailuresAndRemembersTheNetwork(t *testing.T) {
	var attempts domain.Attempts
	assert.False(t, attempts.IsKnownNetwork(now))
	for range 12 {
		attempts = attempts.RecordFailure(now, tenInAQuarter)
	}
	attempts = attempts.RecordSuccess(now)
	assert.Zero(t, attempts.Wait(now, tenInAQuarter))
	assert.Zero(t, attempts.Count)

	quarter := 90 * 24 * time.Hour
	failed := attempts.RecordFailure(now, tenInAQuarter)
	assert.Equal(t, 1, failed.Count)
	for _, attempts := range []domain.Attempts{attempts, failed} {
		assert.True(t, attempts.IsKnownNetwork(now.Add(quarter-1)), "the network remains known after a failure")
		assert.False(t, attempts.IsKnownNetwork(now.Add(quarter)))
		assert.Equal(t, now.Add(quarter), attempts.Expires)
	}
}

// After a clock is set back, no lock lasts longer than a window.
func TestAClockThatWasAheadDoesNotLockUsersOut(t *testing.T) {
	var ahead domain.Attempts
	for range 20 {
		ahead = ahead.RecordFailure(now.Add(30*24*time.Hour), tenInAQuarter)
	}
	assert.Zero(t, ahead.Wait(now, tenInAQuarter))
	assert.Equal(t, 1, ahead.RecordFailure(now, tenInAQuarter).Count)
	assert.Equal(t, 1, ahead.RecordAttempt(now, tenInAQuarter).Count)
	assert.Zero(t, ahead.RecordAttempt(now, tenInAQuarter).Wait(now, tenInAQuarter))
}

// The clocks of instances that count at the same time can differ a little.
func TestAClockThatIsBehindDoesNotUnlock(t *testing.T) {
	for _, behind := range []time.Duration{time.Microsecond, time.Millisecond, time.Second, time.Minute} {
		var failed, used domain.Attempts
		for range 21 {
			failed, used = failed.RecordFailure(now, tenInAQuarter), used.RecordAttempt(now, tenInAQuarter)
		}
		earlier := now.Add(-behind)
		assert.Equal(t, tenInAQuarter.Window, failed.Wait(earlier, tenInAQuarter), behind)
		assert.Equal(t, tenInAQuarter.Window, used.Wait(earlier, tenInAQuarter), behind)
		assert.Equal(t, 22, failed.RecordFailure(earlier, tenInAQuarter).Count, behind)
		assert.Equal(t, 22, used.RecordAttempt(earlier, tenInAQuarter).Count, behind)
	}
}

// The clocks of instances can differ by more than a short window. Alternating between
// instances must not restart the count.
func TestInstancesWithDifferentClocksShareCounts(t *testing.T) {
	short := domain.Limit{Max: 10, Window: time.Second}
	var failed, used domain.Attempts
	for range 21 {
		failed, used = failed.RecordFailure(now, short), used.RecordAttempt(now, short)
	}
	earlier := now.Add(-domain.ClockSkew)
	assert.Equal(t, time.Second, failed.Wait(earlier, short))
	assert.Equal(t, time.Second, used.Wait(earlier, short))
	assert.Equal(t, 22, failed.RecordFailure(earlier, short).Count)
	assert.Equal(t, 22, used.RecordAttempt(earlier, short).Count)
}

func TestLoginKeys(t *testing.T) {
	email := func(text string) domain.Email {
		email, err := domain.ParseEmail(text)
		require.NoError(t, err)
		return email
	}
	from := func(address string) domain.Origin { return domain.NewOrigin(netip.MustParseAddr(address), "") }
	ada := email("ada@example.com")

	account, place, pair := domain.LoginKeys(ada, from("192.0.2.1"))
	for _, same := range []domain.Email{email(" ADA@Example.com "), email("ada@EXAMPLE.COM")} {
		sameAccount, samePlace, samePair := domain.LoginKeys(same, domain.NewOrigin(netip.MustParseAddr("::ffff:192.0.2.1"), "Firefox"))
		assert.Equal(t, account, sameAccount)
		assert.Equal(t, place, samePlace)
		assert.Equal(t, pair, samePair)
	}
	elsewhere, _, _ := domain.LoginKeys(ada, from("192.0.2.2"))
	assert.Equal(t, account, elsewhere, "the account key does not depend on the network")
	_, here, _ := domain.LoginKeys(email("eve@example.com"), from("192.0.2.1"))
	assert.Equal(t, place, here, "the network key does not depend on the account")
	_, site, pairAtSite := domain.LoginKeys(ada, from("2001:db8::1"))
	_, sameSite, samePairAtSite := domain.LoginKeys(ada, from("2001:db8::ffff"))
	assert.Equal(t, site, sameSite)
	assert.Equal(t, pairAtSite, samePairAtSite)
	_, otherNetwork, pairThere := domain.LoginKeys(ada, from("2001:db8:0:ffff::1"))
	assert.NotEqual(t, site.Network, otherNetwork.Network)
	assert.NotEqual(t, pairAtSite.Network, pairThere.Network)
	assert.Equal(t, site.Site, otherNetwork.Site)
	assert.Equal(t, pairAtSite.Site, pairThere.Site)
	assert.Equal(t, domain.RegisterKeys(from("2001:db8::1")), domain.RegisterKeys(from("2001:db8::ffff")))
	assert.Equal(t, domain.RefreshKeys(from("2001:db8::1")), domain.RefreshKeys(from("2001:db8::ffff")))

	seen := map[domain.AttemptKey]bool{}
	add := func(keys ...domain.AttemptKey) {
		for _, key := range keys {
			assert.False(t, seen[key])
			seen[key] = true
		}
	}
	addPlaces := func(places ...domain.NetworkKeys) {
		for _, place := range places {
			add(place.Network)
			if place.Site != (domain.AttemptKey{}) {
				add(place.Site)
			}
		}
	}
	// The zero Email stands for a username that is not an address, and the zero Origin for
	// the command line.
	emails := []domain.Email{{}, ada, email("da@example.com"), email("a@da.example.com"), email("ada@example.com1")}
	origins := []domain.Origin{{}, from("92.0.2.1"), from("192.0.2.1"), from("192.0.2.11"), from("2001:db8::1"), from("2001:db8:1:1::1")}
	for _, email := range emails {
		account, _, _ := domain.LoginKeys(email, domain.Origin{})
		add(account)
		for _, origin := range origins {
			_, _, pair := domain.LoginKeys(email, origin)
			addPlaces(pair)
		}
	}
	for _, origin := range origins {
		_, place, _ := domain.LoginKeys(ada, origin)
		addPlaces(place, domain.RegisterKeys(origin), domain.RefreshKeys(origin))
	}
	add(domain.SessionKey(1), domain.SessionKey(11), domain.SessionKey(12))
	assert.Len(t, seen, 5+5*(6+2)+3*(6+2)+3, "two of the origins have a site")
}
