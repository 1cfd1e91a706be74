package main_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// collector is an OTLP/HTTP receiver that keeps the traces it gets.
type collector struct {
	url string

	mutex     sync.Mutex
	received  []*tracepb.ResourceSpans
	passwords []string
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		var request collectorpb.ExportTraceServiceRequest
		assert.NoError(t, proto.Unmarshal(body, &request))
		assert.Equal(t, "/v1/traces", r.URL.Path)
		c.mutex.Lock()
		defer c.mutex.Unlock()
		c.received = append(c.received, request.GetResourceSpans()...)
		c.passwords = append(c.passwords, r.Header.Get("Collector-Key"))
	}))
	t.Cleanup(server.Close)
	c.url = server.URL
	return c
}

// environment returns the settings that send all traces to the collector.
func (c *collector) environment() []string {
	return []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + c.url, "OTEL_EXPORTER_OTLP_HEADERS=collector-key=s%20ecret"}
}

// spans returns the spans of the collector in the order in which they began.
func (c *collector) spans() (spans []*tracepb.Span) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, resource := range c.received {
		for _, scope := range resource.GetScopeSpans() {
			spans = append(spans, scope.GetSpans()...)
		}
	}
	return spans
}

// text returns all that the collector has received, as JSON, and the IDs of the traces.
func (c *collector) text(t *testing.T) string {
	t.Helper()
	var ids strings.Builder
	for _, span := range c.spans() {
		fmt.Fprintf(&ids, "%x\n", span.GetTraceId())
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	text, err := protojson.Marshal(&collectorpb.ExportTraceServiceRequest{ResourceSpans: c.received})
	require.NoError(t, err)
	return string(text) + ids.String()
}
