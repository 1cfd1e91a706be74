package httpapi

import (
	"errors"
	"log/slog"
	"net/http"

	"github.com/labstack/echo/v4"

	"example.com/healthcare/adapters/httpserver"
	"example.com/healthcare/application"
	"example.com/healthcare/ports"
)

// NewHandler returns a handler that serves the use-cases as openapi.yaml describes, and nothing
// else, and writes the request log to log.
func NewHandler(useCases *application.UseCases, store ports.Store, options Options, log *slog.Logger) http.Handler {
	return httpserver.Wrap(NewTransport(useCases, store, options, log), options.Options, log)
}

// NewTransport returns the API for a handler that also serves another transport. It writes
// errors of the HTTP framework to log.
func NewTransport(useCases *application.UseCases, store ports.Store, options Options, log *slog.Logger) httpserver.Transport {
	return newTransport(useCases.Authenticator, routes(useCases, store.Ready, options), options, log)
}

func newTransport(auth authenticator, routes []route, options Options, log *slog.Logger) httpserver.Transport {
	e := echo.New()
	e.Logger.SetOutput(slog.NewLogLogger(log.Handler(), slog.LevelError).Writer())
	e.JSONSerializer = jsonSerializer{}
	e.HTTPErrorHandler = func(err error, c echo.Context) { request(c).Fail(err) }
	e.IPExtractor = func(r *http.Request) string { return httpserver.RequestFrom(r.Context()).Origin().Address.String() }
	e.Pre(normalizePath)
	e.Use(nameRoute(routes))
	if options.OldClients {
		e.Use(serveOldClients(options))
	}
	register(e, auth, routes)
	return httpserver.Transport{Handler: e, Answer: sendProblem}
}

// request returns the httpserver.Request of c.
func request(c echo.Context) *httpserver.Request {
	return httpserver.RequestFrom(c.Request().Context())
}

// nameRoute sets the route that Echo has found, for the request log and the metrics. Its name
// is the same with and without a trailing slash.
func nameRoute(routes []route) echo.MiddlewareFunc {
	names := map[string]string{} // by the path in Echo; "" is no route
	for _, r := range routes {
		for _, path := range echoPaths(r) {
			names[path] = r.path
		}
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			request(c).SetRoute(names[c.Path()])
			return next(c)
		}
	}
}

// jsonSerializer writes the answers of c.JSON. It refuses to read bodies: readBody does.
type jsonSerializer struct{}

func (jsonSerializer) Serialize(c echo.Context, answer any, _ string) error {
	return writeJSON(c.Response(), answer)
}

func (jsonSerializer) Deserialize(echo.Context, any) error {
	return errors.New("use readBody to read a body")
}
