package httpapi

import (
	"context"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// whole answers clients of the old backend, whose lists had no pages, with the whole list if
// they ask for no page.
func whole(pages lister) lister {
	return func(c echo.Context, actor domain.Actor, query *query) error {
		query.whole = oldClientsOf(c) != nil && !query.values.Has("limit") && !query.values.Has("cursor")
		return pages(c, actor, query)
	}
}

// sendWhole answers with one array of a list's first page and all that follow, which after
// gives. Like an export it has one page in memory, needs HTTP/1.1, and ends the connection
// if a page fails. Lists of one page need none of that.
func sendWhole[Out, View any](c echo.Context, first application.Page[Out], show func(Out) View,
	after func(context.Context, domain.ID) (application.Page[Out], error),
) error {
	page, isFirst := first, true
	return export(c, arrayOf(show), func(ctx context.Context) (application.Page[Out], error) {
		if isFirst {
			isFirst = false
			return page, nil
		}
		var err error
		page, err = after(ctx, page.Next)
		return page, err
	})
}

// arrayOf is the format of one answer: a JSON array, as lists without pages have it.
func arrayOf[T, View any](show func(T) View) exportFormat[T] {
	separator := ""
	return exportFormat[T]{contentType: echo.MIMEApplicationJSON, header: "[", footer: "]", write: func(w io.Writer, entries []T) error {
		for _, entry := range entries {
			if _, err := io.WriteString(w, separator); err != nil {
				return err
			}
			separator = ","
			if err := writeJSON(w, show(entry)); err != nil {
				return err
			}
		}
		return nil
	}}
}

// writeJSON shows U+FFFD for what is stored and is not UTF-8, which SQLite does not refuse:
// otherwise one such text would hide a whole list.
func writeJSON(w io.Writer, value any) error {
	return json.MarshalWrite(w, value, jsontext.AllowInvalidUTF8(true))
}
