package httpapi

import (
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"
)

// plainPath has routes found for paths in which a client has percent-encoded characters
// that need no encoding, such as /api/patients/%31/. They are the same paths (RFC 3986,
// 6.2.2.2), and Echo compares them as they are written.
func plainPath(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if path := c.Request().URL.RawPath; path != "" {
			c.Request().URL.RawPath = decodeUnreserved(path)
		}
		return next(c)
	}
}

// decodeUnreserved decodes the letters, digits and marks of a path that is well-formed
// and that mean the same with and without encoding (RFC 3986, 2.3). A dot stays
// encoded: decoded, it could be one of "..".
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
