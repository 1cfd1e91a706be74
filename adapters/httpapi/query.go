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

// maxParameters bounds the parameters of a query string. It is many times what a list takes.
const maxParameters = 100

// query holds the parameters of a query string. A list takes its parameters by name, as
// the members of a body are taken, and rest refuses the others: a misspelt filter that
// was ignored would show every record.
type query struct {
	params url.Values
	// taken are the names that were taken, whether or not the client sent them.
	taken []string
	// refused are the errors of parameters that are known and have a bad value.
	refused domain.FieldErrors
	// unpaged asks for the whole list in one answer: see unpagedForOldClients.
	unpaged bool
	// firstLink says that each page links to the first one.
	firstLink bool
}

func readQuery(c echo.Context) (*query, error) {
	if strings.Count(c.Request().URL.RawQuery, "&") >= maxParameters {
		return nil, errMalformed(fmt.Sprintf("The query string has more than %d parameters.", maxParameters))
	}
	params, err := url.ParseQuery(c.Request().URL.RawQuery)
	if err != nil {
		return nil, errMalformed("The query string is malformed.")
	}
	q := &query{params: params, refused: domain.FieldErrors{}}
	// Clients of the old backend send format=json, which is what they get anyway.
	if format := params["format"]; format != nil && !slices.Equal(format, []string{"json"}) {
		q.refuse("format", "Must be json, once. The Accept header asks for another format.")
	}
	return q, nil
}

// take takes a parameter. A parameter can be taken again, with the same result.
func (q *query) take(name string) domain.Input {
	q.taken = append(q.taken, name)
	return q.get(name)
}

// takeAll takes a parameter that can be given several times.
func (q *query) takeAll(name string) []domain.Input {
	q.taken = append(q.taken, name)
	values := make([]domain.Input, len(q.params[name]))
	for i, value := range q.params[name] {
		values[i] = domain.Given(value)
	}
	return values
}

// get returns a parameter without taking it.
func (q *query) get(name string) domain.Input {
	switch values := q.params[name]; len(values) {
	case 0:
		return domain.Input{}
	case 1:
		return domain.Given(values[0])
	}
	return domain.Unreadable("Give this parameter once.")
}

// parameters returns the parameters that were not taken, for a list that knows its
// parameters itself.
func (q *query) parameters() domain.Parameters {
	in := domain.Parameters{}
	for name := range q.params {
		if name != "format" && !slices.Contains(q.taken, name) {
			in[name] = q.get(name)
		}
	}
	for name, messages := range q.refused {
		in[name] = domain.Unreadable(messages[0])
	}
	return in
}

// refuse adds the error of a known parameter.
func (q *query) refuse(name, message string) { q.refused[name] = []string{message} }

// page takes the parameters of a page, and refuses every parameter that was not taken.
// Call it last.
func (q *query) page() domain.PageInput {
	return domain.PageInput{Limit: q.take("limit"), Cursor: q.take("cursor"), Refused: q.rest()}
}

// rest returns the errors of the parameters that were refused or not taken.
func (q *query) rest() domain.FieldErrors {
	slices.Sort(q.taken)
	message := "Unknown parameter."
	if len(q.taken) > 0 {
		message += " Allowed: " + strings.Join(slices.Compact(q.taken), ", ") + "."
	}
	errs := maps.Clone(q.refused)
	for name := range q.params {
		if name != "format" && !slices.Contains(q.taken, name) {
			errs[name] = []string{message}
		}
	}
	return errs
}
