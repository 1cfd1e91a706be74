package httpapi

import (
	"context"
	"strings"

	"github.com/labstack/echo/v4"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// The headers of writes that a client can send again without doing them twice
// (draft-ietf-httpapi-idempotency-key-header).
const (
	headerIdempotencyKey     = "Idempotency-Key"
	headerIdempotentReplayed = "Idempotent-Replayed"
)

// readOnce reads the Idempotency-Key. Quotation marks around it, which the draft asks for, are
// not part of the key. A client that sends a malformed key must not get an answer as if it had
// sent none.
func readOnce(c echo.Context) (application.Once, error) {
	lines := c.Request().Header.Values(headerIdempotencyKey)
	if len(lines) == 0 {
		return application.Once{}, nil
	}
	text := strings.Trim(lines[0], " \t")
	if inner, ok := strings.CutPrefix(text, `"`); ok {
		if text, ok = strings.CutSuffix(inner, `"`); !ok {
			return application.Once{}, errIdempotencyKey
		}
	}
	key, err := domain.ParseIdempotencyKey(text)
	if err != nil || len(lines) > 1 {
		return application.Once{}, errIdempotencyKey
	}
	return application.Once{Key: key, Replayed: func() { c.Response().Header().Set(headerIdempotentReplayed, "true") }}, nil
}

var errIdempotencyKey = errMalformed("The header " + headerIdempotencyKey + " is malformed. Send it once, with 1 to 255 visible ASCII characters, such as a random UUID.")

// once calls the handler that handle returns for a use-case that knows the request's
// Idempotency-Key.
func once[In, Out any](do func(context.Context, domain.Actor, application.Once, In) (Out, error),
	handle func(func(context.Context, domain.Actor, In) (Out, error)) handler,
) handler {
	return func(c echo.Context, actor domain.Actor) error {
		key, err := readOnce(c)
		if err != nil {
			return err
		}
		return handle(func(ctx context.Context, actor domain.Actor, in In) (Out, error) { return do(ctx, actor, key, in) })(c, actor)
	}
}

// createOnce is create for a use-case that is done once per Idempotency-Key.
func createOnce[In, Out any, View resource](read func(*body) In,
	do func(context.Context, domain.Actor, application.Once, In) (Out, error), show func(Out) View,
) handler {
	return once(do, func(do func(context.Context, domain.Actor, In) (Out, error)) handler { return create(read, do, show) })
}

// restoreOnce is callByID for a use-case that is done once per Idempotency-Key.
func restoreOnce[Out, View any](do func(context.Context, domain.Actor, application.Once, domain.ID) (Out, error), show func(Out) View) handler {
	return once(do, func(do func(context.Context, domain.Actor, domain.ID) (Out, error)) handler {
		return callByID(do, show)
	})
}
