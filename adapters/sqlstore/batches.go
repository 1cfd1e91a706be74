package sqlstore

import (
	"iter"
	"math/bits"
	"strconv"
	"strings"
)

// maxRows is how many rows one statement adds at most. More at once gains little:
// a round trip in a hundred rows, while SQLite takes time to tell parameters apart
// that grows with the square of their number.
const maxRows = 64

// rowsInsert is the texts that add 1, 2, 4, ... maxRows rows: few enough to keep
// all of them prepared.
type rowsInsert []string

// insertingRows returns the texts that have begin before the parameters of their
// rows, which have so many columns, and end after them.
func insertingRows(begin string, columns int, end string) rowsInsert {
	var texts rowsInsert
	for rows := 1; rows <= maxRows; rows *= 2 {
		var text strings.Builder
		text.WriteString(begin)
		for parameter := range rows * columns {
			switch {
			case parameter == 0:
				text.WriteString(` (`)
			case parameter%columns == 0:
				text.WriteString(`), (`)
			default:
				text.WriteString(`, `)
			}
			text.WriteString(`$` + strconv.Itoa(parameter+1))
		}
		text.WriteString(`)` + end)
		texts = append(texts, text.String())
	}
	return texts
}

// text returns the one that adds so many rows, which is the size of a batch.
func (r rowsInsert) text(rows int) string { return r[bits.Len(uint(rows))-1] }

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
