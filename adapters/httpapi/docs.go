package httpapi

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"html/template"
	"io"
	"sync"

	"github.com/labstack/echo/v4"
	swaggerui "github.com/swaggest/swgui/v5/static"

	"example.com/healthcare/domain"
)

//go:embed docs/page.html
var docsPage string

//go:embed docs/page.js
var docsScript []byte

//go:embed docs/page.css
var docsStyle []byte

var docsTemplate = template.Must(template.New("docs").Parse(docsPage))

// docsPolicy is the Content-Security-Policy of the documentation page. Scripts and styles are
// files of this service. Requests go to this service only. Swagger UI's style sheet has its
// icons in data: URLs. No form is ever sent by the browser itself, so that a password
// cannot get into a URL if the script fails.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// sendDocsPage answers with the documentation page: Swagger UI, and a form to sign in. The
// page is the same for every caller and contains no records.
func sendDocsPage(c echo.Context, _ domain.Actor) error {
	c.Response().Header().Set(echo.HeaderContentSecurityPolicy, docsPolicy)
	return sendHTML(c, docsTemplate, request(c).Prefix())
}

// docsFile is a file that the documentation page loads.
type docsFile struct {
	contentType string
	content     func() ([]byte, error)
	// gzipped returns the file compressed. It is nil for files that are not worth it.
	gzipped func() ([]byte, error)
}

var docsFiles = map[string]docsFile{
	"page.js":              {contentType: "text/javascript; charset=utf-8", content: func() ([]byte, error) { return docsScript, nil }},
	"page.css":             {contentType: "text/css; charset=utf-8", content: func() ([]byte, error) { return docsStyle, nil }},
	"favicon-32x32.png":    {contentType: "image/png", content: func() ([]byte, error) { return swaggerui.FS.ReadFile("favicon-32x32.png") }},
	"swagger-ui.css":       swaggerUIFile("swagger-ui.css.gz", "text/css; charset=utf-8"),
	"swagger-ui-bundle.js": swaggerUIFile("swagger-ui-bundle.js.gz", "text/javascript; charset=utf-8"),
}

// swaggerUIFile returns a file of Swagger UI, which is embedded compressed. It is
// decompressed once, for the first client that needs it.
func swaggerUIFile(name, contentType string) docsFile {
	gzipped := sync.OnceValues(func() ([]byte, error) { return swaggerui.FS.ReadFile(name) })
	return docsFile{contentType: contentType, gzipped: gzipped, content: sync.OnceValues(func() ([]byte, error) {
		compressed, err := gzipped()
		if err != nil {
			return nil, err
		}
		reader, err := gzip.NewReader(bytes.NewReader(compressed))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(reader)
	})}
}

// sendDocsFile answers with a file of the documentation page, compressed if the client
// accepts that.
func sendDocsFile(c echo.Context, _ domain.Actor) error {
	file, ok := docsFiles[c.Param("file")]
	if !ok {
		return domain.ErrNotFound()
	}
	read := file.content
	if file.gzipped != nil {
		header := c.Response().Header()
		header.Add(echo.HeaderVary, echo.HeaderAcceptEncoding)
		if preferredOf(c.Request().Header.Values(echo.HeaderAcceptEncoding), "gzip") != "" {
			header.Set(echo.HeaderContentEncoding, "gzip")
			read = file.gzipped
		}
	}
	content, err := read()
	if err != nil {
		return err
	}
	return sendBytes(c, file.contentType, content)
}
