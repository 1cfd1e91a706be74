package tracing

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

var discard = slog.New(slog.DiscardHandler)

// newTracer returns a tracer whose collector accepts everything.
func newTracer(t *testing.T, sampler, argument string) *Tracer {
	t.Helper()
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	t.Cleanup(collector.Close)
	parsed, err := ParseSampler(sampler, argument)
	require.NoError(t, err)
	tracer, stop, err := New(Options{Endpoint: collector.URL, Sampler: parsed, Service: "test"}, discard)
	require.NoError(t, err)
	t.Cleanup(stop)
	return tracer
}

func TestWithoutAnEndpointNothingRuns(t *testing.T) {
	defer goleak.VerifyNone(t)
	tracer, stop, err := New(Options{}, discard)
	require.NoError(t, err)
	request := httptest.NewRequest(http.MethodGet, "/", nil)
	ctx, id, end := tracer.StartRequest(request)
	assert.Equal(t, request.Context(), ctx, "the context is unchanged, so nothing is traced")
	assert.Empty(t, id)
	end("/", 200, false)
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		ctx, _, end := tracer.StartRequest(request)
		_, span := ports.StartSpan(ctx, ports.UseCaseSpan, "patient:read")
		span.SetOutcome(domain.Allowed)
		span.End(nil)
		end("/", 200, false)
	}), "it costs no memory")
	stop()
}

// countTraced returns how many of 1,000 requests with such a traceparent are traced. Each %d
// is replaced by another number.
func countTraced(tracer *Tracer, traceparent string) (traced int) {
	for i := range 1000 {
		request := httptest.NewRequest(http.MethodGet, "/", nil)
		if traceparent != "" {
			request.Header.Set("Traceparent", fmt.Sprintf(traceparent, i+1))
		}
		ctx, _, end := tracer.StartRequest(request)
		if _, ok := ports.SpanFrom(ctx); ok {
			traced++
		}
		end("/", 200, false)
	}
	return traced
}

func TestSamplersTraceWhatTheirNamesSay(t *testing.T) {
	const asked, askedNot = "00-%032x-00f067aa0ba902b7-01", "00-%032x-00f067aa0ba902b7-00"
	for _, tt := range []struct {
		sampler, argument string
		alone             int // of 1,000 requests
		asked, askedNot   int
	}{
		{"", "", 1000, 1000, 0},
		{"parentbased_always_on", "", 1000, 1000, 0},
		{"always_on", "", 1000, 1000, 1000},
		{"always_off", "", 0, 0, 0},
		{"traceidratio", "0", 0, 0, 0},
		{"traceidratio", "", 1000, 1000, 1000},
		{"parentbased_traceidratio", "1", 1000, 1000, 0},
	} {
		tracer := newTracer(t, tt.sampler, tt.argument)
		assert.Equal(t, tt.alone, countTraced(tracer, ""), tt)
		assert.Equal(t, tt.asked, countTraced(tracer, asked), tt)
		assert.Equal(t, tt.askedNot, countTraced(tracer, askedNot), tt)
	}
}

// TestCallersCannotForceThatAllIsTraced asks for it with the flag, and with IDs that a ratio of
// the ID would always choose.
func TestCallersCannotForceThatAllIsTraced(t *testing.T) {
	const lowID = "00-%016x0000000000000000-00f067aa0ba902b7-"
	for _, sampler := range []string{"parentbased_always_off", "parentbased_traceidratio"} {
		traced := countTraced(newTracer(t, sampler, "0.000001"), lowID+"01")
		assert.GreaterOrEqual(t, traced, maxTracesForCallers, sampler)
		assert.Less(t, traced, 900, "%s: some of 1,000, which take far less than 90 seconds", sampler)
	}
	assert.Less(t, countTraced(newTracer(t, "traceidratio", "0.000001"), lowID+"01"), 5, "the flag makes no difference")
}

func TestEveryKindOfErrorHasAName(t *testing.T) {
	for kind := domain.Internal; kind <= domain.TooMany; kind++ {
		assert.NotEmpty(t, kindNames[kind], kind)
	}
}
