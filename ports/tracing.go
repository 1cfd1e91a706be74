package ports

import (
	"context"

	"example.com/healthcare/domain"
)

// SpanKind says what a Span measures.
type SpanKind uint8

// The kinds of spans.
const (
	// UseCaseSpan is a use-case. Its name is the permission.
	UseCaseSpan SpanKind = iota
	// StatementSpan is a statement of a database. Its name is the command and the table.
	StatementSpan
	// WaitSpan is time that is spent waiting for others.
	WaitSpan
)

// Span is one step of the work on a request. Spans show an operator what a request spends its
// time on. They leave the service, so they contain neither personal data nor secrets.
type Span interface {
	// Start begins a step within this one. The name is one of few: it comes from the code and
	// never from a request or a record.
	Start(kind SpanKind, name string) Span
	// SetOutcome sets the outcome of a use-case, which is also that of its audit event.
	SetOutcome(outcome domain.Outcome)
	// End ends the step. Of err, which is nil if the step succeeded, only the kind is used.
	End(err error)
}

type spanKey struct{}

// ContextWithSpan returns a context whose work is part of the span.
func ContextWithSpan(ctx context.Context, span Span) context.Context {
	return context.WithValue(ctx, spanKey{}, span)
}

// SpanFrom returns the span of ctx. It returns false if the work is not traced.
func SpanFrom(ctx context.Context) (Span, bool) {
	span, ok := ctx.Value(spanKey{}).(Span)
	return span, ok
}

// StartSpan begins a step within the span of ctx, and returns the context for it. If ctx has no
// span, it returns ctx and a Span that does nothing.
func StartSpan(ctx context.Context, kind SpanKind, name string) (context.Context, Span) {
	parent, ok := SpanFrom(ctx)
	if !ok {
		return ctx, noSpan{}
	}
	span := parent.Start(kind, name)
	return ContextWithSpan(ctx, span), span
}

// noSpan is a Span that does nothing.
type noSpan struct{}

func (noSpan) Start(SpanKind, string) Span { return noSpan{} }
func (noSpan) SetOutcome(domain.Outcome)   {}
func (noSpan) End(error)                   {}
