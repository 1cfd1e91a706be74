package sqlstore

import (
	"database/sql/driver"
	"fmt"
	"time"

	"example.com/healthcare/ports"
)

// instant is a column that holds a time. PostgreSQL's driver returns a time.Time, SQLite's
// the microseconds since 1970. NULL is the zero time.
type instant struct{ time.Time }

// newInstant returns a time as it is stored.
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
		return fmt.Errorf("sqlstore: scan time: unsupported type %T", stored)
	}
	return nil
}

// Value implements driver.Valuer. Each engine's driver encodes a time.Time itself.
func (i instant) Value() (driver.Value, error) { return i.Time, nil }

// day is a date in the form YYYY-MM-DD. NULL is the empty text.
type day string

// Scan implements sql.Scanner.
func (d *day) Scan(stored any) error {
	if date, is := stored.(time.Time); is { // from PostgreSQL
		*d = day(date.Format(time.DateOnly))
		return nil
	}
	return (*nullableText)(d).Scan(stored)
}

// Value implements driver.Valuer.
func (d day) Value() (driver.Value, error) { return nullableText(d).Value() }

// nullableText is a text that is stored as NULL when it is empty.
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
		return fmt.Errorf("sqlstore: scan text: unsupported type %T", stored)
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

// freeText is a text that domain.TextBytes counts, because it can be long.
type freeText string

// lenientInstant is an instant that reads an invalid time, such as PostgreSQL's infinity, as
// the zero time. It is for rows whose evidence or digest shows that they were changed.
type lenientInstant struct{ instant }

// Scan implements sql.Scanner.
func (i *lenientInstant) Scan(stored any) error {
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

// numberOrNull stores zero as NULL.
func numberOrNull[T ~int | ~int64](n T) any {
	if n == 0 {
		return nil
	}
	return int64(n)
}
