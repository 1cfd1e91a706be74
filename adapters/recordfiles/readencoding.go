package recordfiles

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"example.com/healthcare/domain"
)

// textEncoding is the encoding of a file. The zero textEncoding is UTF-8.
type textEncoding struct {
	name    string
	decoder encoding.Encoding
}

// byteOrderMarks are the marks at the beginning of a file that tell its encoding.
var byteOrderMarks = []struct {
	mark     string
	encoding textEncoding
}{
	{"\xef\xbb\xbf", textEncoding{}},
	{"\xff\xfe", textEncoding{"UTF-16", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)}},
	{"\xfe\xff", textEncoding{"UTF-16", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)}},
}

// notText are the beginnings of files that people mistake for CSV.
var notText = []struct{ start, remedy string }{
	{"PK\x03\x04", "it is an Excel or OpenDocument workbook; save it as \"CSV UTF-8\""},
	{"\xd0\xcf\x11\xe0", "it is an old Excel workbook; save it as \"CSV UTF-8\""},
	{"\x1f\x8b", "it is compressed with gzip; decompress it"},
	{"%PDF", "it is a PDF"},
}

// parseEncoding parses the name of an encoding, as the Encoding Standard lists them
// (https://encoding.spec.whatwg.org). An empty name is UTF-8.
func parseEncoding(name string) (textEncoding, error) {
	if name == "" {
		return textEncoding{}, nil
	}
	found, err := htmlindex.Get(name)
	if err != nil || found == encoding.Replacement {
		return textEncoding{}, errOption("encoding", "unknown encoding; use utf-8, utf-16le, windows-1252, iso-8859-15, macintosh or another name of the Encoding Standard")
	}
	if found == unicode.UTF8 {
		return textEncoding{}, nil
	}
	return textEncoding{name, found}, nil
}

// decode returns the text of a file, and the encoding that it has: that of the byte order
// mark, or else the expected one.
func decode(file io.Reader, expected textEncoding) (io.Reader, textEncoding, error) {
	raw := bufio.NewReader(file)
	start, err := raw.Peek(4)
	if err != nil && err != io.EOF {
		return nil, expected, err
	}
	for _, kind := range notText {
		if bytes.HasPrefix(start, []byte(kind.start)) {
			return nil, expected, errFile(1, "the file is neither CSV nor NDJSON: "+kind.remedy)
		}
	}
	for _, known := range byteOrderMarks {
		if bytes.HasPrefix(start, []byte(known.mark)) {
			_, _ = raw.Discard(len(known.mark)) // they were peeked
			expected = known.encoding
			break
		}
	}
	if expected.decoder == nil {
		return raw, expected, nil
	}
	return transform.NewReader(raw, expected.decoder.NewDecoder()), expected, nil
}

// check returns an error if the decoded text, which begins on this line, has bytes that are
// not of the encoding, or NUL bytes.
func (e textEncoding) check(text string, line int) error {
	if at := strings.IndexByte(text, 0); at >= 0 {
		return errFile(line+strings.Count(text[:at], "\n"),
			"there is a NUL byte, so this is no text. If the file is UTF-16 without a byte order mark, read it with --encoding utf-16le or utf-16be")
	}
	if e.decoder == nil {
		if at := invalidUTF8(text); at >= 0 {
			return errFile(line+strings.Count(text[:at], "\n"),
				"the text is not UTF-8. Files of older Excel versions are read with --encoding windows-1252, those of Excel's \"CSV (Macintosh)\" with --encoding macintosh")
		}
		return nil
	}
	if at := strings.IndexRune(text, utf8.RuneError); at >= 0 {
		return errFile(line+strings.Count(text[:at], "\n"), "the text is not "+e.name+". Read it with the --encoding that it has")
	}
	return nil
}

// invalidUTF8 returns the position of the first byte that is not UTF-8, or -1.
func invalidUTF8(text string) int {
	if utf8.ValidString(text) {
		return -1
	}
	for at, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[at:], string(utf8.RuneError)) {
			return at
		}
	}
	return -1
}

// errFile returns an Invalid error about the file, and the line on which reading stopped.
func errFile(line int, problem string) error {
	return &domain.Error{Kind: domain.Invalid, Message: fmt.Sprintf("line %d: %s", line, problem)}
}

// errOption returns an Invalid error about an option of the reader.
func errOption(option, problem string) error {
	return &domain.Error{Kind: domain.Invalid, Message: "--" + option + ": " + problem}
}
