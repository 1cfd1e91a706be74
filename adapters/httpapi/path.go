package httpapi

import (
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"
)

// normalizePath decodes the characters of a path that need no percent-encoding, such as the
// digit in /api/patients/%31/, so that Echo finds the route. RFC 3986, 6.2.2.2, calls such
// paths equivalent; Echo compares them byte by byte.
func normalizePath(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if path := c.Request().URL.RawPath; path != "" {
			c.Request().URL.RawPath = decodeUnreserved(path)
		}
		return next(c)
	}
}

// decodeUnreserved decodes the unreserved characters (RFC 3986, 2.3) of a well-formed
// path. Dots stay encoded, because a decoded dot could become a part of "..".
func decodeUnreserved(path string) string {
	var plain strings.Builder
	for {
		before, rest, found := strings.Cut(path, "%")
		plain.WriteString(before)
		if !found {
			return plain.String()
		}
		encoded := "%" + rest[:min(2, len(rest))]
		if character, err := url.PathUnescape(encoded); err == nil && strings.Contains(unreserved, character) {
			encoded = character
		}
		plain.WriteString(encoded)
		path = rest[min(2, len(rest)):]
	}
}

const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_~"
