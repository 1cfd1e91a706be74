package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/healthcare/domain"
)

// index answers with links to the lists that the actor may read.
func index(c echo.Context, actor domain.Actor) error {
	readable := object{}
	addIfReadable := func(name, path string, permission domain.Permission) {
		if domain.Authorize(actor, permission) == nil {
			readable = append(readable, member{Name: name, Value: request(c).Prefix() + path})
		}
	}
	addIfReadable("users", "/api/users/", domain.UserRead)
	for _, kind := range domain.RecordKinds() {
		addIfReadable(kind.Plural, listPath(kind), kind.Read)
	}
	addIfReadable("audit", "/api/audit/", domain.AuditRead)
	return c.JSON(http.StatusOK, readable)
}

type statusView struct {
	Status string `json:"status"`
}

// liveness answers that the process runs.
func liveness(c echo.Context, _ domain.Actor) error {
	return c.JSON(http.StatusOK, statusView{"ok"})
}

// readyTimeout is shorter than the usual timeout of health checks.
const readyTimeout = 2 * time.Second

// readiness returns an error if the service cannot serve requests now.
type readiness func(context.Context) error

// errStopping has a RetryAfter, so that it is logged as a warning: nothing is wrong.
var errStopping = &domain.Error{Kind: domain.Unavailable, Message: "The service is stopping.", RetryAfter: defaultRetryAfter}

func (r readiness) handle(c echo.Context, _ domain.Actor) error {
	if request(c).Stopping() {
		return errStopping
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), readyTimeout)
	defer cancel()
	// Some database drivers do not return when ctx ends, so do not wait for them.
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
