// Package metrics shows the numbers of the service to Prometheus. It observes the requests, and
// at each scrape it reads the snapshots of the other parts. A scrape does not use the database,
// so it is answered while the database hangs.
//
// No label has a value that a client or a record determines: docs/reference.md lists all
// metrics, and what bounds their number.
package metrics

import (
	"log/slog"
	"net/http"
	"net/http/pprof"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"example.com/healthcare/adapters/httpserver"
	"example.com/healthcare/adapters/passwords"
	"example.com/healthcare/adapters/revocations"
	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/application"
)

// Sources are the parts of the service whose numbers are shown. All of them are required.
type Sources struct {
	Trail       *application.Trail
	Store       *sqlstore.Store
	Passwords   *passwords.Passwords
	Revocations *revocations.Set
}

// Metrics are the metrics of one instance. As an httpserver.Observer it counts the requests. It
// is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	requests
}

var _ httpserver.Observer = (*Metrics)(nil)

// New returns the metrics of the sources, of the Go runtime and of the process. version is that
// of the program.
func New(sources Sources, version string) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), requests: newRequests()}
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        namespace + "build_info",
		Help:        "Always 1. The labels say which version runs, and with which Go it was built.",
		ConstLabels: prometheus.Labels{"version": version, "go_version": runtime.Version()},
	})
	info.Set(1)
	m.registry.MustRegister(info, m.total, m.duration, m.inFlight, m.cut, snapshots{sources},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// namespace begins the names of the metrics that are the service's own.
const namespace = "healthcare_"

// AddCertificate shows when the certificate expires. It can be called once.
func (m *Metrics) AddCertificate(certificate *httpserver.Certificate) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: namespace + "tls_certificate_expiry_timestamp_seconds",
		Help: "When the TLS certificate in use expires, in seconds since 1970. Only with TLS_CERT_FILE.",
	}, func() float64 { return float64(certificate.Expires().Unix()) }))
}

// maxScrapes bounds the scrapes that are answered at once. Further ones are answered 503.
const maxScrapes = 4

// Handler returns a handler that answers /metrics and nothing else. It logs scrapes that fail to
// log. With profiles it also serves Go's profiles below /debug/pprof/, without the command line
// that net/http/pprof shows.
//
// The handler asks nobody to sign in.
func (m *Metrics) Handler(profiles bool, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelError), MaxRequestsInFlight: maxScrapes,
	}))
	if profiles {
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	}
	return mux
}
