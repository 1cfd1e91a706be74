package httpapi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"
)

// formReader returns what reads the body as a form, nil if it is none. A form becomes the
// members of a JSON object that are strings, within the limits of one.
func formReader(r *http.Request) func(text []byte) (*body, error) {
	mediaType, params, err := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType))
	if err != nil || isCompressed(r) {
		return nil
	}
	switch mediaType {
	case echo.MIMEApplicationForm:
		return readURLEncoded
	case echo.MIMEMultipartForm:
		return func(text []byte) (*body, error) { return readMultipart(text, params["boundary"]) }
	}
	return nil
}

func readURLEncoded(text []byte) (*body, error) {
	form := &body{members: map[string]jsontext.Value{}}
	for pair := range strings.SplitSeq(string(text), "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, badName := url.QueryUnescape(name)
		value, badValue := url.QueryUnescape(value)
		if badName != nil || badValue != nil {
			return nil, errForm("a % has no two hexadecimal digits behind it")
		}
		if err := form.addField(name, []byte(value)); err != nil {
			return nil, err
		}
	}
	return form, nil
}

// readMultipart reads fields and no files: what would be one is no string.
func readMultipart(text []byte, boundary string) (*body, error) {
	form := &body{members: map[string]jsontext.Value{}}
	parts := multipart.NewReader(bytes.NewReader(text), boundary)
	for {
		part, err := parts.NextPart()
		// What is cut off can end like this as well.
		if errors.Is(err, io.EOF) && bytes.Contains(text, []byte("--"+boundary+"--")) {
			return form, nil
		}
		var value []byte
		if err == nil {
			value, err = io.ReadAll(part)
		}
		if err != nil {
			return nil, errForm("the parts do not end with their boundary, or have bad headers")
		}
		if err := form.addField(part.FormName(), value); err != nil {
			return nil, err
		}
		if part.FileName() != "" {
			form.members[part.FormName()] = jsontext.Value("{}")
		}
	}
}

// addField adds a field of a form under the rules of JSON bodies.
func (b *body) addField(name string, value []byte) error {
	_, twice := b.members[name]
	quoted, err := jsontext.AppendQuote(nil, value)
	switch {
	case err != nil || !utf8.ValidString(name):
		return errForm("it is not in UTF-8")
	case twice:
		return errForm("two fields have the same name")
	case strings.ContainsRune(name, 0) || bytes.IndexByte(value, 0) >= 0:
		return errForm("NUL characters are not allowed")
	case len(b.members) >= maxMembers:
		return errForm(fmt.Sprintf("more than %d fields", maxMembers))
	}
	b.members[name] = quoted
	return nil
}

func errForm(why string) error { return errMalformed("Form parse error - " + why + ".") }
