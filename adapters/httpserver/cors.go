package httpserver

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// allowOrigins lets scripts of these web origins call the service from a browser (CORS,
// fetch.spec.whatwg.org). It answers their preflights. Those of other origins get no such
// permission, and the request log says so. Credentials that a browser attaches by itself are not
// allowed, because scripts send the token in a header.
func allowOrigins(origins []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		if len(origins) > 0 {
			header.Add("Vary", "Origin")
		}
		origin := r.Header.Get("Origin")
		isPreflight := r.Method == http.MethodOptions && origin != "" && r.Header.Get("Access-Control-Request-Method") != ""
		if !slices.Contains(origins, origin) {
			if isPreflight {
				RequestFrom(r.Context()).reason = refusedPreflight(origin)
			}
			next.ServeHTTP(w, r)
			return
		}
		header.Set("Access-Control-Allow-Origin", origin)
		if !isPreflight {
			header.Set("Access-Control-Expose-Headers", "Deprecation, ETag, Idempotent-Replayed, Link, Location, Retry-After, WWW-Authenticate, X-Next-Cursor, X-Request-ID, X-Total-Count")
			next.ServeHTTP(w, r)
			return
		}
		// A preflight of any path allows all methods. If the route does not have the
		// method, the request itself answers 405, which a script can read.
		// traceparent, tracestate and baggage carry traces (w3.org/TR/trace-context,
		// w3.org/TR/baggage).
		header.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE")
		header.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-ID, traceparent, tracestate, baggage")
		header.Set("Access-Control-Max-Age", "600")
		w.WriteHeader(http.StatusNoContent)
	})
}

// maxLoggedOrigin is the length up to which a refused origin is logged.
const maxLoggedOrigin = 100

// refusedPreflight returns the reason for the request's log line: the response itself can have
// status 204. It omits an origin that no browser would send.
func refusedPreflight(origin string) string {
	if _, err := ParseOrigin(origin); err == nil && len(origin) <= maxLoggedOrigin {
		return "preflight refused: the origin " + origin + " is not allowed"
	}
	return "preflight refused: the origin is not allowed"
}

// webOrigin matches a scheme, a host and optionally a port. Browsers write the name of a
// host in ASCII and an IPv6 address in brackets.
var webOrigin = regexp.MustCompile(`^([A-Za-z]+)://([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\])(?::([0-9]+))?$`)

// defaultPorts maps each scheme to the port that browsers omit. Capacitor, Ionic and Tauri
// are frameworks for apps; their schemes have no default port.
var defaultPorts = map[string]uint64{"http": 80, "https": 443, "capacitor": noPort, "ionic": noPort, "tauri": noPort}

const noPort = 0

var errOrigin = errors.New("give a web origin such as https://app.example.com, http://localhost:3000 or capacitor://localhost: scheme, host and port, no path and no wildcard")

// ParseOrigin parses a web origin and returns it as browsers send it (RFC 6454, 6.2): in
// lower case and without the default port. The error does not contain text.
func ParseOrigin(text string) (string, error) {
	parts := webOrigin.FindStringSubmatch(text)
	if parts == nil {
		return "", errOrigin
	}
	scheme, host := strings.ToLower(parts[1]), strings.ToLower(parts[2])
	defaultPort, ok := defaultPorts[scheme]
	if !ok {
		return "", errOrigin
	}
	if inBrackets := strings.Trim(host, "[]"); inBrackets != host {
		address, err := netip.ParseAddr(inBrackets)
		if err != nil {
			return "", errOrigin
		}
		host = "[" + address.String() + "]"
	}
	if parts[3] == "" {
		return scheme + "://" + host, nil
	}
	port, err := strconv.ParseUint(parts[3], 10, 16)
	switch {
	case err != nil || port == 0:
		return "", errOrigin
	case port == defaultPort:
		return scheme + "://" + host, nil
	}
	return fmt.Sprintf("%s://%s:%d", scheme, host, port), nil
}
