package httpapi

import (
	"context"
	"io"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"example.com/healthcare/domain"
)

// tokenRule says how a route treats the access token of a request. The use-case decides what
// the actor is allowed to do.
type tokenRule uint8

const (
	// tokenRequired refuses a request without a valid token before its body is read.
	// It is the zero value, so that a route is closed by default.
	tokenRequired tokenRule = iota
	// tokenOptional treats a caller without a token as anonymous, and refuses an
	// invalid token.
	tokenOptional
	// tokenIgnored treats every caller as anonymous, so that a client that sends an
	// expired token with each request can still sign in.
	tokenIgnored
)

// endpoint serves one route. The actor's Origin is always set, for anonymous actors too.
type endpoint interface {
	serve(c echo.Context, actor domain.Actor) error
}

// handler is an endpoint that takes no query parameters. GET and HEAD requests that have
// some are refused, because the answer would not be what the client asked for.
type handler func(c echo.Context, actor domain.Actor) error

func (h handler) serve(c echo.Context, actor domain.Actor) error {
	if method := c.Request().Method; method != http.MethodGet && method != http.MethodHead {
		return h(c, actor)
	}
	query, err := readQuery(c)
	if err != nil {
		return err
	}
	if err := domain.ErrInvalidParameters(query.rest()); err != nil {
		return err
	}
	return h(c, actor)
}

// lister is an endpoint that takes query parameters. The use-case gets the errors of unknown
// parameters with the page. It first checks the actor's permission and then reports them.
type lister func(c echo.Context, actor domain.Actor, query *query) error

func (l lister) serve(c echo.Context, actor domain.Actor) error {
	query, err := readQuery(c)
	if err != nil {
		return err
	}
	return l(c, actor, query)
}

// lenientHandler is an endpoint that ignores the query string. Health checks and browsers
// add parameters of their own.
type lenientHandler func(c echo.Context, actor domain.Actor) error

func (h lenientHandler) serve(c echo.Context, actor domain.Actor) error { return h(c, actor) }

// authenticator is the part of application.Authenticator that requests need.
type authenticator interface {
	Authenticate(ctx context.Context, origin domain.Origin, token string) (domain.Actor, error)
	Recheck(ctx context.Context, session domain.ID) error
	RecheckAtEnd(ctx context.Context, token string, body io.ReadCloser) io.ReadCloser
}

// authenticate passes the actor of a request to next, as rule says.
func authenticate(auth authenticator, rule tokenRule, next endpoint) echo.HandlerFunc {
	return func(c echo.Context) error {
		origin := request(c).Origin()
		if rule == tokenIgnored {
			request(c).NameClient()
			return next.serve(c, domain.Actor{Origin: origin})
		}
		token, found, err := bearerToken(c)
		if err != nil {
			return markTokenError(err)
		}
		if !found {
			if rule == tokenOptional {
				request(c).NameClient()
				return next.serve(c, domain.Actor{Origin: origin})
			}
			return domain.ErrNotAuthenticated()
		}
		actor, err := auth.Authenticate(c.Request().Context(), origin, token)
		if err != nil {
			return markTokenError(err)
		}
		request(c).SetActor(actor)
		request(c).SetRecheck(func(ctx context.Context) error { return markTokenError(auth.Recheck(ctx, actor.SessionID)) })
		c.Request().Body = auth.RecheckAtEnd(c.Request().Context(), token, c.Request().Body)
		return next.serve(c, actor)
	}
}

// tokenError is the error of a request whose access token is invalid, expired or revoked.
// The answer tells the client to get another token (RFC 6750, 3.1).
type tokenError struct{ error }

func (e tokenError) Unwrap() error { return e.error }

// markTokenError makes err a tokenError if it says that the token was refused.
func markTokenError(err error) error {
	if domain.KindOf(err) != domain.Unauthenticated {
		return err
	}
	return tokenError{err}
}

// bearerToken returns the token of the Authorization header (RFC 6750, 2.1). A header of
// another scheme is ignored. Two headers are an invalid token.
func bearerToken(c echo.Context) (token string, found bool, err error) {
	headers := c.Request().Header.Values(echo.HeaderAuthorization)
	switch len(headers) {
	case 0:
		return "", false, nil
	case 1:
		scheme, token := headers[0], ""
		if end := strings.IndexAny(scheme, " \t"); end >= 0 {
			scheme, token = scheme[:end], strings.TrimLeft(scheme[end:], " \t")
		}
		if !strings.EqualFold(scheme, "Bearer") {
			return "", false, nil
		}
		return token, true, nil
	}
	return "", false, domain.ErrAccessToken()
}
