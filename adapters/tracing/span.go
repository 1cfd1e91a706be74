package tracing

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// span implements ports.Span.
type span struct {
	tracer *Tracer
	span   trace.Span
}

func (s span) Start(kind ports.SpanKind, name string) ports.Span {
	var options []trace.SpanStartOption
	if kind == ports.StatementSpan {
		options = append(options, trace.WithSpanKind(trace.SpanKindClient),
			trace.WithAttributes(semconv.DBSystemNameKey.String(s.tracer.database), semconv.DBQuerySummary(name)))
	}
	_, started := s.tracer.spans.Start(trace.ContextWithSpan(context.Background(), s.span), name, options...)
	return span{s.tracer, started}
}

// outcomeKey is the attribute for the outcome of a use-case. There is no convention for it.
const outcomeKey = attribute.Key("healthcare.outcome")

func (s span) SetOutcome(outcome domain.Outcome) {
	s.span.SetAttributes(outcomeKey.String(string(outcome)))
}

func (s span) End(err error) {
	if err != nil {
		kind := domain.KindOf(err)
		s.span.SetAttributes(semconv.ErrorTypeKey.String(kindNames[kind]))
		if kind == domain.Internal || kind == domain.Unavailable {
			s.span.SetStatus(codes.Error, "")
		}
	}
	s.span.End()
}

// kindNames are the values of error.type. The text of an error is not in spans.
var kindNames = map[domain.Kind]string{
	domain.Internal:             "internal",
	domain.Invalid:              "invalid",
	domain.Unauthenticated:      "unauthenticated",
	domain.Forbidden:            "forbidden",
	domain.NotFound:             "not_found",
	domain.Conflict:             "conflict",
	domain.PreconditionFailed:   "precondition_failed",
	domain.PreconditionRequired: "precondition_required",
	domain.KeyReused:            "key_reused",
	domain.InProgress:           "in_progress",
	domain.Unavailable:          "unavailable",
	domain.TooMany:              "too_many",
}
