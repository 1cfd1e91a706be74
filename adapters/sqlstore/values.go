package sqlstore

import (
	"database/sql/driver"
	"fmt"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// instant is a time as it is read: a time.Time from PostgreSQL, microseconds
// since 1970 from SQLite, which has no type for it; the zero time for NULL.
type instant struct{ time.Time }

// newInstant is a time as it is stored.
func newInstant(t time.Time) instant { return instant{ports.ToMicroseconds(t)} }

// Scan implements sql.Scanner.
func (i *instant) Scan(stored any) error {
	switch stored := stored.(type) {
	case nil:
		i.Time = time.Time{}
	case time.Time:
		i.Time = stored.UTC()
	case int64:
		i.Time = time.UnixMicro(stored).UTC()
	default:
		return fmt.Errorf("sqlstore: a time is stored as %T", stored)
	}
	return nil
}

// Value implements driver.Valuer. Each engine's driver writes a time.Time in its way.
func (i instant) Value() (driver.Value, error) { return i.Time, nil }

// day is a date as YYYY-MM-DD; the empty one is NULL.
type day string

// Scan implements sql.Scanner.
func (d *day) Scan(stored any) error {
	if date, is := stored.(time.Time); is { // PostgreSQL has a type for it.
		*d = day(date.Format(time.DateOnly))
		return nil
	}
	return (*nullableText)(d).Scan(stored)
}

// Value implements driver.Valuer.
func (d day) Value() (driver.Value, error) { return nullableText(d).Value() }

// nullableText is a text of which the empty one is NULL.
type nullableText string

// Scan implements sql.Scanner.
func (t *nullableText) Scan(stored any) error {
	switch stored := stored.(type) {
	case nil:
		*t = ""
	case string:
		*t = nullableText(stored)
	case []byte:
		*t = nullableText(stored)
	default:
		return fmt.Errorf("sqlstore: a text is stored as %T", stored)
	}
	return nil
}

// Value implements driver.Valuer.
func (t nullableText) Value() (driver.Value, error) {
	if t == "" {
		return nil, nil
	}
	return string(t), nil
}

// freeText is a text without a tight bound: what domain.TextBytes counts of a record.
type freeText string

// anyInstant is the zero time for what is no time, such as PostgreSQL's infinity: what
// is read with it shows by other means that it is not as it was written.
type anyInstant struct{ instant }

// Scan implements sql.Scanner.
func (i *anyInstant) Scan(stored any) error {
	if i.instant.Scan(stored) != nil {
		i.Time = time.Time{}
	}
	return nil
}

// timeOrNull stores the zero time as NULL.
func timeOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return ports.ToMicroseconds(t)
}

// bytesOrNull stores zeros as NULL.
func bytesOrNull(value []byte) any {
	for _, b := range value {
		if b != 0 {
			return value
		}
	}
	return nil
}

// kindOrNull stores no kind as NULL.
func kindOrNull(kind domain.SubjectKind) any {
	if kind == "" {
		return nil
	}
	return string(kind)
}

// numberOrNull stores zero as NULL.
func numberOrNull[T ~int | ~int64](n T) any {
	if n == 0 {
		return nil
	}
	return int64(n)
}
