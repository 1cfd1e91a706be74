package ports

import (
	"time"

	"example.com/healthcare/domain"
)

// Clock returns the current time in UTC, to the microsecond, which is the precision of
// every store.
type Clock func() time.Time

// SystemClock returns the time of the machine's clock.
func SystemClock() time.Time { return ToMicroseconds(time.Now()) }

// ToMicroseconds returns t as stores keep it: in UTC, truncated to the microsecond.
func ToMicroseconds(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// StampToMicroseconds returns the record with the times of its stamp as every store keeps
// them: see ToMicroseconds.
func StampToMicroseconds[T domain.Record](record T) T {
	stamp := domain.StampOf(record)
	stamp.CreatedAt, stamp.UpdatedAt = ToMicroseconds(stamp.CreatedAt), ToMicroseconds(stamp.UpdatedAt)
	return domain.Stamped(record, stamp)
}
