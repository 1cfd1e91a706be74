package domain

import "time"

// ClockSkew is the largest difference between the clocks of two instances that is
// tolerated. A time written by one instance can be this far ahead of the clock of the
// instance that reads it.
const ClockSkew = time.Minute
