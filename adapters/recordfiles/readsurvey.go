package recordfiles

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"math"
	"strings"

	"example.com/healthcare/domain"
)

// openSource begins to read a file.
func openSource(file io.ReaderAt, expected textEncoding) (source, error) {
	text, encoding, err := decode(io.NewSectionReader(file, 0, math.MaxInt64), expected)
	if err != nil {
		return nil, err
	}
	buffered := bufio.NewReaderSize(text, maxHeaderBytes)
	start, err := buffered.Peek(maxHeaderBytes)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch start = bytes.TrimSpace(start); {
	case bytes.HasPrefix(start, []byte("{")):
		return newNDJSONSource(buffered, encoding), nil
	case bytes.HasPrefix(start, []byte("[")):
		return nil, errFile(1, "the file is a JSON array. Write one object per line: jq -c '.[]'")
	}
	return newCSVSource(buffered, encoding)
}

// special are the columns that say what a row is. A column that there is not, or that is
// ambiguous, is none.
type special struct{ void, store, id int }

const none = ambiguous

func findSpecial(table tableNames) special {
	position := func(names ...string) int {
		if at, found := table.find(names...); found {
			return at
		}
		return none
	}
	return special{void: position(voidColumns...), store: position(storeColumn), id: position("id")}
}

// textAt returns the text of a column, without blanks around it.
func textAt(values []domain.Input, column int) string {
	if column == none {
		return ""
	}
	return strings.TrimSpace(valueAt(values, column).Text())
}

// surveyed is what the first reading of a file finds out.
type surveyed struct {
	source       source
	special      special
	rows, voided int
	// isExport is set if a row is from an export.
	isExport bool
}

// survey reads a file from its beginning to its end.
func survey(ctx context.Context, file io.ReaderAt, rules rules) (seen surveyed, err error) {
	if seen.source, err = openSource(file, rules.encoding); err != nil {
		return surveyed{}, err
	}
	known := -1 // columns; NDJSON has new ones in any row
	for {
		if err := ctx.Err(); err != nil {
			return surveyed{}, err
		}
		row, err := seen.source.next()
		if err == io.EOF {
			return seen, nil
		}
		if err != nil {
			return surveyed{}, err
		}
		if columns := seen.source.columns(); len(columns) != known {
			known = len(columns)
			seen.special = findSpecial(newTableNames(columns))
		}
		if isVoid, _ := readVoid(textAt(row.values, seen.special.void)); isVoid {
			seen.voided++
			continue
		}
		seen.rows++
		if !seen.isExport && seen.special.id != none {
			_, err := domain.ParseStoreID(textAt(row.values, seen.special.store))
			seen.isExport = err == nil
		}
	}
}

// readVoid reads the cell of a column that marks rows as void. It is not ok if the text means
// neither.
func readVoid(text string) (isVoid, ok bool) {
	switch strings.ToLower(text) {
	case "", "false", "0", "no", "n", "f":
		return false, true
	case "true", "1", "yes", "y", "t":
		return true, true
	}
	return false, false
}
