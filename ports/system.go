package ports

import "time"

// Clock tells the time, in UTC and to the microsecond, which is what every
// store can keep.
type Clock func() time.Time

// SystemClock is the machine's clock.
func SystemClock() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
