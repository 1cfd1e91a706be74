package sqlstore

import (
	"context"
	"fmt"
	"math"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// SkipSchemaChecks keeps the store from checking the schema again.
func (s *Store) SkipSchemaChecks() { s.schemaChecked.Store(math.MaxInt64) }

// Find returns the IDs of the first rows of a table, in an order, that a search selects.
func (s *Store) Find(ctx context.Context, table, order string, search domain.Search, limit int) ([]domain.ID, error) {
	var ids []domain.ID
	err := s.View(ctx, func(t ports.Tx) error {
		q := t.(tx).querier
		var args []any
		condition, err := q.searchCondition(ctx, table, search, func(value any) string {
			args = append(args, value)
			return fmt.Sprintf(`$%d`, len(args))
		})
		if err != nil {
			return err
		}
		ids, err = entities[idRow](ctx, q, fmt.Sprintf(`SELECT id FROM %s WHERE %s ORDER BY %s LIMIT %d`, table, condition, order, limit), args...)
		return err
	})
	return ids, err
}
