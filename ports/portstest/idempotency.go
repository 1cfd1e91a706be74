package portstest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func newRequestID() domain.RequestID { return domain.RequestID(newKey()) }

// newKeptRequest returns a request that made n versions and expires in a day.
func newKeptRequest(n int) domain.KeptRequest {
	request := domain.KeptRequest{Content: domain.MAC{byte(n), 7}, Expires: now.Add(24 * time.Hour)}
	for i := range n {
		kind := domain.RecordKinds()[i%len(domain.RecordKinds())].Kind
		// Neither in the order of kinds nor in that of IDs.
		request.Versions = append(request.Versions, domain.VersionName{Record: domain.Reference{Kind: kind, ID: domain.ID(1<<40 - i)}, Number: i + 1})
	}
	return request
}

func saveRequest(t tester, store ports.Store, id domain.RequestID, request domain.KeptRequest) {
	t.Helper()
	update(t, store, func(tx ports.Tx) error { return tx.IdempotencyKeys().Save(t.Context(), id, request, now) })
}

// requestAt returns the request that Get finds at a time, in a View and in an Update.
func requestAt(t tester, store ports.Store, id domain.RequestID, at time.Time) (request domain.KeptRequest, err error) {
	t.Helper()
	view(t, store, func(tx ports.Tx) error {
		request, err = tx.IdempotencyKeys().Get(t.Context(), id, at)
		return nil
	})
	update(t, store, func(tx ports.Tx) error {
		locked, lockedErr := tx.IdempotencyKeys().Get(t.Context(), id, at)
		assert.Equal(t, request, locked)
		assert.Equal(t, domain.KindOf(err), domain.KindOf(lockedErr))
		return nil
	})
	return request, err
}

func requireRequest(t tester, store ports.Store, id domain.RequestID, want domain.KeptRequest) {
	t.Helper()
	request, err := requestAt(t, store, id, now)
	require.NoError(t, err)
	require.Equal(t, want, request)
}

func requireNoRequest(t tester, store ports.Store, id domain.RequestID, at time.Time) {
	t.Helper()
	request, err := requestAt(t, store, id, at)
	require.Equal(t, domain.NotFound, domain.KindOf(err), "%v", err)
	require.Zero(t, request)
}

func testIdempotencyKeys(s suite) {
	s.promise("Get of an unknown ID is NotFound, also after another Get", func(t *testing.T, store ports.Store) {
		id := newRequestID()
		for range 2 {
			requireNoRequest(t, store, id, now)
		}
		saveRequest(t, store, id, newKeptRequest(1))
		requireRequest(t, store, id, newKeptRequest(1))
	})

	s.promise("Get returns what was saved last", func(t *testing.T, store ports.Store) {
		id, other := newRequestID(), newRequestID()
		saveRequest(t, store, other, newKeptRequest(3))
		for _, versions := range []int{1, 1000, 0, 2} {
			saveRequest(t, store, id, newKeptRequest(versions))
			requireRequest(t, store, id, newKeptRequest(versions))
		}
		requireRequest(t, store, other, newKeptRequest(3))
	})

	s.promise("a request is found until it expires", func(t *testing.T, store ports.Store) {
		id, request := newRequestID(), newKeptRequest(1)
		saveRequest(t, store, id, request)
		found, err := requestAt(t, store, id, request.Expires)
		require.NoError(t, err)
		require.Equal(t, request, found)
		requireNoRequest(t, store, id, request.Expires.Add(time.Microsecond))

		again := newKeptRequest(2)
		again.Expires = again.Expires.Add(24 * time.Hour)
		saveRequest(t, store, id, again)
		requireRequest(t, store, id, again)
	})

	s.promise("Save deletes no request that has not expired", func(t *testing.T, store ports.Store) {
		id, request := newRequestID(), newKeptRequest(1)
		request.Expires = now
		saveRequest(t, store, id, request)
		for range 3 {
			saveRequest(t, store, newRequestID(), newKeptRequest(1))
		}
		requireRequest(t, store, id, request)
	})

	s.promise("a failed Update saves no request", func(t *testing.T, store ports.Store) {
		old, fresh := newRequestID(), newRequestID()
		saveRequest(t, store, old, newKeptRequest(1))
		err := store.Update(t.Context(), func(tx ports.Tx) error {
			for _, id := range []domain.RequestID{old, fresh} {
				_, _ = tx.IdempotencyKeys().Get(t.Context(), id, now)
				if err := tx.IdempotencyKeys().Save(t.Context(), id, newKeptRequest(5), now); err != nil {
					return err
				}
			}
			return errAborted
		})
		require.ErrorIs(t, err, errAborted)
		requireRequest(t, store, old, newKeptRequest(1))
		requireNoRequest(t, store, fresh, now)
	})

	s.race("of parallel Updates with one new ID, one finds no request", func(t *testing.T, store ports.Store) {
		for range raceRounds {
			id := newRequestID()
			first := make([]bool, callers)
			requireEachAllowed(t, runConcurrently(callers, func(i int) error {
				return store.Update(t.Context(), func(tx ports.Tx) error {
					_, err := tx.IdempotencyKeys().Get(t.Context(), id, now)
					first[i] = domain.KindOf(err) == domain.NotFound
					if !first[i] {
						return err
					}
					return tx.IdempotencyKeys().Save(t.Context(), id, newKeptRequest(1), now)
				})
			}))
			n := 0
			for _, is := range first {
				if is {
					n++
				}
			}
			require.Equal(t, 1, n)
		}
	})

	s.race("parallel Updates that delete or use the same expired requests all succeed", func(t *testing.T, store ports.Store) {
		var ids [callers]domain.RequestID
		for i := range ids {
			ids[i] = newRequestID()
			if i < 4 {
				request := newKeptRequest(7)
				request.Expires = now.Add(-time.Hour)
				saveRequest(t, store, ids[i], request)
			}
		}
		requireEachAllowed(t, runConcurrently(callers, func(i int) error {
			return store.Update(t.Context(), func(tx ports.Tx) error {
				_, err := tx.IdempotencyKeys().Get(t.Context(), ids[i], now)
				if domain.KindOf(err) != domain.NotFound {
					return err
				}
				return tx.IdempotencyKeys().Save(t.Context(), ids[i], newKeptRequest(i), now)
			})
		}))
		for i, id := range ids {
			requireRequest(t, store, id, newKeptRequest(i))
		}
	})
}
