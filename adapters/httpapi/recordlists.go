package httpapi

import (
	"context"

	"github.com/labstack/echo/v4"

	"example.com/healthcare/adapters/recordfiles"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// listOf is a use-case that lists what the parameters select.
type listOf[Out any] = func(context.Context, domain.Actor, domain.Parameters) (application.Page[Out], error)

// listRecords answers with a page of the records of a kind, or with an export of all records
// that match, if the client prefers the media type of an export. If an older client sends
// deleted=true, it answers as listDeleted.
func listRecords[Out, View any, T domain.Record](do listOf[Out], show func(Out) View, doDeleted listOf[domain.Version[T]],
	kind recordfiles.Kind[Out], store *application.Store,
) lister {
	return func(c echo.Context, actor domain.Actor, query *query) error {
		c.Response().Header().Add(echo.HeaderVary, echo.HeaderAccept)
		switch query.take("deleted") {
		case domain.Input{}, domain.Given("false"):
		case domain.Given("true"):
			return listDeleted(doDeleted)(c, actor, query)
		default:
			query.refuse("deleted", "Must be true or false, once.")
		}
		if format, ok := preferredExport(c.Request()); ok {
			return exportRecords(c, actor, query.parameters(), do, kind, format, store)
		}
		return unpagedForOldClients(list(readParameters, do, show))(c, actor, query)
	}
}

// exportRecords answers with all records that the parameters select.
func exportRecords[Out any](c echo.Context, actor domain.Actor, in domain.Parameters, do listOf[Out],
	kind recordfiles.Kind[Out], format recordfiles.Format, store *application.Store,
) error {
	id, err := store.ID(c.Request().Context())
	if err != nil {
		return err
	}
	file, _ := kind.File(format, actor, in["fields"], id) // The use-case reports bad fields with all other bad parameters.
	in["limit"] = exportLimit(in["limit"])
	if in["cursor"] != (domain.Input{}) {
		in["cursor"] = domain.Unreadable("This format has no pages. Leave out the cursor.")
	}
	return sendExport(c, exportFormat[Out]{contentType: format.ContentType(), header: file.Header(), write: file.Write},
		func(ctx context.Context) (application.Page[Out], error) {
			page, err := do(ctx, actor, in)
			in["cursor"] = domain.Given(page.Next)
			delete(in, "count") // The first page has counted.
			return page, err
		})
}
