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

// query is the parameters after the question mark. A list declares its parameters by
// reading them, as bodies do with their members; the page, read last, takes along a
// refusal of each other one. So a misspelt filter never shows everything.
type query struct {
	values url.Values
	// read are the names of the parameters that were read.
	read []string
	// refused says why parameters are refused that are known.
	refused domain.FieldErrors
	// why says why all others are.
	why string
	// whole asks for the whole list, however long: see whole.
	whole bool
}

func readQuery(c echo.Context) (*query, error) {
	if strings.Count(c.Request().URL.RawQuery, "&") >= maxParameters {
		return nil, errMalformed(fmt.Sprintf("The query string has more than %d parameters.", maxParameters))
	}
	values, err := url.ParseQuery(c.Request().URL.RawQuery)
	if err != nil {
		return nil, errMalformed("The query string is malformed.")
	}
	q := &query{values: values, refused: domain.FieldErrors{}, why: "Unknown parameter."}
	// Clients of the old backend ask for what is answered anyway.
	if format := q.values["format"]; format != nil && !slices.Equal(format, []string{"json"}) {
		q.refuse("format", "Must be json, once. The Accept header asks for another format.")
	}
	return q, nil
}

// input reads a parameter.
func (q *query) input(name string) domain.Input {
	q.read = append(q.read, name)
	switch values := q.values[name]; len(values) {
	case 0:
		return domain.Input{}
	case 1:
		return domain.Given(values[0])
	}
	return domain.Unreadable("Give this parameter once.")
}

// refuse refuses a parameter that was given.
func (q *query) refuse(name, why string) { q.refused[name] = []string{why} }

// page reads the parameters that all lists have. Call it last: it refuses those that
// were not read until then.
func (q *query) page() domain.PageInput {
	return domain.PageInput{Limit: q.input("limit"), Cursor: q.input("cursor"), Refused: q.refusals()}
}

// refusals are of the parameters that were refused or not read.
func (q *query) refusals() domain.FieldErrors {
	slices.Sort(q.read)
	why := q.why
	if len(q.read) > 0 {
		why += " Allowed: " + strings.Join(slices.Compact(q.read), ", ") + "."
	}
	refusals := maps.Clone(q.refused)
	for name := range q.values {
		if name != "format" && !slices.Contains(q.read, name) {
			refusals[name] = []string{why}
		}
	}
	return refusals
}
