package postgres_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/httpserver"
	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/postgres/pgtest"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// TestARequestIsAnsweredWhileTheDatabaseHangs checks that a request does not wait for lib/pq,
// which waits for the server to confirm the cancellation of a statement.
func TestARequestIsAnsweredWhileTheDatabaseHangs(t *testing.T) {
	for name, do := range map[string]func(ctx context.Context, store ports.Store) error{
		"reading": func(ctx context.Context, store ports.Store) error {
			_, err := all(ctx, store)
			return err
		},
		"writing": func(ctx context.Context, store ports.Store) error {
			return store.Update(ctx, func(tx ports.Tx) error {
				_, err := tx.Doctors().Add(ctx, newDoctor("NJ-1"))
				return err
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // It mostly waits.
			dsn := pgtest.New(t)
			proxy, proxied := pgtest.StartProxy(t, dsn)
			store := open(t, proxied, postgres.Options{})
			ended := make(chan error, 1)
			service := httpserver.Wrap(httpserver.Transport{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				err := do(r.Context(), store)
				httpserver.RequestFrom(r.Context()).Fail(err)
				ended <- err
			}), Answer: func(w http.ResponseWriter, _ *http.Request, err error) {
				if domain.KindOf(err) == domain.Unavailable {
					w.WriteHeader(http.StatusServiceUnavailable)
				}
			}}, httpserver.Options{}, slog.New(slog.DiscardHandler))

			proxy.FromServer.Hang()
			const limit = time.Second
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			answer, start := httptest.NewRecorder(), time.Now()
			service.ServeHTTP(answer, httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
			require.Less(t, time.Since(start), limit+httpserver.WriteTimeout-httpserver.RequestTimeout)
			require.Equal(t, http.StatusServiceUnavailable, answer.Code)
			require.Empty(t, ended, "the store is still waiting")

			proxy.Restore(t)
			require.Equal(t, domain.Unavailable, domain.KindOf(<-ended))
			doctors, err := all(t.Context(), store)
			require.NoError(t, err)
			require.Empty(t, doctors)
		})
	}
}
