package sqlstore

import (
	"context"
	"iter"
	"math/bits"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"example.com/healthcare/domain"
)

// maxRows is how many rows one statement takes at most. More at once gains little:
// a round trip in a hundred rows.
const maxRows = 64

// rowTexts is one statement for 1, 2, 4, ... maxRows rows: few enough texts to keep
// all of them prepared.
type rowTexts struct {
	// numbered have $1, $2 and so on for parameters, unnumbered have question marks.
	// SQLite looks every numbered one up among all before it, which takes several times as long
	// as all else when there are hundreds.
	numbered, unnumbered []string
}

// forRows returns the texts that have begin before the parameters of their rows,
// which have so many columns, and end after them.
func forRows(begin string, columns int, end string) rowTexts {
	var texts rowTexts
	row := `(?` + strings.Repeat(`, ?`, columns-1) + `)`
	for rows := 1; rows <= maxRows; rows *= 2 {
		text := begin + ` ` + row + strings.Repeat(`, `+row, rows-1) + end
		texts.unnumbered = append(texts.unnumbered, text)
		texts.numbered = append(texts.numbered, sqlx.Rebind(sqlx.DOLLAR, text))
	}
	return texts
}

// text returns the one for so many rows, which is the size of a batch.
func (r rowTexts) text(q *querier, rows int) string {
	texts := r.unnumbered
	if sqlx.BindType(q.statements.db.DriverName()) == sqlx.DOLLAR {
		texts = r.numbered
	}
	return texts[bits.Len(uint(rows))-1]
}

// batches cuts rows, in order, into as few batches as can be of 1, 2, 4, ...
// maxRows rows: 13 are 8, 4 and 1.
func batches[T any](rows []T) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		for len(rows) > 0 {
			size := min(1<<(bits.Len(uint(len(rows)))-1), maxRows)
			if !yield(rows[:size]) {
				return
			}
			rows = rows[size:]
		}
	}
}

// changeRows runs the statement on rows with few round trips; on none it does nothing.
func execRows[T any](ctx context.Context, q *querier, texts rowTexts, rows []T, values func(T) []any) error {
	for batch := range batches(rows) {
		if err := q.change(ctx, texts.text(q, len(batch)), arguments(batch, values)...); err != nil {
			return err
		}
	}
	return nil
}

// forIDs returns the texts of statements on the rows with IDs in a column. The range of
// the IDs stands beside them: where PostgreSQL believes that there are few rows of a
// kind, it would go through all of that kind for each batch.
func forIDs(begin, column, end string) rowTexts {
	return forRows(begin+column+` IN (`, 1, `) AND `+column+` BETWEEN ? AND ?`+end)
}

// idArguments are those of a batch of IDs, which are in ascending order.
func idArguments(batch []domain.ID) []any {
	return append(arguments(batch, idValues), batch[0], batch[len(batch)-1])
}

// changeIDs is changeRows for IDs in ascending order.
func execIDs(ctx context.Context, q *querier, texts rowTexts, ids []domain.ID) error {
	for batch := range batches(ids) {
		if err := q.change(ctx, texts.text(q, len(batch)), idArguments(batch)...); err != nil {
			return err
		}
	}
	return nil
}

// readIDs returns those of ids that the statement finds, each once, in ascending
// order, with few round trips. Rows that lock locks are locked in that order, so
// that Updates do not wait for each other in a circle.
func readIDs(ctx context.Context, q *querier, texts rowTexts, lock string, ids []domain.ID) ([]domain.ID, error) {
	found := []domain.ID{}
	for batch := range batches(slices.Compact(slices.Sorted(slices.Values(ids)))) {
		some, err := entities[idRow](ctx, q, texts.text(q, len(batch))+q.locking(lock), idArguments(batch)...)
		if err != nil {
			return nil, err
		}
		found = append(found, some...)
	}
	return found, nil
}

// isIn reports whether id is among what readIDs has returned.
func isIn(found []domain.ID, id domain.ID) bool {
	_, is := slices.BinarySearch(found, id)
	return is
}

// arguments are the values of rows, one after the other.
func arguments[T any](rows []T, values func(T) []any) []any {
	var args []any
	for _, row := range rows {
		args = append(args, values(row)...)
	}
	return args
}

// parameter is the values of a row that is an ID.
func idValues(id domain.ID) []any { return []any{id} }
