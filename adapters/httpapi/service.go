package httpapi

import (
	"bytes"
	"context"
	_ "embed"
	"net/http"

	"github.com/labstack/echo/v4"

	"example.com/healthcare/domain"
)

//go:embed openapi.yaml
var openAPI []byte

// OpenAPI returns the contract of the service, an OpenAPI 3.0.3 document in YAML.
func OpenAPI() []byte { return bytes.Clone(openAPI) }

func spec(c echo.Context, _ domain.Actor) error {
	return c.Blob(http.StatusOK, "application/yaml", openAPI)
}

func index(c echo.Context, _ domain.Actor) error {
	return c.JSON(http.StatusOK, map[string]string{
		"doctors":  "/api/doctors/",
		"patients": "/api/patients/",
		"mappings": "/api/mappings/",
	})
}

type statusView struct {
	Status string `json:"status"`
}

// live says that the process runs.
func live(c echo.Context, _ domain.Actor) error {
	return c.JSON(http.StatusOK, statusView{"ok"})
}

// readiness says whether the service can serve now.
type readiness func(context.Context) error

func (r readiness) handle(c echo.Context, _ domain.Actor) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), readyTimeout)
	defer cancel()
	// Not every driver stops when ctx ends.
	answer := make(chan error, 1)
	go func() { answer <- r(ctx) }()
	select {
	case err := <-answer:
		if err != nil {
			return err
		}
	case <-ctx.Done():
		return domain.ErrUnavailable(ctx.Err())
	}
	return c.JSON(http.StatusOK, statusView{"ok"})
}
