package httpapi

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"example.com/healthcare/adapters/httpserver"
)

// Options are the settings of the API.
type Options struct {
	httpserver.Options
	// OldClients serves clients of the old backend as the old backend did: bodies can be forms,
	// unknown members are ignored, dates can lack zeros, and lists have no pages.
	OldClients bool
	// NoDocs leaves out the documentation page.
	NoDocs bool
	// Console is the path of pages for people, for the page at /. It is empty if there are none.
	Console string
}

// oldClients is in the context of every request if Options.OldClients is set.
type oldClients struct {
	// forms refuses forms that a browser sends for a page of another origin. A browser
	// sends forms to other origins without a preflight (Fetch standard, CORS), and each
	// failed login counts against the browser's address.
	forms *http.CrossOriginProtection
}

const oldClientsKey = "old clients"

// serveOldClients returns the middleware that puts an oldClients in the context of requests.
func serveOldClients(options Options) echo.MiddlewareFunc {
	old := &oldClients{forms: http.NewCrossOriginProtection()}
	for _, origin := range options.AllowedOrigins {
		if err := old.forms.AddTrustedOrigin(origin); err != nil {
			panic(err) // ParseOrigin has refused such origins
		}
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			c.Set(oldClientsKey, old)
			return next(c)
		}
	}
}

// oldClientsOf returns nil if Options.OldClients is not set.
func oldClientsOf(c echo.Context) *oldClients {
	old, _ := c.Get(oldClientsKey).(*oldClients)
	return old
}
