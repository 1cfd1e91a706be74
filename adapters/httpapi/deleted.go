package httpapi

import (
	"github.com/labstack/echo/v4"

	"example.com/healthcare/domain"
)

// showDeleted shows a deleted record with when and by whom it was deleted; null for
// an operator. What ends with its parents also says with which it ended; null where it
// ended by itself.
func showDeleted[T domain.Record](version domain.Version[T]) recordView {
	added := []member{{"deleted_at", showInstant(version.At)}, {"deleted_by", nullIfZero(version.Author.UserID)}}
	if len(version.Record.Parents()) > 0 {
		added = append(added, member{"ended_with", showReference(version.Cause)})
	}
	return showRecord(version.Record, added...)
}

// listOrDeleted answers as live does, or as deleted does where the query asks for
// what was deleted.
func listOrDeleted(live, deleted lister) lister {
	return func(c echo.Context, actor domain.Actor, query *query) error {
		switch query.input("deleted") {
		case domain.Input{}, domain.Given("false"):
		case domain.Given("true"):
			query.why = "Cannot be combined with deleted=true."
			return deleted(c, actor, query)
		default:
			query.refuse("deleted", "Must be true or false, once.")
		}
		return live(c, actor, query)
	}
}
