package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"example.com/healthcare/adapters/httpserver"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// The memory that an answer can need until the client has it. A record is hardly longer
// than the longest body.
const (
	recordBytes = maxBodyBytes
	pageBytes   = domain.MaxPageBytes
)

// ifRoom returns do, run only once memory is reserved for one record in the answer.
func ifRoom[In, Out any](do func(context.Context, domain.Actor, In) (Out, error)) func(context.Context, domain.Actor, In) (Out, error) {
	return func(ctx context.Context, actor domain.Actor, in In) (Out, error) {
		if err := httpserver.RequestFrom(ctx).Reserve(ctx, httpserver.Answer, recordBytes); err != nil {
			var none Out
			return none, err
		}
		return do(ctx, actor, in)
	}
}

// getOwn answers with what do finds of the actor.
func getOwn[Out, View any](do func(context.Context, domain.Actor) (Out, error), show func(Out) View) handler {
	return func(c echo.Context, actor domain.Actor) error {
		out, err := do(c.Request().Context(), actor)
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, show(out))
	}
}

// made returns what do makes of the body.
func made[In, Out any](c echo.Context, actor domain.Actor, read func(*body) In,
	do func(context.Context, domain.Actor, In) (Out, error),
) (Out, error) {
	body, err := readBody(c, actor)
	if err != nil {
		var none Out
		return none, err
	}
	return do(c.Request().Context(), actor, read(body))
}

// submit answers with what do makes of the body.
func submit[In, Out, View any](read func(*body) In,
	do func(context.Context, domain.Actor, In) (Out, error), show func(Out) View,
) handler {
	return func(c echo.Context, actor domain.Actor) error {
		out, err := made(c, actor, read, do)
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, show(out))
	}
}

// perform answers 204 once do is done.
func perform(do func(context.Context, domain.Actor) error) handler {
	return func(c echo.Context, actor domain.Actor) error {
		if err := do(c.Request().Context(), actor); err != nil {
			return err
		}
		return c.NoContent(http.StatusNoContent)
	}
}

// accept answers 204 once do has taken the body.
func accept[In any](read func(*body) In, do func(context.Context, domain.Actor, In) error) handler {
	return func(c echo.Context, actor domain.Actor) error {
		body, err := readBody(c, actor)
		if err != nil {
			return err
		}
		if err := do(c.Request().Context(), actor, read(body)); err != nil {
			return err
		}
		return c.NoContent(http.StatusNoContent)
	}
}

// acceptFor answers 204 once do has taken the body for the entity whose id is in
// the path.
func acceptFor[In any](read func(*body) In, do func(context.Context, domain.Actor, domain.ID, In) error) handler {
	return func(c echo.Context, actor domain.Actor) error {
		id, err := pathID(c)
		if err != nil {
			return err
		}
		return accept(read, func(ctx context.Context, actor domain.Actor, in In) error {
			return do(ctx, actor, id, in)
		})(c, actor)
	}
}

// resource is what a created entity is shown as.
type resource interface {
	// location is the path of the entity.
	location() string
}

// create answers 201 with the entity that do makes of the body.
func create[In, Out any, View resource](read func(*body) In,
	do func(context.Context, domain.Actor, In) (Out, error), show func(Out) View,
) handler {
	return func(c echo.Context, actor domain.Actor) error {
		out, err := made(c, actor, read, ifRoom(do))
		if err != nil {
			return err
		}
		view := show(out)
		return created(c, view.location(), view)
	}
}

func created(c echo.Context, location string, view any) error {
	c.Response().Header().Set(echo.HeaderLocation, request(c).Prefix()+location)
	return c.JSON(http.StatusCreated, view)
}

// get answers with the entity whose id is in the path.
func get[Out, View any](do func(context.Context, domain.Actor, domain.ID) (Out, error), show func(Out) View) handler {
	return func(c echo.Context, actor domain.Actor) error {
		id, err := pathID(c)
		if err != nil {
			return err
		}
		out, err := ifRoom(do)(c.Request().Context(), actor, id)
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, show(out))
	}
}

// change answers with what do made of the body and the entity whose id is in the path.
func change[In, Out, View any](read func(*body) In,
	do func(context.Context, domain.Actor, domain.ID, In) (Out, error), show func(Out) View,
) handler {
	return func(c echo.Context, actor domain.Actor) error {
		id, err := pathID(c)
		if err != nil {
			return err
		}
		return submit(read, ifRoom(func(ctx context.Context, actor domain.Actor, in In) (Out, error) {
			return do(ctx, actor, id, in)
		}), show)(c, actor)
	}
}

// remove answers 204 once do has removed the entity whose id is in the path, or
// what belongs to it.
func remove(do func(context.Context, domain.Actor, domain.ID) error) handler {
	return func(c echo.Context, actor domain.Actor) error {
		id, err := pathID(c)
		if err != nil {
			return err
		}
		if err := do(c.Request().Context(), actor, id); err != nil {
			return err
		}
		return c.NoContent(http.StatusNoContent)
	}
}

// list answers with a page of what do finds for the parameters that read takes, or with all
// of it where the query is for the whole.
func list[In, Out, View any](read func(*query) In,
	do func(context.Context, domain.Actor, In) (application.Page[Out], error), show func(Out) View,
) lister {
	return func(c echo.Context, actor domain.Actor, query *query) error {
		ctx := c.Request().Context()
		if err := request(c).Reserve(ctx, httpserver.Answer, pageBytes); err != nil {
			return err
		}
		if query.whole {
			query.values.Set("limit", strconv.Itoa(domain.MaxPageLimit))
		}
		page, err := do(ctx, actor, read(query))
		if err != nil {
			return err
		}
		if query.whole && page.Next != 0 {
			return sendWhole(c, page, show, func(ctx context.Context, after domain.ID) (application.Page[Out], error) {
				query.values.Set("cursor", after.String())
				return do(ctx, actor, read(query))
			})
		}
		return showPage(c, query, page, show)
	}
}

// listOf answers with a page of what belongs to the entity whose id is in the path.
func listOf[In, Out, View any](read func(*query) In,
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

// readPage is for lists that nothing narrows.
func readPage(q *query) domain.PageInput { return q.page() }

// showPage answers with a bare array, and links to the next page if there is
// one (RFC 8288), keeping every other parameter.
func showPage[Out, View any](c echo.Context, query *query, page application.Page[Out], show func(Out) View) error {
	views := make([]View, len(page.Items))
	for i, item := range page.Items {
		views[i] = show(item)
	}
	if page.Next != 0 {
		query.values.Set("cursor", page.Next.String())
		path := request(c).Prefix() + c.Request().URL.EscapedPath()
		c.Response().Header().Set("Link", fmt.Sprintf("<%s?%s>; rel=\"next\"", path, query.values.Encode()))
	}
	return c.JSON(http.StatusOK, views)
}

// pathID reads the id in the path.
func pathID(c echo.Context) (domain.ID, error) { return pathNumber(c, "id") }

// pathNumber reads a part of the path. What cannot be an id is nobody's.
func pathNumber(c echo.Context, name string) (domain.ID, error) {
	id, err := domain.ParseID(c.Param(name))
	if err != nil {
		return 0, domain.ErrNotFound()
	}
	return id, nil
}
