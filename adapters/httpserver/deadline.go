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

// answerGrace is how long a transport has to answer after its time is over. Most
// stores come back at once; one that does not is not waited for.
const answerGrace = time.Second

// overdue is the error of work that ctx has ended and that goes on.
func overdue(ctx context.Context) error {
	return domain.ErrUnavailable(fmt.Errorf("the work on the request goes on: %w", ctx.Err()))
}

// limitTime ends the work on a request while there is still time to say so. If the
// transport does not return then, the request fails as Unavailable without it: a
// database can take long to give up. Whether the transport's work was done, nobody
// knows yet; the log says so once it ends.
func limitTime(log *slog.Logger, transport http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), RequestTimeout)
		start, request := time.Now(), RequestFrom(ctx)
		answer := &transportAnswer{answer: w, header: w.Header().Clone()}
		done := make(chan struct{})
		request.service.working.Go(func() {
			defer cancel()
			defer request.logLate(context.WithoutCancel(ctx), log, start)
			defer close(done)
			defer request.giveBack() // What goes on after the answer still uses its memory.
			transport.ServeHTTP(answer, r.WithContext(ctx))
		})
		if !endsInTime(ctx, done) {
			if answer.take() {
				request.giveUp(overdue(ctx))
				return
			}
			<-done // An answer that has begun is bounded by the deadline of each write.
		}
		if !answer.begun {
			answer.copyHeader()
		}
	})
}

// endsInTime waits for done, and reports false if that takes longer than ctx and a
// grace allow.
func endsInTime(ctx context.Context, done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	case <-ctx.Done():
	}
	select {
	case <-done:
		return true
	case <-time.After(answerGrace):
		return false
	}
}

// inTime runs do, and returns an Unavailable error if do does not return soon after
// ctx has ended.
func inTime[T any](ctx context.Context, do func(context.Context) (T, error)) (T, error) {
	var out T
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if thrown := recover(); thrown != nil { // On this goroutine it would end the process.
				err = panicked(thrown)
			}
		}()
		out, err = do(ctx)
	}()
	if !endsInTime(ctx, done) {
		var none T
		return none, overdue(ctx)
	}
	return out, err
}

// transportAnswer is what a transport answers with. The answer belongs to the
// transport once it has begun to answer or asked for more time, unless limitTime
// has taken it first.
type transportAnswer struct {
	answer http.ResponseWriter
	// header is the transport's alone. It can still write there when the answer has
	// been taken.
	header http.Header
	begun  bool
	owner  atomic.Int32
}

// The owners of an answer.
const (
	nobody int32 = iota
	theTransport
	limiter
)

// take makes the answer limitTime's, and reports whether that could be.
func (a *transportAnswer) take() bool { return a.owner.CompareAndSwap(nobody, limiter) }

// claim makes the answer the transport's, and reports whether it is.
func (a *transportAnswer) claim() bool {
	return a.owner.CompareAndSwap(nobody, theTransport) || a.owner.Load() == theTransport
}

// begin begins the answer if it is the transport's, and reports whether it is.
func (a *transportAnswer) begin() bool {
	if !a.claim() {
		return false
	}
	if !a.begun {
		a.begun = true
		a.copyHeader()
	}
	return true
}

// copyHeader makes the transport's headers those of the answer.
func (a *transportAnswer) copyHeader() {
	header := a.answer.Header()
	clear(header)
	maps.Copy(header, a.header)
}

// Header implements http.ResponseWriter.
func (a *transportAnswer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *transportAnswer) WriteHeader(status int) {
	if !a.claim() {
		return
	}
	if !a.begun {
		a.copyHeader()
		a.begun = status >= http.StatusOK // what is below is not the answer yet
	}
	a.answer.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (a *transportAnswer) Write(part []byte) (int, error) {
	if !a.begin() {
		return 0, http.ErrHandlerTimeout
	}
	return a.answer.Write(part)
}

// FlushError is for http.ResponseController.
func (a *transportAnswer) FlushError() error {
	if !a.begin() {
		return http.ErrHandlerTimeout
	}
	return http.NewResponseController(a.answer).Flush()
}

// SetWriteDeadline is for http.ResponseController.
func (a *transportAnswer) SetWriteDeadline(deadline time.Time) error {
	if !a.claim() {
		return http.ErrHandlerTimeout
	}
	return http.NewResponseController(a.answer).SetWriteDeadline(deadline)
}
