package recordfiles

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"example.com/healthcare/domain"
)

// ndjsonSource reads one JSON object per line. The members of a nested object are columns
// of their own, such as patient.id.
type ndjsonSource struct {
	in       *bufio.Reader
	encoding textEncoding
	line     int
	buffer   []byte
	names    []string
	index    map[string]int
	bytes    int // of all names
	values   []domain.Input
}

func newNDJSONSource(text *bufio.Reader, encoding textEncoding) *ndjsonSource {
	return &ndjsonSource{in: text, encoding: encoding, index: map[string]int{}}
}

func (s *ndjsonSource) columns() []string { return s.names }

func (s *ndjsonSource) next() (row, error) {
	for {
		line, err := s.readLine()
		if err != nil {
			return row{}, err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		text := string(line)
		if err := s.encoding.check(text, s.line); err != nil {
			return row{}, err
		}
		clear(s.values)
		decoder := jsontext.NewDecoder(bytes.NewReader(line))
		if err := s.object(decoder, ""); err != nil {
			return row{}, err
		}
		if _, err := decoder.ReadToken(); err != io.EOF {
			return row{}, s.errJSON("there is text after the object")
		}
		return row{line: s.line, cells: []string{text}, values: s.values}, nil
	}
}

// readLine returns the next line, which the following call overwrites.
func (s *ndjsonSource) readLine() ([]byte, error) {
	s.buffer = s.buffer[:0]
	s.line++
	for {
		part, err := s.in.ReadSlice('\n')
		s.buffer = append(s.buffer, part...)
		switch {
		case len(s.buffer) > maxRowBytes:
			return nil, errFile(s.line, fmt.Sprintf("the line is longer than %d MiB", maxRowBytes>>20))
		case err == nil, err == io.EOF && len(s.buffer) > 0:
			return s.buffer, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}

// object reads the members of an object. The names of nested members begin with prefix.
func (s *ndjsonSource) object(decoder *jsontext.Decoder, prefix string) error {
	if token, err := decoder.ReadToken(); err != nil || token.Kind() != '{' {
		return s.errJSON("this is not a JSON object")
	}
	for {
		token, err := decoder.ReadToken()
		if err != nil {
			return s.errJSON("the object is not valid JSON, or has a name twice")
		}
		if token.Kind() == '}' {
			return nil
		}
		name := prefix + token.String()
		if decoder.PeekKind() == '{' && prefix == "" {
			if err := s.object(decoder, name+"."); err != nil {
				return err
			}
			continue
		}
		value, err := decoder.ReadValue()
		if err != nil {
			return s.errJSON("the object is not valid JSON, or has a name twice")
		}
		if err := s.set(name, value); err != nil {
			return err
		}
	}
}

// set sets the value of a column, which is a new one if the name is.
func (s *ndjsonSource) set(name string, value jsontext.Value) error {
	at, known := s.index[name]
	if !known {
		if s.bytes += len(name); len(s.names) == maxCells || s.bytes > maxHeaderBytes {
			return errFile(s.line, fmt.Sprintf("the objects have more than %d different names, or names of more than %d KiB", maxCells, maxHeaderBytes>>10))
		}
		at = len(s.names)
		s.index[name] = at
		s.names, s.values = append(s.names, name), append(s.values, domain.Input{})
	}
	s.values[at] = jsonInput(value)
	return nil
}

// jsonInput returns the input for a value. As in the API, null and an empty string clear the
// field.
func jsonInput(value jsontext.Value) domain.Input {
	switch value.Kind() {
	case 'n':
		return domain.Null()
	case '"':
		text, _ := jsontext.AppendUnquote(make([]byte, 0, len(value)), value) // the decoder has checked it
		return domain.Given(string(text))
	case '{', '[':
		return domain.Unreadable("Not a valid string.")
	}
	return domain.Given(string(value))
}

func (s *ndjsonSource) errJSON(problem string) error {
	return errFile(s.line, problem+". Each line must be one object; jq -c '.[]' writes an array so")
}
