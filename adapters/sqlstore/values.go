package sqlstore

import (
	"fmt"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// instant is a time as it is read: a time.Time from PostgreSQL, microseconds
// since 1970 from SQLite, which has no type for it; the zero time for NULL.
type instant struct{ time.Time }

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
	return ports.Kept(t)
}

// textOrNull stores the zero value as NULL.
func textOrNull(value fmt.Stringer) any {
	if text := value.String(); text != "" {
		return text
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
