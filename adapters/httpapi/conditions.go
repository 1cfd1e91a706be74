package httpapi

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/labstack/echo/v4"

	"example.com/healthcare/domain"
)

// The headers of conditional requests (RFC 9110, 13.1).
const (
	headerETag        = "ETag"
	headerIfMatch     = "If-Match"
	headerIfNoneMatch = "If-None-Match"
)

// condition is an If-Match or If-None-Match header.
type condition struct {
	isSet bool
	any   bool // the header is "*"
	tags  []entityTag
}

type entityTag struct {
	etag domain.ETag
	weak bool
}

// tagSyntax matches the first tag of a list (RFC 9110, 8.8.3).
var tagSyntax = regexp.MustCompile(`^(W/)?"([^\x00-\x20"\x7f]*)"[ \t]*(?:,|$)`)

// readCondition reads the header with that name. A client that sends a malformed one must not
// get an answer as if it had sent none.
func readCondition(c echo.Context, name string) (condition, error) {
	lines := c.Request().Header.Values(name)
	if len(lines) == 0 {
		return condition{}, nil
	}
	read := condition{isSet: true}
	rest := strings.Trim(strings.Join(lines, ","), " \t")
	if rest == "*" {
		read.any = true
		return read, nil
	}
	// An empty element of a list is no error (RFC 9110, 5.6.1.2).
	for rest = strings.TrimLeft(rest, " \t,"); rest != ""; rest = strings.TrimLeft(rest, " \t,") {
		tag := tagSyntax.FindStringSubmatch(rest)
		if tag == nil {
			return condition{}, errCondition(name)
		}
		read.tags = append(read.tags, entityTag{domain.ETag(tag[2]), tag[1] != ""})
		rest = rest[len(tag[0]):]
	}
	if read.tags == nil {
		return condition{}, errCondition(name)
	}
	return read, nil
}

func errCondition(name string) error {
	return errMalformed("The header " + name + ` is malformed. Send the value of an ETag header with its quotation marks, such as "3", several of them with commas between them, or *.`)
}

// readPrecondition reads If-Match, whose comparison is strong: weak tags never match.
func readPrecondition(c echo.Context) (domain.Precondition, error) {
	match, err := readCondition(c, headerIfMatch)
	switch {
	case err != nil || !match.isSet:
		return domain.Precondition{}, err
	case match.any:
		return domain.AnyState(), nil
	}
	var strong []domain.ETag
	for _, tag := range match.tags {
		if !tag.weak {
			strong = append(strong, tag.etag)
		}
	}
	return domain.OneOf(strong...), nil
}

// includes reports whether the header of a GET names the ETag. The comparison is weak.
func (m condition) includes(etag domain.ETag) bool {
	for _, tag := range m.tags {
		if tag.etag == etag {
			return true
		}
	}
	return m.any
}

// setETag sets the ETag header if the entity has an ETag.
func setETag(c echo.Context, entity any) {
	if tagged, ok := entity.(domain.Tagged); ok {
		c.Response().Header().Set(headerETag, `"`+string(tagged.ETag())+`"`)
	}
}

// sendUnlessKnown answers with the entity that do returns, or with 304 if the client knows
// that state of it (If-None-Match). do is called in any case, so that every read is recorded.
func sendUnlessKnown[Out domain.Tagged](c echo.Context, do func() (Out, error), show func(Out) any) error {
	known, err := readCondition(c, headerIfNoneMatch)
	if err != nil {
		return err
	}
	out, err := do()
	if err != nil {
		return err
	}
	setETag(c, out)
	if known.includes(out.ETag()) {
		return c.NoContent(http.StatusNotModified)
	}
	return c.JSON(http.StatusOK, show(out))
}
