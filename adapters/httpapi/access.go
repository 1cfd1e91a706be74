package httpapi

import (
	"context"
	"io"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"example.com/healthcare/domain"
)

// access says what a route makes of the caller's token. What the actor may then
// do is decided in the use-case.
type access uint8

const (
	// signedIn needs a valid token, and refuses before the body is read. It is
	// the zero value: a route that says nothing is closed.
	signedIn access = iota
	// maybeSignedIn takes a caller without a token as anonymous, and refuses a
	// bad token.
	maybeSignedIn
	// anonymous looks at no token, so that clients that attach an expired one
	// to everything can still sign in.
	anonymous
)

// endpoint serves one route to actor, whose Origin is set whoever it is.
type endpoint interface {
	serve(c echo.Context, actor domain.Actor) error
}

// handler is an endpoint that takes no parameters in the query. Where it only reads, it
// refuses what is meant as one, or the caller would take the answer for another one.
type handler func(c echo.Context, actor domain.Actor) error

func (h handler) serve(c echo.Context, actor domain.Actor) error {
	if method := c.Request().Method; method != http.MethodGet && method != http.MethodHead {
		return h(c, actor)
	}
	query, err := readQuery(c)
	if err != nil {
		return err
	}
	if err := domain.ErrInvalidParameters(query.refusals()); err != nil {
		return err
	}
	return h(c, actor)
}

// lister is an endpoint that reads parameters. It takes their page into the use-case,
// which refuses those that it did not read.
type lister func(c echo.Context, actor domain.Actor, query *query) error

func (l lister) serve(c echo.Context, actor domain.Actor) error {
	query, err := readQuery(c)
	if err != nil {
		return err
	}
	return l(c, actor, query)
}

// machinery is an endpoint that looks at no parameters: those who probe a service add
// some of their own.
type machinery func(c echo.Context, actor domain.Actor) error

func (m machinery) serve(c echo.Context, actor domain.Actor) error { return m(c, actor) }

// authenticator is application.Authenticator.
type authenticator interface {
	Authenticate(ctx context.Context, origin domain.Origin, token string) (domain.Actor, error)
	Body(ctx context.Context, token string, body io.ReadCloser) io.ReadCloser
}

func withActor(auth authenticator, access access, next endpoint) echo.HandlerFunc {
	return func(c echo.Context) error {
		origin := request(c).Origin()
		if access == anonymous {
			request(c).NameClient()
			return next.serve(c, domain.Actor{Origin: origin})
		}
		token, found, err := bearerToken(c)
		if err != nil {
			return refusedToken(err)
		}
		if !found {
			if access == maybeSignedIn {
				request(c).NameClient()
				return next.serve(c, domain.Actor{Origin: origin})
			}
			return domain.ErrNotAuthenticated()
		}
		actor, err := auth.Authenticate(c.Request().Context(), origin, token)
		if err != nil {
			return refusedToken(err)
		}
		request(c).SetActor(actor)
		c.Request().Body = auth.Body(c.Request().Context(), token, c.Request().Body)
		return next.serve(c, actor)
	}
}

// tokenError is the error of a request whose access token is not good (any more): clients
// are told to get another one (RFC 6750, 3.1).
type tokenError struct{ error }

func (e tokenError) Unwrap() error { return e.error }

// refusedToken is what becomes of an error of the authenticator.
func refusedToken(err error) error {
	if domain.KindOf(err) != domain.Unauthenticated {
		return err
	}
	return tokenError{err}
}

// bearerToken returns the token of the Authorization header (RFC 6750, 2.1). A
// header of another scheme counts as none; two headers are a bad token.
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
