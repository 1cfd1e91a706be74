package httpserver

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"sync/atomic"
	"time"

	"example.com/healthcare/domain"
)

// responseGrace is how long limitTime waits for the transport after the deadline. Most
// stores return at once when the context ends.
const responseGrace = time.Second

// errStillRunning returns the error of a request whose transport has not returned although
// ctx has ended.
func errStillRunning(ctx context.Context) error {
	return domain.ErrUnavailable(fmt.Errorf("request handler still running: %w", ctx.Err()))
}

// limitTime sets the deadline of a request. If the transport does not return soon after
// the deadline, for example because the database does not react, the request fails as
// Unavailable while the transport is still running. Stores begin no commit after the end
// of the context, and return soon when it ends during a commit, so the change that the
// transport was making does not succeed later. When the transport returns, its result is
// logged.
func limitTime(log *slog.Logger, transport http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), RequestTimeout)
		start, request := time.Now(), RequestFrom(ctx)
		response := &transportResponse{client: w, header: w.Header().Clone()}
		done := make(chan struct{})
		request.service.working.Go(func() {
			defer cancel()
			defer request.logLateResult(context.WithoutCancel(ctx), log, start)
			defer close(done)
			growStack(0)
			defer request.releaseMemory() // The memory of an abandoned request is in use until its transport returns.
			transport.ServeHTTP(response, r.WithContext(ctx))
		})
		if !returnsInTime(ctx, done) {
			if response.takeForLimiter() {
				request.abandon(errStillRunning(ctx))
				return
			}
			<-done // The transport has begun the response. Each write has a deadline of its own.
		}
		if !response.begun {
			response.copyHeader()
		}
	})
}

// returnsInTime waits until done is closed. It returns false if that does not happen
// before the end of ctx or within responseGrace after it.
func returnsInTime(ctx context.Context, done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	case <-ctx.Done():
	}
	select {
	case <-done:
		return true
	case <-time.After(responseGrace):
		return false
	}
}

// runInTime calls do. If do does not return soon after the end of ctx, it returns an
// Unavailable error while do is still running.
func runInTime[T any](ctx context.Context, do func(context.Context) (T, error)) (T, error) {
	var out T
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if value := recover(); value != nil { // A panic on this goroutine would kill the process.
				err = panicError(value)
			}
		}()
		out, err = do(ctx)
	}()
	if !returnsInTime(ctx, done) {
		var zero T
		return zero, errStillRunning(ctx)
	}
	return out, err
}

// transportResponse is the ResponseWriter of a transport. The transport and limitTime both
// try to claim the response, and the first to do so owns it. The transport claims it by
// writing or by setting a deadline. After limitTime has claimed it, the transport's writes
// fail.
type transportResponse struct {
	client http.ResponseWriter
	// header is separate from the client's header, because the transport can still change
	// it after limitTime has claimed the response.
	header http.Header
	begun  bool
	owner  atomic.Int32
}

// The owners of a response.
const (
	unowned int32 = iota
	ownedByTransport
	ownedByLimiter
)

// takeForLimiter claims the response for limitTime and reports whether that succeeded.
func (t *transportResponse) takeForLimiter() bool {
	return t.owner.CompareAndSwap(unowned, ownedByLimiter)
}

// claim claims the response for the transport and reports whether the transport owns it.
func (t *transportResponse) claim() bool {
	return t.owner.CompareAndSwap(unowned, ownedByTransport) || t.owner.Load() == ownedByTransport
}

// begin begins the response and reports whether the transport owns it.
func (t *transportResponse) begin() bool {
	if !t.claim() {
		return false
	}
	if !t.begun {
		t.begun = true
		t.copyHeader()
	}
	return true
}

// copyHeader replaces the client's header by the transport's.
func (t *transportResponse) copyHeader() {
	header := t.client.Header()
	clear(header)
	maps.Copy(header, t.header)
}

// Header implements http.ResponseWriter.
func (t *transportResponse) Header() http.Header { return t.header }

// WriteHeader implements http.ResponseWriter.
func (t *transportResponse) WriteHeader(status int) {
	if !t.claim() {
		return
	}
	if !t.begun {
		t.copyHeader()
		t.begun = status >= http.StatusOK // Lower statuses are informational.
	}
	t.client.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (t *transportResponse) Write(part []byte) (int, error) {
	if !t.begin() {
		return 0, http.ErrHandlerTimeout
	}
	return t.client.Write(part)
}

// FlushError implements what http.ResponseController calls.
func (t *transportResponse) FlushError() error {
	if !t.begin() {
		return http.ErrHandlerTimeout
	}
	return http.NewResponseController(t.client).Flush()
}

// SetWriteDeadline implements what http.ResponseController calls.
func (t *transportResponse) SetWriteDeadline(deadline time.Time) error {
	if !t.claim() {
		return http.ErrHandlerTimeout
	}
	return http.NewResponseController(t.client).SetWriteDeadline(deadline)
}
