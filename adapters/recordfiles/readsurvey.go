package recordfiles

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
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
	if err != nil && !errors.Is(err, io.EOF) {
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

// survey reads a file of a kind from its beginning to its end.
func survey(ctx context.Context, file io.ReaderAt, rules rules, kind string) (seen surveyed, err error) {
	if seen.source, err = openSource(file, rules.encoding); err != nil {
		return surveyed{}, err
	}
	known := -1 // columns; NDJSON has new ones in any row
	for {
		if err := ctx.Err(); err != nil {
			return surveyed{}, err
		}
		row, err := seen.source.next()
		if errors.Is(err, io.EOF) {
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
		from, err := parseOrigin(textAt(row.values, seen.special.store))
		if err != nil || seen.special.id == none {
			continue
		}
		if from.kind != kind {
			return surveyed{}, errFile(row.line, errOtherKind(from.kind))
		}
		seen.isExport = true
	}
}

// errOtherKind says what to do with an export of other records.
func errOtherKind(kind string) string {
	if kind == Users.name {
		return "this is an export of users, which cannot be imported"
	}
	return fmt.Sprintf("this is an export of %s: healthcare import %[1]s", shown(kind))
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
