package httpapi

import (
	"errors"
	"maps"

	"github.com/labstack/echo/v4"

	"example.com/healthcare/domain"
)

// deletionView is what is shown of a deleted record besides the record.
type deletionView struct {
	At string `json:"deleted_at"`
	// By is null for an operator.
	By *domain.ID `json:"deleted_by"`
}

func showDeletion[T any](version domain.Version[T]) deletionView {
	return deletionView{At: showInstant(version.At), By: nullIfZero(version.By.UserID)}
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
