package httpapi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"

	"example.com/healthcare/adapters/httpserver"
	"example.com/healthcare/domain"
)

// The limits of a body.
const (
	maxBodyBytes = 1 << 20
	// maxBulkBytes is for a list of records. It is the memory for bodies of one caller.
	maxBulkBytes = 8 << 20
	// maxAnonymousBytes is for callers without a token, who can hold any number of
	// connections open. It is many times the length of a registration.
	maxAnonymousBytes = 16 << 10
	// unreservedBytes of an anonymous body are read before memory is reserved. They hold
	// a login or a refresh, and are less than the memory of the connection itself.
	unreservedBytes = 2 << 10
	maxBodyDepth    = 32
	// maxMembers bounds the members of one object. Each member takes about 100 bytes
	// besides its text.
	maxMembers = 1000
	// maxValues bounds all objects, arrays, texts, numbers, true, false and null of a
	// body: a thousand records with 30 values each.
	maxValues = 32_000
)

// body is the JSON object of a request. Its members are taken one by one, and rest returns
// the names of the others. The values share the memory of the text that was read.
type body struct {
	members map[string]jsontext.Value
	// isForm is set for a form, whose members are plain texts instead of JSON.
	isForm bool
	// fromOldClient ignores unknown members, and accepts dates without zeros.
	fromOldClient bool
}

// readBody reads the body of the request. The body must have the media type of JSON, be one
// JSON object within the limits, in UTF-8, without duplicate names and without NUL
// characters, and have nothing after it. From clients of the old backend it can be a form
// under the same rules.
func readBody(c echo.Context, actor domain.Actor) (*body, error) {
	return readBodyUpTo(c, actor, maxBodyBytes)
}

// readBodyUpTo is readBody for bodies of up to limit bytes. Anonymous callers have a limit of
// their own.
func readBodyUpTo(c echo.Context, actor domain.Actor, limit int64) (*body, error) {
	old, parse := oldClientsOf(c), parseBody
	if !isJSON(c.Request()) {
		parse = nil
		if old != nil {
			parse = formParser(c.Request())
		}
		if parse == nil {
			return nil, errMediaType
		}
		if old.forms.Check(c.Request()) != nil {
			return nil, errForeignForm
		}
	}
	text, err := readText(c, actor, limit)
	if err != nil {
		return nil, err
	}
	body, err := parse(text)
	if err != nil {
		return nil, err
	}
	body.fromOldClient = old != nil
	return body, nil
}

// isJSON reports whether the headers say that the body is JSON and not compressed. JSON is
// always UTF-8 (RFC 8259, 8.1 and 11), so a charset parameter is ignored; parseBody refuses
// other encodings.
func isJSON(r *http.Request) bool {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType))
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		return false
	}
	if isCompressed(r) {
		return false
	}
	return mediaType == "application/json" || mediaType == "application/merge-patch+json" && r.Method == http.MethodPatch
}

func isCompressed(r *http.Request) bool {
	return slices.ContainsFunc(r.Header.Values(echo.HeaderContentEncoding), func(encoding string) bool {
		return encoding != "" && !strings.EqualFold(encoding, "identity")
	})
}

// readText reads the body after it has reserved memory: for the length that the request
// announces, or for the longest body that the caller can send. Reserving more in the middle
// of a body could deadlock with other requests that do the same.
func readText(c echo.Context, actor domain.Actor, limit int64) ([]byte, error) {
	req := c.Request()
	if actor.Role == domain.Anonymous {
		limit = maxAnonymousBytes
	}
	limited := http.MaxBytesReader(c.Response(), req.Body, limit)
	var text bytes.Buffer
	if actor.Role == domain.Anonymous {
		// Anonymous callers who hold all the memory must not keep others from signing in.
		_, err := io.CopyN(&text, limited, unreservedBytes)
		if errors.Is(err, io.EOF) {
			return text.Bytes(), nil
		}
		if err != nil {
			return nil, errUnreadable(err)
		}
	}
	length := req.ContentLength
	if length < 0 || length > limit {
		length = limit
	}
	if err := request(c).Reserve(req.Context(), httpserver.Body, length); err != nil {
		return nil, err
	}
	if req.ContentLength == length {
		text.Grow(int(length) - text.Len() + bytes.MinRead) // avoids the copies of a growing buffer
	}
	if _, err := text.ReadFrom(limited); err != nil {
		return nil, errUnreadable(err)
	}
	return text.Bytes(), nil
}

// errUnreadable returns the error of a body that could not be read to its end.
func errUnreadable(err error) error {
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return errTooLarge(tooLarge.Limit)
	}
	if domain.KindOf(err) != domain.Internal { // from application.Authenticator.Body
		return markTokenError(err)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return errSlow()
	}
	return errMalformed("The body could not be read to its end.")
}

func parseBody(text []byte) (*body, error) {
	if err := checkJSON(text); err != nil {
		return nil, err
	}
	return parseObject(text), nil
}

// parseObject parses a JSON object in which checkJSON has found no error.
func parseObject(text []byte) *body {
	decoder := jsontext.NewDecoder(bytes.NewBuffer(text), jsontext.AllowDuplicateNames(true))
	_, _ = decoder.ReadToken() // the opening brace
	members := map[string]jsontext.Value{}
	for decoder.PeekKind() == '"' {
		token, _ := decoder.ReadToken()
		name := token.String()
		value, _ := decoder.ReadValue()
		// Take the value from text, because the decoder reuses the memory of its own copy.
		end := decoder.InputOffset()
		members[name] = text[end-int64(len(value)) : end]
	}
	return &body{members: members}
}

// checkJSON returns an error unless text is one JSON object within the limits and nothing
// else. The decoder refuses bad UTF-8, lone surrogates and duplicate names.
func checkJSON(text []byte) error {
	decoder := jsontext.NewDecoder(bytes.NewBuffer(text))
	if kind := decoder.PeekKind(); kind != '{' {
		return errMalformed("JSON parse error - the body must be one JSON object.")
	}
	// Only a text with this escape can hold a NUL character, so the others are not unquoted.
	mayHoldNUL := bytes.Contains(text, []byte(`\u0000`))
	values := 0
	for closed := false; ; closed = decoder.StackDepth() == 0 {
		token, err := decoder.ReadToken()
		switch {
		case closed && errors.Is(err, io.EOF):
			return nil
		case closed:
			return errMalformed("JSON parse error - unexpected text after the object.")
		case errors.Is(err, jsontext.ErrDuplicateName):
			return errMalformed("JSON parse error - two members of one object have the same name.")
		case err != nil && !utf8.Valid(text):
			return errMalformed("JSON parse error - the body is not in UTF-8.")
		case err != nil:
			return errMalformed(fmt.Sprintf("JSON parse error - unexpected text at byte %d.", decoder.InputOffset()))
		case decoder.StackDepth() > maxBodyDepth:
			return errMalformed(fmt.Sprintf("JSON parse error - more than %d levels deep.", maxBodyDepth))
		case mayHoldNUL && token.Kind() == '"' && strings.ContainsRune(token.String(), 0):
			return errMalformed("JSON parse error - NUL characters are not allowed.")
		}
		// StackIndex counts the names and the values of an object; maxValues does not
		// count names.
		switch parent, length := decoder.StackIndex(decoder.StackDepth()); {
		case parent == '{' && length > 2*maxMembers:
			return errMalformed(fmt.Sprintf("JSON parse error - more than %d members in one object.", maxMembers))
		case parent == '{' && length%2 == 1 || token.Kind() == '}' || token.Kind() == ']': // a name, or the end of an object or array
		default:
			values++
		}
		if values > maxValues {
			return errMalformed(fmt.Sprintf("JSON parse error - more than %d values.", maxValues))
		}
	}
}

// text takes a member that is a string, or a number, which is taken as its digits: some
// clients send phone and licence numbers as numbers.
func (b *body) text(name string) domain.Input {
	return b.take(name, notText, '"', '0')
}

// secret takes a member that is a password, a code or a token. It must be a string, because
// a number loses its leading zeros.
func (b *body) secret(name string) domain.Input {
	return b.take(name, notText, '"')
}

// date takes a member that is a date.
func (b *body) date(name string) domain.Input {
	in := b.text(name)
	if b.fromOldClient {
		in = in.PadDate()
	}
	return in
}

const notText = "Not a valid string."

// number takes a member that is a number, or a string that holds one.
func (b *body) number(name string) domain.Input {
	return b.take(name, "A valid number is required.", '0', '"')
}

// flag takes a member that is true or false.
func (b *body) flag(name string) domain.Input {
	return b.take(name, "Must be true or false.", 't', 'f')
}

// reference takes a member that is an id, or an object with a member "id", as lists show
// entities.
func (b *body) reference(name string) domain.Input {
	const problem = "A valid id (a positive integer) is required."
	if b.kind(b.members[name]) == '{' {
		entity, err := parseBody(b.members[name])
		delete(b.members, name)
		if err != nil || entity.members["id"] == nil {
			return domain.Unreadable(problem)
		}
		return entity.id("id", problem, '0')
	}
	return b.id(name, problem, '0', '"')
}

// zeroFraction matches the fraction that some languages write after an integer: 7.0.
var zeroFraction = regexp.MustCompile(`\.0+$`)

// id takes a member that is an id.
func (b *body) id(name, problem string, kinds ...jsontext.Kind) domain.Input {
	if value := b.members[name]; b.kind(value) == '0' {
		b.members[name] = zeroFraction.ReplaceAll(value, nil)
	}
	return b.take(name, problem, kinds...)
}

// kind returns the kind of a member's value.
func (b *body) kind(value jsontext.Value) jsontext.Kind {
	if b.isForm {
		return '"'
	}
	return value.Kind()
}

// take takes a member whose value has one of the kinds. For a value of another kind, it
// returns an unreadable input with the message problem.
func (b *body) take(name, problem string, kinds ...jsontext.Kind) domain.Input {
	value, found := b.members[name]
	delete(b.members, name)
	switch kind := b.kind(value); {
	case !found:
		return domain.Input{}
	case kind == 'n':
		return domain.Null()
	case !slices.Contains(kinds, kind):
		return domain.Unreadable(problem)
	case kind == '"' && !b.isForm:
		text, _ := jsontext.AppendUnquote(make([]byte, 0, len(value)), value)
		return domain.Given(string(text))
	default:
		return domain.Given(string(value))
	}
}

// rest returns the names of the members that were not taken. It leaves out the readOnly
// members, which clients send back as they read them, and ignores every unknown member of a
// client of the old backend.
func (b *body) rest(readOnly ...string) []string {
	if b.fromOldClient {
		return nil
	}
	for _, name := range readOnly {
		delete(b.members, name)
	}
	return slices.Sorted(maps.Keys(b.members))
}
