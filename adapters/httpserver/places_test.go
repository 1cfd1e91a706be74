package httpserver

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// lockedLog is a log that can be read while it is written.
type lockedLog struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (l *lockedLog) Write(text []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(text)
}

func (l *lockedLog) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}

// from returns a request of a client.
func from(ctx context.Context, address, path string) *http.Request {
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil)
	r.RemoteAddr = address + ":40000"
	return r
}

// status sends a request of a client and returns the status of the answer.
func status(service http.Handler, r *http.Request) int {
	answer := httptest.NewRecorder()
	service.ServeHTTP(answer, r)
	return answer.Code
}

func TestRequestsInFlightAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log lockedLog
		service := serve(&log, Options{MaxInFlight: 10}, func(http.ResponseWriter, *http.Request) error {
			time.Sleep(time.Minute) // It does not end with its context.
			return nil
		})
		var clients sync.WaitGroup
		send := func(address string, n int) {
			for range n {
				clients.Go(func() { status(service, from(t.Context(), address, "/")) })
			}
			synctest.Wait()
		}
		send("203.0.113.7", 5)
		start := time.Now()
		assert.Equal(t, 503, status(service, from(t.Context(), "203.0.113.7", "/")), "half of the places are for others")
		send("203.0.113.8", 5)
		assert.Equal(t, 503, status(service, from(t.Context(), "203.0.113.9", "/")))
		assert.Zero(t, time.Since(start), "refused at once")
		clients.Go(func() { assert.Equal(t, 503, status(service, from(t.Context(), "203.0.113.9", "/readyz"))) })
		clients.Go(func() { assert.Equal(t, 503, status(service, from(t.Context(), "203.0.113.9", "/livez"))) })
		synctest.Wait()
		assert.Zero(t, strings.Count(log.String(), "msg=request "), "health checks are not refused: %s", log.String())

		time.Sleep(RequestTimeout + 2*time.Second)
		assert.Equal(t, 503, status(service, from(t.Context(), "203.0.113.9", "/")), "a request that was given up is still being done")
		clients.Wait()
		time.Sleep(time.Minute)
		synctest.Wait()
		clients.Go(func() { assert.Equal(t, 503, status(service, from(t.Context(), "203.0.113.7", "/"))) })
		synctest.Wait()
		before := strings.Count(log.String(), "too many requests in flight")
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		assert.Equal(t, before, strings.Count(log.String(), "too many requests in flight"), "the places are free again")
	})
}

func TestRefusedRequestsAreLoggedTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log lockedLog
		service := serve(&log, Options{MaxInFlight: 2}, func(http.ResponseWriter, *http.Request) error {
			time.Sleep(12 * time.Second)
			return nil
		})
		var client sync.WaitGroup
		client.Go(func() { status(service, from(t.Context(), "203.0.113.7", "/")) })
		synctest.Wait()
		for range 1000 {
			assert.Equal(t, 503, status(service, from(t.Context(), "203.0.113.7", "/")))
		}
		client.Wait()
		time.Sleep(placesLogInterval)
		synctest.Wait()
		assert.Equal(t, 2, strings.Count(log.String(), "too many requests in flight"), log.String())
		assert.Contains(t, log.String(), "refused=1 of_networks_with_a_full_share=1 limit=2 share=1")
		assert.Contains(t, log.String(), "refused=999")
		assert.Equal(t, 1, strings.Count(log.String(), "msg=request "), "that of the one that had a place")
	})
}
