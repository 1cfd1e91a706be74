package sqlstore

import (
	"context"
	"fmt"
	"strings"

	"example.com/healthcare/domain"
)

// listSQL is the SQL of one domain.Listing. It has an entry for each filter and each
// ordering of the listing.
type listSQL struct {
	// table has the ID and the search text of each entity.
	table string
	// columns are selected for a query, except the free texts.
	columns string
	// freeTexts are the columns with free text. They are selected if the query wants the
	// member with the column's name.
	freeTexts []string
	// derived are columns that are computed for each row of the page. They begin with a
	// comma.
	derived string
	// joins follow the table in FROM. They must not change the number of rows.
	joins      string
	conditions map[string]conditionSQL
	orders     map[string]orderSQL
}

// conditionSQL is the SQL of one filter.
type conditionSQL struct {
	// expression is compared with the condition's value, as argument returns it.
	expression string
	argument   func(domain.Value) any // nil: the value itself
	// yes and no are the conditions of a filter whose values are true and false.
	yes, no string
	// join is a table that has one row for each entity that meets the condition, and id
	// the entity's ID in it: an index on it then gives the order.
	join, id string
}

// orderSQL is the SQL of one ordering.
type orderSQL struct {
	expression string
	argument   func(domain.Value) any // nil: the value itself
}

// byColumn is the filter or ordering by a column.
func byColumn(column string) conditionSQL { return conditionSQL{expression: column} }

// dayArgument returns a domain.Date as a parameter.
func dayArgument(value domain.Value) any { return day(value.(domain.Date).String()) }

// noDay stands for an absent date in an order, because databases sort NULL differently and
// cannot compare with it. No date is this late: dates of birth are not in the future.
const noDay = "9999-12-31"

// dayOrLast is dayArgument for an ordering by a date that can be absent.
func dayOrLast(value domain.Value) any {
	if value == nil {
		return day(noDay)
	}
	return dayArgument(value)
}

// statement is a SELECT that is being built.
type statement struct {
	from  strings.Builder
	where []string
	args  []any
}

// arg adds an argument and returns its placeholder.
func (s *statement) arg(value any) string {
	s.args = append(s.args, value)
	return fmt.Sprintf("$%d", len(s.args))
}

// whereClause returns the conditions, or nothing if there are none.
func (s *statement) whereClause() string {
	if len(s.where) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(s.where, " AND ")
}

// selection builds FROM and WHERE of the query's search and conditions, for limit rows or,
// if it is 0, for all. It returns the column with the ID that the database can best put in
// order.
func (l listSQL) selection(ctx context.Context, q *querier, query domain.ListQuery, limit int) (s *statement, id string, err error) {
	s, id = &statement{}, l.table+".id"
	s.from.WriteString(" FROM " + l.table + l.joins)
	for _, condition := range query.Conditions {
		known := l.conditions[condition.Filter]
		switch {
		case condition.Value == domain.Value(true) && known.yes != "":
			s.where = append(s.where, known.yes)
			continue
		case condition.Value == domain.Value(false) && known.no != "":
			s.where = append(s.where, known.no)
			continue
		}
		if known.join != "" {
			s.from.WriteString(" JOIN " + known.join + " ON " + known.id + " = " + l.table + ".id")
			id = known.id
		}
		value := condition.Value
		if known.argument != nil {
			value = known.argument(value)
		}
		s.where = append(s.where, known.expression+" "+string(condition.Comparison)+" "+s.arg(value))
	}
	if !query.Search.IsZero() {
		condition, err := q.searchCondition(ctx, l.table, query.Search, limit, s.arg)
		if err != nil {
			return nil, "", err
		}
		s.where = append(s.where, condition)
	}
	return s, id, nil
}

// text returns the query for one page and its arguments.
func (l listSQL) text(ctx context.Context, q *querier, query domain.ListQuery) (string, []any, error) {
	s, id, err := l.selection(ctx, q, query, query.Limit)
	if err != nil {
		return "", nil, err
	}
	direction, after := "", ">"
	if query.Descending {
		direction, after = " DESC", "<"
	}
	order := l.orders[query.Order]
	columns, orderBy := l.columns, id+direction
	if !query.ByID() {
		orderBy = order.expression + direction + ", " + orderBy
	}
	switch {
	case query.After == nil:
	case query.ByID():
		s.where = append(s.where, id+" "+after+" "+s.arg(query.After.ID))
	default:
		value := query.After.Value
		if order.argument != nil {
			value = order.argument(value)
		}
		s.where = append(s.where, fmt.Sprintf("(%s, %s) %s (%s, %s)", order.expression, id, after, s.arg(value), s.arg(query.After.ID)))
	}
	page := s.from.String() + s.whereClause() + " ORDER BY " + orderBy + " LIMIT " + s.arg(query.Limit)
	var sizes []string
	for _, column := range l.freeTexts {
		if query.Wants(column) {
			columns += ", " + l.table + "." + column
			sizes = append(sizes, "octet_length("+l.table+"."+column+")")
		}
	}
	if sizes == nil {
		return marked(query) + "SELECT " + columns + l.derived + page, s.args, nil
	}
	outerOrder := l.table + ".id" + direction
	inner := columns
	if !query.ByID() {
		inner += ", " + order.expression + " AS list_order"
		outerOrder = l.table + ".list_order" + direction + ", " + outerOrder
	}
	// The page ends once its rows have MaxPageBytes of free text. The database must check
	// this: it would send all rows even if the store stopped reading.
	return marked(query) + "SELECT " + columns + l.derived + `
		FROM (
			SELECT ` + l.table + `.*, COALESCE(SUM(` + strings.Join(sizes, " + ") + `)
				OVER (ORDER BY ` + outerOrder + ` ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS free_text_before
			FROM (SELECT ` + inner + page + `) AS ` + l.table + `
		) AS ` + l.table + `
		WHERE ` + l.table + `.free_text_before < ` + s.arg(domain.MaxPageBytes) + `
		ORDER BY ` + outerOrder, s.args, nil
}

// marked begins the text of a query. The combinations of filters, orderings and fields have
// too many texts to keep them prepared; only the most common ones are.
func marked(query domain.ListQuery) string {
	common := query.Search.IsZero() && query.ByID() && !query.Descending && query.Fields == nil &&
		(len(query.Conditions) == 0 || len(query.Conditions) == 1 && query.Conditions[0].Comparison == domain.Equal)
	if common {
		return ""
	}
	return Unprepared
}

// lists implements ports.Lists. R is a row of the query.
type lists[R rowOf[T], T any] struct {
	querier *querier
	sql     listSQL
}

func (s lists[R, T]) List(ctx context.Context, query domain.ListQuery) ([]T, error) {
	text, args, err := s.sql.text(ctx, s.querier, query)
	if err != nil {
		return nil, err
	}
	return entities[R](ctx, s.querier, text, args...)
}

func (s lists[R, T]) Count(ctx context.Context, query domain.ListQuery) (int, error) {
	selection, _, err := s.sql.selection(ctx, s.querier, query, 0)
	if err != nil {
		return 0, err
	}
	var n int
	err = s.querier.get(ctx, &n, Unprepared+"SELECT COUNT(*)"+selection.from.String()+selection.whereClause(), selection.args...)
	return n, err
}
