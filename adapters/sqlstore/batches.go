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

// maxRows is the largest number of rows in one statement. A larger one would save less
// than one round trip per hundred rows.
const maxRows = 64

// rowTexts holds the texts of one statement for 1, 2, 4, ... maxRows rows. These are few
// enough to keep all of them prepared.
type rowTexts struct {
	// numbered has the parameters $1, $2 and so on; unnumbered has question marks. SQLite
	// compares each numbered parameter with all before it. With hundreds of them that takes
	// several times as long as the rest of the statement.
	numbered, unnumbered []string
}

// forRows returns texts that consist of begin, the parameters of the rows, and end.
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

// text returns the text for so many rows, which must be the size of a batch.
func (r rowTexts) text(q *querier, rows int) string {
	texts := r.unnumbered
	if sqlx.BindType(q.statements.db.DriverName()) == sqlx.DOLLAR {
		texts = r.numbered
	}
	return texts[bits.Len(uint(rows))-1]
}

// batches splits rows, in order, into as few batches of 1, 2, 4, ... maxRows rows as
// possible: 13 rows become batches of 8, 4 and 1.
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

// changeRows runs the statement on rows in batches. Without rows it does nothing.
func changeRows[T any](ctx context.Context, q *querier, texts rowTexts, rows []T, values func(T) []any) error {
	for batch := range batches(rows) {
		if err := q.change(ctx, texts.text(q, len(batch)), arguments(batch, values)...); err != nil {
			return err
		}
	}
	return nil
}

// forIDs returns texts that select rows by the IDs in a column. The condition also has
// the range of the IDs: without it, PostgreSQL reads all rows of a kind for each batch
// when it believes that there are few.
func forIDs(begin, column, end string) rowTexts {
	return forRows(begin+column+` IN (`, 1, `) AND `+column+` BETWEEN ? AND ?`+end)
}

// idArguments returns the arguments of a batch of IDs, which must be in ascending order.
func idArguments(batch []domain.ID) []any {
	return append(arguments(batch, idValues), batch[0], batch[len(batch)-1])
}

// changeIDs is changeRows for a statement of forIDs. The IDs must be in ascending order.
func changeIDs(ctx context.Context, q *querier, texts rowTexts, ids []domain.ID) error {
	for batch := range batches(ids) {
		if err := q.change(ctx, texts.text(q, len(batch)), idArguments(batch)...); err != nil {
			return err
		}
	}
	return nil
}

// readIDs returns the IDs that the statement finds, without duplicates, in ascending
// order. The clause lock locks the rows in that order, so that Updates do not deadlock.
func readIDs(ctx context.Context, q *querier, texts rowTexts, lock string, ids []domain.ID) ([]domain.ID, error) {
	found := []domain.ID{}
	for batch := range batches(slices.Compact(slices.Sorted(slices.Values(ids)))) {
		rows, err := entities[idRow](ctx, q, texts.text(q, len(batch))+q.locking(lock), idArguments(batch)...)
		if err != nil {
			return nil, err
		}
		found = append(found, rows...)
	}
	return found, nil
}

// isIn reports whether found, which readIDs has returned, contains id.
func isIn(found []domain.ID, id domain.ID) bool {
	_, is := slices.BinarySearch(found, id)
	return is
}

// arguments concatenates the values of rows, of which there is at least one.
func arguments[T any](rows []T, values func(T) []any) []any {
	args := values(rows[0])
	args = slices.Grow(args, (len(rows)-1)*len(args))
	for _, row := range rows[1:] {
		args = append(args, values(row)...)
	}
	return args
}

// idValues returns the values of a row that consists of an ID.
func idValues(id domain.ID) []any { return []any{id} }
