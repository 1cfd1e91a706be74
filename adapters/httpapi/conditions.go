package httpapi

import (
	"context"
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

// deleteByID calls do with the id in the path and the precondition, and answers 204.
func deleteByID(do func(context.Context, domain.Actor, domain.ID, domain.Precondition) error) handler {
	return func(c echo.Context, actor domain.Actor) error {
		expected, err := readPrecondition(c)
		if err != nil {
			return err
		}
		return callByIDNoContent(func(ctx context.Context, actor domain.Actor, id domain.ID) error {
			return do(ctx, actor, id, expected)
		})(c, actor)
	}
}

// change calls do with the precondition and the body, and answers 200 with the entity.
func change[In any, Out domain.Tagged, View any](read func(*body) In,
	do func(context.Context, domain.Actor, domain.Precondition, In) (Out, error), show func(Out) View,
) handler {
	return func(c echo.Context, actor domain.Actor) error {
		expected, err := readPrecondition(c)
		if err != nil {
			return err
		}
		return callWithBody(read, reserveRecord(func(ctx context.Context, actor domain.Actor, in In) (Out, error) {
			return do(ctx, actor, expected, in)
		}), show)(c, actor)
	}
}

// changeByID is change for the entity whose id is in the path.
func changeByID[In any, Out domain.Tagged, View any](read func(*body) In,
	do func(context.Context, domain.Actor, domain.ID, domain.Precondition, In) (Out, error), show func(Out) View,
) handler {
	return handleID(func(c echo.Context, actor domain.Actor, id domain.ID) error {
		return change(read, func(ctx context.Context, actor domain.Actor, expected domain.Precondition, in In) (Out, error) {
			return do(ctx, actor, id, expected, in)
		}, show)(c, actor)
	})
}

// get calls do for the actor and answers with the entity, unless the client knows it already.
func get[Out domain.Tagged, View any](do func(context.Context, domain.Actor) (Out, error), show func(Out) View) handler {
	return func(c echo.Context, actor domain.Actor) error {
		return sendUnlessKnown(c, func() (Out, error) { return do(c.Request().Context(), actor) }, func(out Out) any { return show(out) })
	}
}

// getRecord is get for the entity whose id is in the path. With the parameter fields, the
// client can ask for some members only.
func getRecord[Out domain.Tagged, View any](do func(context.Context, domain.Actor, domain.ID, domain.Parameters) (Out, error), show func(Out) View) lister {
	return func(c echo.Context, actor domain.Actor, query *query) error {
		id, err := pathID(c)
		if err != nil {
			return err
		}
		return sendUnlessKnown(c, func() (Out, error) {
			return reserveRecord(func(ctx context.Context, actor domain.Actor, id domain.ID) (Out, error) {
				return do(ctx, actor, id, query.parameters())
			})(c.Request().Context(), actor, id)
		}, func(out Out) any { return withFields(query.get("fields"), show(out)) })
	}
}
