package tracing

import (
	"crypto/rand"
	"errors"
	"strconv"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/time/rate"
)

// Sampler says which requests are traced. ParseSampler makes one; the zero Sampler traces only
// those whose callers ask for it.
type Sampler struct {
	// ratio is the part of the requests that is traced.
	ratio float64
	// ignoresCallers says that it makes no difference what the caller asks for.
	ignoresCallers bool
}

// ParseSampler parses OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG, as the OpenTelemetry
// specification defines them. Both can be empty.
func ParseSampler(name, argument string) (Sampler, error) {
	s := Sampler{ratio: 1}
	switch name {
	case "", "parentbased_always_on":
	case "always_on":
		s.ignoresCallers = true
	case "parentbased_always_off":
		s.ratio = 0
	case "always_off":
		s.ratio, s.ignoresCallers = 0, true
	case "traceidratio", "parentbased_traceidratio":
		s.ignoresCallers = name == "traceidratio"
		if argument != "" {
			ratio, err := strconv.ParseFloat(argument, 64)
			if err != nil || !(0 <= ratio && ratio <= 1) {
				return Sampler{}, ErrSamplerArgument
			}
			s.ratio = ratio
		}
	default:
		return Sampler{}, ErrSampler
	}
	return s, nil
}

// The errors of ParseSampler.
var (
	ErrSampler         = errors.New("tracing: unknown sampler")
	ErrSamplerArgument = errors.New("tracing: the sampler's argument is not a number from 0 to 1")
)

// maxTracesForCallers is how many requests per second are traced only because their callers ask
// for it. Every client can ask.
const maxTracesForCallers = 10

// callersSampler samples requests as a Sampler says. A caller influences that in no other way
// than with the flag of its traceparent, not by its choice of a trace ID.
type callersSampler struct {
	sdktrace.Sampler
	ignoresCallers bool
	forCallers     *rate.Limiter
}

func newCallersSampler(s Sampler) sdktrace.Sampler {
	return callersSampler{
		Sampler: sdktrace.TraceIDRatioBased(s.ratio), ignoresCallers: s.ignoresCallers,
		forCallers: rate.NewLimiter(maxTracesForCallers, maxTracesForCallers),
	}
}

// ShouldSample implements sdktrace.Sampler.
func (s callersSampler) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	parent := trace.SpanContextFromContext(p.ParentContext)
	switch {
	case !parent.IsValid():
		return s.Sampler.ShouldSample(p)
	case !parent.IsRemote(): // A step of a request that is traced.
		return sdktrace.SamplingResult{Decision: sdktrace.RecordAndSample}
	case s.ignoresCallers:
	case !parent.IsSampled():
		return sdktrace.SamplingResult{Decision: sdktrace.Drop}
	case s.forCallers.AllowN(time.Now(), 1):
		return sdktrace.SamplingResult{Decision: sdktrace.RecordAndSample}
	}
	_, _ = rand.Read(p.TraceID[:]) // never fails (crypto/rand)
	return s.Sampler.ShouldSample(p)
}
