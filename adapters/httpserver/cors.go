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

// AllowOrigins returns a middleware that lets scripts of these web origins call a
// transport from a browser (CORS, fetch.spec.whatwg.org), and no others: the log says of
// a preflight that it was refused. Tokens travel in a header that the script sets itself,
// so credentials that browsers attach stay out. It is for transports that are APIs.
func AllowOrigins(origins []string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			header := w.Header()
			if len(origins) > 0 {
				header.Add("Vary", "Origin")
			}
			origin := r.Header.Get("Origin")
			isPreflight := r.Method == http.MethodOptions && origin != "" && r.Header.Get("Access-Control-Request-Method") != ""
			if !slices.Contains(origins, origin) {
				if isPreflight {
					logRefusedPreflight(r, origin)
				}
				next.ServeHTTP(w, r)
				return
			}
			header.Set("Access-Control-Allow-Origin", origin)
			if !isPreflight {
				header.Set("Access-Control-Expose-Headers", "Link, Location, Retry-After, WWW-Authenticate, X-Request-ID")
				next.ServeHTTP(w, r)
				return
			}
			// A preflight says what may be asked, of any path: what a route does
			// not have is the answer to the request itself, where a script sees it.
			// Traces travel in three headers (w3.org/TR/trace-context, w3.org/TR/baggage).
			header.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE")
			header.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Request-ID, traceparent, tracestate, baggage")
			header.Set("Access-Control-Max-Age", "600")
			w.WriteHeader(http.StatusNoContent)
		})
	}
}

// maxLoggedOrigin is longer than the origins of most applications.
const maxLoggedOrigin = 100

// logRefusedPreflight says in the log line why a script got nothing: the answer, which may
// have status 204, does not say it. An origin that no browser sends is not shown.
func logRefusedPreflight(r *http.Request, origin string) {
	reason := "preflight refused: the origin is not allowed"
	if _, err := ParseOrigin(origin); err == nil && len(origin) <= maxLoggedOrigin {
		reason = "preflight refused: the origin " + origin + " is not allowed"
	}
	if request, ok := r.Context().Value(requestKey{}).(*Request); ok {
		request.set(func() { request.reason = reason })
	}
}

// webOrigin has the scheme, the host, and the port if there is one. Browsers
// write the name of a host in ASCII, and an IPv6 address in brackets.
var webOrigin = regexp.MustCompile(`^([A-Za-z]+)://([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\])(?::([0-9]+))?$`)

// usualPorts are the ones that browsers leave out, by the schemes that there are: those of
// the web, and those under which Capacitor, Ionic and Tauri show the pages of an app.
var usualPorts = map[string]uint64{"http": 80, "https": 443, "capacitor": noPort, "ionic": noPort, "tauri": noPort}

// noPort is the usual port of a scheme that has none.
const noPort = 0

var errOrigin = errors.New("give a web origin such as https://app.example.com, http://localhost:3000 or capacitor://localhost: scheme, host and port, no path and no wildcard")

// ParseOrigin reads a web origin, and returns it as browsers send it (RFC 6454,
// 6.2): in small letters, and without a port that is the scheme's own. The error
// does not show text.
func ParseOrigin(text string) (string, error) {
	parts := webOrigin.FindStringSubmatch(text)
	if parts == nil {
		return "", errOrigin
	}
	scheme, host := strings.ToLower(parts[1]), strings.ToLower(parts[2])
	usual, ok := usualPorts[scheme]
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
	case port == usual:
		return scheme + "://" + host, nil
	}
	return fmt.Sprintf("%s://%s:%d", scheme, host, port), nil
}
