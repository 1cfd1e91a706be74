package sqlstore

import "math"

// SkipSchemaChecks keeps the store from checking the schema again.
func (s *Store) SkipSchemaChecks() { s.schemaChecked.Store(math.MaxInt64) }
