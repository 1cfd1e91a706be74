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

// formParser returns the function that parses the body as a form, or nil if its media type is
// not that of a form. The members of the parsed body are texts, and have the limits of JSON
// bodies.
func formParser(r *http.Request) func(text []byte) (*body, error) {
	mediaType, params, err := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType))
	if err != nil || isCompressed(r) {
		return nil
	}
	switch mediaType {
	case echo.MIMEApplicationForm:
		return parseURLEncoded
	case echo.MIMEMultipartForm:
		return func(text []byte) (*body, error) { return parseMultipart(text, params["boundary"]) }
	}
	return nil
}

func newForm() *body { return &body{members: map[string]jsontext.Value{}, isForm: true} }

func parseURLEncoded(text []byte) (*body, error) {
	form := newForm()
	for pair := range bytes.SplitSeq(text, []byte("&")) {
		if len(pair) == 0 {
			continue
		}
		name, value, _ := bytes.Cut(pair, []byte("="))
		plainName, badName := url.QueryUnescape(string(name))
		plainValue, badValue := url.QueryUnescape(string(value))
		if badName != nil || badValue != nil {
			return nil, errForm("a % must be followed by two hexadecimal digits")
		}
		if err := form.addField(plainName, []byte(plainValue)); err != nil {
			return nil, err
		}
	}
	return form, nil
}

func parseMultipart(text []byte, boundary string) (*body, error) {
	if boundary == "" {
		return nil, errForm("the Content-Type header has no boundary")
	}
	form, parts := newForm(), multipart.NewReader(bytes.NewReader(text), boundary)
	for {
		part, err := parts.NextPart()
		// A body that was cut off can also end with io.EOF.
		if errors.Is(err, io.EOF) && bytes.Contains(text, []byte("--"+boundary+"--")) {
			return form, nil
		}
		var value []byte
		if err == nil {
			value, err = io.ReadAll(part)
		}
		if err != nil {
			return nil, errForm("the last boundary is missing, or a part has bad headers")
		}
		if part.FileName() != "" {
			return nil, errForm("files are not accepted")
		}
		if err := form.addField(part.FormName(), value); err != nil {
			return nil, err
		}
	}
}

// addField adds a field of a form, under the rules of JSON bodies.
func (b *body) addField(name string, value []byte) error {
	_, duplicate := b.members[name]
	switch {
	case !utf8.ValidString(name) || !utf8.Valid(value):
		return errForm("the body is not in UTF-8")
	case duplicate:
		return errForm("two fields have the same name")
	case strings.ContainsRune(name, 0) || bytes.IndexByte(value, 0) >= 0:
		return errForm("NUL characters are not allowed")
	case len(b.members) >= maxMembers:
		return errForm(fmt.Sprintf("more than %d fields", maxMembers))
	}
	b.members[name] = value
	return nil
}

func errForm(problem string) error { return errMalformed("Form parse error - " + problem + ".") }
