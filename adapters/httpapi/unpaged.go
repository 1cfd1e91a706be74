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

// unpagedForOldClients answers a client of the old backend, whose lists had no pages, with
// the whole list, unless the client asks for a page.
func unpagedForOldClients(list lister) lister {
	return func(c echo.Context, actor domain.Actor, query *query) error {
		query.unpaged = oldClientsOf(c) != nil && !query.params.Has("limit") && !query.params.Has("cursor")
		return list(c, actor, query)
	}
}

// sendUnpaged answers with one JSON array of all pages of a list: the first one, and the
// pages after it, which nextPage returns by their cursor. Like an export it holds one page
// in memory, needs HTTP/1.1, and closes the connection if a page fails.
func sendUnpaged[Out, View any](c echo.Context, first application.Page[Out], show func(Out) View,
	nextPage func(context.Context, string) (application.Page[Out], error),
) error {
	page, isFirst := first, true
	return sendExport(c, jsonArray(show), func(ctx context.Context) (application.Page[Out], error) {
		if isFirst {
			isFirst = false
			return page, nil
		}
		var err error
		page, err = nextPage(ctx, page.Next)
		return page, err
	})
}

// jsonArray returns the export format of one unpaged list. Use it for one answer only: it
// remembers whether an item was written.
func jsonArray[T, View any](show func(T) View) exportFormat[T] {
	separator := ""
	return exportFormat[T]{contentType: echo.MIMEApplicationJSON, header: "[", footer: "]", write: func(w io.Writer, items []T) error {
		for _, item := range items {
			if _, err := io.WriteString(w, separator); err != nil {
				return err
			}
			separator = ","
			if err := writeJSON(w, show(item)); err != nil {
				return err
			}
		}
		return nil
	}}
}

// writeJSON writes value as JSON, with U+FFFD in place of bytes that are not UTF-8. SQLite
// can hold such texts, and one of them must not make a whole list fail.
func writeJSON(w io.Writer, value any) error {
	return json.MarshalWrite(w, value, jsontext.AllowInvalidUTF8(true))
}
