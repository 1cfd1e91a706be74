package recordfiles

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
)

// The limits of a file. They bound the memory that reading it needs.
const (
	// maxRowBytes is the size of a row: two free texts of domain.MaxTextBytes in which every
	// character is a quote, and everything else.
	maxRowBytes = 8 << 20
	// maxCells is how many cells a row has, and how many names the objects of an NDJSON
	// file have.
	maxCells = 10_000
	// maxHeaderBytes is the size of the line with the names of the columns.
	maxHeaderBytes = 64 << 10
)

// delimiters are the characters that can separate cells, those that occur least within
// other text first.
const delimiters = "\t;,"

// lineReader prepares CSV for encoding/csv. It turns all line ends into LF, keeps the line
// breaks within cells as they are, and refuses rows that would need much memory.
type lineReader struct {
	in        *bufio.Reader
	delimiter byte
	// onlyCR is set if lines end with CR, as on the first Macintosh. Otherwise, a CR within
	// quotes is a part of the cell.
	onlyCR bool
	// before is how many lines were left out before the first one that is read.
	before int

	// chunk is what was read last, prepared what is to be read of it, and out the rest of that.
	chunk, prepared, out []byte
	err                  error
	quoted               bool
	// line counts the lines that were read, and row is the line on which the row begins.
	line, row           int
	rowBytes, rowDelims int
}

// newLineReader finds out how the lines and cells of a CSV text are separated.
func newLineReader(text io.Reader) (*lineReader, error) {
	r := &lineReader{in: bufio.NewReaderSize(text, maxHeaderBytes), chunk: make([]byte, 16<<10), line: 1, row: 1}
	start, err := r.in.Peek(maxHeaderBytes)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if delimiter, size := separatorLine(start); size > 0 {
		if !strings.ContainsRune(delimiters, rune(delimiter)) {
			return nil, errFile(1, "the delimiter must be a comma, a semicolon or a tab")
		}
		_, _ = r.in.Discard(size) // they were peeked
		r.before, r.delimiter, start = 1, delimiter, start[size:]
	}
	header, end := firstLine(start)
	if end == 0 && err == nil {
		return nil, errFile(1, fmt.Sprintf("the line with the names of the columns is longer than %d KiB, or a quote in it is never closed", maxHeaderBytes>>10))
	}
	r.onlyCR = end == '\r'
	if r.delimiter == 0 {
		r.delimiter = commonest(header)
	}
	return r, nil
}

// separatorLine parses the line sep=; by which Excel is told the delimiter. The size is that
// of the line, with its end, or 0 if there is no such line.
func separatorLine(start []byte) (delimiter byte, size int) {
	end := bytes.IndexAny(start, "\r\n")
	if end < 0 {
		return 0, 0
	}
	text := bytes.Trim(start[:end], `"`)
	if len(text) != len("sep=;") || !bytes.EqualFold(text[:4], []byte("sep=")) {
		return 0, 0
	}
	if bytes.HasPrefix(start[end:], []byte("\r\n")) {
		end++
	}
	return text[4], end + 1
}

// firstLine returns the first line that is not blank and the character that ends it, which
// is 0 if it does not end. Line ends within quotes do not count, and a CR before LF is a part
// of the line.
func firstLine(text []byte) (line []byte, end byte) {
	start, quoted := 0, false
	for i, b := range text {
		switch {
		case b == '"':
			quoted = !quoted
		case quoted || b != '\n' && (b != '\r' || i+1 < len(text) && text[i+1] == '\n'):
		case len(bytes.TrimSpace(text[start:i])) == 0:
			start = i + 1
		default:
			return text[start:i], b
		}
	}
	return text[start:], 0
}

// commonest returns the delimiter that occurs most often outside quotes, or a comma.
func commonest(header []byte) byte {
	counts, quoted := map[byte]int{}, false
	for _, b := range header {
		if b == '"' {
			quoted = !quoted
		} else if !quoted {
			counts[b]++
		}
	}
	best := byte(',')
	for _, delimiter := range []byte(delimiters) {
		if counts[delimiter] > counts[best] || counts[delimiter] == counts[best] && counts[best] > 0 && best == ',' {
			best = delimiter
		}
	}
	return best
}

// Read implements io.Reader.
func (r *lineReader) Read(p []byte) (int, error) {
	for len(r.out) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		var size int
		size, r.err = r.in.Read(r.chunk)
		r.prepared = r.prepared[:0]
		for i, b := range r.chunk[:size] {
			if err := r.take(b, r.chunk[i+1:size]); err != nil {
				r.err = err
				break
			}
		}
		r.out = r.prepared
	}
	n := copy(p, r.out)
	r.out = r.out[n:]
	return n, nil
}

// take adds what encoding/csv is to see of one byte. The next bytes follow it.
func (r *lineReader) take(b byte, next []byte) error {
	r.rowBytes++
	switch {
	case b == '"':
		r.quoted = !r.quoted
	case b == r.delimiter && !r.quoted:
		r.rowDelims++
	case b == '\r' && r.onlyCR:
		b = '\n'
	case b == '\r':
		if len(next) == 0 {
			next, _ = r.in.Peek(1)
		}
		switch isPair := len(next) > 0 && next[0] == '\n'; {
		case r.quoted && isPair:
			// encoding/csv drops a CR before LF, so it gets one more.
			r.prepared = append(r.prepared, '\r')
		case !r.quoted && isPair:
			return nil
		case !r.quoted:
			b = '\n'
		}
	}
	r.prepared = append(r.prepared, b)
	if b == '\n' {
		r.line++
		if !r.quoted {
			r.row, r.rowBytes, r.rowDelims = r.line, 0, 0
		}
	}
	switch {
	case r.rowBytes > maxRowBytes:
		return errFile(r.before+r.row, fmt.Sprintf("the row is longer than %d MiB, or a quote in it is never closed", maxRowBytes>>20))
	case r.rowDelims >= maxCells:
		return errFile(r.before+r.row, fmt.Sprintf("the row has more than %d cells", maxCells))
	}
	return nil
}
