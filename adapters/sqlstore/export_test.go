package sqlstore

import "math"

// RelyOnSchema keeps the store from looking at the schema again.
func (s *Store) RelyOnSchema() { s.fitted.Store(math.MaxInt64) }
