package httpserver

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"example.com/healthcare/domain"
)

// Request is what httpserver and a transport tell each other of one request.
type Request struct {
	origin domain.Origin
	prefix string
	// connected ends when the client is gone, and has no deadline.
	connected context.Context
	memory    *memory
	service   *service

	mutex sync.Mutex
	// over is set when the request has failed without the transport. Nothing below
	// changes any more, but for late.
	over bool
	// late is the error that the transport reported after that.
	late     error
	route    string
	actor    domain.Actor
	signedIn bool
	err      error
	// namesClient and reason are for the log line of a refusal.
	namesClient bool
	reason      string
	// code is that of the answer, which logRequests asks for when the request is over.
	code string
	// reserved are the functions that give back what the request has of memory.
	reserved []func()
}

type requestKey struct{}

// RequestFrom returns the request that a transport serves with ctx. It panics if
// ctx does not come from a handler of Wrap.
func RequestFrom(ctx context.Context) *Request { return ctx.Value(requestKey{}).(*Request) }

// Origin says where the request comes from, and which id the answer and the log
// have for it.
func (r *Request) Origin() domain.Origin { return r.origin }

// Prefix is the path, without its last slash, that trusted proxies have taken off the
// request's. Paths that an answer gives to clients begin with it.
func (r *Request) Prefix() string { return r.prefix }

// Stopping reports whether the service has been asked to stop. Then a transport that
// is asked whether the service is ready says no.
func (r *Request) Stopping() bool { return r.service.stopping() }

// SetRoute names the route in the log line of the request. Give its pattern, not
// the path: the pattern is the same for all ids, and a mistyped path can hold
// anything.
func (r *Request) SetRoute(pattern string) { r.set(func() { r.route = pattern }) }

// SetActor names the actor's user and session in the log line of the request.
func (r *Request) SetActor(actor domain.Actor) {
	r.set(func() { r.actor, r.signedIn = actor, true })
}

// NameClient has the log line name the client's address if the request is refused with
// 401, 403 or 429. It is for routes at which nobody is signed in: whoever guesses
// passwords there can be banned by what reads the log.
func (r *Request) NameClient() { r.set(func() { r.namesClient = true }) }

// SetCode names the code of a failure in the log line. It is for AnswerError.
func (r *Request) SetCode(code string) { r.code = code }

// Fail says that the request failed with err. When the transport returns, err is
// answered and logged, once. If a part of the answer has been sent already, the
// connection ends, so that nobody takes the part for the whole.
func (r *Request) Fail(err error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.over {
		r.late = err
		return
	}
	r.err = err
}

// set changes the request unless it is over.
func (r *Request) set(change func()) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if !r.over {
		change()
	}
}

// giveUp fails the request with err while the transport is still at work.
func (r *Request) giveUp(err error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.err, r.over = err, true
}

// logLate tells how the transport ended, if the request had been over by then.
func (r *Request) logLate(ctx context.Context, log *slog.Logger, start time.Time) {
	r.mutex.Lock()
	over, err := r.over, r.late
	r.mutex.Unlock()
	if !over {
		return
	}
	level := slog.LevelInfo
	attrs := []slog.Attr{slog.String("request_id", r.origin.RequestID), slog.String("route", r.route), slog.Duration("took", time.Since(start))}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
		if domain.KindOf(err) == domain.Internal {
			level = slog.LevelError
		}
	}
	log.LogAttrs(ctx, level, "the work on a request ended after its answer", attrs...)
}

// WithExtraTime runs do with as much time as a request has, from now on, as long as
// the client is there. If do does not return soon after that, the error is
// Unavailable, and do goes on by itself. It is for answers that are sent in parts.
func WithExtraTime[T any](w http.ResponseWriter, r *http.Request, do func(context.Context) (T, error)) (T, error) {
	// Over HTTP/2 an answer ends at its deadline even while nothing is written.
	if err := ExtendWriteDeadline(w); err != nil {
		var none T
		return none, err
	}
	ctx, cancel := context.WithTimeout(RequestFrom(r.Context()).connected, RequestTimeout)
	defer cancel()
	return inTime(ctx, do)
}

// ExtendWriteDeadline gives the next part of an answer as much time as a whole one has.
func ExtendWriteDeadline(w http.ResponseWriter) error {
	return http.NewResponseController(w).SetWriteDeadline(time.Now().Add(WriteTimeout))
}
