package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"example.com/healthcare/adapters/passwords"
	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/application"
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(namespace+name, help, labels, nil)
}

// A summary without quantiles is a count and a sum: their rates give the mean.
var (
	connections    = describe("db_connections", "Open connections to the database. PostgreSQL has one pool, the embedded store one for reads and one for writes.", "pool", "state")
	maxConnections = describe("db_connections_max", "How many connections the pool can open.", "pool")
	dbWaiting      = describe("db_waiting", "Requests that wait for a connection now. In the pool write, changes that wait for their turn.", "pool")
	dbWait         = describe("db_wait_seconds", "Waits for a connection. Requests that found one free are not counted.", "pool")
	dbRefused      = describe("db_refused_total", "Requests that were answered 503 because no connection was free in time.", "pool")
	sharedCommits  = describe("db_commit_updates", "Changes that were committed together. Only in the embedded store.")

	hashingOccupied = describe("password_hashing_occupied", "Callers that wait for their password to be hashed, or whose password is being hashed.", "queue")
	hashingPlaces   = describe("password_hashing_places", "How many callers the queue holds. Further ones are answered 503.", "queue")
	hashingWait     = describe("password_hashing_wait_seconds", "Waits until the hashing of a password began, also those that took no time.", "queue")
	hashingRefused  = describe("password_hashing_refused_total", "Callers that were answered 503 because the queue, or the caller's share of it, was full.", "queue")

	auditRecorded = describe("audit_events_recorded_total", "Events that this instance has written to the audit trail.")
	auditFailed   = describe("audit_events_failed_total", "Events that waited in the queue and could not be written, or not within a second. Their requests were answered 503.")
	auditRefused  = describe("audit_queue_refused_total", "Events that came while the queue was full. Their requests were answered 503.")
	auditWaiting  = describe("audit_queue_events", "Events that wait to be written.")
	auditLimit    = describe("audit_queue_events_max", "How many events can wait.")
	auditBatch    = describe("audit_batch_events", "Events of the queue that were written together.")
	sealAge       = describe("audit_seal_age_seconds", "Time since the audit trail was last sealed, or found to have nothing new to seal.")
	foreignEvents = describe("audit_events_foreign", "Events in the audit trail that no instance wrote. At most 100 are counted.")
	lostEvents    = describe("audit_events_lost_total", "Events of this instance that were removed from the audit trail before they were sealed.")

	feedAge = describe("revocation_feed_age_seconds", "How old the knowledge of revoked sessions is. Above a second, each request asks the database.")
	replays = describe("idempotent_replays_total", "Writes that returned the result of an earlier one with the same Idempotency-Key.")
)

// snapshots collects the numbers of the sources.
type snapshots struct{ from Sources }

// Describe implements prometheus.Collector.
func (s snapshots) Describe(to chan<- *prometheus.Desc) { prometheus.DescribeByCollect(s, to) }

// Collect implements prometheus.Collector.
func (s snapshots) Collect(to chan<- prometheus.Metric) {
	scrape := scrape(to)
	scrape.store(s.from.Store.Stats())
	hashing := s.from.Passwords.Stats()
	scrape.hashing("known", hashing.Known)
	scrape.hashing("strangers", hashing.Strangers)
	scrape.trail(s.from.Trail.Stats())
	scrape.gauge(feedAge, s.from.Revocations.Age().Seconds())
}

// scrape receives the metrics of one scrape.
type scrape chan<- prometheus.Metric

func (s scrape) gauge(desc *prometheus.Desc, value float64, labels ...string) {
	s <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
}

func (s scrape) counter(desc *prometheus.Desc, value uint64, labels ...string) {
	s <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(value), labels...)
}

func (s scrape) summary(desc *prometheus.Desc, count uint64, sum float64, labels ...string) {
	s <- prometheus.MustNewConstSummary(desc, count, sum, nil, labels...)
}

func (s scrape) store(stats sqlstore.Stats) {
	if stats.All != (sqlstore.PoolStats{}) {
		s.pool("all", stats.All)
		return
	}
	s.pool("read", stats.Read)
	s.pool("write", stats.Write)
	s.summary(sharedCommits, stats.Commits, float64(stats.Shared))
}

func (s scrape) pool(name string, stats sqlstore.PoolStats) {
	s.gauge(connections, float64(stats.InUse), name, "in_use")
	s.gauge(connections, float64(stats.Idle), name, "idle")
	s.gauge(maxConnections, float64(stats.Max), name)
	s.gauge(dbWaiting, float64(stats.Waiting), name)
	s.summary(dbWait, stats.Waits, stats.Waited.Seconds(), name)
	s.counter(dbRefused, stats.Refused, name)
}

func (s scrape) hashing(queue string, stats passwords.LineStats) {
	s.gauge(hashingOccupied, float64(stats.Occupied), queue)
	s.gauge(hashingPlaces, float64(stats.Places), queue)
	s.summary(hashingWait, stats.Turns, stats.Waited.Seconds(), queue)
	s.counter(hashingRefused, stats.Refused, queue)
}

func (s scrape) trail(stats application.TrailStats) {
	s.counter(auditRecorded, stats.Recorded)
	s.counter(auditFailed, stats.Queue.Failed)
	s.counter(auditRefused, stats.Queue.Refused)
	s.gauge(auditWaiting, float64(stats.Queue.Waiting))
	s.gauge(auditLimit, float64(stats.Queue.Limit))
	s.summary(auditBatch, stats.Queue.Groups, float64(stats.Queue.Written))
	s.gauge(sealAge, stats.SealAge.Seconds())
	s.gauge(foreignEvents, float64(stats.Foreign))
	s.counter(lostEvents, stats.Lost)
	s.counter(replays, stats.Replays)
}
