package httpapi

import (
	"github.com/labstack/echo/v4"

	"example.com/healthcare/adapters/httpserver"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// searchPatients answers like GET of the list of patients. It takes the parameters as the
// members of a JSON object, for clients that keep names and birth dates out of URLs. The
// cursor of the next page is in the header X-Next-Cursor, because a Link would need a URL.
func searchPatients(patients *application.Patients) lister {
	return func(c echo.Context, actor domain.Actor, query *query) error {
		body, err := readBody(c, actor)
		if err != nil {
			return err
		}
		ctx := c.Request().Context()
		if err := request(c).Reserve(ctx, httpserver.Answer, pageBytes); err != nil {
			return err
		}
		in := readSearch(body)
		for name := range query.rest() {
			// If they were ignored, the answer would show every patient.
			in[name] = domain.Unreadable("Give the parameters of a search as members of the body.")
		}
		page, err := patients.List(ctx, actor, in)
		if err != nil {
			return err
		}
		if page.Next != "" {
			c.Response().Header().Set("X-Next-Cursor", page.Next)
		}
		setTotal(c, page.Total)
		return sendItems(c, page.Items, func(patient domain.PatientView) any { return withFields(in["fields"], showPatient(patient)) })
	}
}

// readSearch takes every member as a parameter. A null member counts as absent.
func readSearch(b *body) domain.Parameters {
	in := domain.Parameters{}
	for name := range b.members {
		value := b.take(name, "Must be a string, a number, true or false.", '"', '0', 't', 'f')
		if value != domain.Null() {
			in[name] = value
		}
	}
	return in
}
