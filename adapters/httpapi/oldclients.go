package httpapi

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"example.com/healthcare/adapters/httpserver"
)

// Options are what the owner of the service decides about the API.
type Options struct {
	httpserver.Options
	// OldClients has the API take and answer what clients of the old backend rely on and
	// others should not: forms, unknown members, dates without zeros, whole lists.
	OldClients bool
}

// oldClients is how requests are taken where Options.OldClients is set.
type oldClients struct {
	// forms tells the forms that a page of another origin has a browser send. Unlike
	// JSON, a browser sends a form anywhere without asking first (Fetch standard, CORS),
	// and a failed login counts against the browser's address.
	forms *http.CrossOriginProtection
}

const oldClientsKey = "old clients"

// takeOldClients is a middleware with which oldClientsOf finds options' oldClients.
func takeOldClients(options Options) echo.MiddlewareFunc {
	old := &oldClients{forms: http.NewCrossOriginProtection()}
	for _, origin := range options.AllowedOrigins {
		if err := old.forms.AddTrustedOrigin(origin); err != nil {
			panic(err) // ParseOrigin lets none of these through
		}
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			c.Set(oldClientsKey, old)
			return next(c)
		}
	}
}

// oldClientsOf is nil where clients of the old backend get nothing of their own.
func oldClientsOf(c echo.Context) *oldClients {
	old, _ := c.Get(oldClientsKey).(*oldClients)
	return old
}
