package metrics

import (
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/healthcare/adapters/httpserver"
)

// requests are the metrics of HTTP requests.
type requests struct {
	total    *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight prometheus.Gauge
	cut      prometheus.Counter
}

// buckets are the upper bounds of the latencies, in seconds. A read takes about a millisecond on
// an idle machine. A request has 24 seconds, and up to one more until it is answered, so only
// responses that are streamed take longer than the last bound. Neighbours differ by a factor of
// 2 to 2.5, which bounds the error of a quantile.
var buckets = []float64{0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 25}

func newRequests() requests {
	return requests{
		total: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: namespace + "http_requests_total",
			Help: "Requests that have ended. Status 429 is a refusal by a rate limit, 499 a client that left before the response, 503 a busy or broken service.",
		}, []string{"route", "method", "status"}),
		// Without the status, and without methods that the route does not have: they would multiply
		// the number of buckets.
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    namespace + "http_request_duration_seconds",
			Help:    "Time from the arrival of a request to the end of its response. Without requests with a method that the route does not have.",
			Buckets: buckets,
		}, []string{"route", "method"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: namespace + "http_requests_in_flight",
			Help: "Requests that have arrived and are not answered yet.",
		}),
		cut: prometheus.NewCounter(prometheus.CounterOpts{
			Name: namespace + "http_responses_cut_total",
			Help: "Responses that failed after a part of them was sent, so that the connection was closed. Their status is that of the part.",
		}),
	}
}

// RequestBegan implements httpserver.Observer.
func (r requests) RequestBegan() { r.inFlight.Inc() }

// RequestEnded implements httpserver.Observer.
func (r requests) RequestEnded(request httpserver.EndedRequest) {
	r.inFlight.Dec()
	r.total.WithLabelValues(request.Route, request.Method, strconv.Itoa(request.Status)).Inc()
	if request.Status != http.StatusMethodNotAllowed {
		r.duration.WithLabelValues(request.Route, request.Method).Observe(request.Took.Seconds())
	}
	if request.Cut {
		r.cut.Inc()
	}
}
