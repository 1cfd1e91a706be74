package recordfiles

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"example.com/healthcare/domain"
)

// row is a row of a file before its columns are read into fields.
type row struct {
	// line is the line of the file on which the row begins, from 1.
	line int
	// cells are the row as it was read, for the file of refused rows.
	cells []string
	// values are the row's cells by column. The next row uses the same memory.
	values []domain.Input
	// err is set if the cells belong to no columns.
	err error
}

// source reads the rows of a file one after the other.
type source interface {
	// next returns the next row that is not blank, or io.EOF. Any other error is about the
	// file.
	next() (row, error)
	// columns returns the names of the columns that were found until now.
	columns() []string
	// refused returns a writer of rows of this file.
	refused(w io.Writer) *RefusedWriter
}

// csvSource reads CSV whose first row has the names of the columns.
type csvSource struct {
	lines    *lineReader
	reader   *csv.Reader
	encoding textEncoding
	header   []string
	// written are the positions of the columns that a file of refused rows adds.
	written []int
	values  []domain.Input
}

func newCSVSource(text io.Reader, encoding textEncoding) (*csvSource, error) {
	lines, err := newLineReader(text)
	if err != nil {
		return nil, err
	}
	s := &csvSource{lines: lines, reader: csv.NewReader(lines), encoding: encoding}
	s.reader.Comma = rune(lines.delimiter)
	s.reader.FieldsPerRecord = -1
	s.reader.TrimLeadingSpace = lines.delimiter != '\t' // so that a quote can follow a blank
	names, line, err := s.read()
	if err == io.EOF {
		return nil, errFile(1, "the file is empty. Its first line must name the columns")
	}
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for i, name := range names {
		name = strings.TrimSpace(name)
		switch {
		case name == lineColumn || name == reasonColumn:
			s.written = append(s.written, i)
			continue
		case name != "" && seen[name]:
			return nil, errFile(line, fmt.Sprintf("two columns are named %q. Rename one of them", shown(name)))
		}
		seen[name] = true
		s.header = append(s.header, name)
	}
	s.values = make([]domain.Input, len(s.header))
	return s, nil
}

func (s *csvSource) columns() []string { return s.header }

func (s *csvSource) next() (row, error) {
	cells, line, err := s.read()
	if err != nil {
		return row{}, err
	}
	for _, at := range slices.Backward(s.written) {
		if at < len(cells) {
			cells = slices.Delete(cells, at, at+1)
		}
	}
	read := row{line: line, cells: cells, values: s.values}
	clear(s.values)
	for i, cell := range cells {
		switch blank := strings.TrimSpace(cell) == ""; {
		case blank:
		case i < len(s.values):
			s.values[i] = domain.Given(UnguardFormula(cell))
		default:
			read.err = &domain.Error{Kind: domain.Invalid, Message: "Invalid input.", Fields: domain.FieldErrors{domain.NonField: {fmt.Sprintf(
				"The row has %d cells, but there are %d columns. A cell that contains the delimiter must be in quotes.", len(cells), len(s.values))}}}
		}
	}
	return read, nil
}

// read returns the cells of the next row that is not blank, and its line.
func (s *csvSource) read() ([]string, int, error) {
	for {
		cells, err := s.reader.Read()
		if err != nil {
			return nil, 0, s.explain(err)
		}
		blank := true
		for i, cell := range cells {
			blank = blank && strings.TrimSpace(cell) == ""
			line, _ := s.reader.FieldPos(i)
			if err := s.encoding.check(cell, s.lines.before+line); err != nil {
				return nil, 0, err
			}
		}
		if !blank {
			line, _ := s.reader.FieldPos(0)
			return cells, s.lines.before + line, nil
		}
	}
}

// explain turns an error of encoding/csv into one that says what to do.
func (s *csvSource) explain(err error) error {
	parse, ok := errors.AsType[*csv.ParseError](err)
	switch {
	case !ok:
		return err
	case errors.Is(err, csv.ErrBareQuote):
		return errFile(s.lines.before+parse.Line, "there is a quote in a cell that is not in quotes. Put the cell in quotes and write the quote in it twice")
	case parse.Line > parse.StartLine:
		return errFile(s.lines.before+parse.StartLine, "a quote that opens a cell is not closed where the cell ends. A quote within a cell must be written twice")
	default:
		return errFile(s.lines.before+parse.Line, "there is text after the quote that closes a cell. A quote within a cell must be written twice")
	}
}
