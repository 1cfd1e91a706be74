package httpserver

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

const mebibyte = 1 << 20

// requestOf returns a request of a user. If user is 0, nobody is signed in.
func requestOf(memory *memory, user domain.ID, address string) *Request {
	r := &Request{origin: domain.NewOrigin(netip.MustParseAddr(address), ""), memory: memory}
	if user != 0 {
		r.SetActor(domain.Actor{UserID: user})
	}
	return r
}

func TestOneUserCannotUseUpTheMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := newMemory()
		first := requestOf(memory, 1, "203.0.113.7")
		require.NoError(t, first.Reserve(t.Context(), Body, 8*mebibyte), "a share")
		start := time.Now()
		err := requestOf(memory, 1, "203.0.113.8").Reserve(t.Context(), Body, 1)
		assert.Equal(t, domain.Unavailable, domain.KindOf(err))
		assert.ErrorContains(t, err, "request bodies of one caller use all memory of the caller's share")
		assert.Equal(t, memoryWait, time.Since(start), "further requests of the user wait and are then refused")
		assert.NoError(t, requestOf(memory, 1, "203.0.113.7").Reserve(t.Context(), Answer, 1), "another use")
		for user := range domain.ID(3) {
			assert.NoError(t, requestOf(memory, user+2, "203.0.113.7").Reserve(t.Context(), Body, 8*mebibyte))
		}
		err = requestOf(memory, 5, "203.0.113.7").Reserve(t.Context(), Body, 1)
		assert.ErrorContains(t, err, "request bodies use all memory set aside for them")
		assert.NoError(t, requestOf(memory, 0, "203.0.113.7").Reserve(t.Context(), Body, 1), "callers without a token have a budget of their own")
		first.releaseMemory()
		assert.NoError(t, requestOf(memory, 5, "203.0.113.7").Reserve(t.Context(), Body, 8*mebibyte))
	})
}

func TestCallersWithoutATokenShareTheMemoryOfTheirNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := newMemory()
		for range 64 {
			require.NoError(t, requestOf(memory, 0, "203.0.113.7").Reserve(t.Context(), Body, mebibyte/64))
		}
		assert.Error(t, requestOf(memory, 0, "203.0.113.7").Reserve(t.Context(), Body, 1))
		assert.NoError(t, requestOf(memory, 0, "203.0.113.8").Reserve(t.Context(), Body, mebibyte))
		require.NoError(t, requestOf(memory, 0, "2001:db8:1:2::1").Reserve(t.Context(), Body, mebibyte))
		assert.Error(t, requestOf(memory, 0, "2001:db8:1:3::1").Reserve(t.Context(), Body, 1), "the same site")
		assert.NoError(t, requestOf(memory, 1, "203.0.113.7").Reserve(t.Context(), Body, 8*mebibyte))
	})
}

func TestRequestsGetMemoryInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := newMemory()
		var requests sync.WaitGroup
		start := time.Now()
		for range 20 {
			requests.Go(func() {
				request := requestOf(memory, 1, "203.0.113.7")
				defer request.releaseMemory()
				assert.NoError(t, request.Reserve(t.Context(), Body, 3*mebibyte))
				time.Sleep(100 * time.Millisecond)
			})
		}
		requests.Wait()
		assert.Equal(t, time.Second, time.Since(start), "two at once")
		assert.Empty(t, memory.budgets[Body].shares, "shares without requests are removed")
	})
}

func TestReserveCountsMoreThanAShareAsTheShare(t *testing.T) {
	assert.NoError(t, requestOf(newMemory(), 1, "203.0.113.7").Reserve(t.Context(), Body, 1<<40))
}

// TestMemoryIsReleasedHoweverARequestEnds uses up the share of a user each time.
func TestMemoryIsReleasedHoweverARequestEnds(t *testing.T) {
	ends := map[string]func(w http.ResponseWriter) error{
		"answered": func(http.ResponseWriter) error { return nil },
		"failed":   func(http.ResponseWriter) error { return domain.ErrNotFound() },
		"panic":    func(http.ResponseWriter) error { panic("x") },
		"cut": func(w http.ResponseWriter) error {
			w.WriteHeader(http.StatusOK)
			return domain.ErrNotFound()
		},
	}
	var log bytes.Buffer
	ending := ""
	handler := serve(&log, Options{}, func(w http.ResponseWriter, r *http.Request) error {
		request := RequestFrom(r.Context())
		request.SetActor(domain.Actor{UserID: 1})
		if err := request.Reserve(r.Context(), Body, 8*mebibyte); err != nil {
			return err
		}
		return ends[ending](w)
	})
	for range 2 {
		for ending = range ends {
			func() {
				defer func() { _ = recover() }() // http.ErrAbortHandler ends the connection
				handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
			}()
		}
	}
	assert.NotContains(t, log.String(), "use all memory")
	assert.Equal(t, 8, bytes.Count(log.Bytes(), []byte("msg=request")))
}

func TestAClientThatDisconnectsStopsWaitingForMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := newMemory()
		require.NoError(t, requestOf(memory, 1, "203.0.113.7").Reserve(t.Context(), Body, 8*mebibyte))
		ctx, hangUp := context.WithTimeout(t.Context(), time.Second/2)
		defer hangUp()
		err := requestOf(memory, 1, "203.0.113.7").Reserve(ctx, Body, 1)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Len(t, memory.budgets[Body].shares, 1)
	})
}
