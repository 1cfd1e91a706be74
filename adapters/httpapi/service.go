package httpapi

import (
	"bytes"
	"context"
	_ "embed"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/healthcare/domain"
)

//go:embed openapi.yaml
var openAPI []byte

// OpenAPI returns the contract of the service, an OpenAPI 3.0.3 document in YAML.
func OpenAPI() []byte { return bytes.Clone(openAPI) }

// spec answers with the contract, in which paths begin where the client sees the service.
func spec(c echo.Context, _ domain.Actor) error {
	contract := bytes.Replace(openAPI, []byte("\nservers:\n  - url: /\n"), []byte("\nservers:\n  - url: "+request(c).Prefix()+"/\n"), 1)
	// So that a part of it does not look whole over HTTP/1.0.
	c.Response().Header().Set(echo.HeaderContentLength, strconv.Itoa(len(contract)))
	return c.Blob(http.StatusOK, "application/yaml", contract)
}

// index says where the collections are that the actor may read.
func index(c echo.Context, actor domain.Actor) error {
	readable := object{}
	addIfReadable := func(name, path string, permission domain.Permission) {
		if domain.Authorize(actor, permission) == nil {
			readable = append(readable, member{name, request(c).Prefix() + path})
		}
	}
	addIfReadable("users", "/api/users/", domain.UserRead)
	for _, known := range domain.RecordKinds() {
		addIfReadable(known.Plural, collection(known), known.Read)
	}
	addIfReadable("audit", "/api/audit/", domain.AuditRead)
	return c.JSON(http.StatusOK, readable)
}

type statusView struct {
	Status string `json:"status"`
}

// live says that the process runs.
func live(c echo.Context, _ domain.Actor) error {
	return c.JSON(http.StatusOK, statusView{"ok"})
}

// readyTimeout is less than what health checks usually wait.
const readyTimeout = 2 * time.Second

// readiness says whether the service can serve now.
type readiness func(context.Context) error

// errStopping has a wait, as nothing is wrong.
var errStopping = &domain.Error{Kind: domain.Unavailable, Message: "The service is stopping.", RetryAfter: shortOutage}

func (r readiness) handle(c echo.Context, _ domain.Actor) error {
	if request(c).Stopping() {
		return errStopping
	}
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
