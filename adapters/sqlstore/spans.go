package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"regexp"
	"strings"

	"github.com/jmoiron/sqlx"

	"example.com/healthcare/ports"
)

// runner runs a statement: the prepared one or, if that is nil, its text on the handle.
type runner = func(context.Context, *sqlx.Stmt, sqlx.ExtContext) error

// traced returns do with a span for each run of the statement, if the work on ctx is traced.
func (q *querier) traced(ctx context.Context, query string, do runner) runner {
	parent, ok := ports.SpanFrom(ctx)
	if !ok {
		return do
	}
	name := q.statements.spanName(query)
	return func(ctx context.Context, stmt *sqlx.Stmt, direct sqlx.ExtContext) error {
		span := parent.Start(ports.StatementSpan, name)
		err := do(ctx, stmt, direct)
		switch {
		case err == nil, errors.Is(err, sql.ErrNoRows):
			span.End(nil)
		default:
			span.End(q.translate(ctx, err, query))
		}
		return err
	}
}

// spanName returns the name of the query's span. Names of queries that are kept prepared are
// kept, too, because there are few of them.
func (s *statements) spanName(query string) string {
	if name, ok := s.spanNames.Load(query); ok {
		return name.(string)
	}
	name := spanName(query)
	if !strings.HasPrefix(query, Unprepared) {
		s.spanNames.Store(query, name)
	}
	return name
}

// writtenTable matches the command and the table of a statement that writes.
var writtenTable = regexp.MustCompile(`\b(INSERT|DELETE|UPDATE)(?:\s+INTO|\s+FROM)?\s+([a-z_]+)`)

// spanName returns the command of a query and its main table, such as "SELECT patients". It
// contains nothing else of the query.
func spanName(query string) string {
	query = strings.TrimPrefix(query, Unprepared)
	if found := writtenTable.FindAllStringSubmatch(query, -1); found != nil {
		last := found[len(found)-1] // The others are in its WITH clause.
		return last[1] + " " + last[2]
	}
	words := strings.Fields(query)
	return strings.TrimSpace(words[0] + " " + readTable(query))
}

// readToken matches what readTable needs to know of a query.
var readToken = regexp.MustCompile(`[()]|\bFROM\s+(?:\(|[a-z_]+)`)

// readTable returns the table of a query that reads, or of the subquery that it reads. It
// skips the subqueries among the columns. Without a table it returns "".
func readTable(query string) string {
	depth := 0
	for _, found := range readToken.FindAllString(query, -1) {
		switch {
		case found == "(":
			depth++
		case found == ")":
			depth--
		case depth > 0 && strings.HasSuffix(found, "("):
			depth++
		case depth > 0, strings.HasSuffix(found, "("): // The next FROM is that of the subquery.
		default:
			return strings.Fields(found)[1]
		}
	}
	return ""
}
