package tracing

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"example.com/healthcare/adapters/httpserver"
	"example.com/healthcare/ports"
)

var _ httpserver.Tracer = (*Tracer)(nil)

// StartRequest implements httpserver.Tracer. The trace is the caller's, if the request has one
// well-formed traceparent header (W3C Trace Context). Its tracestate and baggage are not used:
// they can contain any text.
func (t *Tracer) StartRequest(r *http.Request) (context.Context, string, func(route string, status int, failed bool)) {
	ctx := r.Context()
	if header := r.Header.Values("Traceparent"); len(header) == 1 {
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": header[0]})
	}
	if t.spans == nil {
		return r.Context(), traceID(ctx), func(string, int, bool) {}
	}
	method := httpserver.KnownMethod(r.Method)
	if method == "other" {
		method = "_OTHER"
	}
	ctx, started := t.spans.Start(ctx, method, trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(semconv.HTTPRequestMethodKey.String(method)))
	if !started.IsRecording() {
		return r.Context(), traceID(ctx), func(string, int, bool) { started.End() }
	}
	end := func(route string, status int, failed bool) {
		if route != "" {
			started.SetName(method + " " + route)
			started.SetAttributes(semconv.HTTPRoute(route))
		}
		started.SetAttributes(semconv.HTTPResponseStatusCode(status))
		if failed {
			started.SetStatus(codes.Error, "")
		}
		started.End()
	}
	return ports.ContextWithSpan(r.Context(), span{t, started}), traceID(ctx), end
}

// traceID returns the ID of the trace of ctx, "" if it has none.
func traceID(ctx context.Context) string {
	if id := trace.SpanContextFromContext(ctx).TraceID(); id.IsValid() {
		return id.String()
	}
	return ""
}
