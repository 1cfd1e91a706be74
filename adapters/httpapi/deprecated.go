package httpapi

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/healthcare/domain"
)

// deprecated answers as list does, and tells clients that the path is deprecated since that
// day (RFC 9745) and which path replaces it (RFC 5829). In the path, :id stands for the id of
// the request. Without a Sunset header (RFC 8594), the deprecated path stays.
func deprecated(since time.Time, successor string, list lister) lister {
	return func(c echo.Context, actor domain.Actor, query *query) error {
		id, err := pathID(c)
		if err != nil {
			return err
		}
		c.Response().Header().Set("Deprecation", "@"+strconv.FormatInt(since.Unix(), 10))
		addLinks(c, fmt.Sprintf("<%s%s>; rel=%q", request(c).Prefix(), strings.Replace(successor, ":id", id.String(), 1), "successor-version"))
		return list(c, actor, query)
	}
}

// addLinks adds links before those that the answer has. They are one header line, because
// many clients read only the first.
func addLinks(c echo.Context, links string) {
	header := c.Response().Header()
	if others := header.Get("Link"); others != "" {
		links += ", " + others
	}
	header.Set("Link", links)
}
