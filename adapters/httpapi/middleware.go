package httpapi

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/healthcare/domain"
)

// safeRequestID is what a caller's request id may be: nothing that could forge
// a log line or a header, or that begins like a formula in a spreadsheet.
var safeRequestID = regexp.MustCompile(`^[A-Za-z0-9._][A-Za-z0-9._-]{0,63}$`)

// identifyRequest gives every request an id: the caller's, if it is safe, or a
// random one.
func identifyRequest(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		id := c.Request().Header.Get(echo.HeaderXRequestID)
		if !safeRequestID.MatchString(id) {
			id = rand.Text()
		}
		c.Response().Header().Set(echo.HeaderXRequestID, id)
		return next(c)
	}
}

// onlyTLS tells browsers to use nothing else for two years, as the HTTP Headers
// Cheat Sheet of OWASP has it, but of this host alone: whose the hosts below it
// are the service cannot know. Who owns them adds includeSubDomains at the proxy;
// without cookies, which a host below could plant, the service has no use for it.
const onlyTLS = "max-age=63072000"

// secureHeaders keeps answers out of caches, and out of what browsers do with
// pages: these are data (OWASP REST Security Cheat Sheet). Cross-Origin-Resource-Policy
// does not concern scripts that allowOrigins lets in.
func secureHeaders(proxies trustedProxies) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			header := c.Response().Header()
			header.Set(echo.HeaderCacheControl, "no-store")
			header.Set(echo.HeaderXContentTypeOptions, "nosniff")
			header.Set(echo.HeaderContentSecurityPolicy, "default-src 'none'; frame-ancestors 'none'")
			header.Set(echo.HeaderXFrameOptions, "DENY")
			header.Set(echo.HeaderReferrerPolicy, "no-referrer")
			header.Set("Cross-Origin-Resource-Policy", "same-origin")
			// Over plain HTTP anyone could have said it (RFC 6797, 7.2).
			if proxies.overTLS(c.Request()) {
				header.Set(echo.HeaderStrictTransportSecurity, onlyTLS)
			}
			return next(c)
		}
	}
}

const connectedKey = "connected"

// limitTime ends the work on a request while there is still time to say so.
func limitTime(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		connected := c.Request().Context()
		c.Set(connectedKey, connected)
		ctx, cancel := context.WithTimeout(connected, requestTimeout)
		defer cancel()
		c.SetRequest(c.Request().WithContext(ctx))
		return next(c)
	}
}

// inMoreTime runs do with as much time as a request has, from now on, as long as
// the client is there. It is for answers that are sent in parts.
func inMoreTime[T any](c echo.Context, do func(context.Context) (T, error)) (T, error) {
	// Over HTTP/2 an answer ends at its deadline even while nothing is written.
	if err := moreTimeToWrite(c); err != nil {
		var none T
		return none, err
	}
	ctx, cancel := context.WithTimeout(c.Get(connectedKey).(context.Context), requestTimeout)
	defer cancel()
	return do(ctx)
}

func moreTimeToWrite(c echo.Context) error {
	return http.NewResponseController(c.Response().Writer).SetWriteDeadline(time.Now().Add(writeTimeout))
}

// logRequests writes one line for every request, with ids and never content,
// and is where an error is logged. An error that comes when the answer has begun
// ends the connection, so that nobody takes a part for the whole.
func logRequests(log *slog.Logger) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			start := time.Now()
			err := next(c)
			cut := err != nil && c.Response().Committed
			if err != nil && !cut {
				c.Error(err)
			}
			level := slog.LevelInfo
			attrs := []slog.Attr{
				slog.String("request_id", c.Response().Header().Get(echo.HeaderXRequestID)),
				slog.String("method", knownMethod(c.Request().Method)),
				// The pattern, not the path: the same for all ids, and a mistyped
				// path may hold anything.
				slog.String("route", c.Path()),
				slog.Int("status", c.Response().Status),
				slog.Duration("took", time.Since(start)),
			}
			if actor, ok := c.Get(actorKey).(domain.Actor); ok {
				attrs = append(attrs, slog.String("user", actor.UserID.String()), slog.String("session", actor.SessionID.String()))
			}
			if _, gone := errors.AsType[*net.OpError](err); cut && gone {
				// The error of a connection names addresses.
				attrs = append(attrs, slog.String("error", "the client did not take the whole answer"))
			} else if cut || err != nil && c.Response().Status >= http.StatusInternalServerError {
				level = slog.LevelError
				if e, ok := errors.AsType[*domain.Error](err); ok && e.RetryAfter > 0 {
					level = slog.LevelWarn // busy: nothing is wrong
				}
				attrs = append(attrs, slog.String("error", err.Error()))
			}
			log.LogAttrs(context.WithoutCancel(c.Request().Context()), level, "request", attrs...)
			if cut {
				panic(http.ErrAbortHandler)
			}
			return nil
		}
	}
}

// knownMethod keeps what a client may put in place of a method out of the log.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

const actorKey = "actor"

// logActor leaves the actor for the log line of the request.
func logActor(c echo.Context, actor domain.Actor) { c.Set(actorKey, actor) }

// recoverPanics turns a panic into an Internal error. What the panic says may
// hold data of a patient and is not logged, but where it happened is.
func recoverPanics(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			switch thrown := recover().(type) {
			case nil:
			case runtime.Error:
				err = fmt.Errorf("panic: %w\n%s", thrown, debug.Stack())
			default:
				err = fmt.Errorf("panic with a %T\n%s", thrown, debug.Stack())
			}
		}()
		return next(c)
	}
}
