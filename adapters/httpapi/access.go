package httpapi

import (
	"context"
	"errors"
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

// authenticator tells who a token belongs to, of a caller at origin.
type authenticator interface {
	Authenticate(ctx context.Context, origin domain.Origin, token string) (domain.Actor, error)
}

func withActor(auth authenticator, access access, next handler) echo.HandlerFunc {
	return func(c echo.Context) error {
		origin := request(c).Origin()
		if access == anonymous {
			return next(c, domain.Actor{Origin: origin})
		}
		token, found, err := bearerToken(c)
		if err != nil {
			return err
		}
		if !found {
			if access == maybeSignedIn {
				return next(c, domain.Actor{Origin: origin})
			}
			return domain.ErrNotAuthenticated()
		}
		authenticate := func() (domain.Actor, error) {
			return auth.Authenticate(c.Request().Context(), origin, token)
		}
		actor, err := authenticate()
		if err != nil {
			return err
		}
		request(c).SetActor(actor)
		c.Request().Body = &callersBody{ReadCloser: c.Request().Body, authenticate: authenticate}
		return next(c, actor)
	}
}

// callersBody is the body of a caller who is signed in. It is the caller who
// decides how long it takes: one who is out by its end does not get it through.
type callersBody struct {
	io.ReadCloser
	authenticate func() (domain.Actor, error)
}

// Read implements io.Reader.
func (b *callersBody) Read(into []byte) (int, error) {
	n, err := b.ReadCloser.Read(into)
	if errors.Is(err, io.EOF) {
		if _, refused := b.authenticate(); refused != nil {
			err = refusal{refused}
		}
	}
	return n, err
}

// refusal is why a caller is not let through, at the end of the body.
type refusal struct{ error }

// bearerToken returns the token of the Authorization header (RFC 6750, 2.1). A
// header of another scheme counts as none; two headers are a bad token.
func bearerToken(c echo.Context) (token string, found bool, err error) {
	headers := c.Request().Header.Values(echo.HeaderAuthorization)
	switch len(headers) {
	case 0:
		return "", false, nil
	case 1:
		scheme, token, _ := strings.Cut(headers[0], " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return "", false, nil
		}
		return token, true, nil
	}
	return "", false, domain.ErrAccessToken()
}
