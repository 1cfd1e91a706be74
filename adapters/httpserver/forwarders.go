package httpserver

import (
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"
)

// forwarderInterval is how often the log tells of headers that are not believed.
const forwarderInterval = time.Hour

// warnOfForwarders tells of a peer that names other clients and is not trusted. It may be
// the proxy before the service: then all people share the proxy's address and its limits.
func warnOfForwarders(proxies trustedProxies, log *slog.Logger, next http.Handler) http.Handler {
	var told atomic.Pointer[time.Time]
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if address := peer(r); r.Header.Get("X-Forwarded-For") != "" && address.IsValid() && !proxies.has(address) {
			now, last := time.Now(), told.Load()
			if (last == nil || now.Sub(*last) >= forwarderInterval) && told.CompareAndSwap(last, &now) {
				log.Warn("X-Forwarded-For does not count, as it came from a peer that is not a trusted proxy", "peer", address.String())
			}
		}
		next.ServeHTTP(w, r)
	})
}
