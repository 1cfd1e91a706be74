package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
)

// allowOrigins lets scripts of these web origins call the API from a browser
// (CORS, fetch.spec.whatwg.org), and no others. Tokens travel in a header that
// the script sets itself, so credentials that browsers attach stay out.
func allowOrigins(origins []string) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			request, header := c.Request(), c.Response().Header()
			header.Add(echo.HeaderVary, echo.HeaderOrigin)
			origin := request.Header.Get(echo.HeaderOrigin)
			if !slices.Contains(origins, origin) {
				return next(c)
			}
			header.Set(echo.HeaderAccessControlAllowOrigin, origin)
			if request.Method != http.MethodOptions || request.Header.Get(echo.HeaderAccessControlRequestMethod) == "" {
				header.Set(echo.HeaderAccessControlExposeHeaders, "Link, Location, Retry-After, WWW-Authenticate, X-Request-ID")
				return next(c)
			}
			// A preflight says what may be asked, of any path: what a route does
			// not have is the answer to the request itself, where a script sees it.
			header.Set(echo.HeaderAccessControlAllowMethods, "GET, HEAD, POST, PUT, PATCH, DELETE")
			header.Set(echo.HeaderAccessControlAllowHeaders, "Authorization, Content-Type, X-Request-ID")
			header.Set(echo.HeaderAccessControlMaxAge, "600")
			return c.NoContent(http.StatusNoContent)
		}
	}
}

// webOrigin has the scheme, the host, and the port if there is one. Browsers
// write the name of a host in ASCII, and an IPv6 address in brackets.
var webOrigin = regexp.MustCompile(`^([A-Za-z]+)://([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\])(?::([0-9]+))?$`)

// usualPorts are the ones that browsers leave out.
var usualPorts = map[string]uint64{"http": 80, "https": 443}

var errOrigin = errors.New("give a web origin such as https://app.example.com or http://localhost:3000: scheme, host and port, no path and no wildcard")

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
