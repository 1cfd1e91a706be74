// Package tracing sends spans of requests, use-cases and statements to an OpenTelemetry
// collector, over OTLP/HTTP. The spans contain names from the code, kinds of errors and
// statuses, and nothing that a client has sent.
package tracing

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// Options say where the spans go, and what is the same in all of them.
type Options struct {
	// Endpoint is the URL to which spans are posted. If it is empty, nothing is traced.
	Endpoint string
	// Headers are sent with each post. They can contain the collector's password.
	Headers map[string]string
	Sampler Sampler
	// Service is the service.name, Version the service.version of the spans.
	Service, Version string
	// Database is the db.system.name of the statements' spans, such as postgresql.
	Database string
}

// Tracer traces requests. It is safe for concurrent use. The zero Tracer traces nothing, and
// only reads the trace IDs of callers.
type Tracer struct {
	spans    trace.Tracer // nil if nothing is traced
	database string
}

// flushTimeout is the time for the collector to take the last spans when the service stops.
const flushTimeout = time.Second

// New returns a Tracer, and a function that sends the spans that are left. That function
// returns within a second, even if the collector does not answer.
//
// Spans are sent in the background. They are dropped if 2,048 are waiting, and if the collector
// does not take them within half a minute. Such failures are logged at most once a minute.
func New(options Options, log *slog.Logger) (*Tracer, func(), error) {
	if options.Endpoint == "" {
		return &Tracer{}, func() {}, nil
	}
	failures := &failureLog{log: log}
	// The library's own log would contain headers and URLs that it cannot parse.
	otel.SetLogger(logr.Discard())
	otel.SetErrorHandler(failures)
	ctx := context.Background()
	client := otlptracehttp.NewClient(otlptracehttp.WithEndpointURL(options.Endpoint), otlptracehttp.WithHeaders(options.Headers))
	exporter, err := otlptrace.New(ctx, client)
	if err != nil {
		return nil, nil, fmt.Errorf("tracing: %w", err)
	}
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter),
		sdktrace.WithSampler(newCallersSampler(options.Sampler)),
		// Detectors would add the host's name, the user and the command line.
		sdktrace.WithResource(resource.NewSchemaless(semconv.ServiceName(options.Service), semconv.ServiceVersion(options.Version))),
	)
	flush := func() {
		ctx, cancel := context.WithTimeout(ctx, flushTimeout)
		defer cancel()
		if err := provider.Shutdown(ctx); err != nil {
			failures.Handle(err)
		}
		_ = client.Stop(ctx) // It interrupts a post that takes longer.
	}
	return &Tracer{provider.Tracer("example.com/healthcare"), options.Database}, flush, nil
}
