package httpapi

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

func readCredentials(b *body) domain.Credentials {
	in := domain.Credentials{Username: b.text("username"), Password: b.text("password")}
	if in.Username == (domain.Input{}) {
		in.Username = b.text("email")
	}
	in.Unknown = b.rest()
	return in
}

func readRefresh(b *body) domain.Refresh {
	return domain.Refresh{Token: b.text("refresh"), Unknown: b.rest()}
}

// grantView is the one place that writes tokens out.
type grantView struct {
	Access    string `json:"access"`
	Refresh   string `json:"refresh"`
	TokenType string `json:"token_type"`
	// ExpiresIn is in seconds (RFC 6749, 5.1).
	ExpiresIn int64 `json:"expires_in"`
}

// grant answers with the tokens that do gives for the body.
func grant[In any](read func(*body) In, do func(context.Context, domain.Actor, In) (application.Grant, error)) handler {
	return func(c echo.Context, actor domain.Actor) error {
		body, err := readBody(c)
		if err != nil {
			return err
		}
		grant, err := do(c.Request().Context(), actor, read(body))
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, grantView{
			Access:    grant.Access.Reveal(),
			Refresh:   grant.Refresh.Reveal(),
			TokenType: "Bearer",
			ExpiresIn: int64(grant.ExpiresIn.Seconds()),
		})
	}
}

func logout(auth *application.Auth) handler {
	return func(c echo.Context, actor domain.Actor) error {
		if err := auth.Logout(c.Request().Context(), actor); err != nil {
			return err
		}
		return c.NoContent(http.StatusNoContent)
	}
}
