package ports

import (
	"time"

	"example.com/healthcare/domain"
)

// Clock tells the time, in UTC and to the microsecond, which is what every
// store can keep.
type Clock func() time.Time

// SystemClock is the machine's clock.
func SystemClock() time.Time { return ToMicroseconds(time.Now()) }

// ToMicroseconds is t as every store keeps it: in UTC, cut to the microsecond.
func ToMicroseconds(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// StampToMicroseconds is the record with the times of its stamp as every store keeps them.
func StampToMicroseconds[T domain.Record](record T) T {
	stamp := domain.StampOf(record)
	stamp.CreatedAt, stamp.UpdatedAt = ToMicroseconds(stamp.CreatedAt), ToMicroseconds(stamp.UpdatedAt)
	return domain.Stamped(record, stamp)
}
