package httpserver_test

import (
	"context"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"

	"example.com/healthcare/adapters/httpserver"
	"example.com/healthcare/domain"
)

// pages is a complete transport that shows the user's permissions. It needs the
// use-case and nothing of other transports.
type pages struct {
	permissions func(context.Context, domain.Actor) ([]domain.Permission, error)
}

func newPages(p pages, options httpserver.Options, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /permissions", page(p.showPermissions))
	mux.Handle("/", page(func(http.ResponseWriter, *http.Request) error { return domain.ErrNotFound() }))
	return httpserver.Wrap(httpserver.Transport{Handler: mux, Answer: showError}, options, log)
}

// page sets the route and reports the error.
type page func(http.ResponseWriter, *http.Request) error

func (p page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	request := httpserver.RequestFrom(r.Context())
	request.SetRoute(r.Pattern)
	if err := p(w, r); err != nil {
		request.Fail(err)
	}
}

var permissionsPage = template.Must(template.New("").Parse("<ul>{{range .}}<li>{{.}}</li>{{end}}</ul>\n"))

func (p pages) showPermissions(w http.ResponseWriter, r *http.Request) error {
	request := httpserver.RequestFrom(r.Context())
	// A real transport authenticates the request with application.Authenticator.
	actor := domain.Actor{UserID: 7, SessionID: 8, Role: domain.Staff, Origin: request.Origin()}
	request.SetActor(actor)
	permissions, err := p.permissions(r.Context(), actor)
	if err != nil {
		return err
	}
	return permissionsPage.Execute(w, permissions)
}

// showError maps the kinds of errors to statuses.
func showError(w http.ResponseWriter, _ *http.Request, err error) {
	if domain.KindOf(err) == domain.NotFound {
		http.Error(w, "There is no such page.", http.StatusNotFound)
		return
	}
	http.Error(w, "Something went wrong.", http.StatusInternalServerError) // The log has the cause.
}

// A new HTTP transport is a handler behind Wrap. The program serves
// it with Serve.
func Example_newTransport() {
	permissions := func(_ context.Context, actor domain.Actor) ([]domain.Permission, error) {
		return []domain.Permission{domain.PatientRead, domain.DoctorRead}, domain.Authorize(actor, domain.PatientRead)
	}
	handler := newPages(pages{permissions}, httpserver.Options{}, exampleLog())
	for _, path := range []string{"/permissions", "/nothing"} {
		req := httptest.NewRequest(http.MethodGet, path, nil)
		req.Header.Set("X-Request-Id", "example")
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, req)
		fmt.Print(answer.Code, " ", answer.Body)
	}
	// Output:
	// level=INFO msg=request request_id=example method=GET route="GET /permissions" status=200 user=7 session=8
	// 200 <ul><li>patient:read</li><li>doctor:read</li></ul>
	// level=INFO msg=request request_id=example method=GET route=/ status=404
	// 404 There is no such page.
}

// exampleLog omits the times, because they differ in every run.
func exampleLog() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, attr slog.Attr) slog.Attr {
		if attr.Key == slog.TimeKey || attr.Key == "took" {
			return slog.Attr{}
		}
		return attr
	}}))
}
