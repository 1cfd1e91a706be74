package httpserver

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/domain"
)

// watcher is an Observer that keeps what it is told.
type watcher struct {
	mutex    sync.Mutex
	inFlight int
	ended    []EndedRequest
}

func (w *watcher) RequestBegan() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.inFlight++
}

func (w *watcher) RequestEnded(request EndedRequest) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.inFlight--
	w.ended = append(w.ended, request)
}

func TestAnObserverIsToldAboutEachRequest(t *testing.T) {
	gone, leave := context.WithCancel(t.Context())
	leave()
	for name, tt := range map[string]struct {
		method string
		client context.Context
		do     func(http.ResponseWriter, *http.Request) error
		want   EndedRequest
	}{
		"answered": {"GET", t.Context(), live, EndedRequest{Method: "GET", Status: 200}},
		"invented": {"BREW", t.Context(), live, EndedRequest{Method: "other", Status: 200}},
		"refused": {"PUT", t.Context(), func(http.ResponseWriter, *http.Request) error {
			return domain.ErrNotFound()
		}, EndedRequest{Method: "PUT", Status: 404}},
		"failed": {"GET", t.Context(), func(http.ResponseWriter, *http.Request) error { panic("x") }, EndedRequest{Method: "GET", Status: 500}},
		"cut": {"GET", t.Context(), func(w http.ResponseWriter, _ *http.Request) error {
			_, _ = io.WriteString(w, "a part")
			return errors.New("the database is gone")
		}, EndedRequest{Method: "GET", Status: 200, Cut: true}},
		"signed out during the response": {"GET", t.Context(), func(w http.ResponseWriter, _ *http.Request) error {
			_, _ = io.WriteString(w, "a part")
			return domain.ErrAccessToken()
		}, EndedRequest{Method: "GET", Status: 200}},
		"left": {"GET", gone, func(_ http.ResponseWriter, r *http.Request) error {
			return domain.ErrUnavailable(r.Context().Err())
		}, EndedRequest{Method: "GET", Status: 499}},
		"left during the response": {"GET", gone, func(w http.ResponseWriter, r *http.Request) error {
			_, _ = io.WriteString(w, "a part")
			return domain.ErrUnavailable(r.Context().Err())
		}, EndedRequest{Method: "GET", Status: 200}},
	} {
		t.Run(name, func(t *testing.T) {
			told := &watcher{}
			during := 0
			handler := serve(io.Discard, Options{Observer: told}, func(w http.ResponseWriter, r *http.Request) error {
				during = told.inFlight
				return tt.do(w, r)
			})
			func() {
				defer func() { _ = recover() }() // A cut response panics with http.ErrAbortHandler.
				handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(tt.client, tt.method, "/", nil))
			}()
			assert.Equal(t, 1, during, "requests in flight while it runs")
			assert.Zero(t, told.inFlight)
			if assert.Len(t, told.ended, 1) {
				assert.Positive(t, told.ended[0].Took)
				tt.want.Route, tt.want.Took = "/{id}", told.ended[0].Took
				assert.Equal(t, tt.want, told.ended[0])
			}
		})
	}
}
