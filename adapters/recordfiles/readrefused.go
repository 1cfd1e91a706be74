package recordfiles

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// The columns that a file of refused rows has before those of the file that was read. They
// are ignored when the file is read in turn.
const (
	lineColumn   = "import_line"
	reasonColumn = "import_reason"
)

// RefusedWriter writes the rows of a file that were refused, each with its line and the
// reason. The result can be corrected and read with the options of the file. It is UTF-8, and
// has the format, columns and delimiter of the file.
type RefusedWriter struct {
	write func(line int, cells []string, reason string) error
	flush func() error
}

// Write adds a row. Line and cells are those of its application.ImportRow.
func (w *RefusedWriter) Write(line int, cells []string, reason string) error {
	return w.write(line, cells, reason)
}

// Flush writes what is buffered.
func (w *RefusedWriter) Flush() error { return w.flush() }

// refused implements source. The byte order mark is for spreadsheets, and lets a reader
// ignore the encoding that the file had.
func (s *csvSource) refused(w io.Writer) *RefusedWriter {
	table := csv.NewWriter(w)
	table.Comma = s.reader.Comma
	started := false
	return &RefusedWriter{
		write: func(line int, cells []string, reason string) error {
			if !started {
				if _, err := io.WriteString(w, "\ufeff"); err != nil {
					return err
				}
				started = true
				if err := table.Write(append([]string{lineColumn, reasonColumn}, s.header...)); err != nil {
					return err
				}
			}
			return table.Write(append([]string{strconv.Itoa(line), reason}, cells...))
		},
		flush: func() error {
			table.Flush()
			return table.Error()
		},
	}
}

// refused implements source.
func (s *ndjsonSource) refused(w io.Writer) *RefusedWriter {
	encoder := jsontext.NewEncoder(w)
	return &RefusedWriter{
		write: func(line int, cells []string, reason string) error {
			for _, token := range []jsontext.Token{
				jsontext.BeginObject,
				jsontext.String(lineColumn), jsontext.Int(int64(line)),
				jsontext.String(reasonColumn), jsontext.String(reason),
			} {
				if err := encoder.WriteToken(token); err != nil {
					return err
				}
			}
			if err := copyMembers(encoder, strings.Join(cells, "")); err != nil {
				return err
			}
			return encoder.WriteToken(jsontext.EndObject)
		},
		flush: func() error { return nil },
	}
}

// copyMembers writes the members of an object, except those that an earlier file of refused
// rows added.
func copyMembers(encoder *jsontext.Encoder, object string) error {
	decoder := jsontext.NewDecoder(strings.NewReader(object))
	if _, err := decoder.ReadToken(); err != nil { // the brace
		return err
	}
	for decoder.PeekKind() != '}' {
		token, err := decoder.ReadToken()
		if err != nil {
			return err
		}
		name := token.String()
		value, err := decoder.ReadValue()
		if err != nil {
			return err
		}
		if name == lineColumn || name == reasonColumn {
			continue
		}
		if err := encoder.WriteToken(jsontext.String(name)); err != nil {
			return err
		}
		if err := encoder.WriteValue(value); err != nil {
			return err
		}
	}
	return nil
}
