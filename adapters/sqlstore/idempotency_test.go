package sqlstore_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func TestExpiredIdempotencyKeysAreForgottenAFewAtATime(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			store := engine.open(t, nil)
			save := func(request domain.KeptRequest, ids ...domain.RequestID) {
				update(t, store, func(tx ports.Tx) error {
					for _, id := range ids {
						if err := tx.IdempotencyKeys().Save(t.Context(), id, request, now); err != nil {
							return err
						}
					}
					return nil
				})
			}
			var expiring []domain.RequestID
			for i := range 120 {
				expiring = append(expiring, domain.RequestID{'e', byte(i)})
			}
			count := func() (n int) {
				require.NoError(t, store.View(t.Context(), func(tx ports.Tx) error {
					for _, id := range expiring {
						if _, err := tx.IdempotencyKeys().Get(t.Context(), id, time.Time{}); err == nil {
							n++
						}
					}
					return nil
				}))
				return n
			}
			save(domain.KeptRequest{Expires: now}, expiring...)
			require.Equal(t, 120, count())
			update(t, store, func(tx ports.Tx) error {
				return tx.IdempotencyKeys().Save(t.Context(), domain.RequestID{'a'}, domain.KeptRequest{Expires: now.Add(time.Hour)}, now.Add(time.Second))
			})
			require.Equal(t, 20, count())
			update(t, store, func(tx ports.Tx) error {
				return tx.IdempotencyKeys().Save(t.Context(), domain.RequestID{'b'}, domain.KeptRequest{Expires: now.Add(time.Hour)}, now.Add(time.Second))
			})
			require.Equal(t, 0, count())
		})
	}
}
