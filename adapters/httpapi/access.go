package httpapi

import (
	"context"
	"io"
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

// handler serves one route to actor, whose Origin is set whoever it is.
type handler func(c echo.Context, actor domain.Actor) error

// authenticator is application.Authenticator.
type authenticator interface {
	Authenticate(ctx context.Context, origin domain.Origin, token string) (domain.Actor, error)
	Body(ctx context.Context, token string, body io.ReadCloser) io.ReadCloser
}

func withActor(auth authenticator, access access, next handler) echo.HandlerFunc {
	return func(c echo.Context) error {
		origin := request(c).Origin()
		if access == anonymous {
			return next(c, domain.Actor{Origin: origin})
		}
		token, found, err := bearerToken(c)
		if err != nil {
			return refusedToken(err)
		}
		if !found {
			if access == maybeSignedIn {
				return next(c, domain.Actor{Origin: origin})
			}
			return domain.ErrNotAuthenticated()
		}
		actor, err := auth.Authenticate(c.Request().Context(), origin, token)
		if err != nil {
			return refusedToken(err)
		}
		request(c).SetActor(actor)
		c.Request().Body = auth.Body(c.Request().Context(), token, c.Request().Body)
		return next(c, actor)
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
