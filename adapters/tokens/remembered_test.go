package tokens_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

// TestTheTimesOfARememberedTokenAreComparedAtEachUse uses one token by clocks that go forth
// and back.
func TestTheTimesOfARememberedTokenAreComparedAtEachUse(t *testing.T) {
	verifier := newTokens(t, secretKey)
	for i, use := range []struct {
		at   time.Time
		want bool
	}{
		{now, true},
		{expires.Add(-1), true},
		{expires, false},
		{expires.Add(time.Hour), false},
		{now, true},
		{issued.Add(-domain.ClockSkew), true},
		{issued.Add(-domain.ClockSkew - 1), false},
		{now, true},
	} {
		actor, err := verifier.Verify(golden, use.at)
		if use.want {
			require.NoError(t, err, i)
			require.Equal(t, staff, actor, i)
		} else {
			require.Equal(t, domain.ErrAccessToken(), err, i)
			require.Zero(t, actor, i)
		}
	}
}

func TestTheLifetimeAppliesToRememberedTokens(t *testing.T) {
	verifier := newTokens(t, secretKey)
	late := forgePayload("1767226500", "1767312000")
	for at, want := range map[time.Time]error{
		now:                                    nil,
		issued.Add(lifetime + time.Second - 1): nil,
		issued.Add(lifetime + time.Second):     domain.ErrAccessToken(),
	} {
		for range 2 {
			_, err := verifier.Verify(late, at)
			assert.Equal(t, want, err, at)
		}
	}
}

func TestARememberedTokenIsFoundByItsExactTextOnly(t *testing.T) {
	verifier := newTokens(t, secretKey)
	for name, token := range otherTokens(t) {
		for range 2 { // The first use must not make the second one succeed.
			_, err := verifier.Verify(golden, now)
			require.NoError(t, err)
			_, err = verifier.Verify(token, now)
			require.Equal(t, domain.ErrAccessToken(), err, name)
		}
	}
}

// TestTokensFromBeforeARestoreAreNotRemembered has a Tokens that accepted a token, and its
// successor after a restore.
func TestTokensFromBeforeARestoreAreNotRemembered(t *testing.T) {
	before := newTokens(t, secretKey)
	_, err := before.Verify(golden, now)
	require.NoError(t, err)
	_, err = before.StartAfter(issued).Verify(golden, now)
	assert.Equal(t, domain.ErrAccessToken(), err)
}

// TestManyTokensNeedLittleMemory floods the memory with valid tokens, which is the only way
// into it, and with forged ones.
func TestManyTokensNeedLittleMemory(t *testing.T) {
	verifier := newTokens(t, secretKey)
	heap := func() int64 {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return int64(stats.HeapAlloc)
	}
	before := heap()
	var most int64
	for i := range 10_000 {
		token := forgePayload("RANDOMTEXTOFTWENTYSIXCHARS", fmt.Sprintf("RANDOMTEXTOFTWENTYSIX%05d", i))
		_, err := verifier.Verify(token, now)
		require.NoError(t, err)
		if i%10 == 0 {
			_, err = verifier.Verify(token[:len(token)-4]+"AAAA", now)
			require.Error(t, err)
		}
		if i%1000 == 0 || i == 4095 {
			most = max(most, heap()-before)
		}
	}
	assert.Less(t, most, int64(2<<20))
	assert.Greater(t, most, int64(256<<10), "they are remembered")
	runtime.KeepAlive(verifier)
}

func TestOneTokenIsVerifiedByManyAtOnce(t *testing.T) {
	verifier := newTokens(t, secretKey)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 100 {
				actor, err := verifier.Verify(golden, now)
				assert.NoError(t, err)
				assert.Equal(t, staff, actor)
				_, err = verifier.Verify(forgePayload("RANDOMTEXTOFTWENTYSIXCHARS", fmt.Sprint(i, "-", n)), now)
				assert.NoError(t, err)
			}
		})
	}
	all.Wait()
}
