package httpapi

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"

	"github.com/labstack/echo/v4"

	"example.com/healthcare/domain"
)

//go:embed home.html
var homePage string

var homeTemplate = template.Must(template.New("home").Parse(homePage))

// homeView shows where an application finds the API and its description.
type homeView struct {
	// Console is empty if the service has no pages for people.
	Console string `json:"-"`
	API     string `json:"api"`
	// Docs is empty if the service has no documentation page.
	Docs    string `json:"docs,omitempty"`
	OpenAPI string `json:"openapi"`
}

// home says what this service is and links to the API. Clients that prefer HTML, which are
// browsers, get a page; others get JSON. The answer is the same for every caller. The page
// has no style sheet and no script, which the Content-Security-Policy would block.
func home(options Options) lenientHandler {
	return func(c echo.Context, _ domain.Actor) error {
		prefix := request(c).Prefix()
		view := homeView{API: prefix + "/api/", OpenAPI: prefix + "/openapi.yaml"}
		if !options.NoDocs {
			view.Docs = prefix + "/docs/"
		}
		if options.Console != "" {
			view.Console = prefix + options.Console
		}
		c.Response().Header().Add(echo.HeaderVary, echo.HeaderAccept)
		if preferred(c.Request(), echo.MIMEApplicationJSON, echo.MIMETextHTML) != echo.MIMETextHTML {
			return c.JSON(http.StatusOK, view)
		}
		return sendHTML(c, homeTemplate, view)
	}
}

// sendHTML answers with the page that template makes of view.
func sendHTML(c echo.Context, template *template.Template, view any) error {
	var page bytes.Buffer
	if err := template.Execute(&page, view); err != nil {
		return err
	}
	return c.HTMLBlob(http.StatusOK, page.Bytes())
}
