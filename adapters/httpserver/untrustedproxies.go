package httpserver

import (
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"
)

// untrustedProxyInterval is how often warnOfUntrustedProxies logs a warning.
const untrustedProxyInterval = time.Hour

// warnOfUntrustedProxies logs a warning when a peer that is not a trusted proxy sends
// X-Forwarded-For. It can be a proxy that is missing in the settings. Then all clients
// behind it share its address and its rate limits.
func warnOfUntrustedProxies(proxies trustedProxies, log *slog.Logger, next http.Handler) http.Handler {
	var lastWarning atomic.Pointer[time.Time]
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if address := peer(r); r.Header.Get("X-Forwarded-For") != "" && address.IsValid() && !proxies.has(address) {
			now, last := time.Now(), lastWarning.Load()
			if (last == nil || now.Sub(*last) >= untrustedProxyInterval) && lastWarning.CompareAndSwap(last, &now) {
				log.Warn("X-Forwarded-For ignored: the peer is not in TRUSTED_PROXIES", "peer", address.String())
			}
		}
		next.ServeHTTP(w, r)
	})
}
