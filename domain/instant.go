package domain

import (
	"regexp"
	"strings"
	"time"
)

var (
	// instant is the RFC 3339 (5.6) format. time.Parse alone accepts more than that.
	// withBlank is a time with an offset whose "+" was not escaped in a URL, so that it
	// arrived as a space.
	instant   = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$`)
	withBlank = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:.]+ [0-9]{2}:[0-9]{2}$`)
)

// parseInstant parses an RFC 3339 time such as 2026-11-23T09:00:00Z.
func parseInstant(text string) (time.Time, error) {
	if withBlank.MatchString(text) {
		return time.Time{}, invalid("Write the + of the offset as %2B in a URL, such as 2026-11-23T09:00:00%2B01:00.")
	}
	t, err := time.Parse(time.RFC3339Nano, strings.ToUpper(text))
	if t = t.UTC(); err != nil || !instant.MatchString(text) || t.Year() < 1970 || t.Year() > 9999 {
		return time.Time{}, invalid("Give a time such as 2026-11-23T09:00:00Z.")
	}
	return t, nil
}
