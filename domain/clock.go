package domain

import "time"

// ClockSkew is how far the clocks of any two instances may be apart. What bears a
// time of one of them is judged by another one accordingly.
const ClockSkew = time.Minute
