package httpserver

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"regexp"
	"runtime"
	"runtime/debug"

	"example.com/healthcare/domain"
)

// Options names whom the service trusts. The zero value is nobody.
type Options struct {
	// TrustedProxies are the networks of the proxies before the service, as
	// ParseProxy reads them. Their word on the client's address (X-Forwarded-For), on
	// TLS (X-Forwarded-Proto) and on the path at which they have the service
	// (X-Forwarded-Prefix) counts, and nobody else's does.
	TrustedProxies []netip.Prefix
	// AllowedOrigins are the web origins, as ParseOrigin reads them, whose scripts
	// may call the API from a browser. Wrap leaves them to the transport, which
	// gives them to AllowOrigins.
	AllowedOrigins []string
}

// AnswerError answers a request that failed with err, in the form that the
// transport's clients expect. It does not log err.
type AnswerError func(w http.ResponseWriter, r *http.Request, err error)

// Wrap returns transport behind everything that all transports share. Requests
// are logged to log. The errors that transport reports with Request.Fail, and its
// panics, are answered by answer.
func Wrap(transport http.Handler, answer AnswerError, options Options, log *slog.Logger) http.Handler {
	proxies := trustedProxies(options.TrustedProxies)
	handler := recoverPanics(transport)
	handler = limitTime(log, handler)
	handler = logRequests(log, answer, handler)
	handler = secureHeaders(proxies, handler)
	handler = identify(proxies, newMemory(), handler)
	return warnOfForwarders(proxies, log, handler)
}

const requestIDHeader = "X-Request-Id"

// safeRequestID is what a caller's request id can be: nothing that could forge
// a log line or a header, or that begins like a formula in a spreadsheet.
var safeRequestID = regexp.MustCompile(`^[A-Za-z0-9._][A-Za-z0-9._-]{0,63}$`)

// identify finds out where a request comes from, and gives it an id: the caller's,
// if it is safe, or a random one.
func identify(proxies trustedProxies, memory *memory, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(requestIDHeader)
		if !safeRequestID.MatchString(id) {
			id = rand.Text()
		}
		w.Header().Set(requestIDHeader, id)
		origin := domain.NewOrigin(proxies.client(r), r.UserAgent())
		origin.RequestID = id
		request := &Request{origin: origin, prefix: proxies.prefix(r), connected: r.Context(), memory: memory, service: serviceOf(r.Context())}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestKey{}, request)))
	})
}

// onlyTLS tells browsers to use nothing else for two years, as the HTTP Headers
// Cheat Sheet of OWASP recommends, but for this host alone: the service cannot know
// the owner of the hosts below it. The owner can add includeSubDomains at the proxy.
// The API has no use for it without cookies, which a host below could plant.
const onlyTLS = "max-age=63072000"

// secureHeaders keeps answers out of caches, and out of what browsers do with
// pages: these are data (OWASP REST Security Cheat Sheet). A transport that serves
// pages sets a Content-Security-Policy of its own. Cross-Origin-Resource-Policy
// does not concern scripts that AllowOrigins lets in.
func secureHeaders(proxies trustedProxies, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Cache-Control", "no-store")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		header.Set("X-Frame-Options", "DENY")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		// Over plain HTTP anyone could have said it (RFC 6797, 7.2).
		if proxies.overTLS(r) {
			header.Set("Strict-Transport-Security", onlyTLS)
		}
		next.ServeHTTP(w, r)
	})
}

// recoverPanics turns a panic into an Internal error.
func recoverPanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if thrown := recover(); thrown != nil {
				RequestFrom(r.Context()).Fail(panicked(thrown))
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// panicked returns the error for a panic that is being recovered. What the panic
// says can hold data of a patient and is not logged, but where it happened is.
func panicked(thrown any) error {
	if broken, ok := thrown.(runtime.Error); ok {
		return fmt.Errorf("panic: %w\n%s", broken, debug.Stack())
	}
	return fmt.Errorf("panic with a %T\n%s", thrown, debug.Stack())
}
