package revocations_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.com/healthcare/adapters/revocations"
	"example.com/healthcare/domain"
)

// TestASessionRevokedASecondAgoIsNeverAccepted revokes sessions at random times, here and on
// other instances, while the source works, fails or hangs.
func TestASessionRevokedASecondAgoIsNeverAccepted(t *testing.T) {
	// rapid reads the fake clock of the bubble and would stop too early.
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			// Code in a bubble must not read the deadline of the test, so this type hides it.
			rapid.Check(struct{ rapid.TB }{t}, onlyWhatIsKnown)
		})
	}
}

func onlyWhatIsKnown(t *rapid.T) {
	var source table
	set := revocations.New(&source, lifetime)
	revoked := map[domain.ID]time.Time{}
	session := rapid.Map(rapid.IntRange(1, 5), func(n int) domain.ID { return domain.ID(n) })
	revoke := func(id domain.ID) {
		if revoked[id].IsZero() {
			source.revoke(id)
			revoked[id] = time.Now()
		}
	}
	wellAt := time.Time{}
	t.Repeat(map[string]func(*rapid.T){
		"revoke elsewhere": func(t *rapid.T) { revoke(session.Draw(t, "session")) },
		"revoke here": func(t *rapid.T) {
			id := session.Draw(t, "session")
			revoke(id)
			set.Revoke(id)
		},
		"load": func(t *rapid.T) {
			begun := time.Now()
			if set.Load(context.Background()) == nil {
				wellAt = begun
			}
		},
		"behave":  func(*rapid.T) { source.behave(nil, false) },
		"fail":    func(*rapid.T) { source.behave(errors.New("no"), false) },
		"hang":    func(*rapid.T) { source.behave(nil, true) },
		"wait":    func(t *rapid.T) { time.Sleep(time.Duration(rapid.IntRange(1, 3000).Draw(t, "ms")) * time.Millisecond) },
		"wait on": func(t *rapid.T) { time.Sleep(time.Duration(rapid.IntRange(1, 30).Draw(t, "minutes")) * time.Minute) },
		"": func(t *rapid.T) {
			for id := domain.ID(1); id <= 5; id++ {
				got := state(set, id)
				since, was := time.Since(revoked[id]), !revoked[id].IsZero()
				switch {
				case !was && got == "revoked":
					t.Fatalf("session %d was never revoked", id)
				case got == "live" && was && since > time.Second && since < lifetime+5*time.Minute:
					t.Fatalf("session %d was revoked %v ago", id, since)
				case got == "unknown" && time.Since(wellAt) <= time.Second:
					t.Fatalf("session %d is unknown though all was read %v ago", id, time.Since(wellAt))
				}
			}
		},
	})
}

// TestReadersSeeRevocationsBeforeTheirConfirmation reads in many goroutines while sessions
// are revoked one by one, each before the time that is confirmed next.
func TestReadersSeeRevocationsBeforeTheirConfirmation(t *testing.T) {
	set := revocations.New(&table{}, lifetime)
	var confirmed atomic.Int64
	var readers sync.WaitGroup
	const last = 20_000
	for range 4 {
		readers.Go(func() {
			for confirmed.Load() < last {
				if session := domain.ID(confirmed.Load()); session > 0 && state(set, session) != "revoked" {
					t.Errorf("session %d is not revoked", session)
					return
				}
			}
		})
	}
	for session := domain.ID(1); session <= last; session++ {
		set.Revoke(session)
		set.Confirm(time.Now())
		confirmed.Store(int64(session))
	}
	readers.Wait()
}

func TestRevokedAllocatesNothing(t *testing.T) {
	set := revocations.New(&table{}, lifetime)
	set.Revoke(1)
	require.Zero(t, testing.AllocsPerRun(100, func() { set.Revoked(1); set.Revoked(2) }))
}

// Every request calls Revoked, so it must be cheap however many sessions are revoked.
func BenchmarkRevoked(b *testing.B) {
	for _, revoked := range []int{0, 100_000} {
		b.Run(fmt.Sprint(revoked), func(b *testing.B) {
			set := revocations.New(&table{}, lifetime)
			set.Revoke(slices.Collect(func(yield func(domain.ID) bool) {
				for i := range revoked {
					yield(domain.ID(2 * i))
				}
			})...)
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for session := domain.ID(0); pb.Next(); session++ {
					set.Revoked(session % domain.ID(2*revoked+1))
				}
			})
		})
	}
}
