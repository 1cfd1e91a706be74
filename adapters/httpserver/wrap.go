package httpserver

import (
	"cmp"
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

// Options says which proxies and web origins the service trusts, and who observes the
// requests. The zero value trusts none, and nobody observes.
type Options struct {
	// TrustedProxies are the networks of trusted proxies, as ParseProxy returns them. Only
	// from them, the service uses the headers with the client's address (X-Forwarded-For),
	// its scheme (X-Forwarded-Proto) and the path of the service at the proxy
	// (X-Forwarded-Prefix).
	TrustedProxies []netip.Prefix
	// AllowedOrigins are the web origins, as ParseOrigin returns them, whose scripts can
	// call the API from a browser (see allowOrigins).
	AllowedOrigins []string
	// Tracer traces the requests. If it is nil, they are not traced.
	Tracer Tracer
	// Observer is told about each request. It can be nil.
	Observer Observer
	// MaxInFlight bounds the requests in flight; 0 means DefaultMaxInFlight. One client network
	// (an IPv4 address or an IPv6 site) can have half of them. Others are refused with 503. It
	// does not count checks of /livez, and those of /readyz have a bound of their own.
	MaxInFlight int
}

// Wrap returns a handler that runs transport behind the shared middleware. It logs
// requests to log. Transport.Answer answers errors that the transport reports with
// Request.Fail, and panics.
func Wrap(transport Transport, options Options, log *slog.Logger) http.Handler {
	proxies := trustedProxies(options.TrustedProxies)
	handler := recoverPanics(transport.Handler)
	handler = limitTime(log, handler)
	handler = admit(options.MaxInFlight, log, handler)
	// Scripts can also read the answers that the service gives before and instead of the transport.
	handler = allowOrigins(options.AllowedOrigins, handler)
	handler = logRequests(log, cmp.Or[Observer](options.Observer, unobserved{}), transport.Answer, handler)
	handler = secureHeaders(proxies, handler)
	handler = identify(proxies, newMemory(), cmp.Or[Tracer](options.Tracer, noTracer{}), handler)
	return warnOfUntrustedProxies(proxies, log, handler)
}

const requestIDHeader = "X-Request-Id"

// validRequestID matches the request ids that are accepted from callers. They cannot forge
// a log line or a header, and do not begin like a formula of a spreadsheet.
var validRequestID = regexp.MustCompile(`^[A-Za-z0-9._][A-Za-z0-9._-]{0,63}$`)

// identify begins the request's trace and adds the Request to the context. Its request id is
// the caller's if that is valid, otherwise a random one.
func identify(proxies trustedProxies, memory *memory, tracer Tracer, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(requestIDHeader)
		if !validRequestID.MatchString(id) {
			id = rand.Text()
		}
		w.Header().Set(requestIDHeader, id)
		origin := domain.NewOrigin(proxies.client(r), r.UserAgent())
		origin.RequestID = id
		ctx, traceID, endTrace := tracer.StartRequest(r)
		request := &Request{
			origin: origin, prefix: proxies.prefix(r), isTLS: proxies.isTLS(r), connected: ctx, memory: memory, service: serviceOf(ctx),
			traceID: traceID, endTrace: endTrace,
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(ctx, requestKey{}, request)))
	})
}

// strictTransportSecurity makes browsers use only TLS for two years, as the OWASP HTTP
// Headers Cheat Sheet recommends. It does not include subdomains, because other services
// can run there. A proxy can add includeSubDomains; the API does not need it, because it
// uses no cookies that a subdomain could set.
const strictTransportSecurity = "max-age=63072000"

// secureHeaders sets headers that forbid caching, and forbid browsers to render a response
// as a page (OWASP REST Security Cheat Sheet). A transport that serves pages replaces the
// Content-Security-Policy. Cross-Origin-Resource-Policy does not affect the requests of
// scripts that allowOrigins allows.
func secureHeaders(proxies trustedProxies, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Cache-Control", "no-store")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		header.Set("X-Frame-Options", "DENY")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		// Over plain HTTP the header must not be sent (RFC 6797, 7.2).
		if proxies.isTLS(r) {
			header.Set("Strict-Transport-Security", strictTransportSecurity)
		}
		next.ServeHTTP(w, r)
	})
}

// recoverPanics turns a panic into an Internal error.
func recoverPanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if value := recover(); value != nil {
				RequestFrom(r.Context()).Fail(panicError(value))
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// panicError returns the error of a recovered panic, with the stack. It omits the value of
// the panic, which can contain a patient's data, unless it is a runtime.Error.
func panicError(value any) error {
	if runtimeError, ok := value.(runtime.Error); ok {
		return fmt.Errorf("panic: %w\n%s", runtimeError, debug.Stack())
	}
	return fmt.Errorf("panic with a %T\n%s", value, debug.Stack())
}
