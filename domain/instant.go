package domain

import (
	"regexp"
	"strings"
	"time"
)

// instant is how RFC 3339 (5.6) writes a time, for which time.Parse is too lenient, and
// withBlank is one that was put into a query as it is: there a plus stands for a blank.
var (
	instant   = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$`)
	withBlank = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:.]+ [0-9]{2}:[0-9]{2}$`)
)

// parseInstant reads a time as RFC 3339 has it, such as 2026-11-23T09:00:00Z.
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
