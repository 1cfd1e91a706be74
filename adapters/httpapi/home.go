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

// homeView says where an application goes on.
type homeView struct {
	API     string `json:"api"`
	OpenAPI string `json:"openapi"`
}

// home says what this is and where to go: on a page to browsers, which ask for HTML,
// and in JSON to all others. It tells nothing that depends on the caller. The page is
// text and links, so that it needs no exception from the Content-Security-Policy.
func home(c echo.Context, _ domain.Actor) error {
	view := homeView{API: request(c).Prefix() + "/api/", OpenAPI: request(c).Prefix() + "/openapi.yaml"}
	c.Response().Header().Add(echo.HeaderVary, echo.HeaderAccept)
	if preferred(c.Request(), echo.MIMEApplicationJSON, echo.MIMETextHTML) != echo.MIMETextHTML {
		return c.JSON(http.StatusOK, view)
	}
	var page bytes.Buffer
	if err := homeTemplate.Execute(&page, view); err != nil {
		return err
	}
	return c.HTMLBlob(http.StatusOK, page.Bytes())
}
