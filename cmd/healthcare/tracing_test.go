package main_test

import (
	"context"
	"encoding/hex"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"example.com/healthcare/adapters/httpapi/client"
	healthcare "example.com/healthcare/cmd/healthcare"
)

// tree is the spans of one trace by the ID of their parent.
type tree map[string][]*tracepb.Span

// traceOf returns the spans of the trace with a root span of this name. If there are several,
// it returns the last one.
func (c *collector) traceOf(t *testing.T, name string) (*tracepb.Span, tree) {
	t.Helper()
	var root *tracepb.Span
	for _, span := range c.spans() {
		if span.GetName() == name {
			root = span
		}
	}
	require.NotNil(t, root, "%s in %s", name, c.text(t))
	found := tree{}
	for _, span := range c.spans() {
		if string(span.GetTraceId()) == string(root.GetTraceId()) {
			found[string(span.GetParentSpanId())] = append(found[string(span.GetParentSpanId())], span)
		}
	}
	return root, found
}

// child returns the step of parent with this name.
func (f tree) child(t *testing.T, parent *tracepb.Span, name string) *tracepb.Span {
	t.Helper()
	at := slices.IndexFunc(f[string(parent.GetSpanId())], func(s *tracepb.Span) bool { return s.GetName() == name })
	require.GreaterOrEqual(t, at, 0, "%q in %v", name, f.names(parent))
	return f[string(parent.GetSpanId())][at]
}

// names returns the names of all steps of parent, with their own steps.
func (f tree) names(parent *tracepb.Span) (names []string) {
	for _, span := range f[string(parent.GetSpanId())] {
		names = append(append(names, span.GetName()), f.names(span)...)
	}
	return names
}

// attributes returns attributes as text.
func attributes(pairs []*commonpb.KeyValue) map[string]any {
	attributes := map[string]any{}
	for _, pair := range pairs {
		attributes[pair.GetKey()] = pair.GetValue().GetStringValue()
		if number, ok := pair.GetValue().GetValue().(*commonpb.AnyValue_IntValue); ok {
			attributes[pair.GetKey()] = number.IntValue
		}
	}
	return attributes
}

func TestARequestIsATreeOfSpans(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		createSuperuserOn(t, env)
		receiver := newCollector(t)
		s := serve(t, append(env, receiver.environment()...))
		api := s.api(s.login("admin@example.com"))
		added, err := api.CreatePatientWithResponse(t.Context(), nil, client.CreatePatientJSONRequestBody{Name: "Ada"})
		require.NoError(t, err)
		require.NotNil(t, added.JSON201)
		_, err = api.GetPatientWithResponse(t.Context(), added.JSON201.ID, nil)
		require.NoError(t, err)
		_, err = api.GetDoctorWithResponse(t.Context(), 404, nil)
		require.NoError(t, err)
		s.stop()

		database := "sqlite"
		if slices.ContainsFunc(env, func(setting string) bool { return strings.HasPrefix(setting, "DATABASE_URL=") }) {
			database = "postgresql"
		}
		get, spans := receiver.traceOf(t, "GET /api/patients/:id/")
		assert.Equal(t, tracepb.Span_SPAN_KIND_SERVER, get.GetKind())
		assert.Empty(t, get.GetParentSpanId())
		assert.Equal(t, map[string]any{"http.request.method": "GET", "http.route": "/api/patients/:id/", "http.response.status_code": int64(200)}, attributes(get.GetAttributes()))
		useCase := spans.child(t, get, "patient:read")
		assert.Equal(t, tracepb.Span_SPAN_KIND_INTERNAL, useCase.GetKind())
		assert.Equal(t, map[string]any{"healthcare.outcome": "allowed"}, attributes(useCase.GetAttributes()))
		statement := spans.child(t, useCase, "SELECT patients")
		assert.Equal(t, tracepb.Span_SPAN_KIND_CLIENT, statement.GetKind())
		assert.Equal(t, map[string]any{"db.system.name": database, "db.query.summary": "SELECT patients"}, attributes(statement.GetAttributes()))
		assert.Contains(t, spans.names(spans.child(t, useCase, "record event")), "INSERT audit_events")

		post, spans := receiver.traceOf(t, "POST /api/patients/")
		useCase = spans.child(t, post, "patient:create")
		for _, name := range []string{"BEGIN", "INSERT patients", "INSERT audit_events", "COMMIT"} {
			spans.child(t, useCase, name)
		}
		assert.NotContains(t, spans.names(useCase), "record event", "the event is part of the transaction")

		failed, spans := receiver.traceOf(t, "GET /api/doctors/:id/")
		assert.EqualValues(t, 404, attributes(failed.GetAttributes())["http.response.status_code"])
		useCase = spans.child(t, failed, "doctor:read")
		assert.Equal(t, map[string]any{"healthcare.outcome": "failed", "error.type": "not_found"}, attributes(useCase.GetAttributes()))
		for _, span := range []*tracepb.Span{failed, useCase} {
			assert.Equal(t, tracepb.Status_STATUS_CODE_UNSET, span.GetStatus().GetCode(), "the service has not failed")
		}
		for _, resource := range receiver.received {
			described := attributes(resource.GetResource().GetAttributes())
			assert.Equal(t, "healthcare", described["service.name"])
			assert.Len(t, described, 2, "nothing of the host, its user and the command line: %v", described)
			assert.NotEmpty(t, described["service.version"])
		}
		assert.Equal(t, "s ecret", receiver.passwords[0])
	})
}

// send sends a request with headers, which are pairs of a name and a value.
func (s *service) send(path string, headers ...string) (status int) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+path, nil)
	require.NoError(s.t, err)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	require.NoError(s.t, answer.Body.Close())
	return answer.StatusCode
}

const (
	callersTrace = "4bf92f3577b34da6a3ce929d0e0e4736"
	callersSpan  = "00f067aa0ba902b7"
)

func TestATraceOfTheCallerContinues(t *testing.T) {
	receiver := newCollector(t)
	s := serve(t, append(engines["embedded"](t), receiver.environment()...))
	s.send("/livez", "Traceparent", "00-"+callersTrace+"-"+callersSpan+"-01", "X-Request-Id", "continued")
	s.send("/readyz", "Traceparent", "00-"+callersTrace+"-"+callersSpan+"-00", "X-Request-Id", "unsampled")
	for _, malformed := range []string{
		"", "x", "00-" + callersTrace + "-" + callersSpan, "00-" + strings.ToUpper(callersTrace) + "-" + callersSpan + "-01", "ff-" + callersTrace + "-" + callersSpan + "-01",
		"00-" + strings.Repeat("0", 32) + "-" + callersSpan + "-01", "00-" + callersTrace + "-" + strings.Repeat("0", 16) + "-01", "00-" + callersTrace + "-" + callersSpan + "-01-more",
	} {
		s.send("/", "Traceparent", malformed, "X-Request-Id", "malformed")
	}
	s.send("/", "Traceparent", "00-"+callersTrace+"-"+callersSpan+"-01", "Traceparent", "00-"+callersTrace+"-"+callersSpan+"-01", "X-Request-Id", "malformed")
	s.stop()

	continued, _ := receiver.traceOf(t, "GET /livez")
	assert.Equal(t, callersTrace, hex.EncodeToString(continued.GetTraceId()))
	assert.Equal(t, callersSpan, hex.EncodeToString(continued.GetParentSpanId()))
	others := 0
	for _, span := range receiver.spans() {
		assert.NotContains(t, span.GetName(), "/readyz", "its caller asked not to trace it")
		if span.GetName() == "GET /" {
			others++
			assert.NotEqual(t, callersTrace, hex.EncodeToString(span.GetTraceId()))
			assert.Empty(t, span.GetParentSpanId())
		}
	}
	assert.Equal(t, 9, others)
	assert.Regexp(t, `request_id=continued trace_id=`+callersTrace+` `, s.log)
	assert.Regexp(t, `request_id=unsampled trace_id=`+callersTrace+` `, s.log)
	assert.Len(t, regexp.MustCompile(`request_id=malformed trace_id=[0-9a-f]{32} `).FindAllString(s.log.String(), -1), 9)
}

func TestTheLogHasTheCallersTraceEvenIfNothingIsTraced(t *testing.T) {
	s := serve(t, engines["embedded"](t))
	s.send("/livez", "Traceparent", "00-"+callersTrace+"-"+callersSpan+"-01", "X-Request-Id", "called")
	s.send("/livez", "X-Request-Id", "alone")
	s.stop()
	assert.Contains(t, s.log.String(), "request_id=called trace_id="+callersTrace+" ")
	assert.Contains(t, s.log.String(), "request_id=alone method=")
}

// TestABrokenCollectorHarmsNoRequest has collectors that do not answer, that refuse the spans,
// and that are not there.
func TestABrokenCollectorHarmsNoRequest(t *testing.T) {
	hanging, stop := context.WithCancel(t.Context())
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-hanging.Done():
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(silent.Close)
	t.Cleanup(stop)
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "not with "+r.Header.Get("Collector-Key"), http.StatusForbidden)
	}))
	t.Cleanup(refusing.Close)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	for name, tt := range map[string]struct{ url, logged string }{
		"silent":   {silent.URL, `error="the collector did not answer in time"`},
		"refusing": {refusing.URL, `error="the collector answered with status 403"`},
		"absent":   {"http://" + listener.Addr().String(), `connection refused"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, append(engines["embedded"](t), "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="+tt.url+"/key-in-the-path", "OTEL_EXPORTER_OTLP_HEADERS=collector-key=s3cret",
				"OTEL_BSP_MAX_QUEUE_SIZE=20", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE=10"))
			for range 200 { // far more than the queue holds
				require.Equal(t, http.StatusOK, s.send("/livez"))
			}
			s.stop()
			assert.Equal(t, 1, strings.Count(s.log.String(), "cannot send traces"), "%s", s.log)
			assert.Contains(t, s.log.String(), tt.logged)
			for _, secret := range []string{"s3cret", "key-in-the-path"} {
				assert.NotContains(t, s.log.String(), secret)
			}
		})
	}
}

func TestSettingsOfTracesAreChecked(t *testing.T) {
	for setting, want := range map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT=s3cret:4318":                        "OTEL_EXPORTER_OTLP_ENDPOINT must be a URL",
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://user:s3cret@collector:4318":  "OTEL_EXPORTER_OTLP_ENDPOINT must be a URL",
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://collector/?k=s3cret":  "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT must be a URL",
		"OTEL_EXPORTER_OTLP_HEADERS=s3cret":                              "OTEL_EXPORTER_OTLP_HEADERS must be of the form",
		"OTEL_EXPORTER_OTLP_HEADERS=a=b,s3cret(=1":                       "OTEL_EXPORTER_OTLP_HEADERS must be of the form",
		"OTEL_EXPORTER_OTLP_TRACES_HEADERS=key=s3cret%":                  "OTEL_EXPORTER_OTLP_TRACES_HEADERS must be of the form",
		"OTEL_TRACES_SAMPLER=s3cret":                                     "OTEL_TRACES_SAMPLER must be always_on",
		"OTEL_TRACES_SAMPLER=traceidratio OTEL_TRACES_SAMPLER_ARG=1.5":   "OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1",
		"OTEL_TRACES_SAMPLER=traceidratio OTEL_TRACES_SAMPLER_ARG=NaN":   "OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1",
		"OTEL_TRACES_SAMPLER=traceidratio OTEL_TRACES_SAMPLER_ARG=some,": "OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1",
	} {
		env := append(strings.Fields(setting), "DATA_DIR="+t.TempDir())
		code, _, stderr := healthcare.Run(t.Context(), env, "serve", "--addr", "127.0.0.1:0")
		assert.Equal(t, 1, code, setting)
		assert.Contains(t, stderr, want, setting)
		assert.NotContains(t, stderr, "s3cret", setting)
	}
}
