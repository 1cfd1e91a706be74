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
	// maxAnonymousBytes is for who has not signed in, and may hold any number of
	// connections open: many times what a registration needs.
	maxAnonymousBytes = 16 << 10
	// unreservedBytes of an anonymous body are read without reserving memory: they
	// are less than what the connection itself takes, and hold a login or a refresh.
	unreservedBytes = 2 << 10
	maxBodyDepth    = 32
	// maxMembers is for one object. Each member costs some 100 bytes besides its text.
	maxMembers = 1000
	// maxValues is for all objects, arrays, texts, numbers, true, false and null of a
	// body: a thousand records, each with 30 of them.
	maxValues = 32_000
)

// body is the JSON object of a request. Members are taken out of it one by one;
// what is left in the end is unknown. The values are parts of the text that was read.
type body struct {
	members map[string]jsontext.Value
	// isForm is set for a form: then the members are texts, and no JSON.
	isForm bool
	// ofOldClient has unknown members ignored, and dates taken without their zeros.
	ofOldClient bool
}

// readBody reads the request's body strictly: a media type that is JSON, one
// object, nothing twice, nothing after it, all of it UTF-8 without NUL, within
// the limits. For clients of the old backend it can be a form instead, as strictly.
func readBody(c echo.Context, actor domain.Actor) (*body, error) {
	old, parse := oldClientsOf(c), parseBody
	if !isJSON(c.Request()) {
		parse = nil
		if old != nil {
			parse = formReader(c.Request())
		}
		if parse == nil {
			return nil, errMediaType()
		}
		if old.forms.Check(c.Request()) != nil {
			return nil, errForeignForm()
		}
	}
	text, err := readText(c, actor)
	if err != nil {
		return nil, err
	}
	body, err := parse(text)
	if err != nil {
		return nil, err
	}
	body.ofOldClient = old != nil
	return body, nil
}

// isJSON reports whether the body is said to be JSON, and not compressed. JSON is UTF-8
// (RFC 8259, 8.1 and 11), so a charset parameter says nothing: what is not UTF-8 is
// refused when it is read.
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

// readText reads the body as it is, once there is memory for it. Memory is reserved
// for the length that the request announces, or else for the most that the caller can
// send: reserving more in the middle of a body could wait for others that do the same.
func readText(c echo.Context, actor domain.Actor) ([]byte, error) {
	req := c.Request()
	limit := int64(maxBodyBytes)
	if actor.Role == domain.Anonymous {
		limit = maxAnonymousBytes
	}
	limited := http.MaxBytesReader(c.Response(), req.Body, limit)
	var text bytes.Buffer
	if actor.Role == domain.Anonymous {
		// Strangers who hold all memory must not keep anybody from signing in.
		_, err := io.CopyN(&text, limited, unreservedBytes)
		if errors.Is(err, io.EOF) {
			return text.Bytes(), nil
		}
		if err != nil {
			return nil, unreadable(err)
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
		text.Grow(int(length) - text.Len() + bytes.MinRead) // so that it does not grow, which copies
	}
	if _, err := text.ReadFrom(limited); err != nil {
		return nil, unreadable(err)
	}
	return text.Bytes(), nil
}

// unreadable says why a body could not be read to its end.
func unreadable(err error) error {
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return errTooLarge(tooLarge.Limit)
	}
	if domain.KindOf(err) != domain.Internal { // of application.Authenticator.Body
		return refusedToken(err)
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
	decoder := jsontext.NewDecoder(bytes.NewBuffer(text), jsontext.AllowDuplicateNames(true))
	_, _ = decoder.ReadToken() // nothing can fail any more
	members := map[string]jsontext.Value{}
	for decoder.PeekKind() == '"' {
		token, _ := decoder.ReadToken()
		name := token.String()
		value, _ := decoder.ReadValue()
		// The same bytes in text, which stay when the decoder goes on.
		end := decoder.InputOffset()
		members[name] = text[end-int64(len(value)) : end]
	}
	return &body{members: members}, nil
}

// checkJSON accepts one object within the limits and nothing after it. The
// decoder itself refuses bad UTF-8, lone surrogates and equal names in one object.
func checkJSON(text []byte) error {
	decoder := jsontext.NewDecoder(bytes.NewBuffer(text))
	if kind := decoder.PeekKind(); kind != '{' {
		return errMalformed("JSON parse error - the body must be one JSON object.")
	}
	// Few bodies have one; in the others no text needs to be unquoted to be checked.
	mayHoldNUL := bytes.Contains(text, []byte(`\u0000`))
	values := 0
	for closed := false; ; closed = decoder.StackDepth() == 0 {
		token, err := decoder.ReadToken()
		switch {
		case closed && errors.Is(err, io.EOF):
			return nil
		case closed:
			return errMalformed("JSON parse error - nothing may follow the object.")
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
		// An object's names and values count alike here, and its names are no values.
		switch in, length := decoder.StackIndex(decoder.StackDepth()); {
		case in == '{' && length > 2*maxMembers:
			return errMalformed(fmt.Sprintf("JSON parse error - more than %d members in one object.", maxMembers))
		case in == '{' && length%2 == 1 || token.Kind() == '}' || token.Kind() == ']': // a name, or an end
		default:
			values++
		}
		if values > maxValues {
			return errMalformed(fmt.Sprintf("JSON parse error - more than %d values.", maxValues))
		}
	}
}

// text takes a member that is a string, or a number for the text that it is written as:
// clients send phone and licence numbers so.
func (b *body) text(name string) domain.Input {
	return b.take(name, notText, '"', '0')
}

// secret takes a member that is a string: a password, a code or a token. A number would
// have lost the zeros that it began with.
func (b *body) secret(name string) domain.Input {
	return b.take(name, notText, '"')
}

// date takes a member that is a date.
func (b *body) date(name string) domain.Input {
	in := b.text(name)
	if b.ofOldClient {
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

// reference takes a member that is an id, or the entity itself with its id, as
// lists show it.
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

// zeroFraction is what some languages write after a number that is whole, such as 7.0.
var zeroFraction = regexp.MustCompile(`\.0+$`)

// id takes a member that is an id.
func (b *body) id(name, problem string, kinds ...jsontext.Kind) domain.Input {
	if value := b.members[name]; b.kind(value) == '0' {
		b.members[name] = zeroFraction.ReplaceAll(value, nil)
	}
	return b.take(name, problem, kinds...)
}

// kind is the kind of a member.
func (b *body) kind(value jsontext.Value) jsontext.Kind {
	if b.isForm {
		return '"'
	}
	return value.Kind()
}

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

// rest takes all other members and returns the names of those that are not readOnly,
// which clients may send back as they got them. Of a client of the old backend it ignores
// all of them.
func (b *body) rest(readOnly ...string) []string {
	if b.ofOldClient {
		return nil
	}
	for _, name := range readOnly {
		delete(b.members, name)
	}
	return slices.Sorted(maps.Keys(b.members))
}
