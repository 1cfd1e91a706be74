package sqlstore

import (
	"context"
	"fmt"
	"slices"
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
	// joins follow the table in FROM. They must not change the number of rows: they are made
	// for the rows of the page.
	joins      string
	conditions map[string]conditionSQL
	orders     map[string]orderSQL
}

// conditionSQL is the SQL of one filter.
type conditionSQL struct {
	// expression is compared with the condition's value, as argument returns it.
	expression string
	argument   func(domain.Value) any // nil: the value itself
	// indexed says that an index on expression and the ID finds the entities. They can be
	// few or many.
	indexed bool
	// present is a condition for entities that have a value. Others meet no condition.
	present string
	// choice says that the filter has a few values, some of which can be rare. A plan for
	// all values would read the whole table for these.
	choice bool
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

// byColumn is the filter by a column.
func byColumn(column string) conditionSQL { return conditionSQL{expression: column} }

// byIndex is the filter by a column that has an index with the ID.
func byIndex(column string) conditionSQL { return conditionSQL{expression: column, indexed: true} }

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
	// first is the number of rows at the beginning of the page's order in which it is
	// searched, or 0 for all.
	first int
}

// arg adds an argument and returns its placeholder.
func (s *statement) arg(value any) string {
	s.args = append(s.args, value)
	return fmt.Sprintf("$%d", len(s.args))
}

// comparison adds the value of a condition and returns the SQL of the condition.
func (s *statement) comparison(expression string, known conditionSQL, condition domain.Condition) string {
	value := condition.Value
	if known.argument != nil {
		value = known.argument(value)
	}
	return expression + " " + string(condition.Comparison) + " " + s.arg(value)
}

// whereClause returns WHERE with the conditions, or nothing if there are none.
func whereClause(conditions []string) string {
	if len(conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(conditions, " AND ")
}

// selection builds FROM and WHERE of the query's search and conditions, for limit rows or,
// if it is 0, for all. It returns the column with the ID that the database can best put in
// order.
func (l listSQL) selection(ctx context.Context, q *querier, query domain.ListQuery, limit int) (s *statement, id string, err error) {
	s, id = &statement{}, l.table+".id"
	s.from.WriteString(" FROM " + l.table)
	var lookedUp string
	var scanned map[string]bool
	if limit > 0 {
		if lookedUp, scanned, err = l.narrow(ctx, q, query, s); err != nil {
			return nil, "", err
		}
	}
	for _, condition := range query.Conditions {
		known := l.conditions[condition.Filter]
		switch {
		case condition.Filter == lookedUp:
			continue
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
		if known.present != "" {
			s.where = append(s.where, known.present)
		}
		expression := known.expression
		if scanned[condition.Filter] && q.engine.WithoutIndex != nil {
			expression = q.engine.WithoutIndex(expression)
		}
		s.where = append(s.where, s.comparison(expression, known, condition))
	}
	if !query.Search.IsZero() {
		condition, isIndexed, err := q.searchCondition(ctx, l.table, query.Search, limit, s.arg)
		if err != nil {
			return nil, "", err
		}
		if limit > 0 && !isIndexed && lookedUp == "" && id == l.table+".id" {
			if s.first, err = firstRows(ctx, q, l.table, limit); err != nil {
				return nil, "", err
			}
		}
		s.where = append(s.where, condition)
	}
	return s, id, nil
}

// text returns the query for one page and its arguments. With a search, few of whose rows are
// expected to be read in the order of the list, isPart says that the page may have more rows
// than the query finds. With whole, it finds all of them.
func (l listSQL) text(ctx context.Context, q *querier, query domain.ListQuery, whole bool) (text string, args []any, isPart bool, err error) {
	limit := query.Limit
	if whole {
		limit = 0
	}
	s, id, err := l.selection(ctx, q, query, limit)
	if err != nil {
		return "", nil, false, err
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
	var position []string
	switch {
	case query.After == nil:
	case query.ByID():
		position = append(position, id+" "+after+" "+s.arg(query.After.ID))
	default:
		value := query.After.Value
		if order.argument != nil {
			value = order.argument(value)
		}
		from := s.arg(value)
		if strings.Contains(order.expression, "(") { // SQLite does not search an index on an expression by pairs.
			position = append(position, order.expression+" "+after+"= "+from)
		}
		position = append(position, fmt.Sprintf("(%s, %s) %s (%s, %s)", order.expression, id, after, from, s.arg(query.After.ID)))
	}
	from, where := s.from.String(), slices.Concat(s.where, position)
	if s.first > 0 {
		from = " FROM (SELECT " + l.table + ".*" + from + whereClause(position) + " ORDER BY " + orderBy + " LIMIT " + s.arg(s.first) + ") AS " + l.table
		where = s.where
	}
	page := from + whereClause(where) + " ORDER BY " + orderBy + " LIMIT " + s.arg(query.Limit)
	var sizes []string
	for _, column := range l.freeTexts {
		if query.Wants(column) {
			columns += ", " + l.table + "." + column
			sizes = append(sizes, "octet_length("+l.table+"."+column+")")
		}
	}
	if l.joins != "" {
		page = " FROM (SELECT " + l.table + ".*" + page + ") AS " + l.table + l.joins + " ORDER BY " + orderBy
	}
	if sizes == nil {
		return l.marked(query) + "SELECT " + columns + l.derived + page, s.args, s.first > 0, nil
	}
	outerOrder := l.table + ".id" + direction
	inner := columns
	if !query.ByID() {
		inner += ", " + order.expression + " AS list_order"
		outerOrder = l.table + ".list_order" + direction + ", " + outerOrder
	}
	// The page ends once its rows have MaxPageBytes of free text. The database must check
	// this: it would send all rows even if the store stopped reading.
	return l.marked(query) + "SELECT " + columns + l.derived + `
		FROM (
			SELECT ` + l.table + `.*, COALESCE(SUM(` + strings.Join(sizes, " + ") + `)
				OVER (ORDER BY ` + outerOrder + ` ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS free_text_before
			FROM (SELECT ` + inner + page + `) AS ` + l.table + `
		) AS ` + l.table + `
		WHERE ` + l.table + `.free_text_before < ` + s.arg(domain.MaxPageBytes) + `
		ORDER BY ` + outerOrder, s.args, s.first > 0, nil
}

// marked begins the text of a query. The combinations of filters, orderings and fields have
// too many texts to keep them prepared; only the most common ones are.
func (l listSQL) marked(query domain.ListQuery) string {
	common := query.Search.IsZero() && query.ByID() && !query.Descending && query.Fields == nil &&
		(len(query.Conditions) == 0 || len(query.Conditions) == 1 && query.Conditions[0].Comparison == domain.Equal &&
			!l.conditions[query.Conditions[0].Filter].choice)
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
	list, isPart, err := s.read(ctx, query, false)
	if err == nil && isPart && len(list) < query.Limit {
		list, _, err = s.read(ctx, query, true)
	}
	return list, err
}

func (s lists[R, T]) read(ctx context.Context, query domain.ListQuery, whole bool) (list []T, isPart bool, err error) {
	text, args, isPart, err := s.sql.text(ctx, s.querier, query, whole)
	if err != nil {
		return nil, false, err
	}
	list, err = entities[R](ctx, s.querier, text, args...)
	return list, isPart, err
}

func (s lists[R, T]) Count(ctx context.Context, query domain.ListQuery) (int, error) {
	selection, _, err := s.sql.selection(ctx, s.querier, query, 0)
	if err != nil {
		return 0, err
	}
	var n int
	err = s.querier.get(ctx, &n, Unprepared+"SELECT COUNT(*)"+selection.from.String()+whereClause(selection.where), selection.args...)
	return n, err
}
