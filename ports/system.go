package ports

import "time"

// Clock returns the current time in UTC, to the microsecond, which is the precision of
// every store.
type Clock func() time.Time

// SystemClock returns the time of the machine's clock.
func SystemClock() time.Time { return ToMicroseconds(time.Now()) }

// ToMicroseconds returns t as stores keep it: in UTC, truncated to the microsecond.
func ToMicroseconds(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
