package httpapi

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"example.com/healthcare/domain"
)

// maxParameters is many times what any list knows.
const maxParameters = 100

// query is the parameters after the question mark.
type query struct{ values url.Values }

func readQuery(c echo.Context) (query, error) {
	if strings.Count(c.Request().URL.RawQuery, "&") >= maxParameters {
		return query{}, errMalformed(fmt.Sprintf("The query string has more than %d parameters.", maxParameters))
	}
	values, err := url.ParseQuery(c.Request().URL.RawQuery)
	if err != nil {
		return query{}, errMalformed("The query string is malformed.")
	}
	return query{values}, nil
}

func (q query) input(name string) domain.Input {
	switch values := q.values[name]; len(values) {
	case 0:
		return domain.Input{}
	case 1:
		return domain.Given(values[0])
	}
	return domain.Unreadable("Give this parameter once.")
}

// rest returns the names of the parameters besides those that are known.
func (q query) rest(known ...string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(q.values)), func(name string) bool { return slices.Contains(known, name) })
}

func (q query) page() domain.PageInput {
	return domain.PageInput{Limit: q.input("limit"), Cursor: q.input("cursor")}
}
