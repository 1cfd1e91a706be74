package httpserver

import (
	"context"
	"net/http"
)

// Tracer traces requests.
type Tracer interface {
	// StartRequest begins the trace of a request, or the request's part of its caller's trace.
	// It returns the context for the work on the request and the ID of the trace, "" if the
	// request has none. Wrap calls end with the pattern of the route, "" if the path matches
	// none, the status, and whether the service failed.
	StartRequest(r *http.Request) (ctx context.Context, traceID string, end func(route string, status int, failed bool))
}

// noTracer traces nothing.
type noTracer struct{}

func (noTracer) StartRequest(r *http.Request) (context.Context, string, func(string, int, bool)) {
	return r.Context(), "", func(string, int, bool) {}
}
