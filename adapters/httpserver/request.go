package httpserver

import (
	"context"
	"net/http"
	"time"

	"example.com/healthcare/domain"
)

// Request is what httpserver and a transport tell each other of one request. It is
// for the goroutine that serves the request.
type Request struct {
	origin domain.Origin
	// connected ends when the client is gone, and has no deadline.
	connected context.Context
	memory    *memory

	route    string
	actor    domain.Actor
	signedIn bool
	err      error
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

// SetRoute names the route in the log line of the request. Give its pattern, not
// the path: the pattern is the same for all ids, and a mistyped path can hold
// anything.
func (r *Request) SetRoute(pattern string) { r.route = pattern }

// SetActor names the actor's user and session in the log line of the request.
func (r *Request) SetActor(actor domain.Actor) { r.actor, r.signedIn = actor, true }

// Fail says that the request failed with err. When the transport returns, err is
// answered and logged, once. If a part of the answer has been sent already, the
// connection ends, so that nobody takes the part for the whole.
func (r *Request) Fail(err error) { r.err = err }

// InMoreTime runs do with as much time as a request has, from now on, as long as
// the client is there. It is for answers that are sent in parts.
func InMoreTime[T any](w http.ResponseWriter, r *http.Request, do func(context.Context) (T, error)) (T, error) {
	// Over HTTP/2 an answer ends at its deadline even while nothing is written.
	if err := MoreTimeToWrite(w); err != nil {
		var none T
		return none, err
	}
	ctx, cancel := context.WithTimeout(RequestFrom(r.Context()).connected, RequestTimeout)
	defer cancel()
	return do(ctx)
}

// MoreTimeToWrite gives the next part of an answer as much time as a whole one has.
func MoreTimeToWrite(w http.ResponseWriter) error {
	return http.NewResponseController(w).SetWriteDeadline(time.Now().Add(WriteTimeout))
}
