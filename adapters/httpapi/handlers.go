package httpapi

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"example.com/healthcare/adapters/httpserver"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// Memory that is reserved for an answer until the client has it. A record is hardly
// longer than the longest body.
const (
	recordBytes = maxBodyBytes
	pageBytes   = domain.MaxPageBytes
)

// reserveRecord returns a function that reserves the memory for one record, then calls do.
func reserveRecord[In, Out any](do func(context.Context, domain.Actor, In) (Out, error)) func(context.Context, domain.Actor, In) (Out, error) {
	return func(ctx context.Context, actor domain.Actor, in In) (Out, error) {
		if err := httpserver.RequestFrom(ctx).Reserve(ctx, httpserver.Answer, recordBytes); err != nil {
			var zero Out
			return zero, err
		}
		return do(ctx, actor, in)
	}
}

// callForActor calls do for the actor and answers 200 with the result. Here and below, an entity
// that has an ETag is sent with it.
func callForActor[Out, View any](do func(context.Context, domain.Actor) (Out, error), show func(Out) View) handler {
	return func(c echo.Context, actor domain.Actor) error {
		out, err := do(c.Request().Context(), actor)
		if err != nil {
			return err
		}
		setETag(c, out)
		return c.JSON(http.StatusOK, show(out))
	}
}

// callForActorNoContent calls do for the actor and answers 204.
func callForActorNoContent(do func(context.Context, domain.Actor) error) handler {
	return func(c echo.Context, actor domain.Actor) error {
		if err := do(c.Request().Context(), actor); err != nil {
			return err
		}
		return c.NoContent(http.StatusNoContent)
	}
}

// decodeAndCall decodes the body and calls do with it.
func decodeAndCall[In, Out any](c echo.Context, actor domain.Actor, read func(*body) In,
	do func(context.Context, domain.Actor, In) (Out, error),
) (Out, error) {
	body, err := readBody(c, actor)
	if err != nil {
		var zero Out
		return zero, err
	}
	return do(c.Request().Context(), actor, read(body))
}

// callWithBody calls do with the body and answers 200 with the result.
func callWithBody[In, Out, View any](read func(*body) In,
	do func(context.Context, domain.Actor, In) (Out, error), show func(Out) View,
) handler {
	return func(c echo.Context, actor domain.Actor) error {
		out, err := decodeAndCall(c, actor, read, do)
		if err != nil {
			return err
		}
		setETag(c, out)
		return c.JSON(http.StatusOK, show(out))
	}
}

// callWithBodyNoContent calls do with the body and answers 204.
func callWithBodyNoContent[In any](read func(*body) In, do func(context.Context, domain.Actor, In) error) handler {
	return func(c echo.Context, actor domain.Actor) error {
		_, err := decodeAndCall(c, actor, read, func(ctx context.Context, actor domain.Actor, in In) (any, error) {
			return nil, do(ctx, actor, in)
		})
		if err != nil {
			return err
		}
		return c.NoContent(http.StatusNoContent)
	}
}

// resource is the view of an entity that was created.
type resource interface {
	// location is the path of the entity.
	location() string
}

// create calls do with the body and answers 201 with the new entity.
func create[In, Out any, View resource](read func(*body) In,
	do func(context.Context, domain.Actor, In) (Out, error), show func(Out) View,
) handler {
	return func(c echo.Context, actor domain.Actor) error {
		out, err := decodeAndCall(c, actor, read, reserveRecord(do))
		if err != nil {
			return err
		}
		setETag(c, out)
		view := show(out)
		return sendCreated(c, view.location(), view)
	}
}

func sendCreated(c echo.Context, location string, view any) error {
	c.Response().Header().Set(echo.HeaderLocation, request(c).Prefix()+location)
	return c.JSON(http.StatusCreated, view)
}

// handleID calls handle with the id in the path.
func handleID(handle func(c echo.Context, actor domain.Actor, id domain.ID) error) handler {
	return func(c echo.Context, actor domain.Actor) error {
		id, err := pathID(c)
		if err != nil {
			return err
		}
		return handle(c, actor, id)
	}
}

// callByID calls do with the id in the path and answers 200 with the entity.
func callByID[Out, View any](do func(context.Context, domain.Actor, domain.ID) (Out, error), show func(Out) View) handler {
	return handleID(func(c echo.Context, actor domain.Actor, id domain.ID) error {
		return callForActor(func(ctx context.Context, actor domain.Actor) (Out, error) {
			return reserveRecord(do)(ctx, actor, id)
		}, show)(c, actor)
	})
}

// callByIDNoContent calls do with the id in the path and answers 204.
func callByIDNoContent(do func(context.Context, domain.Actor, domain.ID) error) handler {
	return handleID(func(c echo.Context, actor domain.Actor, id domain.ID) error {
		return callForActorNoContent(func(ctx context.Context, actor domain.Actor) error {
			return do(ctx, actor, id)
		})(c, actor)
	})
}

// list answers with a page of the list that do returns for the query's parameters, or with
// all pages if the query is unpaged.
func list[In, Out, View any](read func(*query) In,
	do func(context.Context, domain.Actor, In) (application.Page[Out], error), show func(Out) View,
) lister {
	return func(c echo.Context, actor domain.Actor, query *query) error {
		ctx := c.Request().Context()
		if err := request(c).Reserve(ctx, httpserver.Answer, pageBytes); err != nil {
			return err
		}
		if query.unpaged {
			query.params.Set("limit", strconv.Itoa(domain.MaxPageLimit))
		}
		page, err := do(ctx, actor, read(query))
		if err != nil {
			return err
		}
		fields := query.get("fields")
		showFields := func(out Out) any { return withFields(fields, show(out)) }
		setTotal(c, page.Total)
		if query.unpaged && page.Next != "" {
			query.params.Del("count") // The first page has counted.
			return sendUnpaged(c, page, showFields, func(ctx context.Context, cursor string) (application.Page[Out], error) {
				query.params.Set("cursor", cursor)
				return do(ctx, actor, read(query))
			})
		}
		if links := query.links(c, page.Next); links != "" {
			addLinks(c, links)
		}
		return sendItems(c, page.Items, showFields)
	}
}

// listByID is list for a list that belongs to the entity whose id is in the path.
func listByID[In, Out, View any](read func(*query) In,
	do func(context.Context, domain.Actor, domain.ID, In) (application.Page[Out], error), show func(Out) View,
) lister {
	return func(c echo.Context, actor domain.Actor, query *query) error {
		id, err := pathID(c)
		if err != nil {
			return err
		}
		return list(read, func(ctx context.Context, actor domain.Actor, in In) (application.Page[Out], error) {
			return do(ctx, actor, id, in)
		}, show)(c, actor, query)
	}
}

// readPage reads the query of a list that has no filters.
func readPage(q *query) domain.PageInput { return q.page() }

// readParameters reads the query of a list that is declared by a domain.Listing. Each of its
// pages links to the first one.
func readParameters(q *query) domain.Parameters {
	q.firstLink = !q.unpaged
	return q.parameters()
}

// links returns the value of the Link header (RFC 8288): the URLs of the first page and of
// the one with the cursor next, which keep all other parameters. next is empty on the last
// page.
func (q *query) links(c echo.Context, next string) string {
	path := request(c).Prefix() + c.Request().URL.EscapedPath()
	link := func(params url.Values, rel string) string {
		target := path
		if text := params.Encode(); text != "" {
			target += "?" + text
		}
		return fmt.Sprintf("<%s>; rel=%q", target, rel)
	}
	var links []string
	if q.firstLink {
		first := maps.Clone(q.params)
		first.Del("cursor")
		links = append(links, link(first, "first"))
	}
	if next != "" {
		q.params.Set("cursor", next)
		links = append(links, link(q.params, "next"))
	}
	return strings.Join(links, ", ")
}

// setTotal sets the header with the number of entities on all pages, if it was asked for.
func setTotal(c echo.Context, total *int) {
	if total != nil {
		c.Response().Header().Set("X-Total-Count", strconv.Itoa(*total))
	}
}

// sendItems answers with a JSON array.
func sendItems[Out, View any](c echo.Context, items []Out, show func(Out) View) error {
	views := make([]View, len(items))
	for i, item := range items {
		views[i] = show(item)
	}
	return c.JSON(http.StatusOK, views)
}

// pathID returns the id in the path.
func pathID(c echo.Context) (domain.ID, error) { return pathNumber(c, "id") }

// pathNumber returns a number in the path. If the text cannot be an id, the error is
// NotFound, as for an id that no entity has.
func pathNumber(c echo.Context, name string) (domain.ID, error) {
	number, err := domain.ParseID(c.Param(name))
	if err != nil {
		return 0, domain.ErrNotFound()
	}
	return number, nil
}
