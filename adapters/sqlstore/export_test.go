package sqlstore

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// SkipSchemaChecks keeps the store from checking the schema again.
func (s *Store) SkipSchemaChecks() { s.schemaChecked.Store(math.MaxInt64) }

// PreparedStatements returns the number of statements that the store keeps prepared for
// reading.
func (s *Store) PreparedStatements() (n int) {
	s.reader.cached.Range(func(any, any) bool { n++; return true })
	return n
}

// SelectStale returns the query for stale rows.
var SelectStale = selectStale

// Find returns the IDs of the first rows of a table, in an order, that a search selects.
func (s *Store) Find(ctx context.Context, table, order string, search domain.Search, limit int) ([]domain.ID, error) {
	query, args, err := s.FindQuery(ctx, table, order, search, limit)
	if err != nil {
		return nil, err
	}
	var ids []domain.ID
	err = s.View(ctx, func(t ports.Tx) (err error) {
		ids, err = entities[idRow](ctx, t.(tx).querier, query, args...)
		return err
	})
	return ids, err
}

// FindIn returns the IDs of the rows of a table that a search in a transaction selects.
func FindIn(ctx context.Context, t ports.Tx, table string, search domain.Search) ([]domain.ID, error) {
	q := t.(tx).querier
	condition, args, err := searched(ctx, q, table, search, 100)
	if err != nil {
		return nil, err
	}
	return entities[idRow](ctx, q, `SELECT id FROM `+table+` WHERE `+condition+` ORDER BY id LIMIT 100`, args...)
}

// FindQuery returns the query of Find and its parameters.
func (s *Store) FindQuery(ctx context.Context, table, order string, search domain.Search, limit int) (query string, args []any, err error) {
	err = s.View(ctx, func(t ports.Tx) error {
		var condition string
		condition, args, err = searched(ctx, t.(tx).querier, table, search, limit)
		query = fmt.Sprintf(`SELECT id FROM %s WHERE %s ORDER BY %s LIMIT %d`, table, condition, order, limit)
		return err
	})
	return query, args, err
}

// Count returns how many rows of a table a search selects.
func (s *Store) Count(ctx context.Context, table string, search domain.Search) (n int, err error) {
	err = s.View(ctx, func(t ports.Tx) error {
		q := t.(tx).querier
		condition, args, err := searched(ctx, q, table, search, 0)
		if err != nil {
			return err
		}
		return q.get(ctx, &n, `SELECT count(*) FROM `+table+` WHERE `+condition, args...)
	})
	return n, err
}

func searched(ctx context.Context, q *querier, table string, search domain.Search, limit int) (condition string, args []any, err error) {
	condition, _, err = q.searchCondition(ctx, table, search, limit, func(value any) string {
		args = append(args, value)
		return fmt.Sprintf(`$%d`, len(args))
	})
	return condition, args, err
}

// ListSQL holds, by the name of the list, the filters and the orderings that have SQL.
func ListSQL() map[string][2][]string {
	named := map[string][2][]string{}
	for _, list := range []listSQL{userListSQL, doctorListSQL, patientListSQL, assignmentListSQL} {
		named[list.table] = [2][]string{slices.Sorted(maps.Keys(list.conditions)), slices.Sorted(maps.Keys(list.orders))}
	}
	return named
}

// Exec runs a statement in an Update.
func Exec(ctx context.Context, t ports.Tx, statement string) error {
	return t.(tx).changeAny(ctx, statement)
}

// WaitingUpdates returns how many Updates wait for their turn.
func (s *Store) WaitingUpdates() int {
	s.shared.mutex.Lock()
	defer s.shared.mutex.Unlock()
	return len(s.shared.line)
}

// ShareLong makes Updates share a transaction however old it is.
func (s *Store) ShareLong() { s.shared.maxShareTime = time.Hour }

// SelectNamesakes is the statement that finds namesakes of two patients.
func (s *Store) SelectNamesakes() string {
	return selectNamesakes.text(&querier{engine: s.engine, statements: s.writer}, 2)
}
