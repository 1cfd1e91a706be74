package httpapi

import (
	"errors"
	"maps"

	"github.com/labstack/echo/v4"

	"example.com/healthcare/domain"
)

// showDeleted shows a deleted record with when and by whom it was deleted; null for
// an operator. What ends with its parents also says with which it ended; null where it
// ended by itself.
func showDeleted[T domain.Record](version domain.Version[T]) recordView {
	added := []member{{"deleted_at", showInstant(version.At)}, {"deleted_by", nullIfZero(version.By.UserID)}}
	if len(version.Record.Parents()) > 0 {
		added = append(added, member{"ended_with", showReference(version.With)})
	}
	return showRecord(version.Record, added...)
}

// listOrDeleted answers as live does, or as deleted does where the query asks for
// what was deleted, which none of the filters narrows.
func listOrDeleted(live, deleted handler, filters ...string) handler {
	return func(c echo.Context, actor domain.Actor) error {
		query, err := readQuery(c)
		if err != nil {
			return err
		}
		refused := domain.FieldErrors{}
		handle := live
		switch query.input("deleted") {
		case domain.Input{}, domain.Given("false"):
		case domain.Given("true"):
			handle = deleted
			for _, filter := range filters {
				if query.values.Has(filter) {
					refused[filter] = []string{"Cannot be combined with deleted=true."}
				}
			}
		default:
			refused["deleted"] = []string{"Must be true or false, once."}
		}
		if len(refused) == 0 {
			return handle(c, actor)
		}
		_, err = query.page().Parse()
		if bad, ok := errors.AsType[*domain.Error](err); ok {
			maps.Copy(refused, bad.Fields)
		}
		return errFields(refused)
	}
}

func errFields(fields domain.FieldErrors) error {
	return &domain.Error{Kind: domain.Invalid, Fields: fields}
}
