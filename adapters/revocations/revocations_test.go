package revocations_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"example.com/healthcare/adapters/revocations"
	"example.com/healthcare/domain"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const lifetime = 15 * time.Minute

// table is a Source in memory that can fail and hang.
type table struct {
	mu      sync.Mutex
	revoked map[domain.ID]time.Time
	err     error
	hangs   bool
}

func (s *table) revoke(session domain.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.revoked == nil {
		s.revoked = map[domain.ID]time.Time{}
	}
	s.revoked[session] = time.Now()
}

func (s *table) behave(err error, hangs bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err, s.hangs = err, hangs
}

func (s *table) RevokedSince(ctx context.Context, since time.Time) (sessions []domain.ID, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hangs {
		s.mu.Unlock()
		<-ctx.Done()
		s.mu.Lock()
		return nil, ctx.Err()
	}
	for session, at := range s.revoked {
		if at.After(since) {
			sessions = append(sessions, session)
		}
	}
	return sessions, s.err
}

// state returns the result of Revoked as text.
func state(set *revocations.Set, session domain.ID) string {
	revoked, known := set.Revoked(session)
	switch {
	case revoked && known:
		return "revoked"
	case known:
		return "live"
	case revoked:
		return "revoked, but not known to be"
	}
	return "unknown"
}

func TestRevokedIsUnknownBeforeTheFirstConfirmation(t *testing.T) {
	set := revocations.New(&table{}, lifetime)
	require.Equal(t, "unknown", state(set, 1))
	set.Confirm(time.Now())
	require.Equal(t, "live", state(set, 1))
}

func TestALocalRevocationTakesEffectAtOnce(t *testing.T) {
	set := revocations.New(&table{}, lifetime)
	set.Revoke(1, 2)
	require.Equal(t, "revoked", state(set, 1), "also while nothing else is known")
	require.Equal(t, "revoked", state(set, 2))
	require.Equal(t, "unknown", state(set, 3))
}

func TestAConfirmationIsValidForOneSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := revocations.New(&table{}, lifetime)
		set.Revoke(1)
		set.Confirm(time.Now())
		time.Sleep(time.Second)
		require.Equal(t, "live", state(set, 2))
		time.Sleep(time.Nanosecond)
		require.Equal(t, "unknown", state(set, 2))
		require.Equal(t, "revoked", state(set, 1), "that is final")
	})
}

func TestTheAgeOfTheFeedIsThatOfTheLastConfirmation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := revocations.New(&table{}, lifetime)
		time.Sleep(2 * time.Second)
		require.Equal(t, 2*time.Second, set.Age(), "before the first confirmation, since New")
		set.Confirm(time.Now())
		set.Revoke(1)
		time.Sleep(time.Minute)
		require.Equal(t, time.Minute, set.Age())
	})
}

func TestAnEarlierConfirmationChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := revocations.New(&table{}, lifetime)
		now := time.Now()
		set.Confirm(now)
		set.Confirm(now.Add(-time.Minute))
		require.Equal(t, "live", state(set, 1))
	})
}

func TestRevocationsAreKeptLongerThanTokensAreValid(t *testing.T) {
	const kept = lifetime + 5*time.Minute
	synctest.Test(t, func(t *testing.T) {
		set := revocations.New(&table{}, lifetime)
		// One per second, for longer than the retention; each must be kept long enough.
		const seconds = 3 * int(kept/time.Second)
		for i := range seconds {
			set.Revoke(domain.ID(i + 1))
			if oldest := i - int(kept/time.Second); oldest >= 0 {
				require.Equal(t, "revoked", state(set, domain.ID(oldest+1)))
			}
			time.Sleep(time.Second)
		}
	})
}

func TestOldRevocationsAreDropped(t *testing.T) {
	const kept = lifetime + 5*time.Minute
	synctest.Test(t, func(t *testing.T) {
		set := revocations.New(&table{}, lifetime)
		set.Revoke(1)
		for range 2 {
			time.Sleep(kept)
			set.Revoke(2)
		}
		set.Confirm(time.Now())
		require.Equal(t, "live", state(set, 1), "it is dropped, and the memory with it")
		require.Equal(t, "revoked", state(set, 2))
	})
}

func TestLoadReadsTheRevocationsOfValidTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var source table
		source.revoke(1)
		time.Sleep(time.Nanosecond)
		source.revoke(2)
		time.Sleep(lifetime + 5*time.Minute - time.Nanosecond)
		source.revoke(3)
		set := revocations.New(&source, lifetime)
		require.NoError(t, set.Load(t.Context()))
		require.Equal(t, "live", state(set, 1), "no token of it can be good any more")
		require.Equal(t, "revoked", state(set, 2))
		require.Equal(t, "revoked", state(set, 3))
	})
}

func TestAFailedLoadConfirmsNothing(t *testing.T) {
	source := table{err: errors.New("no")}
	set := revocations.New(&source, lifetime)
	require.ErrorIs(t, set.Load(t.Context()), source.err)
	require.Equal(t, "unknown", state(set, 1))
}

func TestALoadTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := revocations.New(&table{hangs: true}, lifetime)
		start := time.Now()
		require.ErrorIs(t, set.Load(t.Context()), context.DeadlineExceeded)
		require.Equal(t, time.Second, time.Since(start))
		require.Equal(t, "unknown", state(set, 1))
	})
}

// slow is a source that returns the state at the beginning of the query.
type slow struct {
	table
	takes time.Duration
}

func (s *slow) RevokedSince(ctx context.Context, since time.Time) ([]domain.ID, error) {
	sessions, err := s.table.RevokedSince(ctx, since)
	time.Sleep(s.takes)
	return sessions, err
}

func TestLoadConfirmsTheTimeBeforeTheQuery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := revocations.New(&slow{takes: 900 * time.Millisecond}, lifetime)
		require.NoError(t, set.Load(t.Context()))
		require.Equal(t, "live", state(set, 1))
		time.Sleep(101 * time.Millisecond)
		require.Equal(t, "unknown", state(set, 1), "more than a second ago, and perhaps after the reading, it may have been revoked")
	})
}
