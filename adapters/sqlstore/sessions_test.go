package sqlstore_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func TestRevokedSinceListsTheSessionsRevokedAfterATime(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			var counter counter
			store := engine.open(t, counter.wrap)
			var ids []domain.ID
			update(t, store, func(tx ports.Tx) error {
				user, err := tx.Users().Add(t.Context(), newUser())
				if err != nil {
					return err
				}
				for i, revoked := range []time.Time{{}, now, now.Add(time.Microsecond), now.Add(time.Hour), {}} {
					session, err := tx.Sessions().Add(t.Context(), domain.Session{
						UserID: user.ID, Selector: domain.RefreshSelector{byte(i)}, CreatedAt: now, ExpiresAt: now, RevokedAt: revoked,
					})
					if err != nil {
						return err
					}
					ids = append(ids, session.ID)
				}
				return nil
			})
			for since, want := range map[time.Time][]domain.ID{
				now.Add(-time.Microsecond): {ids[1], ids[2], ids[3]},
				now:                        {ids[2], ids[3]},
				now.Add(time.Hour):         {},
			} {
				statements := counter.during(func() {
					revoked, err := store.RevokedSince(t.Context(), since)
					require.NoError(t, err)
					require.ElementsMatch(t, want, revoked, since)
				})
				require.Equal(t, int64(1), statements)
			}
		})
	}
}
