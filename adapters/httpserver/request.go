package httpserver

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"example.com/healthcare/domain"
)

// Request is the information about one request that httpserver and a transport share.
type Request struct {
	origin domain.Origin
	prefix string
	isTLS  bool
	// connected ends when the client disconnects. It has no deadline.
	connected context.Context
	memory    *memory
	service   *service
	// traceID is logged. endTrace must be called once.
	traceID  string
	endTrace func(route string, status int, failed bool)

	mutex sync.Mutex
	// abandoned is set when the request failed while the transport was still running. After
	// that, only lateErr changes.
	abandoned bool
	// lateErr is the error that the transport reported after the request was abandoned.
	lateErr  error
	route    string
	actor    domain.Actor
	signedIn bool
	// recheck returns an error if the actor is not signed in any more. It can be nil.
	recheck func(context.Context) error
	err     error
	// namesClient, reason and code are logged if the request is refused.
	namesClient  bool
	reason, code string
	// reserved are the functions that release the request's memory and its place.
	reserved []func()
	// isCounted says that the request is one of many refused ones that are logged together.
	isCounted bool
}

type requestKey struct{}

// RequestFrom returns the Request of ctx. It panics if ctx does not come from a handler
// that Wrap returned.
func RequestFrom(ctx context.Context) *Request { return ctx.Value(requestKey{}).(*Request) }

// Origin returns where the request comes from, and its request id.
func (r *Request) Origin() domain.Origin { return r.origin }

// Prefix returns the path that trusted proxies removed from the request's path, without a
// trailing slash. A transport puts it in front of the paths in its responses.
func (r *Request) Prefix() string { return r.prefix }

// IsTLS reports whether the client used TLS to the service or to the outermost trusted proxy.
func (r *Request) IsTLS() bool { return r.isTLS }

// Stopping reports whether the service was told to stop. Then a readiness check fails.
func (r *Request) Stopping() bool { return r.service.stopping() }

// SetRoute sets the route that is logged. Pass the pattern of the route and not the path:
// the pattern is the same for all ids, and a mistyped path can contain personal data.
func (r *Request) SetRoute(pattern string) { r.set(func() { r.route = pattern }) }

// SetActor sets the actor whose user and session ids are logged. The actor also determines
// the memory share in Reserve.
func (r *Request) SetActor(actor domain.Actor) {
	r.set(func() { r.actor, r.signedIn = actor, true })
}

// SetRecheck sets what WithExtraTime calls before each part of a response: it returns an error if
// the actor is not signed in any more. Call it before the transport answers.
func (r *Request) SetRecheck(recheck func(context.Context) error) { r.recheck = recheck }

// NameClient logs the client's address if the request is refused with 401, 403 or 429. It
// is for routes that need no token: a program such as fail2ban can ban the addresses that
// guess passwords.
func (r *Request) NameClient() { r.set(func() { r.namesClient = true }) }

// SetCode sets the code of a failure that is logged. AnswerError calls it.
func (r *Request) SetCode(code string) { r.code = code }

// Fail sets the error of the request. When the transport returns, the error is answered and
// logged. If a part of the response was sent before, the connection is closed instead, so
// that the client does not mistake that part for the complete response.
func (r *Request) Fail(err error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.abandoned {
		r.lateErr = err
		return
	}
	r.err = err
}

// set calls change unless the request is abandoned.
func (r *Request) set(change func()) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if !r.abandoned {
		change()
	}
}

// abandon fails the request with err while the transport is still running.
func (r *Request) abandon(err error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.err, r.abandoned = err, true
}

// logLateResult logs the result of a transport that returned after the request was
// abandoned.
func (r *Request) logLateResult(ctx context.Context, log *slog.Logger, start time.Time) {
	r.mutex.Lock()
	abandoned, err := r.abandoned, r.lateErr
	r.mutex.Unlock()
	if !abandoned {
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
	log.LogAttrs(ctx, level, "request handler finished after its response", attrs...)
}

// WithExtraTime calls do with a new deadline, RequestTimeout from now. It is for responses
// that are streamed. The context also ends when the client disconnects. If do does not
// return soon after the end of the context, the error is Unavailable and do keeps running.
// If the check of SetRecheck fails, its error is returned and do is not called.
func WithExtraTime[T any](w http.ResponseWriter, r *http.Request, do func(context.Context) (T, error)) (T, error) {
	// Over HTTP/2, the write deadline ends a response even while nothing is being written.
	if err := ExtendWriteDeadline(w); err != nil {
		var zero T
		return zero, err
	}
	request := RequestFrom(r.Context())
	ctx, cancel := context.WithTimeout(request.connected, RequestTimeout)
	defer cancel()
	return runInTime(ctx, func(ctx context.Context) (T, error) {
		if request.recheck != nil {
			if err := request.recheck(ctx); err != nil {
				var zero T
				return zero, err
			}
		}
		return do(ctx)
	})
}

// ExtendWriteDeadline sets the write deadline of the response to WriteTimeout from now.
func ExtendWriteDeadline(w http.ResponseWriter) error {
	return http.NewResponseController(w).SetWriteDeadline(time.Now().Add(WriteTimeout))
}
