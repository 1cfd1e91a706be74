package sqlstore

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
)

// snapshot is a column that holds a row as a JSON object. A missing member is read as the
// zero value, so that a column can be added to a table without changing the snapshots.
type snapshot[R any] struct{ row R }

// Scan implements sql.Scanner.
func (s *snapshot[R]) Scan(stored any) error {
	switch stored := stored.(type) {
	case string:
		return json.Unmarshal([]byte(stored), &s.row)
	case []byte:
		return json.Unmarshal(stored, &s.row)
	default:
		return fmt.Errorf("sqlstore: scan snapshot: unsupported type %T", stored)
	}
}

// Value implements driver.Valuer.
func (s snapshot[R]) Value() (driver.Value, error) {
	text, err := json.Marshal(s.row)
	return string(text), err
}
