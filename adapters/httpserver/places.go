package httpserver

import (
	"cmp"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"example.com/healthcare/domain"
)

const (
	// DefaultMaxInFlight is the default of Options.MaxInFlight. A request in flight needs less
	// than 64 KiB besides what Request.Reserve limits, so 1,000 need less than 64 MiB. They are
	// ten times as many as two busy CPUs need: at 2,000 answers a second, each after 50 ms,
	// 100 requests are in flight.
	DefaultMaxInFlight = 1000
	// maxHealthChecks bounds the readiness checks in flight, which have places of their own.
	maxHealthChecks = 100
	// placesRetry is the Retry-After of a request without a place.
	placesRetry = time.Second
	// placesLogInterval is the time between two log lines about requests without a place.
	placesLogInterval = 10 * time.Second
)

// places bounds the requests in flight, all together and of one client network. A request
// without a place is refused at once: if it waited, it would need the memory that the bound
// protects.
type places struct {
	log        *slog.Logger
	all, share int

	mutex  sync.Mutex
	taken  int
	shares map[string]int // the places of each client network
	// refused counts the refusals since the last log line, and ofNetworks those of networks
	// with a full share. logging is true until an interval has passed without a refusal.
	refused, ofNetworks int
	logging             bool
}

// newPlaces returns places of which one client network can take half.
func newPlaces(all int, log *slog.Logger) *places {
	return &places{log: log, all: all, share: max(1, all/2), shares: map[string]int{}}
}

// admit refuses requests without a place. Liveness checks need none: they never wait, and
// must tell that the process runs however busy it is.
func admit(maxInFlight int, log *slog.Logger, next http.Handler) http.Handler {
	requests, checks := newPlaces(cmp.Or(maxInFlight, DefaultMaxInFlight), log), newPlaces(maxHealthChecks, log)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		places := requests
		switch strings.Trim(r.URL.Path, "/") {
		case "livez":
			next.ServeHTTP(w, r)
			return
		case "readyz":
			places = checks
		}
		request := RequestFrom(r.Context())
		leave := places.take(cmp.Or(request.origin.Site(), request.origin.Network()))
		if leave == nil {
			request.isCounted = true
			request.Fail(domain.ErrBusy("too many requests in flight", placesRetry))
			return
		}
		// An abandoned request keeps its place until its transport returns.
		request.reserved = append(request.reserved, leave)
		next.ServeHTTP(w, r)
	})
}

// take takes a place for a request of a network, which the result gives back. It is nil if
// there is none.
func (p *places) take(network string) (leave func()) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if isShareFull := p.shares[network] >= p.share; isShareFull || p.taken >= p.all {
		p.countRefusal(isShareFull)
		return nil
	}
	p.taken++
	p.shares[network]++
	return func() {
		p.mutex.Lock()
		defer p.mutex.Unlock()
		p.taken--
		if p.shares[network]--; p.shares[network] == 0 {
			delete(p.shares, network)
		}
	}
}

// countRefusal logs the first refusal, and then the number of refusals in each interval: a
// line for each one would be a flood of its own.
func (p *places) countRefusal(isShareFull bool) {
	p.refused++
	if isShareFull {
		p.ofNetworks++
	}
	if !p.logging {
		p.logging = true
		p.logRefusals()
		time.AfterFunc(placesLogInterval, p.logInterval)
	}
}

// logInterval logs the refusals of an interval. After one without refusals, it ends.
func (p *places) logInterval() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.refused == 0 {
		p.logging = false
		return
	}
	p.logRefusals()
	time.AfterFunc(placesLogInterval, p.logInterval)
}

func (p *places) logRefusals() {
	p.log.Warn("too many requests in flight", "refused", p.refused, "of_networks_with_a_full_share", p.ofNetworks, "limit", p.all, "share", p.share)
	p.refused, p.ofNetworks = 0, 0
}
