package main

import (
	"cmp"
	"errors"
	"log/slog"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpguts"

	"example.com/healthcare/adapters/tracing"
	"example.com/healthcare/domain"
)

// newTracer returns the tracer for serve. The other commands trace nothing.
func newTracer(cfg config, log *slog.Logger) (*tracing.Tracer, func(), error) {
	sampler, err := tracing.ParseSampler(cfg.TracesSampler, cfg.TracesSamplerArg)
	if err != nil {
		return nil, nil, err
	}
	database := "sqlite"
	if cfg.usesPostgres() {
		database = "postgresql"
	}
	return tracing.New(tracing.Options{
		Endpoint: cfg.tracesEndpoint(), Headers: cfg.tracesHeaders(), Sampler: sampler,
		Service: cfg.ServiceName, Version: buildVersion(), Database: database,
	}, log)
}

// checkTracing applies the rules of the settings for traces.
func (c config) checkTracing(bad badSettings) {
	const endpoint = "a URL such as http://127.0.0.1:4318; a password belongs in OTEL_EXPORTER_OTLP_HEADERS"
	const headers = "of the form NAME=VALUE, with commas between several, and with special characters %-encoded"
	for name, setting := range map[string]domain.Secret{"OTEL_EXPORTER_OTLP_ENDPOINT": c.OTLPEndpoint, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": c.OTLPTracesEndpoint} {
		bad.require(setting.IsZero() || isCollectorURL(setting.Reveal()), name, endpoint)
	}
	for name, setting := range map[string]domain.Secret{"OTEL_EXPORTER_OTLP_HEADERS": c.OTLPHeaders, "OTEL_EXPORTER_OTLP_TRACES_HEADERS": c.OTLPTracesHeaders} {
		_, err := parseHeaders(setting.Reveal())
		bad.require(err == nil, name, headers)
	}
	_, err := tracing.ParseSampler(c.TracesSampler, c.TracesSamplerArg)
	bad.require(!errors.Is(err, tracing.ErrSampler), "OTEL_TRACES_SAMPLER", "always_on, always_off, traceidratio, or one of these after parentbased_")
	bad.require(!errors.Is(err, tracing.ErrSamplerArgument), "OTEL_TRACES_SAMPLER_ARG", "a number from 0 to 1")
}

// isCollectorURL accepts neither a user and password nor a query, because the exporter would
// leave them out.
func isCollectorURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

// tracesEndpoint returns the URL to which traces are posted, "" if there is none. The general
// endpoint is that of all signals, so the path of traces is added to it (OpenTelemetry
// specification, Protocol Exporter).
func (c config) tracesEndpoint() string {
	if c.OTLPTracesEndpoint.IsZero() && !c.OTLPEndpoint.IsZero() {
		return strings.TrimSuffix(c.OTLPEndpoint.Reveal(), "/") + "/v1/traces"
	}
	return c.OTLPTracesEndpoint.Reveal()
}

func (c config) tracesHeaders() map[string]string {
	headers, _ := parseHeaders(cmp.Or(c.OTLPTracesHeaders.Reveal(), c.OTLPHeaders.Reveal())) // checkTracing has seen it succeed.
	return headers
}

var errHeaders = errors.New("malformed headers")

// parseHeaders parses a list of headers in the form of W3C Baggage.
func parseHeaders(text string) (map[string]string, error) {
	headers := map[string]string{}
	for item := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(item) == "" {
			continue
		}
		name, value, found := strings.Cut(item, "=")
		name = strings.TrimSpace(name)
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if !found || err != nil || !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			return nil, errHeaders
		}
		headers[name] = value
	}
	return headers, nil
}
