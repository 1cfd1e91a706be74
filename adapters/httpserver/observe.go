package httpserver

import (
	"net/http"
	"time"
)

// Observer is told about each request, for metrics. Its methods are called concurrently. They
// add to the time of each request, so they must be quick.
type Observer interface {
	// RequestBegan is called when a request arrives.
	RequestBegan()
	// RequestEnded is called when it has ended, with what its line in the log says. The client
	// can have the whole response by then.
	RequestEnded(EndedRequest)
}

// EndedRequest describes a request that has ended. Each of its texts has few values, whatever
// clients send.
type EndedRequest struct {
	// Route is the pattern that the transport has passed to Request.SetRoute, or "unknown" for
	// a path that matches no route.
	Route string
	// Method is the method as KnownMethod returns it.
	Method string
	// Status is the status of the response, or 499 if the client disconnected before it.
	Status int
	// Cut says that the request failed after a part of the response was sent, so that the
	// connection was closed. It is false if the client was the one who left.
	Cut bool
	// Took is the time from the arrival of the request.
	Took time.Duration
}

// unobserved is the Observer of a service without one.
type unobserved struct{}

func (unobserved) RequestBegan()             {}
func (unobserved) RequestEnded(EndedRequest) {}

// observed describes a request for its Observer.
func (o outcome) observed(request *Request, r *http.Request, took time.Duration) EndedRequest {
	return EndedRequest{Route: request.routeName(), Method: KnownMethod(r.Method), Status: o.status, Cut: o.cut, Took: took}
}
