package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/adapters/memory"
	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/postgres/pgtest"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// commits are the ways in which a connection is lost at a COMMIT, and how many records the
// change has then added.
var commits = map[string]struct {
	cut   cut
	saved int
}{
	"before the server got the COMMIT":      {beforeCommit, 0},
	"after the server committed the change": {afterCommit, 1},
}

func TestALostConnectionAtCommitLeavesTheOutcomeUnknown(t *testing.T) {
	for name, tt := range commits {
		t.Run(name, func(t *testing.T) {
			dsn := pgtest.New(t)
			proxy, proxied := startProxy(t, dsn)
			store, direct := open(t, proxied, postgres.Options{}), open(t, dsn, postgres.Options{})
			runs := 0
			add := func(tx ports.Tx) error {
				runs++
				_, err := tx.Doctors().Add(t.Context(), newDoctor("NJ-1"))
				return err
			}
			proxy.atCommit(func() cut { return tt.cut })
			err := store.Update(t.Context(), add)
			require.True(t, domain.IsOutcomeUnknown(err), "%v", err)
			require.Equal(t, domain.Unavailable, domain.KindOf(err))
			require.Equal(t, 1, runs)
			doctors, err := all(t.Context(), direct)
			require.NoError(t, err)
			require.Len(t, doctors, tt.saved)

			// A lost connection at any other moment changes nothing.
			proxy.restore(t)
			require.NoError(t, store.Update(t.Context(), func(ports.Tx) error { return nil }))
			err = store.Update(t.Context(), func(tx ports.Tx) error {
				_, err := tx.Doctors().Add(t.Context(), newDoctor("NJ-2"))
				require.NoError(t, err)
				proxy.stop()
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
	proxy, proxied := startProxy(t, dsn)
	store, direct := open(t, proxied, postgres.Options{}), open(t, dsn, postgres.Options{})
	require.NoError(t, store.Update(t.Context(), func(ports.Tx) error { return nil }))
	ctx, cancel := context.WithCancel(t.Context())
	proxy.atCommit(func() cut { proxy.fromServer.hang(); cancel(); return never })
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

// TestARetryAfterAnUnknownOutcomeMakesOneRecord also loses the connections over which the
// failure would be recorded.
func TestARetryAfterAnUnknownOutcomeMakesOneRecord(t *testing.T) {
	for name, tt := range commits {
		t.Run(name, func(t *testing.T) {
			dsn := pgtest.New(t)
			proxy, proxied := startProxy(t, dsn)
			store := open(t, proxied, postgres.Options{})
			clinic := clinictest.New(t, func(p *application.Ports, _ *application.Rules) { p.Store, p.Revocations = store, memory.New() })
			staff := clinic.Staff()
			replays := 0
			once := application.Once{Replayed: func() { replays++ }}
			var err error
			once.Key, err = domain.ParseIdempotencyKey("k")
			require.NoError(t, err)
			create := func() (domain.PatientView, error) {
				return clinic.Patients.Create(t.Context(), staff, once, domain.PatientInput{Name: domain.Given("Ada")})
			}
			proxy.atCommit(func() cut { return tt.cut })
			_, err = create()
			require.True(t, domain.IsOutcomeUnknown(err), "%v", err)
			proxy.restore(t)
			first, err := create()
			require.NoError(t, err)
			assert.Equal(t, tt.saved, replays)
			again, err := clinic.Patients.Get(t.Context(), staff, first.ID, nil)
			require.NoError(t, err)
			assert.Equal(t, first, again)
			page, err := clinic.Patients.List(t.Context(), staff, nil)
			require.NoError(t, err)
			assert.Len(t, page.Items, 1)
		})
	}
}
