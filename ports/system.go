package ports

import "time"

// Clock tells the time, in UTC and to the microsecond, which is what every
// store can keep.
type Clock func() time.Time

// SystemClock is the machine's clock.
func SystemClock() time.Time { return ToMicroseconds(time.Now()) }

// ToMicroseconds is t as every store keeps it: in UTC, cut to the microsecond.
func ToMicroseconds(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
