package httpapi

import (
	"context"

	"github.com/labstack/echo/v4"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// showDeleted shows a deleted record, and when and by which user it was deleted; the user
// is null for an operator. A record that has parents also shows in ended_with the parent
// that it was deleted together with, or null if it was deleted alone.
func showDeleted[T domain.Record](version domain.Version[T]) recordView {
	added := []member{{Name: "deleted_at", Value: version.At}, {Name: "deleted_by", Value: nullIfZero(version.Author.UserID)}}
	if len(version.Record.Parents()) > 0 {
		added = append(added, member{Name: "ended_with", Value: showReference(version.Cause)})
	}
	return showRecord(version.Record, added...)
}

// listDeletedRecords is a use-case that lists the deleted records of a kind.
type listDeletedRecords[T domain.Record] = func(context.Context, domain.Actor, domain.Parameters) (application.Page[domain.Version[T]], error)

// listDeleted answers with a page of the deleted records of a kind.
func listDeleted[T domain.Record](do listDeletedRecords[T]) lister {
	return list(readParameters, do, showDeleted[T])
}

// listRecords answers with a page of the records of a kind. If an older client sends
// deleted=true, it answers as listDeleted.
func listRecords[Out, View any, T domain.Record](
	do func(context.Context, domain.Actor, domain.Parameters) (application.Page[Out], error), show func(Out) View,
	doDeleted listDeletedRecords[T],
) lister {
	return func(c echo.Context, actor domain.Actor, query *query) error {
		switch query.take("deleted") {
		case domain.Input{}, domain.Given("false"):
		case domain.Given("true"):
			return listDeleted(doDeleted)(c, actor, query)
		default:
			query.refuse("deleted", "Must be true or false, once.")
		}
		return unpagedForOldClients(list(readParameters, do, show))(c, actor, query)
	}
}
