package sqlstore

import (
	"context"
	"math"
	"slices"
	"strings"

	"example.com/healthcare/domain"
)

// narrow chooses between the indexes on filters and that on the order of the list. The entities
// that a filter selects are counted: SQLite does not know how many there are, and PostgreSQL
// expects them to be spread evenly over the list. If they are few, narrow adds the condition
// that looks up all of them, and returns the name of the filter. scanned holds the filters whose
// indexes must not be used otherwise, because they do not give the order of the list.
func (l listSQL) narrow(ctx context.Context, q *querier, query domain.ListQuery, s *statement) (lookedUp string, scanned map[string]bool, err error) {
	var indexed []string
	scanned = map[string]bool{}
	for _, condition := range query.Conditions {
		known := l.conditions[condition.Filter]
		if known.join != "" { // Only the entities that belong to another one are read.
			return "", nil, nil
		}
		if !known.indexed || !query.ByID() && known.expression == l.orders[query.Order].expression {
			continue
		}
		if !slices.Contains(indexed, condition.Filter) {
			indexed = append(indexed, condition.Filter)
		}
		if !query.ByID() || condition.Comparison != domain.Equal {
			scanned[condition.Filter] = true
		}
	}
	if len(scanned) == 0 && (len(indexed) <= 1 || q.engine.WithoutIndex == nil) { // An index gives the order.
		return "", nil, nil
	}
	rows, err := q.rows(ctx, l.table)
	if err != nil || rows < 0 {
		return "", nil, err
	}
	most := int(MaxCandidates(rows, query.Limit))
	for _, filter := range indexed {
		counting := statement{}
		selected := l.selected(&counting, filter, query)
		var n int
		err := q.get(ctx, &n, Unprepared+"SELECT count(*) FROM (SELECT 1"+selected+" LIMIT "+counting.arg(most+1)+") AS counted", counting.args...)
		if err != nil {
			return "", nil, err
		}
		if n <= most {
			s.where = append(s.where, q.engine.AmongIDs(l.table, "SELECT id"+l.selected(s, filter, query)))
			return filter, scanned, nil
		}
	}
	return "", scanned, nil
}

// selected returns FROM and WHERE for the entities that all conditions of one filter select.
func (l listSQL) selected(s *statement, filter string, query domain.ListQuery) string {
	known := l.conditions[filter]
	var where []string
	if known.present != "" {
		where = append(where, known.present)
	}
	for _, condition := range query.Conditions {
		if condition.Filter == filter {
			where = append(where, s.comparison(known.expression, known, condition))
		}
	}
	return " FROM " + l.table + " WHERE " + strings.Join(where, " AND ")
}

// firstRows returns in how many rows, in the order of a list, a search that finds many rows looks
// first. If there are limit such rows among them, they are the page. Otherwise the rows are not
// spread evenly over the list, as when patients are searched by the name by which they are
// ordered: then all that the search finds are looked up, rather than reading on. The number is
// twice that of the rows to be read for the rarest words for which the index is not used (see
// MaxCandidates), if they are spread evenly. It is 0 for a table that has no more rows.
func firstRows(ctx context.Context, q *querier, table string, limit int) (int, error) {
	rows, err := q.rows(ctx, table)
	first := 2 * math.Sqrt(float64(limit)*rows)
	if err != nil || !(first < rows) { // It is not a number if the engine does not know the rows.
		return 0, err
	}
	return int(first), nil
}
