package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"example.com/healthcare/adapters/httpserver"
	"example.com/healthcare/adapters/metrics"
	"example.com/healthcare/adapters/passwords"
	"example.com/healthcare/adapters/revocations"
	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/application"
)

// newMetrics returns nil unless METRICS_ADDR is set.
func newMetrics(cfg config, useCases *application.UseCases, store *sqlstore.Store, passwords *passwords.Passwords, feed *revocations.Set) *metrics.Metrics {
	if cfg.MetricsAddr == "" {
		return nil
	}
	sources := metrics.Sources{Trail: useCases.Trail, Store: store, Passwords: passwords, Revocations: feed}
	return metrics.New(sources, buildVersion())
}

// listenForMetrics returns nil unless METRICS_ADDR is set.
func (c config) listenForMetrics(ctx context.Context, log *slog.Logger) (net.Listener, error) {
	if c.MetricsAddr == "" {
		return nil, nil
	}
	listener, err := listen(ctx, "METRICS_ADDR", c.MetricsAddr)
	if err == nil && !isLoopback(c.MetricsAddr) {
		log.Warn("other machines can read the metrics without signing in: METRICS_ADDR is not a loopback address", "METRICS_ADDR", c.MetricsAddr)
	}
	return listener, err
}

// startMetrics serves the metrics. The function it returns stops that.
func (c config) startMetrics(m *metrics.Metrics, on endpoints, log *slog.Logger) (stop func()) {
	if on.metrics == nil {
		return func() {}
	}
	if on.certificate != nil {
		m.AddCertificate(on.certificate)
	}
	server := httpserver.NewServer(m.Handler(c.MetricsPprof, log), log)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		if err := server.Serve(on.metrics); !errors.Is(err, http.ErrServerClosed) {
			log.Error("metrics are no longer served", "error", err)
		}
	}()
	log.Info("serving metrics", "url", fmt.Sprintf("http://%s/metrics", on.metrics.Addr()))
	return func() {
		_ = server.Close()
		<-stopped
	}
}
