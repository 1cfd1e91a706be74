package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/postgres/pgtest"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// commits are the ways in which a connection is lost at a COMMIT, and how many records the
// change has then added.
var commits = map[string]struct {
	cut   pgtest.Cut
	saved int
}{
	"before the server got the COMMIT":      {pgtest.BeforeCommit, 0},
	"after the server committed the change": {pgtest.AfterCommit, 1},
}

func TestALostConnectionAtCommitLeavesTheOutcomeUnknown(t *testing.T) {
	for name, tt := range commits {
		t.Run(name, func(t *testing.T) {
			dsn := pgtest.New(t)
			proxy, proxied := pgtest.StartProxy(t, dsn)
			store, direct := open(t, proxied, postgres.Options{}), open(t, dsn, postgres.Options{})
			key, now, runs := domain.RequestID{1}, time.Now(), 0
			add := func(tx ports.Tx) error {
				runs++
				_, err := tx.Doctors().Add(t.Context(), newDoctor("NJ-1"))
				if err != nil {
					return err
				}
				return tx.IdempotencyKeys().Save(t.Context(), key, domain.KeptRequest{Expires: now.Add(time.Hour)}, now)
			}
			proxy.AtCommit(func() pgtest.Cut { return tt.cut })
			err := store.Update(t.Context(), add)
			require.True(t, domain.IsOutcomeUnknown(err), "%v", err)
			require.Equal(t, domain.Unavailable, domain.KindOf(err))
			require.Equal(t, 1, runs)
			doctors, err := all(t.Context(), direct)
			require.NoError(t, err)
			require.Len(t, doctors, tt.saved)
			require.NoError(t, direct.View(t.Context(), func(tx ports.Tx) error {
				_, err := tx.IdempotencyKeys().Get(t.Context(), key, now)
				require.Equal(t, tt.saved == 1, err == nil, "a retry must know what was saved")
				return nil
			}))

			// A lost connection at any other moment changes nothing.
			proxy.Restore(t)
			require.NoError(t, store.Update(t.Context(), func(ports.Tx) error { return nil }))
			err = store.Update(t.Context(), func(tx ports.Tx) error {
				_, err := tx.Doctors().Add(t.Context(), newDoctor("NJ-2"))
				require.NoError(t, err)
				proxy.Stop()
				_, err = tx.Doctors().Add(t.Context(), newDoctor("NJ-3"))
				return err
			})
			require.Equal(t, domain.Unavailable, domain.KindOf(err))
			require.False(t, domain.IsOutcomeUnknown(err), "%v", err)
		})
	}
}

func TestTheEndOfTheContextDuringCommitLeavesTheOutcomeUnknown(t *testing.T) {
	dsn := pgtest.New(t)
	proxy, proxied := pgtest.StartProxy(t, dsn)
	store, direct := open(t, proxied, postgres.Options{}), open(t, dsn, postgres.Options{})
	require.NoError(t, store.Update(t.Context(), func(ports.Tx) error { return nil }))
	ctx, cancel := context.WithCancel(t.Context())
	proxy.AtCommit(func() pgtest.Cut { proxy.FromServer.Hang(); cancel(); return pgtest.Never })
	began := time.Now()
	err := store.Update(ctx, func(tx ports.Tx) error {
		_, err := tx.Doctors().Add(ctx, newDoctor("NJ-1"))
		return err
	})
	require.True(t, domain.IsOutcomeUnknown(err), "%v", err)
	require.ErrorIs(t, err, context.Canceled)
	require.Less(t, time.Since(began), 10*time.Second)
	// The commit was not interrupted.
	eventually(t, func() bool {
		doctors, err := all(t.Context(), direct)
		return err == nil && len(doctors) == 1
	})
}
