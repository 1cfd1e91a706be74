package httpapi

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

func readRegistration(b *body) domain.Registration {
	return domain.Registration{
		Email:     b.text("email"),
		Password:  b.text("password"),
		FirstName: b.text("first_name"),
		LastName:  b.text("last_name"),
		Phone:     b.text("phone_number"),
		Role:      b.text("role"),
		Unknown:   b.rest("id"),
	}
}

func readProfile(b *body) domain.Profile {
	return domain.Profile{
		FirstName: b.text("first_name"),
		LastName:  b.text("last_name"),
		Phone:     b.text("phone_number"),
		Unknown:   b.rest("id", "email", "role"),
	}
}

type userView struct {
	ID        domain.ID   `json:"id"`
	FirstName string      `json:"first_name"`
	LastName  string      `json:"last_name"`
	Email     string      `json:"email"`
	Phone     string      `json:"phone_number"`
	Role      domain.Role `json:"role"`
}

func showUser(user domain.User) userView {
	return userView{
		ID:        user.ID,
		FirstName: user.FirstName.String(),
		LastName:  user.LastName.String(),
		Email:     user.Email.String(),
		Phone:     user.Phone.String(),
		Role:      user.Role,
	}
}

// location is where users find their own account.
func (userView) location() string { return "/api/auth/me/" }

func getMe(users *application.Users) handler {
	return func(c echo.Context, actor domain.Actor) error {
		user, err := users.Me(c.Request().Context(), actor)
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, showUser(user))
	}
}

func changeMe(users *application.Users) handler {
	return func(c echo.Context, actor domain.Actor) error {
		body, err := readBody(c)
		if err != nil {
			return err
		}
		user, err := users.ChangeMe(c.Request().Context(), actor, readProfile(body))
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, showUser(user))
	}
}
