package httpapi

import (
	"bytes"
	"context"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"

	"example.com/healthcare/adapters/httpserver"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// bulkBytes is the memory that is reserved for the records of a list and for the answer that
// shows them.
const bulkBytes = 2 * maxBulkBytes

// createAllOnce calls do with the items of the body and answers 201 with the new entities, in
// the same order. The call is done once per Idempotency-Key.
func createAllOnce[In, Out, View any](read func(*body) In,
	do func(context.Context, domain.Actor, application.Once, domain.Items[In]) (application.Records[Out], error), show func(Out) View,
) handler {
	return once(do, func(do func(context.Context, domain.Actor, domain.Items[In]) (application.Records[Out], error)) handler {
		return func(c echo.Context, actor domain.Actor) error {
			body, err := readBodyUpTo(c, actor, maxBulkBytes)
			if err != nil {
				return err
			}
			ctx := c.Request().Context()
			if err := request(c).Reserve(ctx, httpserver.Answer, bulkBytes); err != nil {
				return err
			}
			added, err := do(ctx, actor, readItems(body, read))
			if err != nil {
				return err
			}
			views := make([]View, len(added))
			for i, entity := range added {
				views[i] = show(entity)
			}
			return c.JSON(http.StatusCreated, object{{Name: "items", Value: views}})
		}
	})
}

// readItems reads the member items, a list of objects, each of which read reads. It reads one
// item more than a list can have, so that the use-case refuses a longer list.
func readItems[In any](b *body, read func(*body) In) domain.Items[In] {
	value, found := b.members["items"]
	delete(b.members, "items")
	items := domain.Items[In]{Unknown: b.rest()}
	switch kind := b.kind(value); {
	case !found:
		items.Problem = "This field is required."
		return items
	case kind == 'n':
		items.Problem = "This field may not be null."
		return items
	case kind != '[':
		items.Problem = "Expected a list of items."
		return items
	}
	decoder := jsontext.NewDecoder(bytes.NewBuffer(value), jsontext.AllowDuplicateNames(true))
	_, _ = decoder.ReadToken() // the opening bracket; checkJSON has found all errors
	for decoder.PeekKind() != ']' && len(items.List) <= domain.MaxItems {
		item, _ := decoder.ReadValue()
		var in In
		if item.Kind() == '{' {
			// Take the item from value, because the decoder reuses the memory of its own copy.
			end := decoder.InputOffset()
			members := parseObject(value[end-int64(len(item)) : end])
			members.fromOldClient = b.fromOldClient
			in = read(members)
		} else {
			if items.Unreadable == nil {
				items.Unreadable = map[int]string{}
			}
			items.Unreadable[len(items.List)] = "Expected an object."
		}
		items.List = append(items.List, in)
	}
	return items
}
