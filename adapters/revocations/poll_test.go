package revocations_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/revocations"
	"example.com/healthcare/adapters/sqlite"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// poll runs Poll until the end of the test, or until stop is called, and
// returns its log.
func poll(t *testing.T, set *revocations.Set) (log *bytes.Buffer, stop func()) {
	t.Helper()
	log = &bytes.Buffer{}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		set.Poll(ctx, slog.New(slog.NewTextHandler(log, nil)))
	}()
	stop = func() {
		cancel()
		<-done
	}
	t.Cleanup(stop)
	return log, stop
}

func TestPollFindsRevocationsOfOtherInstances(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var source table
		source.revoke(1)
		set := revocations.New(&source, lifetime)
		log, stop := poll(t, set)
		synctest.Wait()
		require.Equal(t, "revoked", state(set, 1), "it was revoked before")
		require.Equal(t, "live", state(set, 2))
		for session := domain.ID(2); session < 50; session++ {
			time.Sleep(time.Duration(session) * 7 * time.Millisecond)
			synctest.Wait()
			require.Equal(t, "live", state(set, session))
			source.revoke(session)
			time.Sleep(250 * time.Millisecond)
			synctest.Wait()
			require.Equal(t, "revoked", state(set, session))
		}
		stop()
		require.Empty(t, log.String())
		time.Sleep(time.Second + 1)
		require.Equal(t, "unknown", state(set, 99), "nobody polls any more")
	})
}

func TestAFailingSourceIsLoggedOnceAndRecovers(t *testing.T) {
	for name, ill := range map[string]struct {
		err   error
		hangs bool
	}{
		"fails": {err: errors.New("disk on fire")},
		"hangs": {hangs: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var source table
				set := revocations.New(&source, lifetime)
				log, stop := poll(t, set)
				for range 2 {
					time.Sleep(time.Second)
					synctest.Wait()
					require.Equal(t, "live", state(set, 1))
					source.behave(ill.err, ill.hangs)
					time.Sleep(time.Minute)
					synctest.Wait()
					require.Equal(t, "unknown", state(set, 1))
					source.behave(nil, false)
					time.Sleep(2 * time.Second)
				}
				stop()
				lines := strings.Split(strings.TrimSpace(log.String()), "\n")
				require.Len(t, lines, 4, "%s", log)
				for i, line := range lines {
					require.Contains(t, line, []string{"cannot load revocations", "revocations loaded again"}[i%2])
				}
			})
		})
	}
}

func TestPollStopsDuringALoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, stop := poll(t, revocations.New(&table{hangs: true}, lifetime))
		synctest.Wait()
		start := time.Now()
		stop()
		require.Zero(t, time.Since(start))
		require.Empty(t, log.String(), "that is no error")
	})
}

// TestTheEmbeddedStoreIsPolled revokes through another store on the same file, as
// another process does.
func TestTheEmbeddedStoreIsPolled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "records.db")
	here, elsewhere := openEmbedded(t, path), openEmbedded(t, path)
	session := addSession(t, elsewhere)
	set := revocations.New(here, lifetime)
	poll(t, set)
	require.Eventually(t, func() bool { return state(set, session.ID) == "live" }, 10*time.Second, time.Millisecond)

	session.RevokedAt = time.Now().UTC().Truncate(time.Microsecond)
	require.NoError(t, elsewhere.Update(t.Context(), func(tx ports.Tx) error { return tx.Sessions().Save(t.Context(), session) }))
	require.Eventually(t, func() bool { return state(set, session.ID) == "revoked" }, time.Second, time.Millisecond)
}

func openEmbedded(t *testing.T, path string) interface {
	ports.Store
	revocations.Source
} {
	t.Helper()
	store, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

// addSession adds a session of a new user.
func addSession(t *testing.T, store ports.Store) (added domain.Session) {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Microsecond)
	user, _, err := domain.NewUser(domain.Registration{
		Email:    domain.Given("lisa@clinic.example"),
		Password: domain.Given("a password nobody guesses"),
	}, now, func(domain.Password, ...string) string { return "" })
	require.NoError(t, err)
	require.NoError(t, store.Update(t.Context(), func(tx ports.Tx) (err error) {
		if user, err = tx.Users().Add(t.Context(), user); err != nil {
			return err
		}
		token := domain.NewRefreshToken(domain.RefreshSelector{}, domain.RefreshSecret{})
		added, err = tx.Sessions().Add(t.Context(), domain.NewSession(user, domain.Origin{}, token, now, time.Hour))
		return err
	}))
	return added
}
